-- amalgamate.lua FILE.c...: all of the library as one C file, on standard output.
--
-- Headers are put in where they are first included. What a file keeps to itself (static
-- functions and variables, types, enumerators) gets a name of its own, as two files may use
-- the same: in tokens, not in text, and not in names of fields. Macros are undefined at the
-- end of the file that defines them.

local directories = {"src/", "hamt/", "include/"}

local function read(name)
    local f = io.open(name, "rb")
    if not f then return nil end
    local text = f:read("*a")
    f:close()
    return text
end

local function fail(...) io.stderr:write("amalgamate: ", table.concat({...}), "\n") os.exit(1) end

-- Tokens ----------------------------------------------------------------------------

-- The end of a quoted thing that begins at i.
local function quoted_end(text, i)
    local quote = text:sub(i, i)
    repeat
        i = text:find("[\\" .. quote .. "\n]", i + 1)
        local c = text:sub(i, i)
        if c == "\\" then i = i + 1 end
    until c ~= "\\"
    return i
end

-- A list of {kind, text}: word, space (comments too), line (of the preprocessor: its `#`
-- and first word), other.
local function tokens_of(text)
    local list, i, n = {}, 1, #text
    local function add(kind, to)
        list[#list + 1] = {kind = kind, text = text:sub(i, to)}
        i = to + 1
    end
    while i <= n do
        local c = text:sub(i, i)
        local two = text:sub(i, i + 1)
        if two == "/*" then
            add("space", select(2, text:find("*/", i + 2, true)))
        elseif two == "//" then
            add("space", (text:find("\n", i, true) or n + 1) - 1)
        elseif c:find("%s") then
            add("space", select(2, text:find("^%s+", i)))
        elseif c == '"' or c == "'" then
            add("other", quoted_end(text, i))
        elseif c:find("[%a_]") then
            add("word", select(2, text:find("^[%w_]+", i)))
        elseif c:find("%d") then
            add("other", select(2, text:find("^[%w_.]+", i)))
        elseif two == "->" then
            add("other", i + 1)
        else
            add("other", i)
        end
    end
    return list
end

-- Indices of the tokens that are no space, without lines of the preprocessor.
local function code_of(list)
    local code, directive, fresh = {}, false, true
    for i, t in ipairs(list) do
        if t.kind == "space" then
            local continued = i > 1 and list[i - 1].text == "\\"
            if t.text:find("\n") and t.text:sub(1, 2) ~= "/*" and not continued then
                directive, fresh = false, true
            end
        else
            if fresh and t.text == "#" then directive = true end
            fresh = false
            if not directive then code[#code + 1] = i end
        end
    end
    return code
end

-- Names of a file ---------------------------------------------------------------------

local keywords = {}
for word in ([[static const struct union enum typedef inline volatile unsigned signed int
    char long short float double void bool extern __attribute__ __thread noinline
    ]]):gmatch("%S+") do keywords[word] = true end

-- Walks the outermost declarations: gives the set of names that are the file's own.
local function own_names(list)
    local code, own = code_of(list), {}
    local at = 1
    local function text(i) return code[i] and list[code[i]].text end
    local function is_word(i) return code[i] and list[code[i]].kind == "word" end

    -- the index behind what is closed again
    local function behind(i, open, close)
        local depth = 0
        repeat
            if text(i) == open then depth = depth + 1 end
            if text(i) == close then depth = depth - 1 end
            i = i + 1
        until depth == 0 or not text(i)
        return i
    end

    local function enumerators(i, stop)
        local expected = true
        while i < stop do
            if text(i) == "(" then
                i = behind(i, "(", ")")
            else
                if expected and is_word(i) then own[text(i)] = true end
                expected = text(i) == "," or text(i) == "{"
                i = i + 1
            end
        end
    end

    local function declaration()
        local private = text(at) == "static" or text(at) == "typedef"
        local is_typedef = text(at) == "typedef"
        local name, named, kind
        while text(at) do
            local t = text(at)
            if t == "__attribute__" or t == "_Static_assert" then
                at = behind(at + 1, "(", ")")
            elseif t == "_Atomic" then -- a qualifier, or with a type
                at = text(at + 1) == "(" and behind(at + 1, "(", ")") or at + 1
            elseif t == "struct" or t == "union" or t == "enum" then
                kind = t
                local public = (text(at + 1) or ""):find("^moonlet_")
                if is_word(at + 1) and text(at + 2) == "{" and not public then
                    own[text(at + 1)] = true
                end
                at = at + (is_word(at + 1) and 2 or 1)
            elseif t == "(" and not named then
                if name and name:find("^[%u_]+$") and is_word(at + 1) then name = text(at + 1) end
                if text(at + 1) == "*" then name = text(at + (text(at + 2) == "_Atomic" and 3 or 2)) end
                named = true
                at = behind(at, "(", ")")
            elseif t == "(" or t == "[" then
                if not named then named = true end
                at = behind(at, t, t == "(" and ")" or "]")
            elseif t == "{" then
                local stop = behind(at, "{", "}")
                if named then -- a body
                    if private then own[name] = true end
                    at = stop
                    return
                end
                if kind == "enum" then enumerators(at, stop) end
                at = stop
            elseif t == "=" then
                if private and name then own[name] = true end
                named = true
                while text(at) and text(at) ~= ";" and text(at) ~= "," do
                    if text(at) == "{" then at = behind(at, "{", "}")
                    elseif text(at) == "(" then at = behind(at, "(", ")")
                    else at = at + 1 end
                end
            elseif t == "," or t == ";" then
                if private and name then own[name] = true end
                named, name = false, nil
                at = at + 1
                if t == ";" then return end
            else
                if is_word(at) and not named and not keywords[t] then name = t end
                at = at + 1
            end
        end
    end

    while text(at) do declaration() end
    return own
end

-- Which words stand where a field is declared: in the body of a struct, before ; , [ or :
local function field_places(list)
    local code, fields, open = code_of(list), {}, {}
    local function is_struct(n)
        local t = code[n] and list[code[n]].text
        return t == "struct" or t == "union"
    end
    for n, i in ipairs(code) do
        local t = list[i].text
        if t == "{" then open[#open + 1] = is_struct(n - 1) or is_struct(n - 2) end
        if t == "}" then open[#open] = nil end
        local after = code[n + 1] and list[code[n + 1]].text
        if open[#open] and list[i].kind == "word" and after and after:find("^[;,%[:]$") then
            fields[i] = true
        end
    end
    return fields
end

-- Names that macros paste together, prefix##x, cannot be renamed.
local function keep_pasted(own, text)
    for prefix in text:gmatch("([%a_][%w_]*)%s*##") do
        for name in pairs(own) do
            if name:sub(1, #prefix) == prefix then own[name] = nil end
        end
    end
end

local resolve

-- Nor are structs the file's own that the headers which it includes speak of.
local function keep_declared(own, text, path, seen)
    for name in text:gmatch('#%s*include%s+"([^"]+)"') do
        local header = resolve(name, path)
        if not seen[header] then
            seen[header] = true
            local its = read(header)
            for struct in its:gmatch("struct%s+([%w_]+)") do own[struct] = nil end
            keep_declared(own, its, header, seen)
        end
    end
end

local function renamed(text, tag, path)
    local list = tokens_of(text)
    local own, fields, out = own_names(list), field_places(list), {}
    keep_pasted(own, text)
    keep_declared(own, text, path, {})
    local before = ""
    for i, t in ipairs(list) do
        local name = t.text
        if t.kind == "word" and own[name] and not fields[i] and before ~= "." and before ~= "->" then
            name = name .. "_" .. tag
        end
        out[#out + 1] = name
        if t.kind ~= "space" then before = t.text end
    end
    return table.concat(out)
end

-- Files -------------------------------------------------------------------------------

local included = {}

function resolve(name, from)
    local candidates = {(from:match("^.*/") or "") .. name}
    for _, d in ipairs(directories) do candidates[#candidates + 1] = d .. name end
    for _, path in ipairs(candidates) do
        if read(path) then return path end
    end
    fail(from, " includes ", name, ", which is nowhere")
end

local emit

local function put_lines(text, path)
    for line in text:gmatch("([^\n]*)\n") do
        local name = line:match('^%s*#%s*include%s+"([^"]+)"')
        if name then
            emit(resolve(name, path))
        else
            io.write(line, "\n")
        end
    end
end

function emit(path)
    if included[path] then return end
    local text = read(path) or fail("cannot read ", path)
    if text:find("#ifndef MOONLET_[%u%d_]+_H") then included[path] = true end
    io.write("\n/* ==== ", path, " ==== */\n\n")
    put_lines(text, path)
end

local function emit_source(path)
    local tag = path:match("([^/]+)%.c$")
    local text = read(path) or fail("cannot read ", path)
    local macros = {}
    for name in ("\n" .. text):gmatch("\n%s*#%s*define%s+([%w_]+)") do
        if name ~= "_GNU_SOURCE" then macros[#macros + 1] = name end
    end
    io.write("\n/* ==== ", path, " ==== */\n\n")
    put_lines(renamed(text, tag, path), path)
    for _, name in ipairs(macros) do io.write("#undef ", name, "\n") end
end

io.write([[
/* SPDX-License-Identifier: MIT */
/*
 * Moonlet in one file, made from its sources. To be compiled as gnu11, best with -O2, and
 * linked with -lgc -lm -lpthread; bdw-gc's and xxhash's headers are needed.
 */
#if defined(__GNUC__) && !defined(__clang__) && defined(__OPTIMIZE__)
#pragma GCC optimize("optimize-sibling-calls") /* which -O1 lacks */
#endif
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
/* Functions of a common type need not use all they are given; nor does one file use all
 * that headers offer. */
#pragma GCC diagnostic ignored "-Wunused-parameter"
#pragma GCC diagnostic ignored "-Wunused-function"
]])
for _, path in ipairs {...} do emit_source(path) end
