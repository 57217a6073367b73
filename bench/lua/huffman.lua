-- Huffman codes: a tree by a priority queue, text to bits and back.
local N = tonumber(arg and arg[1]) or 85

local text, seed = {}, 21
for i = 1, 9000 do
  seed = (seed * 16807) % 2147483647
  local k = seed % 400
  text[i] = string.char(97 + (k - k % 20) / 20 * (k % 20 > 9 and 1 or 0))
end
text = table.concat(text)

local function insert(queue, node)
  local i = #queue + 1
  while i > 1 and queue[i - 1].weight < node.weight do
    queue[i] = queue[i - 1]
    i = i - 1
  end
  queue[i] = node
end
local function tree(s)
  local counts, order = {}, {}
  for c in s:gmatch(".") do
    if not counts[c] then order[#order + 1] = c end
    counts[c] = (counts[c] or 0) + 1
  end
  local queue = {}
  for _, c in ipairs(order) do insert(queue, { char = c, weight = counts[c] }) end
  while #queue > 1 do
    local a, b = table.remove(queue), table.remove(queue)
    insert(queue, { left = a, right = b, weight = a.weight + b.weight })
  end
  return queue[1]
end
local function codes(node, prefix, out)
  if node.char then
    out[node.char] = prefix
  else
    codes(node.left, prefix .. "0", out)
    codes(node.right, prefix .. "1", out)
  end
  return out
end
local function decode(root, bits)
  local out, node = {}, root
  for i = 1, #bits do
    node = bits:byte(i) == 48 and node.left or node.right
    if node.char then
      out[#out + 1] = node.char
      node = root
    end
  end
  return table.concat(out)
end

local check = 0
for _ = 1, N do
  local root = tree(text)
  local bits = text:gsub(".", codes(root, "", {}))
  assert(decode(root, bits) == text)
  check = check + #bits
end
print(check)
