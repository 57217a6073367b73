-- LuaFileSystem, as Debian compiles it for lua5.2.
local lfs = require "lfs"
local here = assert(lfs.currentdir())
local root = os.tmpname()
os.remove(root)

local function show(...)
    local out = {}
    for i = 1, select("#", ...) do
        out[i] = tostring((select(i, ...))):gsub(root, "ROOT", 1):gsub("0x%x+", "ADDRESS")
    end
    print(table.concat(out, "\t"))
end
local function write(name, text)
    local f = assert(io.open(name, "w"))
    f:write(text)
    f:close()
end
local function list(path)
    local names = {}
    for name in lfs.dir(path) do names[#names + 1] = name end
    table.sort(names)
    return table.concat(names, " ")
end

-- directories
show(lfs.mkdir(root))
show(lfs.mkdir(root))
show(lfs.chdir(root))
show(lfs.currentdir())
show(lfs.mkdir "a", lfs.mkdir "a/b", lfs.mkdir "a/b/c")
show(list ".", list "a")
show(lfs.rmdir "a/b/c")
show(lfs.rmdir "a/nothing")
show(lfs.rmdir "a")
show(lfs.chdir "nowhere")

-- attributes
write("file", ("x"):rep(1234))
show(lfs.attributes("file", "size"), lfs.attributes("file", "mode"), lfs.attributes("a", "mode"))
local t = lfs.attributes "file"
show(type(t), t.size, t.mode, t.nlink, type(t.ino), type(t.modification), t.permissions)
show(lfs.attributes "nothing")
show(lfs.attributes("nothing", "mode"))
show(pcall(lfs.attributes, "file", "colour"))
show(pcall(lfs.attributes))
show(lfs.attributes("file", "modification") == t.modification)
local into = {}
show(lfs.attributes("file", into) == into, into.size)
show(lfs.touch("file", 1000000, 2000000))
show(lfs.attributes("file", "access"), lfs.attributes("file", "modification"))
show(lfs.touch("nothing", 1))
show(pcall(lfs.touch, "file", "noon"))

-- links
show(lfs.link("file", "hard"), lfs.link("file", "soft", true))
show(lfs.symlinkattributes("soft", "mode"), lfs.attributes("soft", "mode"))
show(lfs.attributes("hard", "nlink"))
show(lfs.link("file", "hard"))
show(lfs.symlinkattributes("soft", "target"))

-- iterators
show(list ".")
local iterate, dir = lfs.dir "a"
show(type(iterate), type(dir))
local names = {}
repeat
    local name = dir:next()
    names[#names + 1] = name
until not name
table.sort(names)
show(table.concat(names, " "))
show(pcall(dir.next, dir))
local _, closed = lfs.dir "a"
closed:close()
show(pcall(closed.next, closed))
show(pcall(lfs.dir, "nowhere"))
show(pcall(lfs.dir))
show(pcall(iterate, {}))
for i = 1, 300 do lfs.dir "a" end -- many that nobody closes
collectgarbage()
for _ in lfs.dir "a" do break end

-- files of the io library, whose FILE * lfs looks at
local f = assert(io.open("locked", "w"))
show(lfs.lock(f, "w"))
show(lfs.unlock(f))
show(lfs.setmode(f, "binary"))
show(pcall(lfs.setmode, f, "loud"))
f:write "text"
f:close()
show(pcall(lfs.lock, f, "w"))
show(pcall(lfs.lock, {}, "w"))
show(pcall(lfs.lock, f, "q"))
show(lfs.attributes("locked", "size"))

-- lock_dir
local lock = lfs.lock_dir(root)
show(type(lock), lfs.lock_dir(root))
lock:free()
lock = assert(lfs.lock_dir(root))
lock:free()
show(list ".")

-- a tree, recursively, in a coroutine
local function tree(path)
    return coroutine.wrap(function()
        local function walk(p)
            local all = {}
            for name in lfs.dir(p) do if name ~= "." and name ~= ".." then all[#all + 1] = name end end
            table.sort(all)
            for _, name in ipairs(all) do
                local full = p .. "/" .. name
                coroutine.yield(full, lfs.symlinkattributes(full, "mode"))
                if lfs.symlinkattributes(full, "mode") == "directory" then walk(full) end
            end
        end
        walk(path)
    end)
end
for path, mode in tree(root) do show(path, mode) end

for _, name in ipairs { "file", "hard", "soft", "locked" } do os.remove(name) end
show(lfs.rmdir "a/b", lfs.rmdir "a")
show(lfs.chdir(here), lfs.rmdir(root))
show(lfs._VERSION)
