-- LuaSQL's SQLite3.
local luasql = require "luasql.sqlite3"
local function show(...)
    local out = {}
    for i = 1, select("#", ...) do out[i] = tostring((select(i, ...))):gsub("0x%x+", "ADDRESS") end
    print(table.concat(out, "\t"))
end

local env = luasql.sqlite3()
show(luasql._VERSION ~= nil, env)
local db = assert(env:connect ":memory:")
show(db)
show(db:execute "create table people (id integer primary key, name text, age real)")
for i, name in ipairs { "Ann", "Bob", "Cid", "Dan", "Eve" } do
    show(db:execute(("insert into people (name, age) values ('%s', %g)"):format(name, 20 + i * 1.5)))
end
show(db:getlastautoid())

-- cursors
local cur = assert(db:execute "select id, name, age from people order by id")
show(cur)
show(table.concat(cur:getcolnames(), " "), table.concat(cur:getcoltypes(), " "))
local row = cur:fetch({}, "a")
while row do
    show(row.id, row.name, row.age)
    row = cur:fetch(row, "a")
end
show(cur:close())
show(pcall(cur.fetch, cur))
cur = assert(db:execute "select name, age from people where age > 24")
row = cur:fetch {}
while row do
    show(row[1], row[2])
    row = cur:fetch(row, "n")
end
cur = assert(db:execute "select count(*), sum(age), max(name), null from people")
show(cur:fetch())
cur:close()

-- errors
show(db:execute "select nonsense from nowhere")
show(db:execute "not sql")
show(pcall(db.execute, db))
show(pcall(db.execute, {}, "x"))
show(env:connect "/nonexistent/directory/file.db")
show(db:execute "insert into people (id) values (1)")

-- transactions
show(db:setautocommit(false))
db:execute "update people set age = 0"
show(db:rollback())
cur = db:execute "select min(age) from people"
show(cur:fetch())
cur:close()
db:execute "update people set age = age + 1 where name = 'Ann'"
show(db:commit())
db:setautocommit(true)
cur = db:execute "select age from people where name = 'Ann'"
show(cur:fetch())
cur:close()
show(db:escape "it's")

-- many rows, by an iterator
db:execute "create table numbers (n integer, square integer)"
db:setautocommit(false)
for i = 1, 500 do db:execute(("insert into numbers values (%d, %d)"):format(i, i * i)) end
db:commit()
db:setautocommit(true)
local function rows(sql)
    local c = assert(db:execute(sql))
    return function()
        local r = c:fetch({}, "a")
        if not r then c:close() end
        return r
    end
end
local sum, count = 0, 0
for r in rows "select * from numbers where n % 7 = 0" do
    sum, count = sum + r.square, count + 1
end
show(sum, count)
local producer = coroutine.wrap(function()
    for r in rows "select n from numbers where n < 6" do coroutine.yield(r.n) end
end)
show(producer(), producer(), producer(), producer(), producer(), producer())

-- open cursors hold their connection
cur = db:execute "select * from numbers"
show(pcall(db.close, db))
cur:close()
show(db:close())
show(pcall(db.execute, db, "select 1"))
show(db:close())

-- forgotten ones
for _ = 1, 50 do
    local c = env:connect ":memory:"
    c:execute "create table t (a)"
    c:execute "insert into t values (1)"
    local k = c:execute "select * from t"
    k:fetch()
end
collectgarbage()
collectgarbage()
local second = luasql.sqlite3()
local other = second:connect ":memory:"
show(other:execute "create table t (a)", other:execute "insert into t values ('text with '' quote')")
cur = other:execute "select a, length(a) from t"
show(cur:fetch())
cur:close()
show(other:close(), second:close(), env:close())
show(pcall(env.connect, env, ":memory:"))
