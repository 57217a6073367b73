-- SPDX-License-Identifier: MIT
--
-- files.lua FILE...: prints docs/FILES.md, what each source file is for: the first sentence of
-- the comment that it begins with. Fails, and says which, if a file has none: each says what it
-- is for, and its main invariant. `make files` runs it.

local SUBJECTS = {
    { "src/memory", "allocation, what is counted, injected failures; knows nothing of Lua" },
    { "src/memory/collector", "the back-end over bdwgc: lists of small blocks, pages used again, when it collects" },
    { "hamt", "persistent map and vector; knows nothing of Lua" },
    { "src/value", "values, strings, numbers, functions" },
    { "src/table", "tables" },
    { "src/text", "patterns, formats, byte classes, buffers, dates: engines that know of no state" },
    { "src/tree", "syntax trees in memory, texts that grow, what compiling may spend" },
    { "src/syntax", "source text to syntax trees" },
    { "src/chunk", "whole chunks, source or bytes; trees written, printed, checked" },
    { "src/node", "what nodes and glue frames there are" },
    { "src/link", "syntax trees to nodes" },
    { "src/code", "chunks to functions, functions to dumps, and which are known already" },
    { "src/state", "states, runs, the heap map, undo" },
    { "src/trace", "what a state reaches: traces, weak tables, finalizers, measures" },
    { "src/stack", "segments, frames, hooks' twins, captured variables: control as data" },
    { "src/import", "bringing values from one state into another" },
    { "src/outside", "what natives learn from outside, logged or replayed" },
    { "src/operate", "operations on values, metamethods, errors" },
    { "src/native", "how functions in C are called, and what they do it with" },
    { "src/eval", "running nodes: calls, returns, events" },
    { "src/limits", "what runs may spend: steps, time, memory" },
    { "src/control", "entering and leaving, polls, finalizers, coroutines, worlds" },
    { "src/lib", "what the libraries share, and the table of natives" },
    { "src/lib/string", "string" },
    { "src/lib/table", "table" },
    { "src/lib/io", "io and os" },
    { "src/lib/package", "load, require, module" },
    { "src/lib/debug", "debug" },
    { "src/lib/base", "print and the like, bit32, math, coroutine, collectgarbage" },
    { "src/digest", "digests of worlds" },
    { "src/map", "the engine of all maps: items, packing, processes" },
    { "src/lib/state", "state, Moonlet's own library" },
    { "src/lib/all", "all libraries: opened, and found by name" },
    { "src/image", "states as bytes: the format" },
    { "src/image/save", "states to bytes" },
    { "src/image/load", "bytes to states" },
    { "src/record", "runs that are recorded, and replayed" },
    { "src/api", "the public header: states, runs, values, paths" },
    { "src/api/host", "the public header: functions and libraries of the host" },
    { "src/api/terms", "the public header: terms" },
    { "src/api/image", "the public header: images and recordings" },
    { "src/api/worlds", "the public header: timelines, sandboxes, maps" },
    { "src/api/debug", "the public header: looking at one moment of a run" },
    { "src/api/tour", "the public header: debuggers, which go both ways" },
    { "src/puc", "lua.h, Lua's own C interface" },
    { "src/puc/aux", "lauxlib.h and lualib.h" },
    { "src/puc/names", "what images call C functions" },
    { "src/puc/record", "C functions in recordings" },
    { "src/cli/output", "the program: what it writes" },
    { "src/cli/line", "the program: lines read from a terminal" },
    { "src/cli/options", "the program: its command line" },
    { "src/cli/worlds", "the program: --load, --save, --show, --diff, --map" },
    { "src/cli/debug", "the program: --record, and the debugger at a terminal" },
    { "src/cli/dap", "the program: the Debug Adapter Protocol" },
    { "src/cli/repl", "the program: the interactive mode" },
    { "src/cli", "the program" },
    { "src/history", "lines of states in SQLite files, a library of its own" },
    { "src/mpi", "the program for MPI jobs" },
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
