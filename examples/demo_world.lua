-- The world of `make demo`: entities on a line, whose behaviours are coroutines.
--
-- A behaviour waits by yielding a number of frames; the agenda has, for each frame to come,
-- the entities that go on then. What a behaviour knows is in its local variables: no table
-- has it. (demo_puc.lua is the same world for a Lua whose coroutines cannot be copied.)

WIDTH, PLACES = 64, 10000

entities, agenda = {}, {}
frame, player, seed = 0, 0, 12345

function random(n)
    seed = seed * 16807 % 2147483647
    return seed % n
end

-- Behaviours ------------------------------------------------------------------------

local wait = coroutine.yield

-- Walks until the goal is reached; false when too tired for it.
local function walk(me, goal)
    while me.x ~= goal do
        me.x = me.x + (me.x < goal and 1 or -1)
        me.energy = me.energy - 1
        wait(12 + random(16))
        if me.energy < 10 then return false end
    end
    return true
end

local function rest(me)
    repeat
        me.energy = me.energy + 5
        wait(20)
    until me.energy > 50
end

local function forager(me)
    while true do
        if walk(me, random(WIDTH)) then
            me.energy = me.energy + 20 + random(10)
            me.meals = me.meals + 1
            wait(5)
        else
            rest(me)
        end
    end
end

local function hunter(me)
    local hits = 0
    while true do
        local seen = player
        if not walk(me, seen) then
            rest(me)
        elseif player == seen then
            hits = hits + 1
            me.meals = me.meals + hits
        end
        wait(10)
    end
end

local function guard(me)
    while true do
        for post = 3, WIDTH, 20 do
            if not walk(me, post) then rest(me) end
            me.meals = me.meals + (player == post and 1 or 0)
            wait(30)
        end
    end
end

local behaviours = {forager, hunter, guard}

function start(e, kind) e.behaviour = coroutine.create(behaviours[kind]) end

function resume(e)
    local ok, pause = coroutine.resume(e.behaviour, e)
    if not ok then error(pause, 0) end
    return pause
end

-- The world -------------------------------------------------------------------------

local function schedule(e, pause)
    local due = agenda[frame + pause]
    if due then due[#due + 1] = e else agenda[frame + pause] = {e} end
end

function build(count)
    for i = 1, count do
        local e = {x = random(WIDTH), energy = 30 + random(40), meals = 0}
        entities[i] = e
        start(e, 1 + i % 3)
        schedule(e, 1 + random(20))
    end
end

-- One frame. The input is where the player is.
function step(input)
    frame = frame + 1
    player = input
    local due = agenda[frame]
    if not due then return end
    agenda[frame] = nil
    for i = 1, #due do schedule(due[i], resume(due[i])) end
end

-- The inputs of a game: the same for the same variant.
function input_of(f, variant) return (f * f + f * variant) % 97 % WIDTH end

function play(count, variant)
    for _ = 1, count do step(input_of(frame + 1, variant)) end
end

-- What if the player were elsewhere, and these entities went on at once?
function evaluate(input)
    player = input % WIDTH
    local before, after = 0, 0
    for i = 1, 10 do
        local e = entities[(input * 7919 + i * 1009) % #entities + 1]
        before = before + e.energy
        resume(e)
        after = after + e.energy + 100 * e.meals
    end
    return after - before
end

-- A number that depends on all there is to see.
function digest()
    local h = frame
    for i = 1, #entities do
        local e = entities[i]
        h = (h * 31 + e.x * 7 + e.energy * 13 + e.meals) % 4294967296
    end
    return (h * 31 + seed + player) % 4294967296
end

function nothing() end
