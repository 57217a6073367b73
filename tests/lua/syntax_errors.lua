-- What is wrong with a chunk, and where: each message of the compiler, word for word.

local function show(message)
  return (message:gsub("[%c\128-\255]", function(c)
    return ("\\%d"):format(c:byte())
  end))
end

local function bad(source, name) -- helper
  local f, message = load(source, name or "=s")
  print(f and "no error" or show(message))
end

-- tokens
bad "x = @" -- expect: s:1: unexpected symbol near '@'
bad "x = ~1" -- expect: s:1: unexpected symbol near '~'
bad "x = 1 $" -- expect: s:1: unexpected symbol near '$'
bad "x = \1" -- expect: s:1: unexpected symbol near char(1)
bad "x = \127" -- expect: s:1: unexpected symbol near char(127)
bad "x = \128\255" -- expect: s:1: unexpected symbol near char(128)
bad "x = `" -- expect: s:1: unexpected symbol near '`'
bad "\\" -- expect: s:1: unexpected symbol near '\'
bad "!" -- expect: s:1: unexpected symbol near '!'
bad "a ? b" -- expect: s:1: syntax error near '?'
bad "x = &1" -- expect: s:1: unexpected symbol near '&'
bad "\0" -- expect: s:1: unexpected symbol
bad "x = \0" -- expect: s:1: unexpected symbol
bad "x = 1 \0 y" -- expect: s:1: unexpected symbol
bad "x y\0z" -- expect: s:1: syntax error near 'y'
bad "# comment" -- expect: s:1: unexpected symbol near '#'

-- numbers
bad "x = 1e" -- expect: s:1: malformed number near '1e'
bad "x = 1e+" -- expect: s:1: malformed number near '1e+'
bad "x = 1E-" -- expect: s:1: malformed number near '1E-'
bad "x = 0x" -- expect: s:1: malformed number near '0x'
bad "x = 0xg" -- expect: s:1: malformed number near '0x'
bad "x = 0x1p" -- expect: s:1: malformed number near '0x1p'
bad "x = 0x1p+" -- expect: s:1: malformed number near '0x1p+'
bad "x = 0x.p1" -- expect: s:1: malformed number near '0x.p1'
bad "x = 1..2" -- expect: s:1: malformed number near '1..2'
bad "x = 1.2.3" -- expect: s:1: malformed number near '1.2.3'
bad "x = 12abc" -- expect: s:1: malformed number near '12abc'
bad "x = 3x" -- expect: s:1: syntax error near <eof>
bad "x = 1e5e5" -- expect: s:1: malformed number near '1e5e5'
bad "x = .5.5" -- expect: s:1: malformed number near '.5.5'
bad "x = 0x1.8.1" -- expect: s:1: malformed number near '0x1.8.1'
bad "x = 08f" -- expect: s:1: malformed number near '08f'
bad "x = .e1" -- expect: s:1: unexpected symbol near '.'
bad "x = 1_000" -- expect: s:1: syntax error near <eof>
bad "x = 5 6" -- expect: s:1: unexpected symbol near '6'
bad "x = 5. .5" -- expect: s:1: unexpected symbol near '.5'

-- strings
bad "x = 'abc" -- expect: s:1: unfinished string near <eof>
bad "x = \"abc" -- expect: s:1: unfinished string near <eof>
bad "x = 'abc\n'" -- expect: s:1: unfinished string near ''abc'
bad "x = 'abc\r'" -- expect: s:1: unfinished string near ''abc'
bad "x = 'a\\\n\\\nb" -- expect: s:3: unfinished string near <eof>
bad "x = 'a\\\nb\n" -- expect: s:2: unfinished string near ''a\10b'
bad "x = 'abc\\" -- expect: s:1: unfinished string near <eof>
bad "x = 'a\0b\n'" -- expect: s:1: unfinished string near ''a'
bad "x = '\\t\\65\n" -- expect: s:1: unfinished string near ''\9A'
bad "x = '\\q'" -- expect: s:1: invalid escape sequence near '\q'
bad "x = '\\8z\\c'" -- expect: s:1: invalid escape sequence near '\c'
bad "x = '\\A'" -- expect: s:1: invalid escape sequence near '\A'
bad "x = '\\\0'" -- expect: s:1: invalid escape sequence near '\'
bad "x = '\\256'" -- expect: s:1: decimal escape too large near '\256'
bad "x = '\\300x'" -- expect: s:1: decimal escape too large near '\300'
bad "x = '\\999" -- expect: s:1: decimal escape too large near '\999'
bad "x = '\\x'" -- expect: s:1: hexadecimal digit expected near '\x''
bad "x = '\\xg'" -- expect: s:1: hexadecimal digit expected near '\xg'
bad "x = '\\x1'" -- expect: s:1: hexadecimal digit expected near '\x1''
bad "x = '\\x1g'" -- expect: s:1: hexadecimal digit expected near '\x1g'
bad "x = '\\x" -- expect: s:1: hexadecimal digit expected near '\x'
bad "x = '\\x4" -- expect: s:1: hexadecimal digit expected near '\x4'
bad "x = '\\x\n'" -- expect: s:1: hexadecimal digit expected near '\x\10'
bad "x = '\\u{41}'" -- expect: s:1: invalid escape sequence near '\u'
bad "x = '\\z   \n  " -- expect: s:2: unfinished string near <eof>
bad "x = '\\z   \n  \\y'" -- expect: s:2: invalid escape sequence near '\y'
bad "x 'abc'" -- expect: no error
bad "x = 'a' 'b' 'c'" -- expect: s:1: unexpected symbol near ''b''
bad "x = y 'a' = 'b'" -- expect: s:1: unexpected symbol near '='
bad "local 'abc'" -- expect: s:1: <name> expected near ''abc''
bad "x = 1 'a\\65\\n\\0b'" -- expect: s:1: unexpected symbol near ''aA\10'
bad "'x' = 1" -- expect: s:1: unexpected symbol near ''x''

