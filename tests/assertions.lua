-- SPDX-License-Identifier: MIT
--
-- assertions.lua FILE...: counts the assertions in the C files, by parts, and compares them with
-- PUC Lua 5.2.4's: each part has as many at least. An assertion has words that say what holds.
-- `make assertions` runs it.
--
-- What counts here: assert, _Static_assert, and the macros of src/api that assert what a host has
-- handed in. What was counted there: lua_assert, lua_longassert, check_exp and api_check..., but
-- for their definitions.

local parts = {
    -- name, directories, PUC Lua's count, in which files
    { "syntax", "src/syntax/", 46, "llex lparser lcode lundump ldump" },
    { "state", "src/state/", 57, "lstate lgc lobject lstring ltable lfunc lmem ltm" },
    { "eval", "src/eval/", 45, "lvm ldo ldebug" },
    { "api", "src/api/", 53, "lapi" },
}
local all_there = 252

local function part_of(path)
    for _, part in ipairs(parts) do
        if path:sub(1, #part[2]) == part[2] then return part[1] end
    end
    return "other"
end

local names = { assert = true, _Static_assert = true, assert_live = true, assert_values = true,
    assert_context = true, assert_given = true }
local counts, all, mute = {}, 0, {}

for _, path in ipairs(arg) do
    local file = assert(io.open(path))
    local text = file:read("*a"):gsub("/%*.-%*/", function(s) return (s:gsub("[^\n]", " ")) end)
    file:close()
    for before, name, at, call in text:gmatch("([^\n]-)%f[%w_]([%w_]*assert[%w_]*)()(%b())") do
        local defined = before:find("#define") or before:find("static") or before:find("void")
        if names[name] and not defined then
            counts[part_of(path)] = (counts[part_of(path)] or 0) + 1
            all = all + 1
            if not name:find("assert_") and not call:find('"') then
                local _, line = text:sub(1, at):gsub("\n", "")
                mute[#mute + 1] = ("%s:%d: an assertion without words"):format(path, line + 1)
            end
        end
    end
end

local good = #mute == 0 and all >= all_there
for _, part in ipairs(parts) do
    local count = counts[part[1]] or 0
    print(("%-8s %4d   PUC Lua %3d  %s"):format(part[1], count, part[3], part[4]))
    good = good and count >= part[3]
end
print(("%-8s %4d"):format("other", counts.other or 0))
print(("%-8s %4d   PUC Lua %3d"):format("all", all, all_there))
for _, line in ipairs(mute) do print(line) end
os.exit(good)
