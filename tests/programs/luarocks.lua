-- needs: luarocks.core.vers luarocks.queries luarocks.type.rockspec luarocks.persist luarocks.util
-- What luarocks does without touching files: versions, constraints, rockspecs, its format.
require "luarocks.core.cfg".arch = "all"
local vers, queries = require "luarocks.core.vers", require "luarocks.queries"
local util, persist = require "luarocks.util", require "luarocks.persist"
local rockspecs = require "luarocks.type.rockspec"

local versions = { "1.0", "1.0-1", "1.0-2", "1.0rc1", "1.0alpha", "1.0beta2", "2.0.1", "10.0", "9.9", "scm-1", "dev", "cvs-3", "1..2", "1.a" }
table.sort(versions, function(a, b) return vers.compare_versions(b, a) end)
print(table.concat(versions, " < "))
for _, text in ipairs { "foo", "foo 1.0", "foo >= 1.0, < 2.0", "foo ~> 1.2", "foo == 1.0-2", "foo ~= 3", "foo >", "", "ns/foo >= 1" } do
    local query, message = queries.from_dep_string(text)
    print(text, query and tostring(query), message)
    for _, version in ipairs { "0.9-1", "1.0-1", "1.2.3-1", "2.0-1", "scm-1" } do
        if query then io.write(tostring(vers.match_constraints(vers.parse_version(version), query.constraints)), " ") end
    end
    print()
end
local good = [[
package = "x" version = "1.0-1" rockspec_format = "3.0"
source = { url = "http://localhost/x.tar.gz" }
dependencies = { "lua >= 5.1", "y ~> 2" }
build = { type = "builtin", modules = { x = "x.lua", ["x.y"] = { sources = { "a.c", "b.c" } } } } ]]
for _, text in ipairs { good, (good:gsub("version", "versoin")), (good:gsub('"x.tar', "5, ")), (good:gsub("3.0", "1.0")),
    "x = ", "package = {}", (good:gsub("url =", "ulr =")), (good:gsub('"builtin"', "1")) } do
    local env = {}
    local chunk, message = load(text, "=rockspec", "t", env)
    print(pcall(chunk or error, message))
    local ok, a, b = pcall(rockspecs.from_persisted_table, "x-1.0-1.rockspec", env, nil, true)
    print(ok, ok and a and a.package or type(a) == "string" and a:gsub("^.-:%d+: ", "") or a, b)
    print(persist.save_from_table_to_string and persist.save_from_table_to_string(env))
end
print(util.deep_copy({ 1, { 2 } })[2][1], table.concat(util.keys { a = 1 }), util.split_namespace "a/b")
for key, value in util.sortedpairs { b = 1, a = 2, [3] = 3, [1] = 4, [true] = 5 } do print(key, value) end
print(util.matchquote "a+b%c", util.cleanup_path and util.cleanup_path("a;b;a", "5.2", "5.1"), pcall(util.format_table, {}))
