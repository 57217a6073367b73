-- needs: uri logging logging.file logging.console
-- URIs taken apart, resolved and normalised; logging to files and to strings.
local URI = require "uri"
local function try(f, ...)
    local ok, a, b = pcall(f, ...)
    print(ok, tostring(a), b and tostring(b))
end
for _, text in ipairs { "http://Example.COM:80/a/../b/./c%7e?q=1&r=%20#frag", "https://user:pw@h.org/", "ftp://h/x;type=i",
    "mailto:a@b.c", "urn:isbn:0201896834", "urn:oid:1.2.3", "data:text/plain;charset=utf-8,hi%20there", "data:;base64,aGk=",
    "file:///etc/passwd", "file://server/share", "//host/path", "../x/y?z", "", "http://[::1]:8080/", "http://[bad", "http://h:99999x/",
    "tag:example.org,2000:x", "urn:issn:1234-567X", "telnet://h:23/", "rtsp://h/a", "pop://u@h", "http://h/%zz", "HTTP:", "a b" } do
    local ok, uri, message = pcall(URI.new, URI, text)
    if not ok then uri, message = nil, uri end
    print(("%q"):format(text), uri and tostring(uri), message)
    if uri then
        print(uri:scheme(), uri:is_relative(), uri:path(), uri:query(), uri:fragment(), uri:host(), uri:port(), uri:userinfo())
        try(uri.init, uri)
        try(uri.path, uri, "/new path/ü")
        try(uri.query, uri, "a=b c")
        try(uri.port, uri, 70000)
        print(tostring(uri), uri == URI:new(tostring(uri)))
    end
end
local base = assert(URI:new "http://a/b/c/d;p?q")
for _, reference in ipairs { "g:h", "g", "./g", "g/", "/g", "//g", "?y", "g?y", "#s", "g#s", ";x", "", ".", "./", "..", "../",
    "../g", "../..", "../../g", "../../../g", "/./g", "/../g", "g.", ".g", "./../g", "g/./h", "g;x=1/../y" } do
    local uri = assert(URI:new(reference, base))
    local relative = assert(URI:new(uri:uri()))
    relative:relativize(base)
    print(reference, uri, relative)
end

local logging = require "logging"
local lines = {}
local log = logging.new(function(self, level, message)
    lines[#lines + 1] = logging.prepareLogMsg("%level %message\n", "DATE", level, message)
    return true
end)
log:setLevel(logging.INFO)
log:debug "unseen"
log:info("seen %d %s", 5, "x")
log:warn { 1, { a = true }, "x" }
log:error(function(...) return table.concat({ ... }, "-") end, 1, 2)
log:fatal(nil)
log:log(logging.ERROR, "%q", "quoted")
try(log.setLevel, log, "NONE")
try(log.log, log, "NONE", "x")
print(table.concat(lines))
os.remove "test.log"
local file = require "logging.file"("test.log", nil, "%level: %message\n")
file:info "one"
file:error("two %s", {})
for line in io.lines "test.log" do print(line) end
