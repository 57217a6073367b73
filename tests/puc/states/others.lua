-- The other C modules in forks, snapshots and maps: what C holds outside of states is shared, what Lua
-- has of it is each state's own.
local state = require "state"
local names = {
    "posix", "socket.core", "zlib", "lyaml", "lxp", "iconv", "term", "bit", "luasql.sqlite3", "luv", "lgi",
}
local module = {}
for _, name in ipairs(names) do module[name] = require(name) end

-- work(name): something that a module does with what it makes anew; the same anywhere
local work = {
    posix = function(m) return m.basename "/a/b" .. #m.getcwd():sub(1, 1) end,
    ["socket.core"] = function(m)
        local server = assert(m.tcp())
        assert(server:bind("127.0.0.1", 0))
        assert(server:listen(1))
        local _, port = server:getsockname()
        local client = assert(m.tcp())
        assert(client:connect("127.0.0.1", port))
        local peer = assert(server:accept())
        peer:send "over the loop\n"
        local line = client:receive()
        client:close() peer:close() server:close()
        return line
    end,
    zlib = function(m) return m.inflate()((m.deflate()(("zip"):rep(1000), "finish"))):sub(-3) end,
    lyaml = function(m) return m.load(m.dump { { a = { 1, 2, { b = "c" } } } }).a[3].b end,
    lxp = function(m)
        local log = {}
        local p = m.new { StartElement = function(_, name) log[#log + 1] = name end }
        p:parse "<a><b/><c>text</c></a>" p:parse() p:close()
        return table.concat(log)
    end,
    iconv = function(m) return #m.new("utf-16le", "utf-8"):iconv "four" end,
    term = function(m) return tostring(m.colors and m.colors.red):gsub("\27", "ESC") end,
    bit = function(m) return m.bxor(m.lshift(1, 4), 3) end,
    ["luasql.sqlite3"] = function(m)
        local env = m.sqlite3()
        local db = env:connect ":memory:"
        db:execute "create table t (n)"
        for i = 1, 5 do db:execute("insert into t values (" .. i .. ")") end
        local cursor = db:execute "select sum(n) from t"
        local sum = cursor:fetch()
        cursor:close() db:close() env:close()
        return math.floor(sum)
    end,
    luv = function(m)
        local n, timer = 0, m.new_timer()
        timer:start(0, 1, function() n = n + 1 if n == 3 then timer:close() end end)
        m.run()
        return n
    end,
    lgi = function(m) return m.GLib.path_get_basename "/x/y" .. #m.GLib.compute_checksum_for_string("MD5", "a", -1) end,
}
local function all()
    local out = {}
    for i, name in ipairs(names) do out[i] = tostring(work[name](module[name])) end
    return table.concat(out, " ")
end
local expected = all()
print(expected) -- expect: b1 over the loop zip c abc 8 ESC[31m 19 15 3 y32

-- in forks, one after the other and in each other, and after going back
print(state.fork(all) == expected, state.fork(function() return state.fork(all) end) == expected) -- expect: true	true
local s, round = state.snapshot()
round = round or 0
local now = all()
if round < 3 then state.restore(s, round + 1) end
print(round, now == expected) -- expect: 3	true
print(select(2, pcall(state.try, function() all() error("undone", 0) end)), all() == expected) -- expect: false	true

-- in coroutines that are gone on with from several points
local steps = coroutine.wrap(function()
    for _, name in ipairs(names) do coroutine.yield(tostring(work[name](module[name]))) end
end)
local function rest() local out = {} for text in steps do out[#out + 1] = text end return table.concat(out, " ") end
local first = steps()
print(first .. " " .. state.fork(rest) == expected, first .. " " .. rest() == expected) -- expect: true	true

-- maps: each item in a fork, with a lua_State of its own. luv and lgi keep the lua_State that has
-- opened them, so what they call back is another world's.
local function on(name) return tostring(work[name](module[name])) end
local safe = { "posix", "socket.core", "zlib", "lyaml", "lxp", "iconv", "term", "bit", "luasql.sqlite3" }
local function mapped(list, options) return table.concat(state.map(on, list, options), " ") end
local many = {}
for i = 1, 5 * #safe do many[i] = safe[(i - 1) % #safe + 1] end
local one = mapped(many, { threads = 1 })
print(mapped(safe, { threads = 1 })) -- expect: b1 over the loop zip c abc 8 ESC[31m 19 15
print(mapped(many, { threads = 2 }) == one, mapped(many, { threads = 2 }) == one) -- expect: true	true
print(mapped(safe, { processes = 2 }) == mapped(safe)) -- expect: true

-- what was made before a fork can be used there; its bytes are outside
local db = module["luasql.sqlite3"].sqlite3():connect ":memory:"
db:execute "create table t (n)"
local before = state.snapshot()
state.fork(function() db:execute "insert into t values (1)" end)
local cursor = db:execute "select count(*) from t"
print(math.floor(cursor:fetch())) -- expect: 1
cursor:close()
local log = {}
local parser = module.lxp.new { StartElement = function(_, name) log[#log + 1] = name end }
parser:parse "<a><b>"
print(state.fork(function() parser:parse "</b><c/>" return table.concat(log) end), table.concat(log)) -- expect: abc	ab
parser:parse "</a>" -- where C has come to is no part of the state
print(pcall(parser.parse, parser), table.concat(log)) -- expect: true	ab
local cd, deflate = module.iconv.new("latin1", "utf-8"), module.zlib.deflate()
print(state.fork(function() return #cd:iconv "\195\169" end), #cd:iconv "\195\169") -- expect: 1	1
local packed = deflate "first "
packed = packed .. state.fork(function() return (deflate "second ") end)
print((module.zlib.inflate()(packed .. deflate("third", "finish")))) -- expect: first second third
print(before ~= nil) -- expect: true

-- callbacks of C within which the world is looked at, and may not go back
local seen, again
local p = module.lxp.new { StartElement = function()
    seen = state.snapshot()
    again = select(2, pcall(state.restore, seen)):match "attempt.*"
end }
p:parse "<a/>"
print(type(seen), again) -- expect: userdata	attempt to restore across a C-call boundary
local timer, asked = module.luv.new_timer(), nil
timer:start(0, 0, function()
    timer:close()
    asked = select(2, pcall(state.fork, print)):match "attempt.*"
end)
module.luv.run()
print(asked) -- expect: attempt to fork across a C-call boundary
