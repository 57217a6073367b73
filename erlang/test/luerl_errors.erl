%% SPDX-License-Identifier: MIT
%%
%% Programs that fail, whose errors are to be those of Luerl itself: the reasons with their operands, and
%% the stacks. Asked in another node, in which `luerl` is Debian's, and here. References are all alike.
-module(luerl_errors).

-export([sources/0, answer/2, agree/2]).

%% {Reason, Stack}
answer(M, Source) ->
    case catch M:do(list_to_binary(Source), M:init()) of
        {lua_error, Why, St} -> {shape(Why), [frame(F) || F <- M:get_stacktrace(St)]};
        {ok, Values, _} -> {ok, shape(Values)};
        {error, [{_, Module, Why}] = Errors, Warnings} -> {error, Errors, Warnings, text(Module:format_error(Why))};
        {'EXIT', {Why, _}} -> {exit, Why}
    end.

text(Chars) -> unicode:characters_to_binary(Chars).

%% Luerl's names are those of definitions, and ours those of calls; Luerl's stacks end at a library function
%% that has called back, and there are none where what has no methods was asked for one.
agree({Why, Theirs}, {Why, Ours}) when Why =/= ok, is_list(Theirs), is_list(Ours) -> agree_frames(Theirs, Ours);
agree(Theirs, Ours) -> Theirs =:= Ours.

agree_frames([{Name, Args, File, Line} | Theirs], [{Other, Args, File, Line} | Ours]) ->
    (Name =:= Other orelse Name =:= <<"-no-name-">>) andalso agree_frames(Theirs, Ours);
agree_frames(Theirs, _) -> Theirs =:= [].

%% As Lua has them, a function's last name is that by which it was called.
frame({Name, Args, [{file, File}, {line, Line}]}) -> {name(shape(Name)), shape(Args), File, Line}.

name(Name) when is_binary(Name) -> lists:last(binary:split(Name, [<<".">>, <<":">>], [global]));
name(Name) -> Name.

shape({no_module, Name, _}) -> {no_module, Name}; %% and where it was looked for
shape({Tag, _}) when Tag =:= tref; Tag =:= usdref -> Tag;
shape({funref, _, _}) -> function;
shape({erl_func, _}) -> function;
shape(F) when is_function(F) -> function;
shape(F) when is_float(F), trunc(F) == F -> trunc(F);
shape(L) when is_list(L) -> [shape(X) || X <- L];
shape(T) when is_tuple(T) -> list_to_tuple(shape(tuple_to_list(T)));
shape(X) -> X.

sources() ->
    binary() ++ unary() ++ indexing() ++ calls() ++ loops() ++ library() ++ raised() ++ elsewhere() ++ no_programs().

operands() -> ["nil", "true", "false", "1", "2.5", "'abc'", "''", "{}", "print", "function() end"].

%% Every operator with every pair; those that are no errors say so.
binary() ->
    ["local a, b = " ++ A ++ ", " ++ B ++ " return a " ++ Op ++ " b"
     || Op <- ["+", "-", "*", "/", "%", "^", "..", "<", ">", "<=", ">="], A <- operands(), B <- operands(),
        not (A =:= B andalso lists:member(A, ["1", "2.5"])), not (Op =:= "^" andalso lists:member([A, B], [[A, A]]))]
        ++ ["if " ++ A ++ " " ++ Op ++ " {} then return 1 end" || Op <- ["<", ">", "<=", ">="], A <- operands()]
        ++ ["local t = {} t.x = t.y " ++ Op ++ " 1" || Op <- ["+", "..", "<"]]
        ++ ["local function f() return {} end return f() " ++ Op ++ " f()" || Op <- ["+", "-", "..", "<", ">="]]
        ++ ["local function f() return {} end return 5 " ++ Op ++ " f()" || Op <- ["*", "/", "..", ">", "<="]]
        ++ ["return 'a' .. 'b' .. {} .. 'c'", "return 'a' .. nil .. 'b'", "return 1 .. {} .. 2", "return x + 1", "return 1 + x.y",
            "local a = 'x' .. 'y' .. nil", "local t = {{}} return t[1] + t[2]", "return 2 ^ {}", "return -2 ^ {}",
            "local up = {} local function f() return up + 1 end f()", "return #'abc' + {}", "x = x + 1", "local n n = n * 2",
            "while {} < 1 do end", "repeat until nil > 1", "return not ({} < {})", "return 1 < 2 and {} < 3",
            "return (1 + nil) + 2", "return 1 + (2 + nil)", "local t = {1 + nil}", "print(1 .. nil)", "return '10' + {}",
            "return 'x' + 1", "return 1 + 'x'", "return '0x' * 2"].

