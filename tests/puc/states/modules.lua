-- C modules in forks, snapshots, maps; what is outside of states is given back once.
local state = require "state"
local lpeg, cjson, lfs = require "lpeg", require "cjson", require "lfs"
local words = lpeg.Ct((lpeg.C(lpeg.R "az" ^ 1) * lpeg.S " " ^ 0) ^ 0)

-- a fork has what was made before it, and what it makes is its own
print(state.fork(function() -- expect: 3	["in","a","fork"]
    local t = words:match "in a fork"
    return #t, cjson.encode(t)
end))
print(state.fork(function() -- expect: 4
    local own = words * lpeg.Cc "end"
    return #own:match "a b c d"
end))
print(#words:match "outside of it") -- expect: 3

-- maps, on threads and one after the other
local function lengths(options)
    return table.concat(state.map(function(x) return #words:match(x) end, { "a b", "c d e", "f" }, options), " ")
end
print(lengths { threads = 2 }) -- expect: 2 3 1
print(lengths { threads = 1 }) -- expect: 2 3 1
local sums = state.map(function(i) return cjson.decode(cjson.encode { i, i + 1 })[2] end, { 1, 2, 3 }, { threads = 2 })
print(table.concat(sums, " ")) -- expect: 2 3 4

-- in a callback of C nothing goes back
local function within(f) return pcall(lpeg.match, lpeg.C(1) / f, "x") end
print(select(2, within(function() return state.fork(function() end) end)):match "attempt.*") -- expect: attempt to fork across a C-call boundary
local s = state.snapshot()
print(select(2, within(function() state.restore(s) end)):match "attempt.*") -- expect: attempt to restore across a C-call boundary
print(within(function() return type(state.snapshot()) end)) -- expect: true	userdata

-- going back: what Lua has of C is as it was
local registry = debug.getregistry()
registry.mark = "before"
print(pcall(state.try, function() -- expect: true	false	undone
    registry.mark = "after"
    words = nil
    error("undone", 0)
end))
print(registry.mark, #words:match "still there") -- expect: before	2

-- upvalues of C functions are versioned: lfs.dir's iterator is a userdata with a position outside
local iterate, dir = lfs.dir "/"
local first = iterate(dir)
state.fork(function() for _ = 1, 3 do iterate(dir) end end)
print(type(first), pcall(iterate, dir)) -- expect-prefix: string	true

-- a directory that a fork has lost is not closed, as the program still has it
local _, kept = lfs.dir "/"
state.fork(function()
    kept = nil
    collectgarbage()
    collectgarbage()
end)
print((pcall(kept.next, kept))) -- expect: true
-- nor is one that a snapshot has
local _, other = lfs.dir "/"
local snapshot = state.snapshot()
other = nil
collectgarbage()
collectgarbage()
print(snapshot ~= nil) -- expect: true

-- the outermost program's own are closed at once
local open = function() local n = 0 for _ in lfs.dir "/proc/self/fd" do n = n + 1 end return n end
local before = open()
for _ = 1, 50 do lfs.dir "/" end
print(open() >= before + 50) -- expect: true
collectgarbage()
print(open() < before + 10) -- expect: true

-- a state that was taken while C waited: its C function is gone when control comes back to it
local taken, again
local good, e = within(function()
    taken, again = state.snapshot()
    return "returned"
end)
print(good, e, again) -- expect: true	returned	nil
-- expect: false	the C function that called is gone	second time
if not again then state.restore(taken, "second time") end