-- long strings and comments
bad "x = [[abc" -- expect: s:1: unfinished long string near <eof>
bad "x = [==[abc]=]" -- expect: s:1: unfinished long string near <eof>
bad "x = [[\nabc\n\n" -- expect: s:4: unfinished long string near <eof>
bad "x = [=abc" -- expect: s:1: invalid long string delimiter near '[='
bad "x = [=" -- expect: s:1: invalid long string delimiter near '[='
bad "x = [===" -- expect: s:1: invalid long string delimiter near '[==='
bad "x = [=]" -- expect: s:1: invalid long string delimiter near '[='
bad "--[[ abc" -- expect: s:1: unfinished long comment near <eof>
bad "--[==[ abc ]] ]=]\n\n" -- expect: s:3: unfinished long comment near <eof>
bad "x = 1 [[a\r\nb]] [=[c]=] d" -- expect: s:2: unexpected symbol near '[[a\10b]]'
bad "x = [[a]] = 1" -- expect: s:1: unexpected symbol near '='
bad "x = 1 [==[\n\na]==]" -- expect: s:3: unexpected symbol near '[==[\10a]==]'
bad "--[[\n\n]] )" -- expect: s:3: unexpected symbol near ')'
bad "--[=\n)" -- expect: s:2: unexpected symbol near ')'
bad "--[\n)" -- expect: s:2: unexpected symbol near ')'

-- lines: \n, \r, \r\n and \n\r
bad "\n\n\n)" -- expect: s:4: unexpected symbol near ')'
bad "\r\r\r)" -- expect: s:4: unexpected symbol near ')'
bad "\r\n\r\n\r\n)" -- expect: s:4: unexpected symbol near ')'
bad "\n\r\n\r\n\r)" -- expect: s:4: unexpected symbol near ')'
bad "\n\n\r\r)" -- expect: s:4: unexpected symbol near ')'
bad "x = [[\r\n\n\r]] = " -- expect: s:3: unexpected symbol near '='

-- names and reserved words
bad "and = 1" -- expect: s:1: unexpected symbol near 'and'
bad "local end = 1" -- expect: s:1: <name> expected near 'end'
bad "local goto" -- expect: s:1: <name> expected near 'goto'
bad "goto = 1" -- expect: s:1: <name> expected near '='
bad "x.end = 1" -- expect: s:1: <name> expected near 'end'
bad "x:goto()" -- expect: s:1: <name> expected near 'goto'
bad "function f(nil) end" -- expect: s:1: <name> or '...' expected near 'nil'
bad "for in x do end" -- expect: s:1: <name> expected near 'in'
bad "{x = 1}" -- expect: s:1: unexpected symbol near '{'
bad "x = {end = 1}" -- expect: s:1: unexpected symbol near 'end'
bad "goto end" -- expect: s:1: <name> expected near 'end'
bad "::while::" -- expect: s:1: <name> expected near 'while'
bad "function end() end" -- expect: s:1: <name> expected near 'end'
bad "function f.x.1() end" -- expect: s:1: '(' expected near '.1'

