-- Part (c) of `make demo`, for lua5.2: the same world, forked the way PUC Lua must.
--
-- PUC Lua cannot copy a coroutine. So the behaviours have to be written again as state
-- machines whose knowledge is in tables, and a fork is a deep copy of all of these.
-- Prints "name value" lines; the digest must be that of the coroutines' world.

local here, count, frames = ..., 10000, 200
dofile(here .. "/demo_world.lua")

-- Behaviours: each turn does what its coroutine does from one wait to the next.

local turn = {}

local function walk(e, goal, walked, tired)
    e.goal, e.walked, e.tired = goal, walked, tired
    return turn.walk(e, true)
end

function turn.walk(e, first)
    if not first and e.energy < 10 then return turn[e.tired](e) end
    if e.x == e.goal then return turn[e.walked](e) end
    e.x = e.x + (e.x < e.goal and 1 or -1)
    e.energy = e.energy - 1
    e.turn = "walk"
    return 12 + random(16)
end

local function rest(e, rested)
    e.rested = rested
    return turn.rest(e, true)
end

function turn.rest(e, first)
    if not first and e.energy > 50 then return turn[e.rested](e) end
    e.energy = e.energy + 5
    e.turn = "rest"
    return 20
end

function turn.forager(e) return walk(e, random(WIDTH), "forager_eat", "forager_tired") end
function turn.forager_eat(e)
    e.energy = e.energy + 20 + random(10)
    e.meals = e.meals + 1
    e.turn = "forager"
    return 5
end
function turn.forager_tired(e) return rest(e, "forager") end

function turn.hunter(e)
    e.seen = player
    return walk(e, e.seen, "hunter_there", "hunter_tired")
end
function turn.hunter_there(e)
    if player == e.seen then
        e.hits = (e.hits or 0) + 1
        e.meals = e.meals + e.hits
    end
    return turn.hunter_pause(e)
end
function turn.hunter_tired(e) return rest(e, "hunter_pause") end
function turn.hunter_pause(e)
    e.turn = "hunter"
    return 10
end

function turn.guard(e)
    e.post = e.post and e.post + 20 <= WIDTH and e.post + 20 or 3
    return walk(e, e.post, "guard_watch", "guard_tired")
end
function turn.guard_tired(e) return rest(e, "guard_watch") end
function turn.guard_watch(e)
    e.meals = e.meals + (player == e.post and 1 or 0)
    e.turn = "guard"
    return 30
end

local kinds = {"forager", "hunter", "guard"}
function start(e, kind) e.turn = kinds[kind] end
function resume(e) return turn[e.turn](e) end

-- Forks -----------------------------------------------------------------------------

-- With a memory, because the agenda and the list of entities share them.
local function deep_copy(t, seen)
    if seen[t] then return seen[t] end
    local copy = {}
    seen[t] = copy
    for k, v in pairs(t) do copy[k] = type(v) == "table" and deep_copy(v, seen) or v end
    return copy
end

local function snapshot()
    local world = deep_copy({entities = entities, agenda = agenda}, {})
    world.frame, world.player, world.seed = frame, player, seed
    return world
end

local function restore(world)
    entities, agenda = world.entities, world.agenda
    frame, player, seed = world.frame, world.player, world.seed
end

local function seconds(f, n)
    local start = os.clock()
    for i = 1, n do f(i) end
    return (os.clock() - start) / n
end

local function print_figure(name, format, value) print(name .. " " .. string.format(format, value)) end

build(count)
play(frames, 1)
print_figure("digest", "%.0f", digest())

collectgarbage()
collectgarbage("stop")
local before, kept = collectgarbage("count"), {}
for i = 1, 4 do kept[i] = snapshot() end
print_figure("fork_bytes", "%.0f", (collectgarbage("count") - before) / 4 * 1024)
collectgarbage("restart")
kept = nil
collectgarbage()

local base, sum = snapshot(), 0
print_figure("fork_ns", "%.0f", 1e9 * seconds(function(i)
    restore(base)
    restore(snapshot())
    sum = sum + evaluate(i)
end, 30))

restore(base)
print_figure("frame_ns", "%.0f", 1e9 * seconds(function() play(1, 1) end, 60))
restore(base)
print_figure("frame_and_copy_ns", "%.0f", 1e9 * seconds(function(i)
    play(1, 1)
    kept = snapshot()
end, 30))
