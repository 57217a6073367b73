# SPDX-License-Identifier: MIT
# docs/TUTORIAL.md: its steps do what it says.
#
# Blocks of the page, by language:
#   lua, c    a first line "-- NAME" or "/* NAME */" makes it a file for later steps
#   lua       is run; all that it prints stands after "-->" in its lines
#   console   commands after "$ ", each with what it prints below
#   sh        is not run: building and installing have tests of their own
. "$LIB"

root=$(cd "$(dirname "$0")/../.." && pwd)
library=$(dirname "$MOONLET")/libmoonlet.a

# The commands of the page find the program and the library of this build.
mkdir bin pc
ln -s "$MOONLET" bin/moonlet
PATH=$WORK/bin:$PATH
export PKG_CONFIG_PATH=$WORK/pc
cat >pc/moonlet.pc <<END
Name: moonlet
Description: of this build
Version: 0
Requires: bdw-gc
Cflags: -I$root/include
Libs: $library -lm -lpthread -ldl
END

# A sanitizer's library, or none, cannot be linked by the page's commands.
c_works=
if [ -e "$library" ] && ! nm "$library" | grep -qE '__(asan|ubsan|tsan)_' &&
    pkg-config --exists moonlet; then
    c_works=1
fi

# Splits the page: NUMBER.LANGUAGE for each block.
awk '/^```[a-z]/ { open = sprintf("%02d.%s", ++n, substr($0, 4)); printf "" >open; next }
     /^```$/     { open = ""; next }
     open        { print >open }' "$root/docs/TUTORIAL.md"

run_lua_block()
{
    sed -n 's/.*--> \{0,1\}//p' "$1" >want
    if timeout 60 "$MOONLET" "$1" >got 2>&1 && diff -u want got >diff; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        cat "$1" diff got | sed 's/^/    /'
    fi
}

# Each command with its output.
run_console_block()
{
    local line command='' want=''
    while IFS= read -r line || [ -n "$line" ]; do
        if [[ $line == '$ '* ]]; then
            run_command "$command" "$want"
            command=${line#'$ '} want=
        else
            want+=$line$'\n'
        fi
    done <"$1"
    run_command "$command" "$want"
}

run_command() # command, what it prints
{
    if [ -z "$1" ]; then return; fi
    expect "$1" 0 "${2%$'\n'}" "" bash -c "$1"
}

blocks=0
for block in [0-9]*.*; do
    language=${block#*.}
    blocks=$((blocks + 1))
    name=$(sed -nE '1s,^(-- |/\* )([a-z]+\.(lua|c))( \*/)?$,\2,p' "$block")
    if [ -n "$name" ]; then cp "$block" "$name"; fi
    case $language in
        lua) run_lua_block "$block" ;;
        c) [ -n "$name" ] && echo "ok - $name" || echo "not ok - $block has no name" ;;
        console) if [ -n "$c_works" ] || ! grep -qE '(cc |\./)' "$block"; then run_console_block "$block"; fi ;;
        sh) ;;
        *) echo "not ok - $block: blocks in this language are not tested" ;;
    esac
done
if [ "$blocks" -ge 15 ]; then echo "ok - all steps"; else echo "not ok - only $blocks steps"; fi