-- statements
bad "x" -- expect: s:1: syntax error near <eof>
bad "x.y" -- expect: s:1: syntax error near <eof>
bad "x[1]" -- expect: s:1: syntax error near <eof>
bad "x:y" -- expect: s:1: function arguments expected near <eof>
bad "x:y.z" -- expect: s:1: function arguments expected near '.'
bad "x:1()" -- expect: s:1: <name> expected near '1'
bad "1" -- expect: s:1: unexpected symbol near '1'
bad "'a'" -- expect: s:1: unexpected symbol near ''a''
bad "nil" -- expect: s:1: unexpected symbol near 'nil'
bad "..." -- expect: s:1: unexpected symbol near '...'
bad "(x)" -- expect: s:1: syntax error near <eof>
bad "(x) = 1" -- expect: s:1: syntax error near '='
bad "(x).y" -- expect: s:1: syntax error near <eof>
bad "(f())" -- expect: s:1: syntax error near <eof>
bad "(f()) = 1" -- expect: s:1: syntax error near '='
bad "f() = 1" -- expect: s:1: syntax error near '='
bad "f().x" -- expect: s:1: syntax error near <eof>
bad "f():g() = 1" -- expect: s:1: syntax error near '='
bad "x, f() = 1" -- expect: s:1: syntax error near '='
bad "x, y" -- expect: s:1: '=' expected near <eof>
bad "x, = 1" -- expect: s:1: unexpected symbol near '='
bad ", x = 1" -- expect: s:1: unexpected symbol near ','
bad "x, (y) = 1" -- expect: s:1: syntax error near '='
bad "x = " -- expect: s:1: unexpected symbol near <eof>
bad "x = 1," -- expect: s:1: unexpected symbol near <eof>
bad "x = 1, 2," -- expect: s:1: unexpected symbol near <eof>
bad "x == 1" -- expect: s:1: syntax error near '=='
bad "x += 1" -- expect: s:1: syntax error near '+'
bad "x++" -- expect: s:1: syntax error near '+'
bad "x = y = z" -- expect: s:1: unexpected symbol near '='
bad "x = y z" -- expect: s:1: syntax error near <eof>
bad "x y" -- expect: s:1: syntax error near 'y'
bad "f() g" -- expect: s:1: syntax error near <eof>
bad "f() 1" -- expect: s:1: unexpected symbol near '1'
bad "not x" -- expect: s:1: unexpected symbol near 'not'
bad "-x" -- expect: s:1: unexpected symbol near '-'
bad "#x" -- expect: s:1: unexpected symbol near '#'
bad "function() end" -- expect: s:1: <name> expected near '('
bad "{}" -- expect: s:1: unexpected symbol near '{'
bad ")" -- expect: s:1: unexpected symbol near ')'
bad "(" -- expect: s:1: unexpected symbol near <eof>
bad "()" -- expect: s:1: unexpected symbol near ')'
bad "]" -- expect: s:1: unexpected symbol near ']'
bad "}" -- expect: s:1: unexpected symbol near '}'
bad "=" -- expect: s:1: unexpected symbol near '='
bad ":" -- expect: s:1: unexpected symbol near ':'
bad "." -- expect: s:1: unexpected symbol near '.'
bad ".." -- expect: s:1: unexpected symbol near '..'
bad "then" -- expect: s:1: unexpected symbol near 'then'
bad "end" -- expect: s:1: <eof> expected near 'end'
bad "end end" -- expect: s:1: <eof> expected near 'end'
bad "do end end" -- expect: s:1: <eof> expected near 'end'
bad "else" -- expect: s:1: <eof> expected near 'else'
bad "until x" -- expect: s:1: <eof> expected near 'until'
bad "in" -- expect: s:1: unexpected symbol near 'in'

-- local
bad "local" -- expect: s:1: <name> expected near <eof>
bad "local 1" -- expect: s:1: <name> expected near '1'
bad "local x," -- expect: s:1: <name> expected near <eof>
bad "local x y" -- expect: s:1: syntax error near <eof>
bad "local x =" -- expect: s:1: unexpected symbol near <eof>
bad "local x.y = 1" -- expect: s:1: unexpected symbol near '.'
bad "local x[1] = 1" -- expect: s:1: unexpected symbol near '['
bad "local x <const> = 1" -- expect: s:1: unexpected symbol near '<'
bad "local ..." -- expect: s:1: <name> expected near '...'
bad "local function" -- expect: s:1: <name> expected near <eof>
bad "local function f" -- expect: s:1: '(' expected near <eof>
bad "local function f.g() end" -- expect: s:1: '(' expected near '.'
bad "local function f:g() end" -- expect: s:1: '(' expected near ':'
bad "local function () end" -- expect: s:1: <name> expected near '('
bad "local (x)" -- expect: s:1: <name> expected near '('

-- functions
bad "function" -- expect: s:1: <name> expected near <eof>
bad "function f" -- expect: s:1: '(' expected near <eof>
bad "function f end" -- expect: s:1: '(' expected near 'end'
bad "function f( end" -- expect: s:1: <name> or '...' expected near 'end'
bad "function f() " -- expect: s:1: 'end' expected near <eof>
bad "function f()\n\n" -- expect: s:3: 'end' expected (to close 'function' at line 1) near <eof>
bad "function f(a,) end" -- expect: s:1: <name> or '...' expected near ')'
bad "function f(a b) end" -- expect: s:1: ')' expected near 'b'
bad "function f(..., a) end" -- expect: s:1: ')' expected near ','
bad "function f(a...) end" -- expect: s:1: ')' expected near '...'
bad "function f(1) end" -- expect: s:1: <name> or '...' expected near '1'
bad "function f(a.b) end" -- expect: s:1: ')' expected near '.'
bad "function f.() end" -- expect: s:1: <name> expected near '('
bad "function f.g:h.i() end" -- expect: s:1: '(' expected near '.'
bad "function f.g:h:i() end" -- expect: s:1: '(' expected near ':'
bad "function f[1]() end" -- expect: s:1: '(' expected near '['
bad "function f:() end" -- expect: s:1: <name> expected near '('
bad "function 1() end" -- expect: s:1: <name> expected near '1'
bad "x = function" -- expect: s:1: '(' expected near <eof>
bad "x = function f() end" -- expect: s:1: '(' expected near 'f'
bad "x = function(\na\n" -- expect: s:3: ')' expected near <eof>
bad "function f()\nlocal x = function()\nend"
-- expect: s:3: 'end' expected (to close 'function' at line 1) near <eof>
bad "function f() return ... end"
-- expect: s:1: cannot use '...' outside a vararg function near '...'
bad "function f() return function(...) end, ... end"
-- expect: s:1: cannot use '...' outside a vararg function near '...'
bad "function f() x = {...} end"
-- expect: s:1: cannot use '...' outside a vararg function near '...'
bad "function f() f(...) end"
-- expect: s:1: cannot use '...' outside a vararg function near '...'

