#!/bin/bash
# SPDX-License-Identifier: MIT
#
# programs.sh LIBRARY-DIR: programs of Debian's that are linked with liblua5.2, with that and with
# Moonlet's in its place: the same output. Those that are not installed are passed over. Ends with
# the line "N passed, N failed".
set -u
export LC_ALL=C.UTF-8 TZ=UTC HOME=/nonexistent
library=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
passed=0 failed=0

same() # name, program, argument...: what it prints, and how it ends
{
    local name=$1
    shift
    command -v "${needs:-$1}" >/dev/null || return
    timeout 60 "$@" </dev/null >lua.out 2>&1
    printf '\nexit %s\n' $? >>lua.out
    LD_LIBRARY_PATH=$library timeout 60 "$@" </dev/null >moonlet.out 2>&1
    printf '\nexit %s\n' $? >>moonlet.out
    sed -i -E 's/0x[0-9a-f]+/ADDRESS/g' lua.out moonlet.out
    if grep -q '^exit 0$' lua.out && diff lua.out moonlet.out >diff.out; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "not ok - $name"
        { cat diff.out 2>/dev/null || tail -n 5 lua.out; } | head -n 20 | sed 's/^/    /'
    fi
}

# highlight: its languages, themes and plug-ins are Lua
cat >source.c <<'EOF'
/* A comment. */
#include <stdio.h>
int main(void) { const char *s = "text\n"; return printf("%s %d", s, 0x2a); }
EOF
cat >source.lua <<'EOF'
-- A comment.
local t = { [[long]], "short\n", 0x10, 1e5 } --[==[ another ]==]
for k, v in pairs(t) do print(k, v) end
EOF
printf 'def f(x):\n    """Doc."""\n    return [y ** 2 for y in x if y != "a"]  # note\n' >source.py
for language in c lua py; do
    for format in html ansi latex xml; do
        same "highlight $language as $format" highlight --force -O "$format" -S "$language" "source.$language"
    done
done
same "highlight, a theme and lines" highlight -O html -l -s molokai source.c
same "highlight, its lists" highlight --list-scripts=langs

# imapfilter: a configuration that ends before it connects
cat >config.lua <<'EOF'
options.timeout = 7
print(type(IMAP), type(form_table), options.timeout, _VERSION)
print(pcall(IMAP, {}))
local ok, e = pcall(regex_search, "l+o", "hello") print(ok, e)
print(regex_search("x+", "hello"), form_date and form_date(0):match "%d+%-%a+%-%d+")
for i = 1, 3 do print(i, pipe_to and type(pipe_to)) end
print(pipe_from "echo from a pipe")
os.exit(0)
EOF
same "imapfilter" imapfilter -c config.lua

# vim: :lua, its buffers and lists
cat >vim.lua <<'EOF'
local b = vim.buffer()
b:insert("line one") b:insert("line two")
print(#b, b[2], vim.eval("1 + 2"), type(vim.window()))
local l = vim.list() l:add("x") l:add(2) local d = vim.dict() d.key = l
print(#l, l[0] or l[1], d.key ~= nil, vim.type(d), pcall(function() return l[99] end))
vim.command("let g:from_lua = 'set'")
print(vim.eval("g:from_lua"), pcall(vim.eval, "nonsense("))
for i = 1, 200 do vim.list() end collectgarbage()
print(table.concat({string.byte("vim", 1, -1)}, ","), select("#", vim.eval("[1, 2]")))
EOF
needs=vim.nox same "vim" sh -c "vim.nox -u NONE -i NONE -n -es --cmd 'redir! > messages' -c 'luafile vim.lua' \
    -c 'lua print(_VERSION)' -c 'echo luaeval(\"1 + _A\", 41) string(luaeval(\"vim.list({1,2})\"))' \
    -c 'redir END' -c 'qa!'; cat messages"

# mpv: a script, without a screen
cat >script.lua <<'EOF'
local n = 0
mp.observe_property("idle-active", "bool", function(name, value) if value then print(name, value) end end)
local utils = require "mp.utils"
print(utils.to_string({ 1, 2, key = "x" }), utils.format_json({ a = 1 }), (utils.parse_json('{"b":[1,2]}')).b[2])
print(mp.get_property("volume"), mp.get_property_native("options/loop-file"), pcall(mp.commandv))
mp.add_timeout(0.05, function() n = n + 1 print("timeout", n) end)
mp.add_timeout(0.2, function() print("quit", n) mp.command("quit 0") end)
EOF
same "mpv" mpv --no-config --idle=yes --vo=null --ao=null --no-terminal --msg-level=all=no --log-file=/dev/null \
    --load-scripts=no --terminal=yes --msg-level=script=info --term-status-msg= --script=script.lua

# tshark: a dissector in Lua, and a capture that is written here
python=$(command -v python3)
if [ -n "$python" ] && command -v tshark >/dev/null; then
    "$python" - <<'EOF'
import struct
def udp(payload, sport, dport):
    u = struct.pack('>HHHH', sport, dport, 8 + len(payload), 0) + payload
    ip = struct.pack('>BBHHHBBH4s4s', 0x45, 0, 20 + len(u), 1, 0, 64, 17, 0, bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]))
    return b'\1' * 6 + b'\2' * 6 + b'\x08\x00' + ip + u
with open('capture.pcap', 'wb') as f:
    f.write(struct.pack('<IHHiIII', 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1))
    for i in range(5):
        p = udp(bytes([i, 3]) + b'abc' + struct.pack('>H', 1000 + i), 4000 + i, 7777)
        f.write(struct.pack('<IIII', 1000 + i, 0, len(p), len(p)) + p)
