-- The worlds of bench_images: run by Moonlet, and (the plain ones) by lua5.2.

-- Eris's own tests' kind of world: entities, coroutines in mid-run, closures.
function eris()
  world = {entities = {}, threads = {}, closures = {}}
  for i = 1, 1000 do
    world.entities[i] = {id = i, x = i * 1.5, y = -i * 0.5, hp = 100, name = "entity" .. i,
                         tags = {"a", "b", i % 7}}
  end
  for i = 1, 100 do
    local co = coroutine.create(function(a)
      local sum = 0
      for k = 1, 1000 do sum = sum + k * a; coroutine.yield(sum) end
    end)
    coroutine.resume(co, i)
    world.threads[i] = co
  end
  for i = 1, 100 do
    local count = i
    world.closures[i] = function() count = count + 1 return count end
  end
end

-- About 100 MB of tables: records with numbers, texts and small arrays.
function large(n)
  records = {}
  for i = 1, n do
    records[i] = {id = i, x = i * 1.5, y = -i * 0.25, hp = 100, kind = "soldier",
                  pos = {i, i + 0.5, i + 2}, seen = i % 3 == 0}
  end
end
function touch() records[math.floor(#records / 2)].hp = 3 end

-- The demo's game: 10 000 entities, of which a few hundred are written in a frame.
function game()
  entities, frame = {}, 0
  for i = 1, 10000 do entities[i] = {id = i, x = i, y = i, hp = 100, state = "idle"} end
end
function step()
  frame = frame + 1
  for i = 1, 300 do
    local e = entities[(frame * 300 + i * 33) % 10000 + 1]
    e.x = e.x + 1
    e.hp = e.hp - 1
  end
end

-- What a program in plain Lua does to write its tables down.
function dump(v, out)
  local t = type(v)
  if t == "table" then
    out[#out + 1] = "{"
    for k, x in pairs(v) do
      out[#out + 1] = "["
      dump(k, out)
      out[#out + 1] = "]="
      dump(x, out)
      out[#out + 1] = ","
    end
    out[#out + 1] = "}"
  else
    out[#out + 1] = t == "string" and string.format("%q", v) or tostring(v)
  end
end
function dumped(v)
  local out = {}
  dump(v, out)
  return table.concat(out)
end
