-- SPDX-License-Identifier: MIT
--
-- comments.lua FILE...: each C file begins with a comment that says what it is for and its main
-- invariant; pictures in comments are whole; what comments in memory/, hamt/ and src/ name is
-- there, in any of the files: files, and names with an underscore or with (); and comments begin
-- with what they are about, or with what it does. `make files-check` runs it. Names that are
-- nobody's here stand below.

local others = {}
for word in ([[
    script.lua ltable.c lgc.cpp moonletopen_a_b luaopen_lfs luaopen_socket_core
    min_bytes_allocd max_map_count CONFIG_MEM_SOFT_DIRTY LUA_ERR
    luaO_chunkid
    NAME_check exec_KIND many_KIND exec_ADD TEST_A
]]):gmatch("%S+") do
    others[word] = true
end

-- The text with its comments, or with all else, blank; lines stay.
local function split(text)
    local comments, code, at = {}, {}, 1
    local function blank(s) return (s:gsub("[^\n]", " ")) end
    while true do
        local from, to = text:find("/%*.-%*/", at)
        if not from then break end
        local before, comment = text:sub(at, from - 1), text:sub(from, to)
        comments[#comments + 1] = blank(before) .. comment
        code[#code + 1] = before .. blank(comment)
        at = to + 1
    end
    code[#code + 1] = text:sub(at)
    return table.concat(comments), table.concat(code)
end

local words, files, comments = {}, {}, {}
for _, path in ipairs(arg) do
    local file = assert(io.open(path))
    local text = file:read("*a")
    file:close()
    files[path:match("[^/]*$")] = true
    words[path:match("([^/]*)%.%w+$") or path] = true
    local code = text
    if path:find("%.[ch]$") then
        local said
        said, code = split(text)
        if path:find("^hamt/") or path:find("^memory/") or path:find("^src/") or path:find("^include/moonlet") then
            comments[path] = said
        end
    end
    for word in code:gmatch("[%w_]+") do words[word] = true end
end

local found = {}
local function check(path, line, word, there)
    if not there and not others[word] then
        found[#found + 1] = ("%s:%d: %s is nowhere"):format(path, line, word)
    end
end

for path, text in pairs(comments) do
    if path:find("^include/") then text = "" end -- it has examples
    local line = 0
    for s in (text .. "\n"):gmatch("(.-)\n") do
        line = line + 1
        for before, name in s:gmatch("([^%w_])([%w_]+%.[chl][ua]*)%f[^%w_]") do
            if before ~= "." and (name:find("%.[ch]$") or name:find("%.lua$")) then
                check(path, line, name, files[name])
            end
        end
        for name in s:gmatch("%f[%w_]%a[%w]*_[%w_]*%w%f[^%w_]") do
            check(path, line, name, words[name])
        end
        for name in s:gmatch("%f[%w_]([%a_][%w_]*)%(%)") do
            check(path, line, name, words[name])
        end
    end
end
local function say(path, line, what) found[#found + 1] = ("%s:%d: %s"):format(path, line, what) end

-- The comment that a file begins with, behind the licence. A line of a picture is indented; what
-- follows it and is not, without an empty line between, is mostly its end, wrapped.
for path, text in pairs(comments) do
    local head = text:gsub("^%s*/%* SPDX[^\n]*", ""):match("^%s*/%*(.-)%*/") or ""
    local _, sentences = head:gsub("[.:]%s", "")
    if path:find("%.c$") and (sentences < 2 or not head:find("nvariant", 1, true)) then
        say(path, 2, "does not begin with what it is for and its main invariant")
    end
    local line, before = 0, ""
    for s in (text .. "\n"):gmatch("(.-)\n") do
        line = line + 1
        if before:find("^ %*   +%S") and s:find("^ %* %S") then
            say(path, line, "is the end of a picture, or lacks an empty line before it")
        end
        for _, answer in ipairs({ "NULL", "false", "true", "0", "%-1" }) do
            if s:find("^/%* " .. answer .. ": ") or s:find("^/%* .*%. " .. answer .. ": ") then
                say(path, line, "has a lone answer, and no sentence that says when it is given")
            end
        end
        before = s
    end
end

-- A comment on lines of its own whose first word is one of these hides its subject behind a
-- condition, or has none: "For the linker.", "As run_load, but ...". A line of hyphens ends the
-- title of a section. Lua's own headers are as they are.
local hidden = {}
for word in ([[
    About After Also Around As At Back Before Behind Beside Between By Down During For From In Into
    Of On Once Only Out Over Through To Towards Under Until Up While With Within Without
]]):gmatch("%S+") do
    hidden[word] = true
end

for path, text in pairs(comments) do
    local at = 1
    while true do
        local from, to = text:find("/%*.-%*/", at)
        if not from then break end
        local comment = text:sub(from + 2, to - 2)
        local word = comment:match("^[%s*]*([%w_']+)")
        local alone = text:sub(1, from - 1):match("[^\n]*$"):find("^%s*$")
        if alone and hidden[word] and not comment:find("----", 1, true) and
            not comment:find("^[%s*]*To be called") then
            local _, lines = text:sub(1, from):gsub("\n", "")
            say(path, lines + 1, "begins with '" .. word .. "', and not with what it is about or does")
        end
        at = to + 1
    end
end

table.sort(found)
for _, line in ipairs(found) do print(line) end
os.exit(#found == 0)
