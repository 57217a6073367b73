-- SPDX-License-Identifier: MIT
--
-- reference.lua HEADER TITLE: prints a public header as a page in Markdown: a heading for each
-- part and declaration, the comment above it as text, the declaration as code.

local path, title = arg[1], arg[2]
local file = assert(io.open(path))
local source = file:read("*a")
file:close()

-- A comment's text without its frame. What is indented in it stays so and thus is code.
local function text_of(comment)
    local text = comment:gsub("^/%*%s?", "", 1):gsub("%s*%*/$", "", 1)
    text = ("\n" .. text):gsub("\n %*[ ]?", "\n"):gsub("^\n", "", 1)
    text = text:gsub("\n   ([^ ])", "\n%1") -- the second line of a comment of two lines
    local out, code = {}, false
    for line in (text .. "\n"):gmatch("(.-)\n") do
        local is_code = line:match("^    ") ~= nil
        if is_code and not code and #out > 0 and out[#out] ~= "" then table.insert(out, "") end
        code = is_code
        if not is_code then line = line:gsub("[<>*_]", "\\%0") end
        table.insert(out, line)
    end
    return table.concat(out, "\n")
end

-- The names that a piece of code makes known.
local function names_of(code)
    local names, seen = {}, {}
    local function add(name)
        if name and not seen[name] then
            seen[name] = true
            table.insert(names, name)
        end
    end
    for declaration in code:gmatch("MOONLET_API%s+(.-);") do add(declaration:match("(moonlet_[%w_]+)%s*%(")) end
    for name in code:gmatch("typedef%s+[%w_%s%*]-%(?%*?(moonlet_[%w_]+)%)?%([^;]*;") do add(name) end
    for name in code:gmatch("}%s*(moonlet_[%w_]+);") do add(name) end
    for name in code:gmatch("\ntypedef%s+struct%s+moonlet_[%w_]+%s+(moonlet_[%w_]+);") do add(name) end
    for name in code:gmatch("#define%s+(MOONLET_[%w_]+)") do add(name) end
    return names
end

local function print_piece(comment, code)
    code = code:gsub("^%s+", ""):gsub("%s+$", "")
    if code ~= "" then
        local names = names_of("\n" .. code)
        if #names > 0 then print("### " .. table.concat(names, ", ") .. "\n") end
    end
    if comment then print(text_of(comment) .. "\n") end
    if code ~= "" then print("```c\n" .. code:gsub("MOONLET_API ", "") .. "\n```\n") end
end

-- The pieces: a comment that begins a line, and the code up to the next such comment.
print("# " .. title .. "\n")
local body = source:gsub("^/%* SPDX[^\n]*\n", "", 1)
local head, rest = body:match("^(/%*.-%*/)(.*)$")
print(text_of(head) .. "\n")
rest = rest:gsub("^.-\nextern \"C\" {\n#endif\n", "", 1):gsub("#ifdef __cplusplus\n}.*$", "", 1)
rest = "\n" .. rest
local position = 1
while true do
    local from = rest:find("\n/%*", position)
    local code_only = rest:sub(position, (from or #rest + 1) - 1)
    if code_only:match("%S") then print_piece(nil, code_only) end
    if not from then break end
    local stop = select(2, rest:find("%*/", from))
    local comment = rest:sub(from + 1, stop)
    local part = comment:match("^/%* (.-) %-%-%-+ %*/$")
    local next_from = rest:find("\n/%*", stop) or #rest + 1
    local code = rest:sub(stop + 1, next_from - 1)
    if part then
        print("## " .. part .. "\n")
        comment = nil
    end
    -- code after an empty line is no longer what the comment is about
    local about, apart = code:match("^(.-)\n\n+(.*)$")
    if not comment or not about then about, apart = code, "" end
    if comment or about:match("%S") then print_piece(comment, about) end
    for piece in (apart .. "\n\n"):gmatch("(.-)\n\n+") do
        if piece:match("%S") then print_piece(nil, piece) end
    end
    position = next_from
end
