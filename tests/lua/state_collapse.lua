-- moonlet-only: chains of deltas as one image, or as one delta
local state = require "state"

world = {}
for i = 1, 100 do world[i] = {x = i} end
local first = state.snapshot()
local chain, before = {state.save(first)}, first
for i = 1, 5 do
  world[i].x = -i
  world[100 + i] = {x = i}
  world[50 + i] = nil
  local now = state.snapshot()
  chain[#chain + 1] = state.save(now, before)
  before = now
end
local last = before

local whole = state.collapse(chain)
print(whole == state.save(last), state.digest(state.load(whole)) == state.digest(last))
-- expect: true	true
local tail = {table.unpack(chain, 2)}
local delta = state.collapse(tail, first)
print(delta == state.save(last, first), #delta < #whole) -- expect: true	true
local back = state.load(delta, state.load(chain[1]))
print(state.digest(back) == state.digest(last)) -- expect: true
print(state.collapse {whole} == whole) -- expect: true
print(state.collapse({whole}, first) == whole) -- expect: true

local function fails(...) print(select(2, pcall(state.collapse, ...))) end
fails() -- expect: bad argument #1 to 'state.collapse' (table expected, got no value)
fails {} -- expect: bad argument #1 to 'state.collapse' (list of images expected)
fails {whole, 7} -- expect: bad argument #1 to 'state.collapse' (list of images expected)
fails {whole, whole} -- expect: image 2 of the list is no delta
fails(tail) -- expect: the image is a delta, and needs its base
fails {whole, chain[2]} -- expect: the image is a delta to another base
fails({whole}, 1) -- expect: bad argument #2 to 'state.collapse' (snapshot expected, got number)
fails {"text"} -- expect: this is no image of a state
fails {whole, "text"} -- expect: this is no image of a state

-- What was saved as a delta is known by its whole image as well: so its program calls it once it
-- went through an image itself.
here = {before = before, chain = chain}
local now, back = state.snapshot()
if not back then state.restore(state.load(state.save(now)), true) end
local base = here.before -- that of the loaded program
world[2].x = "later"
local delta = state.save(state.snapshot(), base)
local there = state.load(chain[1])
for i = 2, #chain do there = state.load(chain[i], there) end
local later = state.load(delta, there)
print(pcall(state.load, delta)) -- expect: false	the image is a delta, and needs its base
print(#state.diff(there, later) > 0) -- expect: true
table.insert(chain, delta)
print(#state.collapse(chain) > #delta) -- expect: true
fails {chain[1], chain[2], delta} -- expect: the image is a delta to another base
