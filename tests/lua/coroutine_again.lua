-- moonlet-only: a coroutine that waits again where it has waited before keeps its frozen stack if
-- that has the same values. Each state has those of its own, whatever is kept.
local state = require "state"

-- Three that look alike at rest but for one thing: nothing; a local; an upper frame's local.
local function same(t)
    while true do
        t.n = t.n + 1
        coroutine.yield(t.n)
    end
end
local function counts(t)
    local n = 0
    while true do
        n = n + 1
        t.n = n
        coroutine.yield(n)
    end
end
local function below(t)
    local n = 0
    local function wait() coroutine.yield(n) end
    while true do
        n = n + 1
        t.n = n
        wait()
    end
end
-- What differs is in slots between: operands of sums that are done, and results to come.
local function between(t)
    local a, b = 0, 1
    while true do
        t.n = t.n + 1
        local x, y = (t.n * 2) + (t.n * 3), t.n - 1
        x, y = nil, nil
        a, b = coroutine.yield(t.n)
        assert(a == t.n and b == "b")
    end
end
-- Now and then another value, so that it is compared, is not, and is again.
local function seldom(t)
    local kept = 0
    while true do
        t.n = t.n + 1
        if t.n % 3 == 0 then kept = t.n end
        coroutine.yield(kept)
        assert(kept == t.n - t.n % 3)
    end
end

all = {} -- a global: digests see it
for _, f in ipairs {same, counts, below, between, seldom} do
    local e = {n = 0}
    e.co = coroutine.create(f)
    assert(coroutine.resume(e.co, e))
    all[#all + 1] = e
end

local function turn()
    for i = 1, #all do
        local e = all[i]
        local ok, n = coroutine.resume(e.co, e.n, "b")
        assert(ok, n)
        if i < 5 then assert(n == e.n) end
    end
end

-- What is in slots between: counters of loops, operands, parts of calls and of tables.
local more = {}
local function case(f)
    more[#more + 1] = f
end
case(function(n) for i = 1, 1e9 do coroutine.yield(n) n = i end end)
case(function(n) for i = 1e9, 1, -0.5 do coroutine.yield(n) n = (1e9 - i) * 2 + 1 end end)
case(function(n) for k, v in pairs {a = 1, b = 2, c = 3} do coroutine.yield(n) n = n + v end end)
case(function(n)
    local list = {}
    for i = 1, 100 do list[i] = i end
    for i, v in ipairs(list) do coroutine.yield(n) n = v end
end)
case(function(...) while true do coroutine.yield((select("#", ...))) end end)
case(function(n) while true do n = n * 1 + coroutine.yield(n) end end)
case(function(n) while true do n = (n + 1) * 2 - n - 1 + (coroutine.yield(n) and -1 or 0) end end)
case(function(n) while true do n = tonumber(n .. (coroutine.yield(n) or "") .. n) % 1000 end end)
case(function(n) while true do local t = {n, coroutine.yield(n), n + 1} n = t[#t] % 50 end end)
case(function(n)
    local o = {n = n}
    function o:wait(x) coroutine.yield(self.n + x) end
    while true do o:wait(o.n * 2) o.n = o.n + 1 end
end)
case(function(n) while true do pcall(coroutine.yield, n) n = n + 3 end end)
case(function(n) while true do n = math.max(n, (coroutine.yield(n) or 0) + n % 7, n - 1) end end)
local waiting = {}
function begin_more()
    for i, f in ipairs(more) do
        waiting[i] = coroutine.create(f)
        assert(coroutine.resume(waiting[i], 0))
    end
end
function more_turns(count)
    local sum = 0
    for k = 1, count do
        for i, co in ipairs(waiting) do
            if coroutine.status(co) ~= "dead" then
                local ok, n = coroutine.resume(co, k % 5)
                assert(ok, n)
                sum = (sum * 31 + (n or 0)) % 1000003
            end
        end
    end
    return sum
end
-- All at once, and with a snapshot before each turn.
begin_more()
local at_once = more_turns(60)
begin_more()
local sum, last = 0
for k = 1, 60 do
    last = state.snapshot()
    for i, co in ipairs(waiting) do
        if coroutine.status(co) ~= "dead" then
            local ok, n = coroutine.resume(co, k % 5)
            assert(ok, n)
            sum = (sum * 31 + (n or 0)) % 1000003
        end
    end
end
print(sum == at_once) -- expect: true

-- A snapshot before each turn. Some are looked into at once, others at the end.
local kept, digests, again = {}, {}, false
local function play()
    for i = 1, 40 do
        local s, first = state.snapshot()
        kept[i] = s
        again = again or first
        if i % 4 == 0 then digests[i] = state.digest(s) end
        turn()
    end
end
local function show() print(all[1].n, all[2].n, all[3].n, all[4].n, all[5].n) end
play()
-- expect: 41	41	41	41	41
-- expect: 41	41	41	41	41
show()
local list = {}
for i = 1, 40 do
    list[i] = state.digest(kept[i])
    assert(list[i] == (digests[i] or list[i]))
    assert(i == 1 or list[i] ~= list[i - 1])
end
local text = table.concat(list, " ", 6)

-- The same turns once more, from an early snapshot: everything is again what it was.
if not again then state.restore(kept[5], text) end
print(#text, again == text) -- expect: 594	true

-- In a fork, which begins with stacks that have lain frozen.
local function further()
    for _ = 1, 3 do turn() end
    show()
end
state.fork(further) -- expect: 44	44	44	44	44
turn()
show() -- expect: 42	42	42	42	42