unary() ->
    [Op ++ A || Op <- ["return - ", "return #", "local a = "], A <- operands(), Op =/= "local a = "]
        ++ ["local a = " ++ A ++ " return -a" || A <- operands()] ++ ["local a = " ++ A ++ " return #a" || A <- operands()]
        ++ ["return -{} + 1", "return #nil + 1", "return - - {}", "return #x.y", "for i = 1, #nil do end"].

indexing() ->
    [lists:append(["local a = ", A, " ", S])
     || A <- operands(), S <- ["return a.x", "return a[1]", "return a.x.y", "a.x = 1", "a[1] = 2", "a.x.y = 1", "a[nil] = 1",
                               "return a[nil]"], A ++ S =/= "{}return a.x", A ++ S =/= "{}return a[1]"]
        ++ ["return x.y", "return x.y.z", "x.y = 1", "x.y.z = 1", "x[1] = 1", "x[{}] = 1", "return x[{}]", "return x[x]",
            "local t = {a = {b = 5}} return t.a.b.c", "local t = {a = {b = 5}} return t.a.c.d", "local t = {} t[nil] = 1",
            "local t = {} t[t.x] = 1", "return ('x').y.z", "return ('x')[1][2]", "return string.none.x",
            "local t = setmetatable({}, {__index = 5}) return t.x", "local t = setmetatable({}, {__newindex = 5}) t.x = 1",
            "local t = setmetatable({}, {__index = function(t, k) return nil + k end}) return t.x",
            "local a = nil local function f() return a.b end f()", "function t.f() end", "function t:f() end",
            "return (nil).x", "return (5)[2]", "rawset({}, nil, 1)", "local t = {} t.x.y.z = 1"].

calls() ->
    [lists:append(["local a = ", A, " ", S])
     || A <- operands(), A =/= "print", A =/= "function() end", S <- ["a()", "return a()", "a(1, 'x', {})", "local x = a(nil)", "a:m()", "return a:m(1, 2)",
                               "a.x()", "return (a(5))", "return 1 + a()"]]
        ++ ["nothing()", "return nothing(1, 2)", "x.y()", "x.y.z()", "x:y()", "x.y:z()", "local t = {} t.x()", "local t = {} t:x()",
            "local t = {} t.x(1, 2)", "local t = {x = 5} t:x()", "local t = {x = 5} t.x(7)", "local t = {x = {}} t.x:y(1)", "('x'):nope()",
            "('x'):nope(1)", "string.nope('x')", "return #nothing()", "nothing(1)(2)",
            "local function f() return 5 end f()()", "local function f() end f()()", "local function f() end f():x()",
            "local function f(g) g(1, 2) end f(nil)", "local function f(g) return g(1, 2) end f(5)", "(nil)()", "local s = 'x' s()",
            "local function f(a, b) local c = a + b return c end f(1, 2) f(1, {})", "for k, v in 5 do end", "for k, v in nil do end",
            "for k in {} do end", "local t = {f = function(self, x) return x.y.z end} t:f({}) return 1",
            "function outer(a) local b = inner(a, 2) return b end function inner(x, y) local z = x .. y return z end outer({})"].

loops() ->
    [lists:append(["for i = ", A, ", ", B, ", ", C, " do end"])
     || {A, B, C} <- [{"nil", "1", "1"}, {"1", "nil", "1"}, {"1", "2", "nil"}, {"{}", "1", "1"}, {"1", "{}", "1"}, {"1", "2", "{}"},
                      {"'x'", "1", "1"}, {"1", "'x'", "1"}, {"true", "false", "nil"}, {"print", "1", "1"}, {"{}", "{}", "{}"}]]
        ++ ["for i = nil, 1 do end", "for i = 1, nil do end", "for i = 1, x do end", "for i = x.y, 2 do end",
            "for i = 1, 3 do local x = i + {} end", "for i, v in ipairs({1, 2}) do error({i}) end",
            "for k, v in pairs(nil) do end", "for k, v in ipairs() do end", "for k, v in next, nil do end"].

%% Bad arguments of every function: what both refuse.
library() ->
    [F ++ "(" ++ A ++ ")"
     || {F, Args} <- functions(), A <- Args].

