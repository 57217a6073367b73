-- lua-term
local term = require "term"
local function show(...)
    local out = {}
    for i = 1, select("#", ...) do out[i] = tostring((select(i, ...))):gsub("0x%x+", "ADDRESS") end
    print(table.concat(out, "\t"))
end
local function hex(s) return s and (s:gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end

show(term.isatty(io.stdout), term.isatty(io.stdin))
show(pcall(function() term.isatty "x" end))
show(pcall(function() term.isatty() end))
local file = assert(io.tmpfile())
show(term.isatty(file))
file:close()
show(pcall(term.isatty, file))
local colors = term.colors
local keys = {}
for k in pairs(colors) do keys[#keys + 1] = tostring(k) end
table.sort(keys)
show(table.concat(keys, " "))
show(hex(tostring(colors.red)), hex(colors.green "text"), hex(colors.bright .. "x" .. colors.reset))
show(hex(tostring(colors.onblue)), hex(tostring(colors.underscore)))
show(type(term.cursor), type(term.clear), type(term.cleareol))
io.stdout:setvbuf "no"
term.clear()
term.cursor.jump(2, 3)
term.cleareol()
print()

-- sequences go to the file that is given, and to stdout else
local function written(f, ...)
    local file = assert(io.tmpfile())
    local answer = f(file, ...)
    file:seek "set"
    local text = file:read "*a"
    show(hex(text), answer == file or type(answer))
    file:close()
end
written(term.clear)
written(term.cleareol)
local moves = {}
for name in pairs(term.cursor) do moves[#moves + 1] = name end
table.sort(moves)
show(table.concat(moves, " "))
for _, name in ipairs(moves) do
    local function move(...) return term.cursor[name](...) end
    if name == "goto" or name == "jump" then
        written(move, 1, 1)
        written(move, 24, 80)
        show(pcall(move, io.stdout, "x", "y"))
    elseif name == "save" or name == "restore" then
        written(move)
    else
        written(move, 1)
        written(move, 12)
        show(pcall(move, io.stdout))
    end
end

-- colours as strings, as functions, and joined
local plain = { "black", "red", "green", "yellow", "blue", "magenta", "cyan", "white" }
for _, name in ipairs(plain) do
    local color, on = colors[name], colors["on" .. name]
    show(name, hex(tostring(color)), hex(tostring(on)), hex(color("x")), hex(on .. color .. "y" .. colors.reset))
end
for _, name in ipairs { "reset", "clear", "default", "bright", "dim", "underscore", "blink", "reverse", "hidden" } do
    local color = colors[name]
    show(name, color and hex(tostring(color)), color and hex(color "z"))
end
show(colors.nothing, rawequal(getmetatable(colors.red), getmetatable(colors.blue)), type(colors.red))
show(pcall(function() return colors.red .. nil end))
show(pcall(function() return colors.red() end))

-- a bar of progress, drawn from a coroutine into a file
local bar = coroutine.wrap(function(file)
    local width = 20
    for done = 0, width, 4 do
        term.cursor.goleft(file, width + 2)
        file:write("[", colors.green(("#"):rep(done)), (" "):rep(width - done), "]")
        coroutine.yield(done)
    end
    term.cleareol(file)
    return "end"
end)
local canvas = assert(io.tmpfile())
local last
repeat
    last = bar(canvas)
    show(last, canvas:seek "end")
until last == "end"
canvas:seek "set"
show(hex(canvas:read "*a"))
canvas:close()
show(term.isatty(assert(io.open "/dev/null")), pcall(term.isatty, {}))

-- the functions of the core alone
local core = require "term.core"
show(rawequal(core, package.loaded["term.core"]), type(core.isatty), core.maketermfunc)
for _, path in ipairs { "/dev/null", "/dev/zero" } do
    local f = assert(io.open(path))
    show(path, core.isatty(f))
    f:close()
end
