-- needs: cliargs basexx binaryheap fifo inifile mediator coxpcall ansicolors
-- Small modules: cliargs, basexx, binaryheap, fifo, inifile, mediator, coxpcall, ansicolors.
local cli = require "cliargs"
cli:set_name "tool"
cli:set_description "does things"
cli:argument("INPUT", "the input")
cli:splat("REST", "the rest", nil, 3)
cli:option("-o, --output=FILE", "the output", "out")
cli:flag("-v, --[no-]verbose", "say more")
print(cli:print_help(true))
local function show(t)
    if type(t) ~= "table" then return tostring(t) end
    local parts = {}
    for k, v in pairs(t) do parts[#parts + 1] = tostring(k) .. "=" .. show(v) end
    table.sort(parts)
    return "{" .. table.concat(parts, " ") .. "}"
end
for _, args in ipairs { { "in" }, { "-o", "x", "in", "a", "b" }, { "--no-verbose", "in" }, { "--bad", "in" }, {}, { "-o" } } do
    local result, message = cli:parse(args, true)
    print(show(result), message)
end

local basexx = require "basexx"
for _, s in ipairs { "", "f", "fo", "foobar", "\0\255\128" } do
    local a, b, c = basexx.to_base64(s), basexx.to_base32(s), basexx.to_hex(s)
    print(a, b, c, basexx.to_url64(s), basexx.to_crockford(s), basexx.to_bit(s),
        basexx.from_base64(a) == s, basexx.from_base32(b) == s, basexx.from_hex(c) == s)
end
print(basexx.from_hex "zz")

local binaryheap = require "binaryheap"
local heap, x = binaryheap.minUnique(), 12345
for i = 1, 200 do
    x = (x * 1103515245 + 12345) % 2147483648
    heap:insert(x, i)
end
heap:update(100, -1)
heap:remove(50)
local order = {}
while heap:size() > 0 do order[#order + 1] = heap:pop() end
print(table.concat(order, " "), pcall(heap.insert, heap, nil))

local fifo = require "fifo"
local q = fifo("a", "b")
q:push "c"
print(q:length(), q:pop(), q:peek(2), q:remove(1), #q, pcall(function() q:pop() return q:pop() end))

local ini = require "inifile"
local name = os.tmpname()
ini.save(name, { section = { key = "value", n = 5, on = true } })
collectgarbage() -- it leaves the file open
print(show(ini.parse(name)), show(ini.parse("[a]\nx=1\ny = two\n; comment\n", "memory")))
os.remove(name)

local mediator = require "mediator" ()
mediator:subscribe({ "a" }, function(...) print("a", ...) return nil, true end)
mediator:subscribe({ "a", "b" }, function(...) print("a:b", ...) return "result", true end, { priority = 1 })
print(#mediator:publish({ "a", "b" }, 1, 2), show(mediator:publish({ "a" }, 3)))

require "coxpcall"
print(copcall(function() return coroutine.running() ~= nil, error { 1 } end))
print(coxpcall(function() error "e" end, function(e) return "handled " .. e end))
print((require "ansicolors" "%{red}text%{reset} %{bright underline}x"):gsub("\27", "ESC"))