-- return
bad "return 1," -- expect: s:1: unexpected symbol near <eof>
bad "return 1 2" -- expect: s:1: <eof> expected near '2'
bad "return return" -- expect: s:1: unexpected symbol near 'return'
bad "return; x = 1" -- expect: s:1: <eof> expected near 'x'
bad "return;;" -- expect: s:1: <eof> expected near ';'
bad "return x = 1" -- expect: s:1: <eof> expected near '='
bad "do return end end" -- expect: s:1: <eof> expected near 'end'
bad "do return x y end" -- expect: s:1: 'end' expected near 'y'
bad "if x then return 1 y() end" -- expect: s:1: 'end' expected near 'y'

-- if
bad "if" -- expect: s:1: unexpected symbol near <eof>
bad "if x" -- expect: s:1: 'then' expected near <eof>
bad "if then end" -- expect: s:1: unexpected symbol near 'then'
bad "if x do end" -- expect: s:1: 'then' expected near 'do'
bad "if x then" -- expect: s:1: 'end' expected near <eof>
bad "if x then\n\n" -- expect: s:3: 'end' expected (to close 'if' at line 1) near <eof>
bad "if x then y() else" -- expect: s:1: 'end' expected near <eof>
bad "if x then y() else z() elseif a then end" -- expect: s:1: 'end' expected near 'elseif'
bad "if x then y() else z() else a() end" -- expect: s:1: 'end' expected near 'else'
bad "if x then elseif then end" -- expect: s:1: unexpected symbol near 'then'
bad "if x then elseif y\nend" -- expect: s:2: 'then' expected near 'end'
bad "if x = 1 then end" -- expect: s:1: 'then' expected near '='
bad "if x then else if y then end" -- expect: s:1: 'end' expected near <eof>
bad "\nif x then\nelseif y then\nelse\n"
-- expect: s:5: 'end' expected (to close 'if' at line 2) near <eof>

-- loops
bad "while" -- expect: s:1: unexpected symbol near <eof>
bad "while x" -- expect: s:1: 'do' expected near <eof>
bad "while do end" -- expect: s:1: unexpected symbol near 'do'
bad "while x then end" -- expect: s:1: 'do' expected near 'then'
bad "while x do" -- expect: s:1: 'end' expected near <eof>
bad "while x do\n\nuntil x"
-- expect: s:3: 'end' expected (to close 'while' at line 1) near 'until'
bad "repeat" -- expect: s:1: 'until' expected near <eof>
bad "repeat\n\n" -- expect: s:3: 'until' expected (to close 'repeat' at line 1) near <eof>
bad "repeat end" -- expect: s:1: 'until' expected near 'end'
bad "repeat\nend" -- expect: s:2: 'until' expected (to close 'repeat' at line 1) near 'end'
bad "repeat until" -- expect: s:1: unexpected symbol near <eof>
bad "repeat until x y" -- expect: s:1: syntax error near <eof>
bad "do" -- expect: s:1: 'end' expected near <eof>
bad "do\n" -- expect: s:2: 'end' expected (to close 'do' at line 1) near <eof>
bad "do until x" -- expect: s:1: 'end' expected near 'until'
bad "for" -- expect: s:1: <name> expected near <eof>
bad "for 1" -- expect: s:1: <name> expected near '1'
bad "for x" -- expect: s:1: '=' or 'in' expected near <eof>
bad "for x do end" -- expect: s:1: '=' or 'in' expected near 'do'
bad "for x = 1 do end" -- expect: s:1: ',' expected near 'do'
bad "for x = do end" -- expect: s:1: unexpected symbol near 'do'
bad "for x = 1, do end" -- expect: s:1: unexpected symbol near 'do'
bad "for x = 1, 2, do end" -- expect: s:1: unexpected symbol near 'do'
bad "for x = 1, 2, 3, 4 do end" -- expect: s:1: 'do' expected near ','
bad "for x = 1, 2 end" -- expect: s:1: 'do' expected near 'end'
bad "for x = 1, 2 do" -- expect: s:1: 'end' expected near <eof>
bad "for x = 1, 2\ndo\n" -- expect: s:3: 'end' expected (to close 'for' at line 1) near <eof>
bad "for x, y = 1, 2 do end" -- expect: s:1: 'in' expected near '='
bad "for x, in y do end" -- expect: s:1: <name> expected near 'in'
bad "for x y in z do end" -- expect: s:1: '=' or 'in' expected near 'y'
bad "for x in do end" -- expect: s:1: unexpected symbol near 'do'
bad "for x in y" -- expect: s:1: 'do' expected near <eof>
bad "for x in y do" -- expect: s:1: 'end' expected near <eof>
bad "for x in y,\ndo end" -- expect: s:2: unexpected symbol near 'do'
bad "for x.y in z do end" -- expect: s:1: '=' or 'in' expected near '.'
bad "for (x) in y do end" -- expect: s:1: <name> expected near '('
bad "for ... in y do end" -- expect: s:1: <name> expected near '...'

