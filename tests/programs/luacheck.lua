-- needs-file: /usr/share/lua/5.1/luacheck/init.lua
-- luacheck's lexer, parser and data flow analysis, at work on its own sources and on bad code.
package.path = package.path .. ";/usr/share/lua/5.1/?.lua;/usr/share/lua/5.1/?/init.lua"
package.preload.lfs = function() -- asked for, not used
    return { attributes = function() end, currentdir = function() return "/" end }
end
local luacheck = require "luacheck"
local formats = require "luacheck.format"

local sources, names = {}, {}
local function add(name, text)
    sources[#sources + 1], names[#names + 1] = text, name
end
for _, name in ipairs { "check", "check_state", "config", "core_utils", "decoder", "filter", "format", "fs",
    "globbing", "init", "lexer", "main", "options", "parser", "runner", "serializer", "standards", "utils",
    "stages.linearize", "stages.resolve_locals", "stages.detect_globals", "stages.detect_unused_locals",
    "stages.detect_uninit_accesses", "stages.parse_inline_options", "stages.name_functions" } do
    local file = package.searchpath("luacheck." .. name, package.path)
    if file then
        local f = assert(io.open(file))
        add(name, f:read "*a")
        f:close()
    end
end
add("unused", "local x, y = 1 local function f(a, ...) local b b = a end for i = 1, 0 do end")
add("globals", "foo = bar; function baz.x.y() return ... end print(foo.x, string.none) x, y = 1")
add("goto", "goto a do ::a:: end ::b:: while true do break end goto b local z ::c:: goto c")
add("flow", "local t = {a = 1, a = 2, 3, [1] = 4} if t then elseif t then end return t, t.x print(t)")
add("shadow", "local a for a = 1, 2 do local a = a local function a(self, self) return a end end")
add("options", "-- luacheck: ignore 211\nlocal x\n-- luacheck: globals g\ng = h -- luacheck: push\n")
for i, broken in ipairs { "x =", "x = = 1", "local function f( end", "return 'abc", "x = 0x", "goto none", "break",
    "for i do end", "x = '\\400'", "[[", "a.b:c = 1", "if x then", "::a:: ::a::", "x = }" } do
    add("broken " .. i, broken)
end

local report = luacheck.check_strings(sources, { std = "lua52", max_line_length = 100, max_cyclomatic_complexity = 15 })
print(#sources, report.warnings, report.errors, report.fatals)
for i, file in ipairs(report) do
    for _, w in ipairs(file) do
        print(names[i], w.line, w.column, w.end_column, w.code, luacheck.get_message(w))
    end
end
for _, format in ipairs { "default", "plain", "TAP", "JUnit" } do
    print((formats.format(report, names, { formatter = format, color = false, codes = true })))
end
