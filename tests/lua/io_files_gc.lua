-- Files that are garbage are closed, and what was written to them is there.

local name = os.tmpname()
local function lose() io.open(name, "w"):write "one" end
lose()
collectgarbage()
print(io.open(name):read "*a") -- expect: one

-- more than a process may have open at a time
for i = 1, 3000 do
  assert(io.open(name, "a")):write(".")
  if i % 100 == 0 then collectgarbage() end
end
collectgarbage()
local f = io.open(name)
print(#f:read "*a") -- expect: 3003
f:close()
for i = 1, 3000 do
  for line in io.lines(name) do break end
  if i % 100 == 0 then collectgarbage() end
end

-- closed ones need no finalizer, explicit calls are no harm
f = io.open(name)
getmetatable(f).__gc(f)
print(io.type(f), pcall(f.read, f)) -- expect: closed file	false	attempt to use a closed file
getmetatable(f).__gc(f)
getmetatable(io.stdout).__gc(io.stdout)
print(io.type(io.stdout)) -- expect: file

-- what is reachable is not closed, nor are the default files
local keep = { [io.open(name)] = true }
io.input(name)
collectgarbage()
collectgarbage()
print(io.type(next(keep)), #io.read "*a") -- expect: file	3003
io.close(io.input())
local p = io.popen "echo popen"
local it = p:lines()
p = nil
collectgarbage()
print(it()) -- expect: popen
os.remove(name)