functions() ->
    One = ["", "nil", "{}", "true", "print"],
    [{"math." ++ F, One ++ ["'x'", "{}, 1"]}
     || F <- ["abs", "acos", "asin", "ceil", "cos", "deg", "exp", "floor", "log", "sin", "sqrt", "tan"]]
        ++ [{"math." ++ F, ["", "nil", "{}", "'x'", "nil, 1", "1, nil", "1, {}", "{}, {}"]} || F <- ["fmod", "pow", "ldexp"]]
        ++ [{"math." ++ F, ["nil", "{}", "1, {}", "1, 'x'", "1, 2, nil", "true"]} || F <- ["max", "min"]]
        ++ [{"math.random", ["{}", "'x'", "1, {}", "0", "2, 1", "true"]}, {"math.modf", ["", "{}", "nil"]}, {"math.frexp", ["", "{}", "nil"]}]
        ++ [{"string." ++ F, ["", "nil", "{}", "true"]} || F <- ["len", "lower", "upper", "reverse", "byte", "dump"]]
        ++ [{"string.rep", ["", "nil", "{}", "'x'", "'x', nil", "'x', {}", "'x', 'y'", "{}, 2", "'x', 1, {}"]},
            {"string.sub", ["", "nil", "{}", "'x', {}", "'x', 1, {}", "{}, 1", "'x', 'y'"]},
            {"string.byte", ["'x', {}", "'x', 1, {}"]}, {"string.char", ["{}", "'x'", "65, {}", "65, nil", "1, 2, true"]},
            {"string.find", ["", "nil", "'x'", "{}, 'x'", "'x', {}", "'x', 'y', {}", "'x', nil", "'x', '['", "'x', '%'", "'x', '('"]},
            {"string.match", ["", "'x'", "{}, 'x'", "'x', {}", "'x', nil", "'x', '[a'", "'x', '%'", "'x', ')'", "'x', '(()'"]},
            {"string.gmatch", ["", "'x'", "{}, 'x'", "'x', {}", "'x', nil"]},
            {"string.gsub", ["", "'x'", "'x', 'y'", "{}, 'x', 'y'", "'x', {}, 'y'", "'x', 'x', 'y', {}", "'x', '[', 'y'", "'x', '%', 'y'"]},
            {"string.format", ["", "nil", "{}", "'%d'", "'%d', 'x'", "'%d', {}", "'%s'", "'%x', nil", "'%5.2f', {}", "'%f', 'x'", "'%s %d', 1, true", "'%c', {}"]},
            {"table.concat", ["", "nil", "5", "'x'", "{}, {}", "{1}, 'x', {}", "{1}, 'x', 1, {}", "{{}}", "{1, true}", "{nil, 2}, '', 1, 2", "{print}"]},
            {"table.insert", ["", "nil", "5", "{}", "nil, 1", "5, 1", "{}, 'x', 1", "{}, {}, 1", "{}, nil, 1"]},
            {"table.remove", ["", "nil", "5", "'x'", "{1}, {}", "{1}, 'x'", "{1}, true", "print, 1"]},
            {"table.sort", ["", "nil", "5", "'x'", "{1, 'x'}", "{{}, {}}", "{1, {}, 2}", "{true, false}"]},
            {"table.unpack", ["", "{}, {}", "{}, 1, {}", "{1}, 'x'"]}, {"unpack", ["", "{}, {}"]},
            {"setmetatable", ["", "nil", "5", "{}", "{}, 5", "nil, {}", "5, {}", "{}, 'x'", "'x', {}", "setmetatable({}, {__metatable = 1}), {}"]},
            {"rawget", ["", "nil", "{}", "nil, 1", "5, 1", "'x', 1"]}, {"rawset", ["", "nil", "{}", "{}, 1", "nil, 1, 2", "5, 1, 2"]},
            {"rawequal", ["", "1"]}, {"rawlen", ["", "nil", "5", "true", "print"]}, {"next", ["", "nil", "5", "'x'"]},
            {"pairs", ["", "nil", "5", "'x'", "print"]}, {"ipairs", ["", "nil", "5", "'x'", "true"]},
            {"select", ["", "nil", "{}", "0", "'x'", "0, 1", "true, 1"]}, {"tonumber", [""]},
            {"bit32.band", ["{}", "nil", "1, {}", "'x'", "1, nil"]}, {"bit32.bor", ["{}", "1, {}"]}, {"bit32.bxor", ["{}", "1, true"]},
            {"bit32.bnot", ["{}", "nil", "'x'"]}, {"bit32.lshift", ["", "1", "1, {}", "{}, 1", "nil, nil"]}, {"bit32.rshift", ["", "1", "{}, 1"]},
            {"bit32.arshift", ["", "1, {}"]}, {"bit32.lrotate", ["", "1, {}"]}, {"bit32.rrotate", ["", "{}, 1"]},
            {"bit32.extract", ["", "1", "{}, 1", "1, {}"]}, {"bit32.replace", ["", "1", "1, 2", "{}, 1, 2"]}, {"bit32.btest", ["{}", "1, {}"]},
            {"os.getenv", ["", "nil", "{}", "true"]}, {"utf8.char", ["{}", "'x'", "nil"]}, {"utf8.codepoint", ["{}", "nil"]},
            {"utf8.len", ["{}", "nil"]}, {"utf8.codes", ["{}", "nil"]}, {"load", ["true"]}, {"require", ["{}", "nil"]}].

