-- SPDX-License-Identifier: MIT
--
-- files.lua FILE...: prints docs/FILES.md, what each source file is for: the first sentence of
-- the comment that it begins with. Fails, and says which, if a file has none: each says what it
-- is for, and its main invariant. `make files` runs it.

local SUBJECTS = {
    { "hamt", "persistent map and vector, memory; knows nothing of Lua" },
    { "src/value", "values, strings, numbers, tables, functions" },
    { "src/text", "patterns, formats, byte classes, buffers, dates: engines that know of no state" },
    { "src/syntax", "source text and binary chunks to syntax trees" },
    { "src/link", "syntax trees to nodes" },
    { "src/state", "states, runs, the heap map, undo, traces" },
    { "src/stack", "segments, frames, hooks' twins, captured variables: control as data" },
    { "src/eval", "running nodes: calls, operations, metamethods, errors, natives" },
    { "src/control", "entering and leaving, limits, polls, finalizers, coroutines, worlds" },
    { "src/lib", "the libraries, and what they are made of" },
    { "src/image", "states to bytes and back" },
    { "src/record", "runs that are recorded, and replayed" },
    { "src/history", "lines of states in SQLite files, a library of its own" },
    { "src/api", "the public header's functions" },
    { "src/mpi", "the program for MPI jobs" },
    { "src/puc", "lua.h, Lua's own C interface" },
    { "src/cli", "the program" },
}

-- The first sentence of the comment at the head of a file, or nil.
local function sentence(path)
    local file = assert(io.open(path))
    local text = file:read("*a"):gsub("^/%* SPDX[^\n]*%*/\n", "")
    file:close()
    local comment = text:match("^%s*/%*(.-)%*/")
    if not comment then return nil end
    comment = comment:gsub("\n%s*%*[ \t]?", "\n"):gsub("^%s+", "")
    local paragraph = comment:match("^(.-)\n[ \t]*\n") or comment
    paragraph = paragraph:gsub("%s+", " "):gsub(" $", "")
    local first = paragraph:match("^(.-)%. %u") or paragraph:gsub("%.$", "")
    return (first:gsub("[:;,]$", ""):gsub("|", "\\|"):gsub("[<>]", { ["<"] = "&lt;", [">"] = "&gt;" }))
end

local directories, said = {}, {}
for _, path in ipairs(arg) do
    local directory, name = path:match("^(.*)/([^/]*)$")
    directories[directory] = directories[directory] or {}
    table.insert(directories[directory], name)
    said[path] = sentence(path)
end

local missing = {}
local function print_directory(directory, names)
    for _, name in ipairs(names) do
        local path = directory .. "/" .. name
        if said[path] then
            print(("| `%s` | %s |"):format(name, said[path]))
        else
            table.insert(missing, path)
        end
    end
end

print("# What each file is for\n")
print("Made by `make files` from the first sentences of the files themselves. Directories stand in")
print("the order of their layers: a file includes only its own layer and those above it here.")
for _, subject in ipairs(SUBJECTS) do
    local names = directories[subject[1]]
    directories[subject[1]] = nil
    if names then
        table.sort(names)
        print(("\n## `%s/`: %s\n\n| | |\n|---|---|"):format(subject[1], subject[2]))
        print_directory(subject[1], names)
    end
end
for directory in pairs(directories) do
    table.insert(missing, directory .. "/ has no subject in docs/files.lua")
end
if #missing > 0 then
    table.sort(missing)
    io.stderr:write("no sentence: ", table.concat(missing, "\nno sentence: "), "\n")
    os.exit(1)
end
