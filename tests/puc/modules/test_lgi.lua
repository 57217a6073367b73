-- lgi: GLib and Gio through GObject introspection, as far as a machine without a display has them.
local lgi = require "lgi"
local GLib, Gio, GObject = lgi.GLib, lgi.Gio, lgi.GObject
local function show(...)
    local out = {}
    for i = 1, select("#", ...) do out[i] = tostring((select(i, ...))):gsub("0x%x+", "ADDRESS") end
    print(table.concat(out, "\t"))
end

-- functions
show(GLib.path_get_basename "/a/b/c", GLib.path_get_dirname "/a/b/c", GLib.MAJOR_VERSION)
show(GLib.get_num_processors() > 0, GLib.utf8_strlen("h\195\169llo", -1), GLib.utf8_strup("h\195\169", -1))
show(GLib.build_filenamev { "a", "b", "c" }, GLib.shell_quote "it's")
show(GLib.ascii_strtoull("255", 10), GLib.strtod and type(GLib.strtod))
show(GLib.uuid_string_is_valid "x", #GLib.uuid_string_random())
show(GLib.base64_encode "hello", GLib.base64_decode "aGVsbG8=")
show(GLib.compute_checksum_for_string("MD5", "hello", -1))
show(pcall(GLib.path_get_basename))
show(pcall(GLib.path_get_basename, {}))
show(pcall(function() return GLib.no_such_function end))

-- errors of GLib
local ok, e = GLib.file_get_contents "/nonexistent/file"
show(ok, type(e), e and e.code, e and (e.message:gsub("\226\128\156", "'"):gsub("\226\128\157", "'")))
show(GLib.FileError and e:matches(GLib.FileError, "NOENT"))

-- variants
local V = GLib.Variant
local v = V("(sib)", { "text", 42, true })
show(v, v[1], v[2], v[3], #v, v.type)
local dict = V("a{sv}", { one = V("i", 1), two = V("s", "x") })
show(dict.value.one, dict.value.two, dict.type)
show(V("as", { "a", "b" }).value[2], V("d", 1.5).value, V("v", V("y", 7)).value.value)
show(pcall(V, "i", "no number"))
show(pcall(V, "nonsense(", 1))
show(V("(ii)", { 1, 2 }) == V("(ii)", { 1, 2 }), V("i", 1):equal(V("i", 1)))
for k, x in V("a{si}", { k = 5 }):pairs() do show(k, x) end

-- records, enums, flags
show(GLib.DateMonth.MARCH, GLib.DateMonth[3], GLib.IOCondition.IN)
local date = GLib.Date.new_dmy(29, 2, 2024)
show(date:get_day(), date:get_month(), date:get_year(), date:valid())
date:add_days(1)
show(date:get_day(), date:get_month())
local dt = GLib.DateTime.new_utc(2020, 1, 2, 3, 4, 5)
show(dt:format "%Y-%m-%d %H:%M:%S", dt:add_hours(30):format "%d %H", dt:to_unix())

-- objects, properties, signals
local action = Gio.SimpleAction { name = "act", enabled = true }
show(Gio.SimpleAction:is_type_of(action), action.name, action.enabled)
local heard = {}
action.on_activate = function(self, p) heard[#heard + 1] = self.name .. tostring(p) end
action:activate()
action.enabled = false
action:activate()
show(#heard, heard[1])
action.on_notify["enabled"] = function(self) heard[#heard + 1] = "enabled " .. tostring(self.enabled) end
action.enabled = true
show(heard[#heard], pcall(function() action.nonsense = 1 end))
local list = Gio.ListStore.new(Gio.SimpleAction)
for _, n in ipairs { "c", "a", "b" } do list:append(Gio.SimpleAction { name = n }) end
list:remove(1)
list:insert(0, Gio.SimpleAction { name = "first" })
show(list:get_n_items(), list:get_item(0).name, list:get_item(2).name)

-- streams
local memory = Gio.MemoryInputStream.new_from_data("line one\nline two\n")
local reader = Gio.DataInputStream.new(memory)
show((reader:read_line()), (reader:read_line()), (reader:read_line()))

-- a main loop, idle functions, timeouts
local loop, seen = GLib.MainLoop(), {}
GLib.idle_add(GLib.PRIORITY_DEFAULT_IDLE, function() seen[#seen + 1] = "idle" return false end)
local count = 0
GLib.timeout_add(GLib.PRIORITY_DEFAULT, 5, function()
    count = count + 1
    seen[#seen + 1] = "tick"
    if count == 3 then loop:quit() return false end
    return true
end)
loop:run()
show(table.concat(seen, " "))

-- coroutines as callbacks: asynchronous calls that read like plain ones
local name = os.tmpname()
io.open(name, "w"):write("file contents"):close()
local inner = GLib.MainLoop()
Gio.Async.start(function()
    local file = Gio.File.new_for_path(name)
    local info = file:async_query_info("standard::size", "NONE")
    show(info:get_size())
    local text = file:async_load_contents()
    show(text)
    show(pcall(function() return Gio.File.new_for_path("/nonexistent"):async_query_info("*", "NONE") ~= nil end))
    inner:quit()
end)()
inner:run()
os.remove(name)

-- classes of our own
local Mine = lgi.package "PucTest"
Mine:class("Thing", GObject.Object)
function Mine.Thing:greet() return "greetings from " .. self.priv.who end
local thing = Mine.Thing()
thing.priv.who = "Lua"
show(thing:greet(), Mine.Thing:is_type_of(thing), GObject.Object:is_type_of(thing))

for _ = 1, 300 do
    Gio.SimpleAction { name = "x" }
    V("s", "forgotten")
end
collectgarbage()
show(V("s", "still works").value)
