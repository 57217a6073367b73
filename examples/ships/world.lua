-- The world of `make ships`: what the host calls, and what behaviours have to work with.
--
-- A ship is a table of its course, and a mind: a coroutine that runs the behaviour of its kind
-- (behaviours/*.lua). It thinks once in THINK frames, a part of the fleet each frame, and sets a
-- course; between two thoughts its place follows from that, so it writes nothing:
--
--     place at frame t = (x, y) + (vx, vy) d + (ax, ay) d^2 / 2,  d = t - since

WIDTH, HEIGHT, THINK = 1280, 640, 36
CELL = 128
COLUMNS, ROWS = WIDTH / CELL, HEIGHT / CELL

now = 0
ships, stations, rocks, sparks = {}, {}, {}, {}
helm, complaint = nil, nil

local floor, min, max, sqrt, random = math.floor, math.min, math.max, math.sqrt, math.random
local behaviours, cells, sparked = {}, {}, 0

-- Ships -----------------------------------------------------------------------------

local Ship = {}
Ship.__index = Ship

function Ship:at(t)
    local d = t - self.since
    return self.x + (self.vx + self.ax * d / 2) * d, self.y + (self.vy + self.ay * d / 2) * d
end

-- Its kind's ships in this part of the world.
local function cell_of(kind, x, y)
    local column = max(0, min(COLUMNS - 1, floor(x / CELL)))
    local row = max(0, min(ROWS - 1, floor(y / CELL)))
    return cells[kind], row * COLUMNS + column
end

local function enter(ship)
    local all, c = cell_of(ship.kind, ship.x, ship.y)
    all[c][ship] = true
end

-- From now on it is at (x, y), with this velocity and thrust.
local function set_course(ship, x, y, vx, vy, ax, ay)
    local all, old = cell_of(ship.kind, ship.x, ship.y)
    local _, new = cell_of(ship.kind, x, y)
    ship.x, ship.y, ship.vx, ship.vy, ship.ax, ship.ay, ship.since = x, y, vx, vy, ax, ay, now
    if old ~= new then
        all[old][ship] = nil
        all[new][ship] = true
    end
end

-- Turns towards a place; it has this speed when it thinks next, and less when it is near.
function Ship:steer(tx, ty, speed)
    local x, y = self:at(now)
    local d = now - self.since
    local vx, vy = self.vx + self.ax * d, self.vy + self.ay * d
    local dx, dy = tx - x, ty - y
    local far = sqrt(dx * dx + dy * dy) + 1e-9
    local k = min(speed, far / THINK) / far
    set_course(self, x, y, vx, vy, (dx * k - vx) / THINK, (dy * k - vy) / THINK)
end

function Ship:flee(from, speed)
    local x, y = self:at(now)
    local fx, fy = from:at(now)
    local dx, dy = x - fx, y - fy
    local far = sqrt(dx * dx + dy * dy) + 1e-9
    self:steer(max(0, min(WIDTH, x + dx / far * 200)), max(0, min(HEIGHT, y + dy / far * 200)), speed)
end

function Ship:chase(other, speed)
    local x, y = other:at(now + THINK)
    self:steer(x, y, speed)
end

function Ship:stop()
    local x, y = self:at(now)
    self:steer(x, y, 0)
end

function Ship:distance(x, y)
    local sx, sy = self:at(now)
    return sqrt((sx - x) ^ 2 + (sy - y) ^ 2)
end

-- The nearest other living ship of a kind.
function Ship:nearest(kind, radius)
    local x, y = self:at(now)
    local all, best, found = cells[kind], radius * radius, nil
    for row = max(0, floor((y - radius) / CELL)), min(ROWS - 1, floor((y + radius) / CELL)) do
        for column = max(0, floor((x - radius) / CELL)), min(COLUMNS - 1, floor((x + radius) / CELL)) do
            for other in pairs(all[row * COLUMNS + column]) do
                local ox, oy = other:at(now)
                local far = (ox - x) ^ 2 + (oy - y) ^ 2
                if far < best and other.hp > 0 and other ~= self then best, found = far, other end
            end
        end
    end
    return found, found and sqrt(best)
end

local function spark(what, x, y, x2, y2)
    sparked = sparked % 64 + 1
    sparks[sparked] = {what, now, x, y, x2 or x, y2 or y}
end

-- A shot that hits. True if it was the last one.
function Ship:fire(other, damage)
    local x, y = self:at(now)
    local ox, oy = other:at(now)
    spark(self.kind, x, y, ox, oy)
    other.hp = other.hp - damage
    if other.hp > 0 then return false end
    spark("blast", ox, oy)
    other:stop()
    return true
end

-- Minds -----------------------------------------------------------------------------

local function wake(ship)
    ship.mind = coroutine.create(behaviours[ship.kind])
end

-- A wreck comes back from its home when it would think again.
local function revive(ship)
    set_course(ship, ship.home.x, ship.home.y, 0, 0, 0, 0)
    ship.hp = 100
    wake(ship)
end

local function think(ship)
    if ship.hp <= 0 then return revive(ship) end
    if coroutine.status(ship.mind) == "dead" then return end
    local good, why = coroutine.resume(ship.mind, ship)
    if not good then complaint = why end
end

-- For the host ----------------------------------------------------------------------

-- The next frame. With a ship at the helm: it goes towards a place, whatever its mind says.
function frame(n, x, y)
    now = now + 1
    helm = n
    local share = #ships / THINK
    local last = (now % THINK + 1) * share
    for i = last - share + 1, last do
        if i ~= n or ships[i].hp <= 0 then think(ships[i]) end
    end
    if n and ships[n].hp > 0 then ships[n]:steer(x, y, 2.5) end
end

-- A behaviour, when the world begins and whenever its file has changed. Ships of the kind
-- begin anew with it, where they are. What is wrong with it, if it is: then all stays.
function install(kind, source, name)
    local chunk, why = load(source, name)
    if not chunk then return why end
    local good, behaviour = pcall(chunk)
    if not good then return behaviour end
    if type(behaviour) ~= "function" then return name:sub(2) .. " returns no function" end
    behaviours[kind] = behaviour
    complaint = nil
    for _, ship in ipairs(ships) do
        if ship.kind == kind then wake(ship) end
    end
end

local function launch(kind)
    local home = stations[random(#stations)]
    local angle, far = random() * 2 * math.pi, 30 + 90 * random() ^ 2
    local ship = setmetatable({
        kind = kind, home = home, hp = 100, vx = 0, vy = 0, ax = 0, ay = 0, since = 0,
        x = max(0, min(WIDTH, home.x + far * math.cos(angle))),
        y = max(0, min(HEIGHT, home.y + far * math.sin(angle))),
    }, Ship)
    enter(ship)
    wake(ship)
    return ship
end

-- How many of each kind, as {kind, count, kind, count ...}. They are mixed, so that each frame
-- some of each think.
function begin(...)
    local kinds, left, total = {...}, {}, 0
    for i = 1, 12 do
        local x, y
        repeat
            x, y = 80 + random() * (WIDTH - 160), 60 + random() * (HEIGHT - 120)
            local near = false
            for _, s in ipairs(stations) do
                near = near or (s.x - x) ^ 2 + (s.y - y) ^ 2 < 150 ^ 2
            end
        until not near
        stations[i] = {x = x, y = y}
    end
    for i = 1, 160 do
        local angle = random() * 2 * math.pi
        local far = 1 + 0.16 * (random() + random() - 1)
        rocks[i] = {x = WIDTH / 2 + far * 520 * math.cos(angle), y = HEIGHT / 2 + far * 250 * math.sin(angle)}
    end
    for i = 1, #kinds, 2 do
        local grid = {}
        for c = 0, COLUMNS * ROWS - 1 do grid[c] = {} end
        cells[kinds[i]] = grid
        total = total + kinds[i + 1]
    end
    for i = 1, total do
        local n, at = random(total - i + 1), 1
        while n > kinds[at + 1] do
            n = n - kinds[at + 1]
            at = at + 2
        end
        kinds[at + 1] = kinds[at + 1] - 1
        ships[i] = launch(kinds[at])
    end
end

-- What lies ahead of a ship: a function for moonlet_map that plays so many frames in which the
-- ship goes in direction k of `directions`. Gives whether it lives, and its places.
function futures(n, directions, frames)
    return function(k)
        local ship, path = ships[n], {}
        local dx, dy = 240 * math.cos(k * 2 * math.pi / directions), 240 * math.sin(k * 2 * math.pi / directions)
        for f = 1, frames do
            local x, y = ship:at(now)
            frame(n, max(10, min(WIDTH - 10, x + dx)), max(10, min(HEIGHT - 10, y + dy)))
            if f % 4 == 0 then path[#path + 1], path[#path + 2] = ship:at(now) end
            if ship.hp <= 0 then break end
        end
        return ship.hp > 0, table.unpack(path)
    end
end

local function text_of(v)
    if type(v) == "number" then return ("%.4g"):format(v) end
    if type(v) ~= "table" then return tostring(v) end
    for n, station in ipairs(stations) do
        if v == station then return "station " .. n end
    end
    for n, ship in ipairs(ships) do
        if v == ship then return "ship " .. n .. ", " .. ship.kind end
    end
    return v.x and v.y and ("place %.0f, %.0f"):format(v.x, v.y) or "table"
end

-- Its variables as lines of text: its fields, and the locals of its mind where that waits.
function describe(n)
    local ship, lines = ships[n], {}
    for _, key in ipairs{"kind", "hp", "x", "y", "vx", "vy", "ax", "ay", "since", "home"} do
        lines[#lines + 1] = ("%-6s %s"):format(key, text_of(ship[key]))
    end
    for level = 0, 9 do
        local info = debug.getinfo(ship.mind, level, "Sl")
        if not info then break end
        if info.what == "Lua" and info.currentline > 0 then
            lines[#lines + 1] = info.short_src:match("[^/]*$") .. ":" .. info.currentline
            for i = 1, 20 do
                local name, value = debug.getlocal(ship.mind, level, i)
                if not name then break end
                if name:sub(1, 1) ~= "(" then lines[#lines + 1] = ("  %s = %s"):format(name, text_of(value)) end
            end
        end
    end
    return table.unpack(lines)
end
