-- needs: argparse
-- argparse: parsing, usage, help, errors, completions.
local argparse = require "argparse"
local function build()
    local p = argparse("prog", "A program.", "The epilog.")
    p:argument("input", "The input."):args "1-2"
    p:option("-o --output", "Where to."):default "a.out"
    p:option("-I --include"):count "*":argname "<dir>"
    p:option("--level"):convert(tonumber):choices { "1", "2" }
    p:option("--pair"):args(2):target "pairs_of"
    p:flag("-v --verbose", "Say more."):count "0-2"
    p:mutex(p:flag "-q --quiet", p:flag "-l --loud")
    p:require_command(false)
    local add = p:command("add a", "Adds."):summary "adds"
    add:argument "what":args "*"
    add:flag "-f --force"
    return p
end
local function show(v, indent)
    if type(v) ~= "table" then return tostring(v) end
    local parts = {}
    for k, x in pairs(v) do parts[#parts + 1] = tostring(k) .. "=" .. show(x) end
    table.sort(parts)
    return "{" .. table.concat(parts, ", ") .. "}"
end
local p = build()
print(p:get_usage())
print(p:get_help())
for _, line in ipairs {
    "in", "in out", "in -o x -v", "in -vv -Ia -I b --include=c", "in --level 2", "in --level 3", "in --pair 1",
    "in --pair 1 2", "", "in -q -l", "in --outptu x", "in -vvv", "in add x y -f", "in a", "in -- -x", "in b", "-z",
    "in --level=x", "in -oy --verbose=1",
} do
    local words = {}
    for w in line:gmatch "%S+" do words[#words + 1] = w end
    local ok, result = build():pparse(words)
    print(line, ok, show(result))
end
print(p:get_bash_complete())
print(p:get_fish_complete())
print(pcall(argparse, 5), pcall(p.option, p, "x", "y", 1, 2, 3))
