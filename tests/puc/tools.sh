# SPDX-License-Identifier: MIT
#
# Tools for Lua that need C modules, under Moonlet and under lua5.2: part of run.sh. A rock of our
# own (rock/) is packed and installed by Debian's luarocks, and tested by its busted. Tools that are
# not there are named and passed over. (Debian has no luacov and no mobdebug for 5.2.)

passed_over() { echo "# passed over, as it is not installed: $1"; }

# In a directory of each program's own, as $lua.
both() # name, commands
{
    local lua name=$1 out
    for lua in "$program" lua5.2; do
        out=$work/tools.${lua##*/}
        rm -rf "$out" && cp -r "$here/rock" "$out"
        (cd "$out" && HOME=$out lua=$lua timeout 120 bash -c "$2" </dev/null 2>&1
            echo "exit $?") | sed -E -e "s#$out#HERE#g" -e 's/[0-9.]+ seconds/N seconds/' \
            -e 's/0x[0-9a-f]+/ADDRESS/g' -e 's#^[^ ]*(moonlet|lua5\.2): ##' >"$out.out"
    done
    diff "$work/tools.lua5.2.out" "$work/tools.moonlet.out" >"$work/diff"
    result "$name" $? "$work/diff"
    grep -qF -- "$3" "$work/tools.moonlet.out"
    result "$name has shown: $3" $? "$work/tools.moonlet.out"
}

# shellcheck disable=SC2016
rocks='rocks() { "$lua" /usr/bin/luarocks --lua-version=5.2 --tree="$PWD/tree" "$@"; }
    export LUA_PATH="$PWD/tree/share/lua/5.2/?.lua;;" LUA_CPATH="$PWD/tree/lib/lua/5.2/?.so;;"
    tree() { find tree -type f | LC_ALL=C sort; }'
installed="$rocks"'; rocks make >/dev/null 2>&1'

if ! command -v luarocks >/dev/null; then
    passed_over luarocks
else
    # shellcheck disable=SC2016
    wanted luarocks && both luarocks "$rocks"'
        rocks lint greeting-1.0-1.rockspec; rocks make; tree
        "$lua" greet you loud; rocks list --porcelain; rocks show greeting | head -n 4
        rocks pack greeting; ls *.rock; rocks remove greeting; tree
        rocks install ./greeting-1.0-1.*.rock; "$lua" greet; rocks install nothing --only-server=file:///nowhere' \
        "HELLO, YOU"
    # shellcheck disable=SC2016
    if [ ! -e /usr/bin/busted ]; then
        passed_over busted
    else
        wanted busted && both busted "$installed"'
            for output in TAP plainTerminal json; do "$lua" /usr/bin/busted -o $output --no-auto-insulate; done
            "$lua" /usr/bin/busted --list; "$lua" /usr/bin/busted --shuffle --seed=7 -o TAP' \
            "ok 2 - a greeting may be loud"
    fi
fi