-- break
bad "break" -- expect: s:1: <break> at line 1 not inside a loop
bad "do break end" -- expect: s:1: <break> at line 1 not inside a loop
bad "if x then break end" -- expect: s:1: <break> at line 1 not inside a loop
bad "while x do function f() break end end" -- expect: s:1: <break> at line 1 not inside a loop
bad "while x do end break" -- expect: s:1: <break> at line 1 not inside a loop
bad "repeat until x\n\nbreak\n" -- expect: s:4: <break> at line 3 not inside a loop
bad "function f() break end" -- expect: s:1: <break> at line 1 not inside a loop
bad "function f()\nbreak\nend\n\nx()" -- expect: s:5: <break> at line 2 not inside a loop
bad "while break do end" -- expect: s:1: unexpected symbol near 'break'
bad "for i = 1, 2 do local f = function() break end end"
-- expect: s:1: <break> at line 1 not inside a loop

-- goto
bad "goto" -- expect: s:1: <name> expected near <eof>
bad "goto 1" -- expect: s:1: <name> expected near '1'
bad "goto 'x'" -- expect: s:1: <name> expected near ''x''
bad "goto x" -- expect: s:1: no visible label 'x' for <goto> at line 1
bad "goto x y = 1" -- expect: s:1: no visible label 'x' for <goto> at line 1
bad "goto x\n\n\ny = 1" -- expect: s:4: no visible label 'x' for <goto> at line 1
bad "do goto x end" -- expect: s:1: no visible label 'x' for <goto> at line 1
bad "do ::x:: end goto x" -- expect: s:1: no visible label 'x' for <goto> at line 1
bad "goto x do ::x:: end" -- expect: s:1: no visible label 'x' for <goto> at line 1
bad "function f() goto x end ::x::" -- expect: s:1: no visible label 'x' for <goto> at line 1
bad "::x:: function f() goto x end" -- expect: s:1: no visible label 'x' for <goto> at line 1
bad "function f()\ngoto x\nend\n::x::\n\n"
-- expect: s:4: no visible label 'x' for <goto> at line 2
bad "repeat ::x:: until y goto x" -- expect: s:1: no visible label 'x' for <goto> at line 1
bad "while y do ::x:: end goto x" -- expect: s:1: no visible label 'x' for <goto> at line 1
bad "goto x goto y" -- expect: s:1: no visible label 'x' for <goto> at line 1
bad "goto x ::y:: goto z" -- expect: s:1: no visible label 'x' for <goto> at line 1
bad "goto x; local a ::x:: print(a)"
-- expect: s:1: <goto x> at line 1 jumps into the scope of local 'a'
bad "goto x; local a ::x:: ; ::y:: local b"
-- expect: s:1: <goto x> at line 1 jumps into the scope of local 'a'
bad "do goto x end; local a, b; ::x:: b()"
-- expect: s:1: <goto x> at line 1 jumps into the scope of local 'a'
bad "goto x; local function f() end ::x:: f()"
-- expect: s:1: <goto x> at line 1 jumps into the scope of local 'f'
bad "goto x; local a; do end ::x:: ; ; a()"
-- expect: s:1: <goto x> at line 1 jumps into the scope of local 'a'
bad "repeat goto x; local a; ::x:: until a"
-- expect: s:1: <goto x> at line 1 jumps into the scope of local 'a'
bad "repeat\ngoto x\nlocal a\n::x::\nuntil true"
-- expect: s:5: <goto x> at line 2 jumps into the scope of local 'a'
bad "repeat if y then goto x end; local a; ::x:: until a"
-- expect: s:1: <goto x> at line 1 jumps into the scope of local 'a'
bad "for i = 1, 2 do goto x local a ::x:: a = 1 end"
-- expect: s:1: <goto x> at line 1 jumps into the scope of local 'a'
bad "local a goto x local b local c ::x:: c = b"
-- expect: s:1: <goto x> at line 1 jumps into the scope of local 'b'
bad "goto end_ ::end_:: goto nowhere"
-- expect: s:1: no visible label 'nowhere' for <goto> at line 1
bad "if a then goto x end local b ::x:: b()"
-- expect: s:1: <goto x> at line 1 jumps into the scope of local 'b'

-- labels
bad "::" -- expect: s:1: <name> expected near <eof>
bad "::x" -- expect: s:1: '::' expected near <eof>
bad "::x:" -- expect: s:1: '::' expected near ':'
bad "::1::" -- expect: s:1: <name> expected near '1'
bad "::x y::" -- expect: s:1: '::' expected near 'y'
bad ":: ::" -- expect: s:1: <name> expected near '::'
bad ":x::" -- expect: s:1: unexpected symbol near ':'
bad "::x:: ::x::" -- expect: s:1: label 'x' already defined on line 1
bad "::x::\n\n::x::" -- expect: s:3: label 'x' already defined on line 1
bad "::x:: do ::x:: end ::x::" -- expect: s:1: label 'x' already defined on line 1
bad "::x:: ; ::y:: ; ::x:: ; ::y::" -- expect: s:1: label 'x' already defined on line 1
bad "goto x ::x:: goto x ::x::" -- expect: s:1: label 'x' already defined on line 1
bad "::x:: = 1" -- expect: s:1: unexpected symbol near '='