raised() ->
    ["error(" ++ A ++ ")" || A <- operands(), A =/= "function() end"]
        ++ ["error('m', " ++ L ++ ")" || L <- ["0", "1", "2"]]
        ++ ["assert(" ++ A ++ ")" || A <- ["false", "nil", "false, 'm'", "nil, 5", "false, {}", "nil, true", "false, nil", "nil, nil, 2"]]
        ++ ["local function f() error({code = 1}) end f()", "local function f(x) assert(x == 1, 'not one') end f(2)", "error(setmetatable({}, {}))",
            "local t = {f = function(...) error('in f') end} t.f(1, 2)", "local t = {} function t.g(a) error(a) end t.g('v')", "local t = {} function t:h(a) error(a) end t:h('v')",
            "error('a' .. 1)", "require('nope')", "require 'a.b'", "local x = require('none') return x.y", "error(1 + nil)", "return 1, error('x')"].

%% What is no Lua. (A string that the source ends in is more of it in Luerl.)
no_programs() ->
    ["x = = 1", "x =", "return 1 1", "x = 'a\nb'", "if x then", "for i = 1 do end", "a.b:c = 1", "x = }", "local function end",
     "function f() return ... end", "x = 0x", "--[[ abc", "x = @", "x = $y", "x = 3 $ 4", "\n\n x = = 3", "local x <const> = 1", "f(", "f(1,",
     "t = {1,2", "t = {1 2}", "local 5 = 6", "x, y", "x", "1 = x", "f() = 1", "return return", "end", "until x", "x = function() end end",
     "if x then else else end", "for x in y", "while true do", "repeat", "x = \"abc\ny\"", "local t = {a=1,,}", "x = and", "x = not",
     "x = 1 +", "x ~= 1", "x == 1", "x += 1", "!", "f\"a\" \"b\" .", "local a; ; b", "and", "x = \"\\xZZ\"", "x = 1 2.5", "x = y 'abc' 0x10",
     "local x = x y z = 1", "if x y then end", "f(a b)", "f(a 'b')", "t[1 = 2", "t = {[1] 2}", "function 5() end", "function f(a, 1) end",
     "return x,", "x = (1", "x = 1)", "for 1 = 2, 3 do end", "for i, = 1, 2 do end", "x = #", "local = 1", "x.1 = 2", "a:b", "a.b", "(a)",
     "x = a..", "while x end", "repeat until", "do", "elseif x then", "x = {", "x = {}}", "f(]", "return ;;", "x = 1 = 2", "local function 1() end",
     "function f( end", "x = nil nil", "x = true false", "x = function end", "if then end", "x = 'a' ..", "a = b c = d e"].

%% Through pcall, in coroutines' place and in metamethods.
elsewhere() ->
    ["local ok, e = pcall(error, 'm') error(e)", "local ok, e = pcall(error, {1}) error(e)", "local ok, e = pcall(error, nil) error(e)",
     "pcall(nothing) x.y = 1", "pcall(function() return 1 + nil end) error('own')", "local t = setmetatable({}, {__add = function(a, b) return a.x.y end}) return t + 1",
     "local t = setmetatable({}, {__add = function(a, b) error('add') end}) return 1 + t", "local t = setmetatable({}, {__lt = function(a, b) return a + b end}) return t < t",
     "local t = setmetatable({}, {__concat = function(a, b) return nil .. 'x' end}) return t .. 1", "local t = setmetatable({}, {__len = function(a) return a() end}) return #t",
     "local t = setmetatable({}, {__unm = function(a) return -nil end}) return -t", 
     "local t = setmetatable({}, {__eq = function(a, b) return nil + 1 end}) return t == setmetatable({}, getmetatable(t))",
     "local t = setmetatable({}, {__index = function(t, k) error(k) end}) return t.key", "local t = setmetatable({}, {__newindex = function(t, k, v) error(v) end}) t.key = 'v'",
     "local t = setmetatable({}, {__tostring = function(t) return 1 + nil end}) return tostring(t)", "table.sort({3, 3}, function(a, b) return a.x < b end)",
     "table.sort({3, 3}, function(a, b) return a < nil end)", "('abc'):gsub('.', function(c) return c + {} end)", "local t = setmetatable({}, {__pairs = function(t) return nil + 1 end}) for k in pairs(t) do end",
     "local s = 0 for i = 1, 3 do for j = 1, 3 do s = s + i * nil end end", "do local x = nil x() end", "if nil + 1 then end", "local f = load('return 1 + nil') f()",
     "local function a(n) if n == 0 then return nil + 1 end local r = a(n - 1) return r end a(3)"].
