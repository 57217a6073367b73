# SPDX-License-Identifier: MIT
#
# What `make install` puts there of Lua's own C interface: part of run.sh, with --library.

root=$here/../..
place=$work/root/usr/share/there

good() # name, command...: it ends well
{
    local name=$1
    shift
    "$@" >"$work/log" 2>&1
    result "$name" $? "$work/log"
}

install_all()
{
    make -C "$root" install-lua52 DESTDIR="$work/root" PREFIX=/usr/share/here
}

moved()
{
    mv "$work/root/usr/share/here" "$place"
}

soname()
{
    readelf -d "$place/lib/moonlet-lua5.2/liblua5.2.so.0" | grep 'SONAME.*\[liblua5\.2\.so\.0\]'
}

# Only names of Lua's, and Moonlet's, and the two of src/puc/signals.c.
names()
{
    local others
    others=$(nm -D --defined-only "$place/lib/moonlet-lua5.2/libmoonlet-lua52.so" | awk '{ print $3 }' |
        grep -v -E '^(lua_|luaL_|luaopen_|moonlet_)|^(LUA_5\.2|MOONLET)$|^(pthread_sigmask|sigprocmask)$')
    [ -z "$others" ] || { echo "$others"; false; }
}

# All that the headers declare is there, with the version that lua5.2's library gives.
declared()
{
    local name missing=0
    nm -D --defined-only "$place/lib/moonlet-lua5.2/libmoonlet-lua52.so" | awk '{ print $3 }' >"$work/exported"
    for name in $(sed -nE 's/.*\((lua(L?_|open_)[a-z_A-Z]+)\).*/\1/p' "$place"/include/moonlet-lua5.2/*.h | sort -u); do
        grep -qxE "$name(@@LUA_5.2)?" "$work/exported" || { echo "missing: $name"; missing=1; }
    done
    for name in $(grep -v '^typedef\|^ \*\|pragma\|if (' "$place/include/moonlet_puc.h" | grep -o '\bmoonlet_puc_[a-z_]*(' | tr -d '('); do
        grep -qE "^$name(@@MOONLET)?$" "$work/exported" || { echo "missing: $name"; missing=1; }
    done
    return $missing
}

with_pkg_config()
{
    local flags
    flags=$(PKG_CONFIG_PATH=$place/lib/pkgconfig pkg-config --cflags --libs moonlet-lua5.2) || return
    # shellcheck disable=SC2086
    "${CC:-gcc}" "$root/examples/puc/rollback.c" -o "$work/rollback" $flags &&
        "$work/rollback" | diff "$root/examples/puc/rollback.out" -
}

# A program that is linked with liblua5.2 is another one by moonlet-preload, and as before without.
preloaded()
{
    cat >"$work/which.c" <<'END'
#include <lauxlib.h>
#include <lualib.h>
#include <stdio.h>
int main(void)
{
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    luaL_dostring(L, "return package.preload.state and 'Moonlet' or 'PUC'");
    puts(lua_tostring(L, -1));
    lua_close(L);
}
END
    "${CC:-gcc}" -I/usr/include/lua5.2 "$work/which.c" -o "$work/which" -llua5.2 &&
        [ "$("$work/which") $("$place/bin/moonlet-preload" "$work/which")" = "PUC Moonlet" ] &&
        { "$place/bin/moonlet-preload" false; [ $? = 1 ]; } &&
        { "$place/bin/moonlet-preload"; [ $? = 64 ]; }
}

# A C module finds the functions of moonlet_puc.h where they are.
weak()
{
    cat >"$work/knows.c" <<'END'
#include <lauxlib.h>
#include <lua.h>
#include <moonlet_puc.h>
#pragma weak moonlet_puc_userdata
static const moonlet_type_info type = {.name = "knows", .size = 4};
int luaopen_knows(lua_State *L);
int luaopen_knows(lua_State *L)
{
    lua_pushboolean(L, moonlet_puc_userdata ? moonlet_puc_userdata(L, &type) != NULL : 0);
    return 1;
}
END
    "${CC:-gcc}" -shared -fPIC -I/usr/include/lua5.2 -I"$place/include" "$work/knows.c" -o "$work/knows.so" &&
        [ "$(cd "$work" && lua5.2 -e 'print(require "knows")') $(cd "$work" && "$program" -e 'print(require "knows")')" = \
            "false true" ]
}

uninstalled()
{
    make -C "$root" uninstall DESTDIR="$work/root" PREFIX=/usr/share/there &&
        [ -z "$(find "$place" -type f -o -type l)" ]
}

good "install" install_all
good "what is installed may be moved" moved
good "soname of the library" soname
good "names of the library" names
good "all that the headers declare" declared
if command -v pkg-config >/dev/null; then good "pkg-config" with_pkg_config; fi
good "moonlet-preload" preloaded
good "a module that knows Moonlet, under both" weak
good "uninstall" uninstalled