-- expressions
bad "x = +1" -- expect: s:1: unexpected symbol near '+'
bad "x = 1 +" -- expect: s:1: unexpected symbol near <eof>
bad "x = 1 + * 2" -- expect: s:1: unexpected symbol near '*'
bad "x = * 2" -- expect: s:1: unexpected symbol near '*'
bad "x = 1 2" -- expect: s:1: unexpected symbol near '2'
bad "x = not" -- expect: s:1: unexpected symbol near <eof>
bad "x = -" -- expect: s:1: unexpected symbol near <eof>
bad "x = #" -- expect: s:1: unexpected symbol near <eof>
bad "x = 1 not 2" -- expect: s:1: unexpected symbol near 'not'
bad "x = 1 and" -- expect: s:1: unexpected symbol near <eof>
bad "x = or 2" -- expect: s:1: unexpected symbol near 'or'
bad "x = a..." -- expect: s:1: unexpected symbol near '...'
bad "x = a .. .. b" -- expect: s:1: unexpected symbol near '..'
bad "x = 1 ~ 2" -- expect: s:1: unexpected symbol near '~'
bad "x = 1 != 2" -- expect: s:1: unexpected symbol near '!'
bad "x = 1 =< 2" -- expect: s:1: unexpected symbol near '='
bad "x = 1 <> 2" -- expect: s:1: unexpected symbol near '>'
bad "x = 7 // 2" -- expect: s:1: unexpected symbol near '/'
bad "x = 1 & 2" -- expect: s:1: unexpected symbol near '&'
bad "x = 1 | 2" -- expect: s:1: unexpected symbol near '|'
bad "x = 1 << 2" -- expect: s:1: unexpected symbol near '<'
bad "x = (" -- expect: s:1: unexpected symbol near <eof>
bad "x = ()" -- expect: s:1: unexpected symbol near ')'
bad "x = (1" -- expect: s:1: ')' expected near <eof>
bad "x = (1,2)" -- expect: s:1: ')' expected near ','
bad "x = (1\n" -- expect: s:2: ')' expected (to close '(' at line 1) near <eof>
bad "x = (\n\n1 2)" -- expect: s:3: ')' expected (to close '(' at line 1) near '2'
bad "x = )" -- expect: s:1: unexpected symbol near ')'
bad "x = ((1)" -- expect: s:1: ')' expected near <eof>
bad "x = (1))" -- expect: s:1: unexpected symbol near ')'
bad "x = a[" -- expect: s:1: unexpected symbol near <eof>
bad "x = a[]" -- expect: s:1: unexpected symbol near ']'
bad "x = a[1" -- expect: s:1: ']' expected near <eof>
bad "x = a[1,2]" -- expect: s:1: ']' expected near ','
bad "x = a[\n1\n" -- expect: s:3: ']' expected near <eof>
bad "x = a.1" -- expect: s:1: unexpected symbol near '.1'
bad "x = a.b." -- expect: s:1: <name> expected near <eof>
bad "x = a.'b'" -- expect: s:1: <name> expected near ''b''
bad "x = a:b" -- expect: s:1: function arguments expected near <eof>
bad "x = a:b + 1" -- expect: s:1: function arguments expected near '+'
bad "x = a:b = 1" -- expect: s:1: function arguments expected near '='
bad "x = a:b.c" -- expect: s:1: function arguments expected near '.'
bad "x = a:(1)" -- expect: s:1: <name> expected near '('
bad "x = a:'b'" -- expect: s:1: <name> expected near ''b''
bad "x = 1.x" -- expect: s:1: syntax error near <eof>
bad "x = 'a'.b" -- expect: s:1: unexpected symbol near '.'
bad "x = 'a':b()" -- expect: s:1: unexpected symbol near ':'
bad "x = {}.b" -- expect: s:1: unexpected symbol near '.'
bad "x = nil()" -- expect: s:1: unexpected symbol near ')'
bad "x = function() end()" -- expect: s:1: unexpected symbol near ')'
bad "x = a:b 1" -- expect: s:1: function arguments expected near '1'
bad "x = if a then b end" -- expect: s:1: unexpected symbol near 'if'
bad "x = local" -- expect: s:1: unexpected symbol near 'local'
bad "x = do end" -- expect: s:1: unexpected symbol near 'do'
bad "x = =1" -- expect: s:1: unexpected symbol near '='
bad "x = ..." -- expect: no error
bad "return ... ..." -- expect: s:1: <eof> expected near '...'

-- calls
bad "f(" -- expect: s:1: unexpected symbol near <eof>
bad "f(1" -- expect: s:1: ')' expected near <eof>
bad "f(1," -- expect: s:1: unexpected symbol near <eof>
bad "f(1,)" -- expect: s:1: unexpected symbol near ')'
bad "f(,1)" -- expect: s:1: unexpected symbol near ','
bad "f(1 2)" -- expect: s:1: ')' expected near '2'
bad "f(1;2)" -- expect: s:1: ')' expected near ';'
bad "f(\n1\n" -- expect: s:3: ')' expected (to close '(' at line 1) near <eof>
bad "f\n(\n1\n" -- expect: s:4: ')' expected (to close '(' at line 1) near <eof>
bad "f(x = 1)" -- expect: s:1: ')' expected near '='
bad "f(...," -- expect: s:1: unexpected symbol near <eof>
bad "f{" -- expect: s:1: unexpected symbol near <eof>
bad "f{1" -- expect: s:1: '}' expected near <eof>
bad "f 'x" -- expect: s:1: unfinished string near <eof>
bad "f(function() end" -- expect: s:1: ')' expected near <eof>
bad "a.b\n.c\n:d(\n\n1" -- expect: s:5: ')' expected (to close '(' at line 1) near <eof>

