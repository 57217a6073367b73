-- os: dates, times, the environment, files by name.

local function err(f, ...) -- helper
  print((select(2, pcall(f, ...)):gsub("'os%.", "'")))
end

-- time: tables with metamethods, missing fields, normalisation
local fields = setmetatable({}, { __index = { year = 2001, month = 2, day = 3, hour = 4 } })
print(os.time(fields), os.time({ year = "2001", month = "2", day = "3", hour = "4" }))
-- expect: 981172800	981172800
print(os.time({ year = 2001, month = 2, day = 3 }), os.time({ year = 2001, month = 2, day = 3, isdst = false }))
-- expect: 981201600	981201600
print(os.time({ year = 2001, month = 2, day = 3, min = 100, sec = -5 }), os.time({ year = 1969, month = 12, day = 31, hour = 23, sec = 0 }))
-- expect: 981207595	-3600
err(os.time, { year = 2001, month = 2 }) -- expect: field 'day' missing in date table
err(os.time, { year = 2001, month = {}, day = 1 })
-- expect: field 'month' missing in date table
err(os.time, setmetatable({}, { __index = function(_, k) error("asked for " .. k, 0) end }))
-- expect: asked for sec
local co = coroutine.wrap(function()
  return os.time({ year = 1970, month = 1, day = 2, hour = 0 })
end)
print(co()) -- expect: 86400
err(os.time, 5) -- expect: bad argument #1 to 'time' (table expected, got number)
print(type(os.time()), os.time() == math.floor(os.time()), os.time(nil) >= os.time() - 1)
-- expect: number	true	true

-- date
print(os.date("!%c", 0), os.date("!%H", 3600.9), os.date("!", 0) == "", #os.date("%c", 0) > 0)
-- expect: Thu Jan  1 00:00:00 1970	01	true	true
local t = os.date("!*t", 1e9)
local keys = {}
for k in pairs(t) do keys[#keys + 1] = k end
table.sort(keys)
print(table.concat(keys, " "), t.isdst)
-- expect: day hour isdst min month sec wday yday year	false
print(pcall(os.date, "%", 0)) print(pcall(os.date, "%Q", 0)) print(pcall(os.date, "!%E", 0))
-- expect: false	bad argument #1 to 'os.date' (invalid conversion specifier '%')
-- expect: false	bad argument #1 to 'os.date' (invalid conversion specifier '%Q')
-- expect: false	bad argument #1 to 'os.date' (invalid conversion specifier '%E')
print(os.date("!%y%%%d", "86400"), os.date("!%d\0%d", 0) == os.date("!%d", 0))
-- expect: 70%02	true
err(os.date, {}) err(os.date, "%d", {}) err(os.date, "!%d", "x")
-- expect: bad argument #1 to 'date' (string expected, got table)
-- expect: bad argument #2 to 'date' (number expected, got table)
-- expect: bad argument #2 to 'date' (number expected, got string)

-- difftime, clock, getenv
print(os.difftime(5, 3), os.difftime(5), os.difftime(5.9, 3.9)) err(os.difftime) err(os.difftime, 1, {})
-- expect: 2	5	2
-- expect: bad argument #1 to 'difftime' (number expected, got no value)
-- expect: bad argument #2 to 'difftime' (number expected, got table)
print(os.clock() >= 0, os.getenv("LUA_NO_SUCH_VARIABLE"), os.getenv("PATH") ~= nil) err(os.getenv) err(os.getenv, {})
-- expect: true	nil	true
-- expect: bad argument #1 to 'getenv' (string expected, got no value)
-- expect: bad argument #1 to 'getenv' (string expected, got table)

-- execute
print(os.execute("true")) print(os.execute("exit 3")) print(os.execute("kill -9 $$")) print(os.execute("true") and "yes")
-- expect: true	exit	0
-- expect: nil	exit	3
-- expect: nil	signal	9
-- expect: yes
print(os.execute(), os.execute(nil)) err(os.execute, {})
-- expect: true	true
-- expect: bad argument #1 to 'execute' (string expected, got table)

-- rename, remove, tmpname
local name = os.tmpname()
print(type(name), io.open(name) ~= nil, os.remove(name), io.open(name) == nil)
-- expect: string	true	true	true
print((select(2, os.remove(name)) == name .. ": No such file or directory"), select(3, os.remove(name)))
-- expect: true	2
print(os.rename(name, name .. "x")) print(os.remove("/nonexistent/file"))
-- expect: nil	No such file or directory	2
-- expect: nil	/nonexistent/file: No such file or directory	2
err(os.rename, "x") err(os.remove) err(os.remove, {})
-- expect: bad argument #2 to 'rename' (string expected, got no value)
-- expect: bad argument #1 to 'remove' (string expected, got no value)
-- expect: bad argument #1 to 'remove' (string expected, got table)

-- setlocale
print(os.setlocale(), os.setlocale(nil, "all"), os.setlocale("C"), os.setlocale("C", "numeric"), os.setlocale("no such locale"))
-- expect: C	C	C	C	nil
print(os.setlocale(nil, "time"), os.setlocale(nil, "collate"), os.setlocale("C", "monetary"))
-- expect: C	C	C
err(os.setlocale, "C", "nothing") err(os.setlocale, {}) err(os.exit, {})
-- expect: bad argument #2 to 'setlocale' (invalid option 'nothing')
-- expect: bad argument #1 to 'setlocale' (string expected, got table)
-- expect: bad argument #1 to 'exit' (number expected, got table)

-- What ordinary scripts need.
do
-- time and date
print(type(os.time()), type(os.clock()), os.clock() >= 0, os.time() > 1.5e9)
-- expect: number	number	true	true
print(os.time({ year = 2000, month = 1, day = 1, hour = 0 }), os.time({ year = 2024, month = 2, day = 29, hour = 12, min = 30, sec = 15 }))
-- expect: 946684800	1709209815
print(os.time({ year = 2024, month = 14, day = 1 }), os.time({ year = 2024, month = 1, day = -5, hour = 12 }))
-- expect: 1738411200	1703592000
print(os.date("!%Y-%m-%d %H:%M:%S", 0), os.date("!%A %B %d %j %p", 86400 * 45), os.date("!%x %X", 1e9))
-- expect: 1970-01-01 00:00:00	Sunday February 15 046 AM	09/09/01 01:46:40
local d = os.date("*t", 1e9)
print(d.year, d.month, d.day, d.hour, d.min, d.sec, d.wday, d.yday, d.isdst)
-- expect: 2001	9	9	1	46	40	1	252	false
print(os.time(os.date("*t", 123456789)), os.date("!*t", 0).year, os.difftime(10, 5), #os.date() > 10)
-- expect: 123456789	1970	5	true
print(os.date("!%%", 0), pcall(os.date, "%Ez", 0))
-- expect: %	false	bad argument #1 to 'os.date' (invalid conversion specifier '%Ez')
print(pcall(os.time, { year = 2000 })) -- expect: false	field 'day' missing in date table
print(pcall(os.time, { year = "x", month = 1, day = 1 }))
-- expect: false	field 'year' missing in date table

-- environment
print(os.getenv("NO_SUCH_VARIABLE_HERE"), type(os.getenv("PATH"))) -- expect: nil	string

-- rename and remove
local name = os.tmpname()
local other = name .. ".renamed"
print(os.rename(name, other), io.open(name) == nil, os.remove(other)) -- expect: true	true	true
print((select(2, os.remove(other)):gsub("^.*: ", "")), select("#", os.remove(other)))
-- expect: No such file or directory	3
print((os.rename(name, other))) -- expect: nil
end
