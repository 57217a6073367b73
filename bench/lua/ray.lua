-- A ray tracer of spheres; vectors are tables, made by functions.
local N = tonumber(arg and arg[1]) or 200

local sqrt, huge = math.sqrt, math.huge
local function vec(x, y, z) return { x = x, y = y, z = z } end
local function add(a, b) return vec(a.x + b.x, a.y + b.y, a.z + b.z) end
local function sub(a, b) return vec(a.x - b.x, a.y - b.y, a.z - b.z) end
local function scale(a, k) return vec(a.x * k, a.y * k, a.z * k) end
local function dot(a, b) return a.x * b.x + a.y * b.y + a.z * b.z end
local function unit(a) return scale(a, 1 / sqrt(dot(a, a))) end

local spheres = {}
for i = 1, 9 do
  spheres[i] = { center = vec(i % 3 * 2 - 2, (i - i % 3) / 3 - 1, 5 + i % 2), radius = 0.6 + i / 30, shine = i / 10 }
end

local function hit(origin, direction)
  local nearest, best = huge, nil
  for i = 1, #spheres do
    local s = spheres[i]
    local v = sub(s.center, origin)
    local b = dot(v, direction)
    local disc = b * b - dot(v, v) + s.radius * s.radius
    if disc > 0 then
      local t = b - sqrt(disc)
      if t > 1e-4 and t < nearest then nearest, best = t, s end
    end
  end
  return best, nearest
end

local light = unit(vec(-1, -3, 2))
local function trace(origin, direction, depth)
  local s, t = hit(origin, direction)
  if not s then return 0.1 end
  local p = add(origin, scale(direction, t))
  local normal = unit(sub(p, s.center))
  local g = dot(normal, light)
  local color = g < 0 and -g or 0.05
  if depth > 0 then
    local away = sub(direction, scale(normal, 2 * dot(direction, normal)))
    color = color + s.shine * trace(p, away, depth - 1)
  end
  return color
end

local sum, eye = 0, vec(0, 0, -4)
for y = 1, N do
  for x = 1, N do
    sum = sum + trace(eye, unit(vec(x / N * 4 - 2, y / N * 4 - 2, 4)), 2)
  end
end
print(("%.4f"):format(sum))