-- tables
bad "x = {" -- expect: s:1: unexpected symbol near <eof>
bad "x = {1" -- expect: s:1: '}' expected near <eof>
bad "x = {1," -- expect: s:1: unexpected symbol near <eof>
bad "x = {1 2}" -- expect: s:1: '}' expected near '2'
bad "x = {,}" -- expect: s:1: unexpected symbol near ','
bad "x = {;}" -- expect: s:1: unexpected symbol near ';'
bad "x = {1,,2}" -- expect: s:1: unexpected symbol near ','
bad "x = {1,2" -- expect: s:1: '}' expected near <eof>
bad "x = {\n1,\n2\n" -- expect: s:4: '}' expected (to close '{' at line 1) near <eof>
bad "x = {a = }" -- expect: s:1: unexpected symbol near '}'
bad "x = {a =\n\n}" -- expect: s:3: unexpected symbol near '}'
bad "x = {= 1}" -- expect: s:1: unexpected symbol near '='
bad "x = {[1]}" -- expect: s:1: '=' expected near '}'
bad "x = {[1] 2}" -- expect: s:1: '=' expected near '2'
bad "x = {[1 = 2}" -- expect: s:1: ']' expected near '='
bad "x = {[] = 2}" -- expect: s:1: unexpected symbol near ']'
bad "x = {1 = 2}" -- expect: s:1: '}' expected near '='
bad "x = {'a' = 2}" -- expect: s:1: '}' expected near '='
bad "x = {a.b = 2}" -- expect: s:1: '}' expected near '='
bad "x = {a b}" -- expect: s:1: '}' expected near 'b'
bad "x = {a\n" -- expect: s:2: '}' expected (to close '{' at line 1) near <eof>
bad "x = {a :b}" -- expect: s:1: function arguments expected near '}'
bad "x = {a 'x' 1}" -- expect: s:1: '}' expected near '1'
bad "x = {a" -- expect: s:1: '}' expected near <eof>
bad "x = {a = 1 b = 2}" -- expect: s:1: '}' expected near 'b'
bad "x = {[1] = 2]" -- expect: s:1: '}' expected near ']'
bad "x = {f(}" -- expect: s:1: unexpected symbol near '}'
bad "x = {a 'unfinished}" -- expect: s:1: unfinished string near <eof>

-- names of chunks
bad(")", "=name") -- expect: name:1: unexpected symbol near ')'
bad(")", "@file.lua") -- expect: file.lua:1: unexpected symbol near ')'
bad(")", "") -- expect: [string ""]:1: unexpected symbol near ')'
bad(")", "=") -- expect: :1: unexpected symbol near ')'
bad(")", "@") -- expect: :1: unexpected symbol near ')'
bad(")", ")") -- expect: [string ")"]:1: unexpected symbol near ')'
bad("x = 1\n)", "x = 1\n)") -- expect: [string "x = 1..."]:2: unexpected symbol near ')'
bad(")", "\n)") -- expect: [string "..."]:1: unexpected symbol near ')'
bad(")", "=" .. ("1234567890"):rep(7))
-- expect: 12345678901234567890123456789012345678901234567890123456789:1: unexpected symbol near ')'
bad(")", "@" .. ("1234567890"):rep(7))
-- expect: ...56789012345678901234567890123456789012345678901234567890:1: unexpected symbol near ')'
bad(")", ("1234567890"):rep(7))
-- expect: [string "123456789012345678901234567890123456789012345..."]:1: unexpected symbol near ')'
bad(")", "a\0b") -- expect: [string "a"]:1: unexpected symbol near ')'
bad(")", "=a\0b") -- expect: a:1: unexpected symbol near ')'
bad(")", "@a\nb") -- expect: a\10b:1: unexpected symbol near ')'
bad(")", ("x"):rep(44))
-- expect: [string "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"]:1: unexpected symbol near ')'
bad(")", ("x"):rep(45))
-- expect: [string "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..."]:1: unexpected symbol near ')'
bad(")", ("x"):rep(44) .. "\n")
-- expect: [string "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx..."]:1: unexpected symbol near ')'

-- limits
local function many(n, format)
  local t = {}
  for i = 1, n do t[i] = format:gsub("#", i) end
  return table.concat(t, " ")
end

