-- moonlet-only: library functions that call Lua code can be left by a yield in it.
-- (lua5.2: "attempt to yield across a C-call boundary".)

local yield = coroutine.yield

-- Runs f in a coroutine, resumes it after each yield, and answers its results and the
-- number of yields.
local function run(f, ...)
  local co, n = coroutine.create(f), 0
  local r = table.pack(coroutine.resume(co, ...))
  while coroutine.status(co) == "suspended" do
    n = n + 1
    r = table.pack(coroutine.resume(co))
  end
  return n, table.unpack(r, 1, r.n)
end
local function yielding(f) return function(...) yield(...) return f(...) end end
local meta = {
  __lt = yielding(function(a, b) return a[1] < b[1] end),
  __len = yielding(function() return 3 end),
  __tostring = yielding(function(t) return "T" .. t[1] end),
  __index = yielding(function(_, k) return k end),
  __pairs = yielding(function(t) return next, t, nil end),
  __ipairs = yielding(function(t) return ipairs({ "i" }) end),
}
local function object(...) return setmetatable({ ... }, meta) end

-- sort: by a function, by __lt, with __len
local list = { 5, 2, 8, 1, 9, 3, 7, 4, 6, 0 }
local n = run(table.sort, list, yielding(function(a, b) return a < b end))
print(table.concat(list, " "), n > 20) -- expect: 0 1 2 3 4 5 6 7 8 9	true
list = { object(3), object(1), object(2) }
n = run(table.sort, list)
print(list[1][1], list[2][1], list[3][1], n) -- expect: 1	2	3	2
local sized = object(3, 2, 1, 0)
print(run(table.sort, sized, function(a, b) return a < b end)) -- expect: 1	true
print(rawget(sized, 1), rawget(sized, 2), rawget(sized, 3), rawget(sized, 4)) -- expect: 1	2	3	0

-- many sorts at once, interleaved
local lists, threads, seed = {}, {}, 7
for i = 1, 10 do
  lists[i] = {}
  for k = 1, 200 do
    seed = (seed * 16807) % 2147483647
    lists[i][k] = seed % 1000
  end
  threads[i] = coroutine.wrap(function()
    table.sort(lists[i], function(a, b) yield("turn") return a < b end)
    return "done"
  end)
end
local left = 10
while left > 0 do
  for i = 1, 10 do
    if threads[i] and threads[i]() == "done" then threads[i], left = nil, left - 1 end
  end
end
local sorted = true
for i = 1, 10 do
  for k = 2, 200 do sorted = sorted and lists[i][k - 1] <= lists[i][k] end
end
print(sorted) -- expect: true

-- a large sort with a deep stack of put-off parts
list = {}
for i = 1, 20000 do list[i] = (i * 7919) % 20011 end
local count = 0
n = run(table.sort, list, function(a, b)
  count = count + 1
  if count % 1000 == 0 then yield() end
  return a < b
end)
sorted = true
for i = 2, #list do sorted = sorted and list[i - 1] < list[i] end
print(sorted, n == math.floor(count / 1000)) -- expect: true	true

-- the other table functions take __len
print(run(table.concat, object("a", "b", "c", "d"), ",")) -- expect: 1	true	a,b,c
print(run(table.unpack, object(1, 2, 3, 4))) -- expect: 1	true	1	2	3
print(run(table.insert, object(), "x"), run(table.remove, object(1, 2, "r"))) -- expect: 1	1	true	r

-- print, tostring, pairs, ipairs
print(run(print, object(1), 2, object(3)))
-- expect: T1	2	T3
-- expect: 2	true
print(run(tostring, object(5))) -- expect: 1	true	T5
print(run(function() for k in pairs(object(1)) do return k end end)) -- expect: 1	true	1
print(run(function() for _, v in ipairs(object(1)) do return v end end)) -- expect: 1	true	i

-- os.time reads fields through __index
print((run(os.time, setmetatable({}, { __index = yielding(function(_, k) return ({ year = 2000, month = 1, day = 2 })[k] end) }))))
-- expect: 7

-- load with a reader; dofile; require with searchers and loaders
local parts, i = { "return ", "1 + ", "1" }, 0
print(select(3, run(load, yielding(function() i = i + 1 return parts[i] end)))()) -- expect: 2
i = 0
n = run(load, yielding(function() i = i + 1 return parts[i] end))
print(n) -- expect: 4
package.preload.yielder = yielding(function(name) return "loaded " .. name end)
print(run(require, "yielder")) -- expect: 1	true	loaded yielder
table.insert(package.searchers, 1, yielding(function(name) return yielding(function() return name .. "!" end) end))
print(run(require, "searched")) -- expect: 2	true	searched!
table.remove(package.searchers, 1)

-- pcall and xpcall around all that; errors after a yield
print(run(pcall, table.sort, { 3, 2, 1 }, yielding(function() error("compare", 0) end))) -- expect: 1	true	false	compare
print(run(xpcall, print, yielding(function(m) return "handled " .. m end), setmetatable({}, { __tostring = yielding(function() error("e", 0) end) })))
-- expect: 2	true	false	handled e
print(run(load, yielding(function() error("reader", 0) end))) -- expect: 1	true	nil	reader

-- module's options
print((run(load("module('yield_test', ...)"), yielding(function() end), yielding(function() end)))) -- expect: 2
