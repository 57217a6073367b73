# SPDX-License-Identifier: MIT
# The interactive mode: from a pipe as lua5.2's but for the banner, and at a terminal.
. "$LIB"

# session NAME argument...: with the input .stdin both do the same after their banner.
session()
{
    local name=$1 program code
    shift
    for program in "$MOONLET" lua5.2; do
        "$program" -i "$@" <.stdin >.out 2>&1
        code=$?
        (sed -E -e '/^(Lua 5[.]2|Moonlet )/d' .out && echo "exit code $code") >".${program##*/}"
    done
    if cmp -s .lua5.2 ".${MOONLET##*/}"; then
        echo "ok - $name"
    else
        echo "not ok - $name"
        diff .lua5.2 ".${MOONLET##*/}" | sed 's/^/    /'
    fi
}

: >.stdin
session "no input"
printf 'print(1)\n=1,nil,3\n=\nx=5\n\n=x\nreturn x, x' >.stdin
session "statements, expressions, results"
printf 'x=\n3\nfor i=1,2 do\nprint(i)\n\nend\nlocal t = {\n1,2}; return #t\nfunction f(\n)\nend\n=f()\n' >.stdin
session "a chunk goes on in the next line"
printf 's = [[a\nb]]\n=#s, s\n--[[ a\ncomment ]]\n=f(\n1' >.stdin
session "long strings, comments, and the end within a chunk"
printf 'x = = 1\ns="a\n=)\n=1 2\nfor for\n' >.stdin
session "syntax errors"
printf 'error("e")\nerror()\nerror({})\nerror("e",0)\n=1+nil\nlocal a; a.b=1\n=undefined.x\nprint("on")\n' >.stdin
session "errors"
printf 'error(setmetatable({}, {__tostring=function() return "object" end}))\n' >.stdin
session "an error object"
printf '_PROMPT=5\n_PROMPT2="more "\nif true then\nend\n_PROMPT={}\n_PROMPT2=nil\ndo\nend\n' >.stdin
session "prompts"
printf 'print=function(...) io.write("<", select("#", ...), ">\\n") end\n=1,2,3\nprint=nil\n=3\nprint=1\n=3\n' >.stdin
session "results go through the global print"
printf 'local x = 1\n=x\n_ENV = {}\n=1\n' >.stdin
session "locals end with their chunk"
printf '#x\n= = 1\n =1\n' >.stdin
session "what is no = and no first line"
printf 'os.exit(3)\n' >.stdin
session "os.exit"
printf '=x, arg and arg[0], ...\n' >.stdin
session "after -e" -e 'x = 1'
echo 'x = "set" print(...)' >script.lua
session "after a script" script.lua a b
echo 'error("e")' >bad.lua
"$MOONLET" -i bad.lua <.stdin >.out 2>&1
expect "not after a script that fails" 0 "1" "" grep -c "Moonlet\|^>" .out

# At a terminal.
command -v script >/dev/null || exit 0

typed "a terminal is greeted" "Moonlet *> =6*7*42*" "> " '=6*7\n' "42" ""
typed "a terminal's input goes on" "*>> *>> *seven*" \
    "> " 'if true then\nprint("se".."ven")\nend\n' "seven" ""
typed "Ctrl-C stops a loop" "*interrupted!*stack traceback:*stdin:1: in main chunk*still*" \
    "> " 'while true do end\n' "do end" '\003' "main chunk" 'print("st".."ill")\n' "still" ""
typed "Ctrl-D ends" "*5?> ^D" "> " '=2+3\n' "5" '\004' "^D" '=7+9\n'
