-- A lexer and recursive-descent parser for Lua, in Lua, reading itself and evaluating
-- constant expressions.
local N = tonumber(arg and arg[1]) or 300

local keywords = {}
for w in ([[and break do else elseif end false for function goto if in local nil not or
  repeat return then true until while]]):gmatch("%a+") do keywords[w] = true end

local Lexer = {}
Lexer.__index = Lexer
function Lexer.new(source) return setmetatable({ s = source, pos = 1, line = 1 }, Lexer) end
function Lexer:fail(message) error(("line %d: %s"):format(self.line, message), 0) end
function Lexer:long(pos)
  local eq = self.s:match("^%[(=*)%[", pos)
  if not eq then return nil end
  local from = pos + #eq + 2
  local to, after = self.s:find("]" .. eq .. "]", from, true)
  if not to then self:fail("unfinished long string") end
  return self.s:sub(from, to - 1), after + 1
end
function Lexer:next()
  local s = self.s
  while true do
    local from, to = s:find("^[ \t\r]+", self.pos)
    if from then self.pos = to + 1 end
    local c = s:sub(self.pos, self.pos)
    if c == "\n" then
      self.line = self.line + 1
      self.pos = self.pos + 1
    elseif c == "-" and s:sub(self.pos, self.pos + 1) == "--" then
      local _, after = self:long(self.pos + 2)
      self.pos = after or s:find("\n", self.pos, true) or #s + 1
    else
      break
    end
  end
  local pos = self.pos
  local c = s:sub(pos, pos)
  if c == "" then self.kind, self.value = "<eof>", nil return end
  local from, to = s:find("^[%a_][%w_]*", pos)
  if from then
    local word = s:sub(from, to)
    self.kind, self.value = keywords[word] and word or "name", word
    self.pos = to + 1
    return
  end
  from, to = s:find("^0[xX]%x+", pos)
  if not from then from, to = s:find("^%d+%.?%d*[eE]?[+-]?%d*", pos) end
  if from then
    self.kind, self.value = "number", tonumber(s:sub(from, to)) or tonumber(s:match("^%d+", from))
    self.pos = to + 1
    return
  end
  if c == '"' or c == "'" then
    local i, parts = pos + 1, {}
    while true do
      local b = s:sub(i, i)
      if b == c then break end
      if b == "" or b == "\n" then self:fail("unfinished string") end
      if b == "\\" then
        parts[#parts + 1] = s:sub(i, i + 1)
        i = i + 2
      else
        local stop = s:find("[\\\"'\n]", i + 1) or #s + 1
        parts[#parts + 1] = s:sub(i, stop - 1)
        i = stop
      end
    end
    self.kind, self.value, self.pos = "string", table.concat(parts), i + 1
    return
  end
  if c == "[" then
    local text, after = self:long(pos)
    if text then self.kind, self.value, self.pos = "string", text, after return end
  end
  local op = s:match("^%.%.%.", pos) or s:match("^[=~<>]=", pos) or s:match("^%.%.", pos) or s:match("^::", pos) or c
  self.kind, self.value, self.pos = op, op, pos + #op
end

local Parser = {}
Parser.__index = Parser
local nodes
local function node(kind, a, b, c)
  nodes = nodes + 1
  return { kind = kind, a, b, c }
end
function Parser:accept(kind)
  if self.lex.kind == kind then self.lex:next() return true end
  return false
end
function Parser:expect(kind)
  if self.lex.kind ~= kind then self.lex:fail(kind .. " expected near " .. tostring(self.lex.kind)) end
  local value = self.lex.value
  self.lex:next()
  return value
end
function Parser:names()
  local list = { self:expect("name") }
  while self:accept(",") do list[#list + 1] = self:expect("name") end
  return list
end
function Parser:exprs()
  local list = { self:expr(0) }
  while self:accept(",") do list[#list + 1] = self:expr(0) end
  return list
end

local priority = {
  ["or"] = { 1, 1 }, ["and"] = { 2, 2 }, ["<"] = { 3, 3 }, [">"] = { 3, 3 }, ["<="] = { 3, 3 }, [">="] = { 3, 3 },
  ["~="] = { 3, 3 }, ["=="] = { 3, 3 }, [".."] = { 5, 4 }, ["+"] = { 6, 6 }, ["-"] = { 6, 6 }, ["*"] = { 7, 7 },
  ["/"] = { 7, 7 }, ["%"] = { 7, 7 }, ["^"] = { 10, 9 },
}
local folders = {
  ["+"] = function(a, b) return a + b end, ["-"] = function(a, b) return a - b end,
  ["*"] = function(a, b) return a * b end, ["%"] = function(a, b) return a % b end,
}
function Parser:expr(limit)
  local kind, left = self.lex.kind, nil
  if kind == "not" or kind == "-" or kind == "#" then
    self.lex:next()
    left = node("unary", kind, self:expr(8))
  else
    left = self:simple()
  end
  local op = priority[self.lex.kind]
  while op and op[1] > limit do
    local name = self.lex.kind
    self.lex:next()
    local right = self:expr(op[2])
    if folders[name] and left.kind == "number" and right.kind == "number" then
      left = node("number", folders[name](left[1], right[1]))
    else
      left = node("binary", name, left, right)
    end
    op = priority[self.lex.kind]
  end
  return left
end
function Parser:simple()
  local kind, value = self.lex.kind, self.lex.value
  if kind == "number" or kind == "string" then
    self.lex:next()
    return node(kind, value)
  elseif kind == "nil" or kind == "true" or kind == "false" or kind == "..." then
    self.lex:next()
    return node(kind)
  elseif kind == "{" then
    return self:constructor()
  elseif kind == "function" then
    self.lex:next()
    return self:body()
  end
  return self:suffixed()
end
function Parser:constructor()
  self:expect("{")
  local items = {}
  while self.lex.kind ~= "}" do
    if self:accept("[") then
      local key = self:expr(0)
      self:expect("]")
      self:expect("=")
      items[#items + 1] = node("pair", key, self:expr(0))
    else
      local value = self:expr(0)
      if value.kind == "name" and self:accept("=") then value = node("pair", value, self:expr(0)) end
      items[#items + 1] = value
    end
    if not (self:accept(",") or self:accept(";")) then break end
  end
  self:expect("}")
  return node("table", items)
end
function Parser:suffixed()
  local e
  if self:accept("(") then
    e = node("paren", self:expr(0))
    self:expect(")")
  else
    e = node("name", self:expect("name"))
  end
  while true do
    local kind = self.lex.kind
    if kind == "." then
      self.lex:next()
      e = node("field", e, self:expect("name"))
    elseif kind == "[" then
      self.lex:next()
      e = node("index", e, self:expr(0))
      self:expect("]")
    elseif kind == ":" then
      self.lex:next()
      local name = self:expect("name")
      e = node("method", e, name, self:args())
    elseif kind == "(" or kind == "string" or kind == "{" then
      e = node("call", e, self:args())
    else
      return e
    end
  end
end
function Parser:args()
  if self.lex.kind == "string" or self.lex.kind == "{" then return { self:simple() } end
  self:expect("(")
  local list = self.lex.kind ~= ")" and self:exprs() or {}
  self:expect(")")
  return list
end
function Parser:body()
  self:expect("(")
  local params = {}
  while self.lex.kind ~= ")" do
    params[#params + 1] = self:accept("...") and "..." or self:expect("name")
    if not self:accept(",") then break end
  end
  self:expect(")")
  local block = self:block()
  self:expect("end")
  return node("function", params, block)
end

local stops = { ["end"] = true, ["else"] = true, ["elseif"] = true, ["until"] = true, ["<eof>"] = true }
function Parser:block()
  local list = {}
  while not stops[self.lex.kind] do
    local last = self.lex.kind == "return"
    list[#list + 1] = self:statement()
    if last then break end
  end
  return list
end
local statements = {}
statements[";"] = function() return node("empty") end
statements["break"] = function() return node("break") end
statements["do"] = function(p)
  local b = p:block()
  p:expect("end")
  return node("do", b)
end
statements["while"] = function(p)
  local cond = p:expr(0)
  p:expect("do")
  local b = p:block()
  p:expect("end")
  return node("while", cond, b)
end
statements["repeat"] = function(p)
  local b = p:block()
  p:expect("until")
  return node("repeat", b, p:expr(0))
end
statements["if"] = function(p)
  local clauses, otherwise = {}, nil
  repeat
    local cond = p:expr(0)
    p:expect("then")
    clauses[#clauses + 1] = node("clause", cond, p:block())
  until not p:accept("elseif")
  if p:accept("else") then otherwise = p:block() end
  p:expect("end")
  return node("if", clauses, otherwise)
end
statements["for"] = function(p)
  local names, values = p:names(), nil
  if not p:accept("=") then p:expect("in") end
  values = p:exprs()
  p:expect("do")
  local b = p:block()
  p:expect("end")
  return node("for", names, values, b)
end
statements["function"] = function(p)
  local name = node("name", p:expect("name"))
  while p.lex.kind == "." or p.lex.kind == ":" do
    p.lex:next()
    name = node("field", name, p:expect("name"))
  end
  return node("assign", { name }, { p:body() })
end
statements["local"] = function(p)
  if p:accept("function") then return node("local", { p:expect("name") }, { p:body() }) end
  local names = p:names()
  return node("local", names, p:accept("=") and p:exprs() or {})
end
statements["return"] = function(p)
  local values = (stops[p.lex.kind] or p.lex.kind == ";") and {} or p:exprs()
  p:accept(";")
  return node("return", values)
end
function Parser:statement()
  local special = statements[self.lex.kind]
  if special then
    self.lex:next()
    return special(self)
  end
  local e = self:suffixed()
  if self.lex.kind ~= "=" and self.lex.kind ~= "," then return e end
  local targets = { e }
  while self:accept(",") do targets[#targets + 1] = self:suffixed() end
  self:expect("=")
  return node("assign", targets, self:exprs())
end

local function parse(source)
  local p = setmetatable({ lex = Lexer.new(source) }, Parser)
  p.lex:next()
  local block = p:block()
  p:expect("<eof>")
  return block
end

local file = assert(io.open(arg[0]))
local source = file:read("*a")
file:close()
local check = 0
for _ = 1, N do
  nodes = 0
  check = check + #parse(source) + nodes
end
print(#source, check)
