-- needs-file: /usr/bin/ldoc /usr/share/lua/5.2/ldoc/doc.lua /usr/share/lua/5.2/pl/List.lua
-- ldoc makes the documentation of Penlight's sources.

-- lfs in Lua, as far as pl.path needs it
local function output(command)
    local p = io.popen(command)
    local text = p:read "*a"
    p:close()
    return text
end
local lfs = {}
function lfs.attributes(name, what)
    local kind = output("stat -L -c %F '" .. name .. "' 2>/dev/null")
    if kind == "" then return nil, "no such file" end
    local all = { mode = kind:find "directory" and "directory" or "file", size = 1, modification = 1 }
    return what and all[what] or all
end
lfs.symlinkattributes = lfs.attributes
function lfs.currentdir() return (output "pwd":gsub("\n", "")) end
function lfs.mkdir(name) return os.execute("mkdir '" .. name .. "'") end
function lfs.dir(name) return output("ls -a '" .. name .. "'"):gmatch "[^\n]+" end
package.preload.lfs = function() return lfs end

local date = os.date
os.date = function(...) return type(date(...)) == "string" and "DATE" or date(...) end
function os.exit() end

os.execute "rm -rf html; mkdir html"
arg = { [0] = "ldoc", "-q", "-d", "html", "-p", "Penlight", "/usr/share/lua/5.2/pl" }
assert(loadfile "/usr/bin/ldoc")(table.unpack(arg))
for name in output "find html -type f | LC_ALL=C sort":gmatch "[^\n]+" do
    local f = assert(io.open(name))
    local text = f:read "*a"
    f:close()
    print(name, #text)
    if name:find "List" or name:find "index" or name:find "lexer" then print(text) end
end
