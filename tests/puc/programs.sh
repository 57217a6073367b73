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
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