bad(many(200, "local a#")) -- expect: no error
bad(many(201, "local a#"))
-- expect: s:1: too many local variables (limit is 200) in main function near <eof>
bad("local " .. many(200, "a#,") .. " a")
-- expect: s:1: too many local variables (limit is 200) in main function near <eof>
bad(many(200, "local a#") .. " local function f() end")
-- expect: s:1: too many local variables (limit is 200) in main function near '('
bad(many(200, "local a#") .. " function f(b) end") -- expect: no error
bad("\nfunction f(" .. many(200, "a#,") .. " a) end")
-- expect: s:2: too many local variables (limit is 200) in function at line 2 near ')'
bad("function f:g(" .. many(199, "a#,") .. " a) end")
-- expect: s:1: too many local variables (limit is 200) in function at line 1 near ')'
bad(many(196, "local a#") .. " for i = 1, 2 do end") -- expect: no error
bad(many(197, "local a#") .. " for i = 1, 2 do end")
-- expect: s:1: too many local variables (limit is 200) in main function near '='
bad(many(198, "local a#") .. " for i = 1, 2 do end")
-- expect: s:1: too many local variables (limit is 200) in main function near '='
bad(many(196, "local a#") .. " for i in x do end") -- expect: no error
bad(many(196, "local a#") .. " for i, j in x do end")
-- expect: s:1: too many local variables (limit is 200) in main function near 'in'
bad(many(198, "local a#") .. " for i in x do end")
-- expect: s:1: too many local variables (limit is 200) in main function near 'in'
bad("do " .. many(200, "local a#") .. " end " .. many(200, "local a#")) -- expect: no error
bad(many(128, "local a#") .. "\nfunction f()\n" .. many(128, "local b#") .. "\nfunction g()\n" ..
-- expect: s:5: malformed number near '1b1'
  many(127, "a# = 1") .. many(128, "b# = 1") .. "\nend end")
bad(many(128, "local a#") .. "\nfunction f()\n" .. many(128, "local b#") .. "\nfunction g()\n" ..
-- expect: s:5: malformed number near '1b1'
  many(128, "a# = 1") .. many(128, "b# = 1") .. "\nend end")
bad(("do "):rep(198)) -- expect: s:1: 'end' expected near <eof>
bad(("do "):rep(199))
-- expect: s:1: too many C levels (limit is 200) in main function near 'do'
bad("x = " .. ("("):rep(196)) -- expect: s:1: unexpected symbol near <eof>
bad("x = " .. ("("):rep(197) .. "1")
-- expect: s:1: too many C levels (limit is 200) in main function near '1'
bad("x = " .. ("{"):rep(196)) -- expect: s:1: unexpected symbol near <eof>
bad("x = " .. ("{"):rep(300))
-- expect: s:1: too many C levels (limit is 200) in main function near '{'
bad("x = " .. ("- "):rep(300))
-- expect: s:1: too many C levels (limit is 200) in main function near '-'
bad("x = " .. ("not "):rep(300))
-- expect: s:1: too many C levels (limit is 200) in main function near 'not'
bad("x = " .. ("a .. "):rep(300))
-- expect: s:1: too many C levels (limit is 200) in main function near 'a'
bad("x = " .. ("2 ^ "):rep(300))
-- expect: s:1: too many C levels (limit is 200) in main function near '2'
bad("x = " .. ("a["):rep(300))
-- expect: s:1: too many C levels (limit is 200) in main function near 'a'
bad("x = " .. ("f("):rep(300))
-- expect: s:1: too many C levels (limit is 200) in main function near 'f'
bad("x = " .. ("function() x = "):rep(300))
-- expect: s:1: too many C levels (limit is 200) in function at line 1 near 'x'
bad("x = " .. ("f{"):rep(300)) -- expect: s:1: function or expression too complex near '{'
bad(("function f() "):rep(300))
-- expect: s:1: too many C levels (limit is 200) in function at line 1 near 'function'
bad(("\nfunction f() "):rep(300))
-- expect: s:200: too many C levels (limit is 200) in function at line 199 near 'function'
bad(("while a do "):rep(300))
-- expect: s:1: too many C levels (limit is 200) in main function near 'a'
bad(("repeat "):rep(300))
-- expect: s:1: too many C levels (limit is 200) in main function near 'repeat'
bad(("if a then "):rep(300))
-- expect: s:1: too many C levels (limit is 200) in main function near 'a'
bad(("if a then else "):rep(300))
-- expect: s:1: too many C levels (limit is 200) in main function near 'a'
bad(("for i = 1, 2 do "):rep(180))
-- expect: s:1: too many local variables (limit is 200) in main function near '='
bad(("for i in a do "):rep(180))
-- expect: s:1: too many local variables (limit is 200) in main function near 'in'
bad(("a, "):rep(197) .. "a = 1 +") -- expect: s:1: unexpected symbol near <eof>
bad(("a, "):rep(198) .. "a = 1")
-- expect: s:1: too many C levels (limit is 200) in main function near '='
bad(("a.b, "):rep(300) .. "a = 1")
-- expect: s:1: too many C levels (limit is 200) in main function near ','
bad(many(198, "::a#::") .. " )") -- expect: s:1: unexpected symbol near ')'
bad(many(199, "::a#::") .. " )")
-- expect: s:1: too many C levels (limit is 200) in main function near '::'
bad("x = " .. ("{"):rep(197) .. "a, b")
-- expect: s:1: too many C levels (limit is 200) in main function near ''
bad("f(" .. many(247, "#,") .. " 1)") -- expect: no error
bad("f(" .. many(248, "#,") .. " 1)")
-- expect: s:1: function or expression too complex near <eof>
bad("f(" .. many(249, "#,") .. " 1)")
-- expect: s:1: function or expression too complex near '1'
bad("return " .. many(300, "#,")) -- expect: s:1: function or expression too complex near '251'
bad("local a, b local c = " .. many(300, "#,"))
-- expect: s:1: function or expression too complex near '249'
bad("x = {" .. many(300, "#,")) -- expect: s:1: unexpected symbol near <eof>
bad("x = " .. ("{1, f("):rep(99)) -- expect: s:1: function or expression too complex near '{'
