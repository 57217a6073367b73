-- Templates filled in with gsub and functions, with escapes, lists and nested parts.
local N = tonumber(arg and arg[1]) or 7000

local page = [[
<h1>{title}</h1>
<ul>
{#items}<li class="{kind}"><a href="/item/{id}">{name}</a> {price} EUR</li>
{/items}</ul>
<p>{text}</p>]]
local escapes = { ["<"] = "&lt;", [">"] = "&gt;", ["&"] = "&amp;", ['"'] = "&quot;" }
local function escape(s) return (tostring(s):gsub('[<>&"]', escapes)) end
local function fill(template, data)
  template = template:gsub("{#(%w+)}(.-){/%1}", function(name, inner)
    local out = {}
    for i, item in ipairs(data[name]) do out[i] = fill(inner, item) end
    return table.concat(out)
  end)
  return (template:gsub("{(%w+)}", function(name) return escape(data[name] or "") end))
end

local items = {}
for i = 1, 12 do
  items[i] = { id = i, name = "Thing <" .. i .. "> & more", kind = i % 2 == 0 and "even" or "odd", price = ("%.2f"):format(i * 1.5) }
end
local check = 0
for i = 1, N do
  local s = fill(page, { title = "Page " .. i, items = items, text = 'said "' .. i .. '"' })
  check = (check * 31 + #s) % 1000003
end
print(check)