EOF
    cat >dissector.lua <<'EOF'
local p = Proto("puctest", "Test Protocol")
local f = { kind = ProtoField.uint8("puctest.kind", "Kind", base.DEC), text = ProtoField.string("puctest.text", "Text"),
    number = ProtoField.uint16("puctest.number", "Number", base.HEX) }
p.fields = { f.kind, f.text, f.number }
function p.dissector(buffer, pinfo, tree)
    pinfo.cols.protocol = "PUCTEST"
    local t = tree:add(p, buffer())
    t:add(f.kind, buffer(0, 1))
    local n = buffer(1, 1):uint()
    t:add(f.text, buffer(2, n))
    t:add(f.number, buffer(2 + n, 2)):append_text(" appended " .. buffer(2, n):string():upper())
    pinfo.cols.info = ("kind %d"):format(buffer(0, 1):uint())
end
DissectorTable.get("udp.port"):add(7777, p)
EOF
    same "tshark" tshark -r capture.pcap -X lua_script:dissector.lua -V -O puctest
fi

# fityk: a fit that Lua drives, by SWIG's bindings
cat >fit.lua <<'EOF'
for i = 1, 20 do F:add_point(i, i * i, 1) end
F:execute("guess Gaussian")
F:execute("fit")
print(("%.4f"):format(F:get_wssr()))
for i, f in ipairs { pcall(F.all_functions, F) } do print(i, type(f)) end
local d = F:get_data()
print(#d, d[0].x, pcall(F.execute, F, "nonsense !"))
for i = 0, #d - 1 do io.write(tostring(d[i].y), " ") end
print()
EOF
same "fityk" cfityk -I fit.lua

# tolua: bindings are written by scripts in it
cat >shape.pkg <<'EOF'
class Shape { Shape(int n); ~Shape(); int area(); double x; const char *name; };
int add(int a, int b);
#define LIMIT 5
module m { void f(char *s); }
enum { A, B, C };
EOF
same "tolua" tolua -o /dev/stdout -n shape shape.pkg
same "tolua, its tree" tolua -P shape.pkg

# eja: its library, some thousand lines of Lua
cat >eja.lua <<'EOF'
print(_VERSION, ejaSprintf("%05d", 42), ejaSha256("abc"), ejaBase64Encode("hello"), ejaXmlEncode("<a>"))
EOF
same "eja" eja eja.lua

# Pure Data: a class in Lua
cat >hello.pd_lua <<'EOF'
local h = pd.Class:new():register("hello")
function h:initialize(sel, atoms) self.inlets = 1 self.outlets = 1 pd.post("init " .. tostring(#atoms) .. " " .. sel) return true end
function h:in_1_bang() pd.post("bang") self:outlet(1, "list", {1, "two", 3.5}) end
function h:in_1_float(f) pd.post("float " .. f) end
function h:in_1(sel, atoms) pd.post("sel " .. sel .. " " .. table.concat(atoms, ",")) if sel == "fail" then error("failed") end if sel=="quit" then pd.send("pd", "quit", {}) end end
function h:finalize() pd.post("gone") end
EOF
cat >patch.pd <<'EOF'
#N canvas 0 0 400 300 10;
#X obj 10 60 hello 1 2 3;
#X obj 10 90 print out;
#X obj 10 10 loadbang;
#X msg 10 30 \; pd quit;
#X obj 100 10 loadbang;
#X msg 100 30 4.5;
#X msg 150 30 some words 7;
#X msg 200 30 fail now;
#X obj 20 10 t b b b b b;
#X connect 0 0 1 0;
#X connect 2 0 8 0;
#X connect 8 4 0 0;
#X connect 8 3 5 0;
#X connect 8 2 6 0;
#X connect 8 1 7 0;
#X connect 8 0 3 0;
#X connect 5 0 0 0;
#X connect 6 0 0 0;
#X connect 7 0 0 0;
EOF
if [ -d /usr/lib/pd/extra/pdlua ]; then
    same "pd" pd -nogui -noaudio -nomidi -stderr -nrt -batch -lib pdlua -path "$work" -open patch.pd
fi

# uWSGI: the state is made before its process forks, and is used by workers, with threads
cat >app.lua <<'EOF'
return function(env)
    local lines = coroutine.wrap(function()
        for i = 1, 3 do coroutine.yield("line " .. i .. " of " .. env.PATH_INFO .. "\n") end
    end)
    return "200 OK", { ["Content-Type"] = "text/plain" }, lines
end
EOF
cat >ask.py <<'EOF'
import sys, time, urllib.request
for tries in range(100):
    try:
        for path in ["a", "b/c"] * 20:
            print(urllib.request.urlopen("http://127.0.0.1:%s/%s" % (sys.argv[1], path)).read())
        break
    except OSError:
        time.sleep(0.1)
EOF
cat >serve.sh <<'EOF'
uwsgi --plugin lua52 --http-socket "127.0.0.1:$1" --http-socket-modifier1 6 --lua app.lua --master --workers 2 \
    --threads 2 >serve.log 2>&1 &
python3 ask.py "$1"
kill -INT $!
wait $!
grep -i "lua.*error" serve.log
exit 0
EOF
if [ -e /usr/lib/uwsgi/plugins/lua52_plugin.so ] && [ -n "$python" ]; then
    needs=uwsgi same "uwsgi" sh serve.sh 18231
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
