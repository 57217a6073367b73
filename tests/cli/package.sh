# SPDX-License-Identifier: MIT
# What users get: symbols, soname, installed files, and programs made with them in C, C++,
# by pkg-config and CMake, and from the one-file source. Needs `make package`.
. "$LIB"

root=$(cd "$(dirname "$0")/../.." && pwd)
package=$(dirname "$MOONLET")/package
cc=${CC:-gcc}
[ -e "$package/libmoonlet.a" ] || exit 0

check()
{
    local name=$1
    shift
    if "$@" >check.log 2>&1; then
        echo "ok - $name"
    else
        echo "not ok - $name"
        head -n 20 check.log | sed 's/^/    /'
    fi
}

same_output() { "$@" | cmp - "$root/examples/hello2.out"; }

only_public() { ! nm "$@" --defined-only --extern-only | awk 'NF == 3 { print $3 }' | grep -v '^moonlet_'; }
check "the shared library has only moonlet_ symbols" only_public -D "$package/libmoonlet.so"
check "the static library has only moonlet_ symbols" only_public "$package/libmoonlet.a"

# declared HEADER: its functions; a typedef with a ( is the type of one.
declared()
{
    grep -v '^typedef' "$root/include/$1" | grep -o '\bmoonlet_[a-z_0-9]*(' | tr -d '(' | sort -u
}
# all_there LIBRARY HEADER
all_there()
{
    local name missing=0
    nm -D --defined-only "$1" | awk '{ sub(/@.*/, "", $3); print $3 }' | sort -u >exported
    for name in $(declared "$2"); do
        grep -qx "$name" exported || { echo "missing: $name"; missing=1; }
    done
    return $missing
}
check "the shared library has all that the header declares" all_there "$package/libmoonlet.so" moonlet.h
check "the library in place of Lua's has all that moonlet_puc.h declares" \
    all_there "$package/moonlet-lua5.2/libmoonlet-lua52.so" moonlet_puc.h
check "soname" grep -q 'libmoonlet\.so\.0\]' <(readelf -d "$package/libmoonlet.so")

# Where all is installed does not matter, as long as it lies together.
mkdir -p inst/lib/cmake/moonlet inst/lib/pkgconfig inst/include
cp -P "$package"/libmoonlet.* inst/lib
cp "$root/include/moonlet.h" inst/include
cp "$package/moonlet.pc" inst/lib/pkgconfig
cp "$package"/moonletConfig*.cmake inst/lib/cmake/moonlet
export PKG_CONFIG_PATH=$PWD/inst/lib/pkgconfig LD_LIBRARY_PATH=$PWD/inst/lib
check "descriptions name no directory" bash -c '! grep -n "[=\" ]/[a-z]" inst/lib/*/*.pc inst/lib/cmake/moonlet/*'

# shellcheck disable=SC2046
with_pkg_config()
{
    "$cc" $(pkg-config --cflags moonlet) "$root/examples/hello2.c" -o shared $(pkg-config --libs moonlet) &&
        same_output ./shared &&
        "$cc" $(pkg-config --cflags moonlet) "$root/examples/hello2.c" -o static inst/lib/libmoonlet.a \
            $(pkg-config --static --libs-only-l moonlet | sed 's/-lmoonlet//') &&
        same_output ./static
}
if command -v pkg-config >/dev/null; then check "pkg-config: shared and static" with_pkg_config; fi

amalgamated()
{
    "$cc" -I"$root/include" "$root/examples/hello2.c" "$package/amalgamation.o" -o amalgamated \
        -lgc -lm -lpthread -ldl && same_output ./amalgamated
}
check "the one-file source" amalgamated

# Also without optimisation, loops and tail calls do not use the C stack.
cat >loop.c <<'END'
#include <moonlet.h>
#include <stdio.h>
int main(void)
{
    moonlet_result r = moonlet_do(moonlet_init(),
        "local t, n = setmetatable({}, {__index = function(_, k) return k end}), 0\n"
        "local function down(k) if k > 0 then return down(k - 1) end return t[k] end\n"
        "for i = 1, 300000 do n = n + t[i] % 7 end return n + down(300000)");
    double d = 0;
    moonlet_to_number(moonlet_result_value(&r, 0), &d);
    printf("%g\n", d);
}
END
unoptimised()
{
    "$cc" -w -std=gnu11 -O0 -I"$root/include" loop.c "$package/moonlet.c" -o loop -lgc -lm -lpthread -ldl &&
        [ "$(ulimit -s 512 && ./loop)" = 899998 ]
}
check "the one-file source without optimisation" unoptimised

no_warnings()
{
    "$1" -std=gnu11 -O2 -DNDEBUG -Wall -Wextra -Werror -I"$root/include" -fsyntax-only "$package/moonlet.c"
}
for c in gcc clang; do
    if command -v $c >/dev/null; then check "the one-file source has no warnings: $c" no_warnings $c; fi
done

cat >header.cpp <<'END'
#include <moonlet.h>
#include <cstdio>
static int f(moonlet_context *c, const moonlet_value *args, size_t n)
{
    return moonlet_return(c, args, n);
}
int main()
{
    moonlet_state *s = moonlet_init();
    moonlet_limits limits = {};
    limits.steps = 1000;
    moonlet_state *limited = moonlet_limit(s, &limits);
    moonlet_entry entries[] = {{"f", f, nullptr, nullptr, false}, {}};
    moonlet_result r = moonlet_load_module(s, "cpp", entries);
    s = moonlet_next(s, &r);
    r = moonlet_do(s, "return cpp.f(42)");
    double d = 0;
    moonlet_to_number(moonlet_result_value(&r, 0), &d);
    std::printf("%g\n", d);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END
cpp()
{
    g++ -std=c++11 -Wall -Wextra -Wpedantic -Werror -I"$root/include" header.cpp -o cpp -Linst/lib -lmoonlet &&
        [ "$(./cpp)" = 42 ]
}
if command -v g++ >/dev/null; then check "the header in C++" cpp; fi

cmake_project()
{
    mkdir -p project && cp header.cpp project/main.cpp &&
        cat >project/CMakeLists.txt <<'END' &&
cmake_minimum_required(VERSION 3.10)
project(example CXX)
find_package(moonlet 0.1 REQUIRED)
add_executable(example main.cpp)
target_link_libraries(example moonlet::moonlet)
add_executable(example_static main.cpp)
target_link_libraries(example_static moonlet::static)
END
        cmake -S project -B project/build -DCMAKE_PREFIX_PATH="$PWD/inst" &&
        cmake --build project/build && [ "$(project/build/example)$(project/build/example_static)" = 4242 ]
}
if command -v cmake >/dev/null; then check "CMake: shared and static" cmake_project; fi

clean_page() { [ -z "$(groff -man -Tutf8 -ww -z "$1" 2>&1)" ]; }
if command -v groff >/dev/null; then
    check "manual page of the program" clean_page "$root/docs/man/moonlet.1"
    check "manual page of the library" clean_page "$root/docs/man/moonlet.3"
    check "manual page of the library state" clean_page "$root/docs/man/moonlet-state.3"
    check "manual page of moonlet_puc.h" clean_page "$root/docs/man/moonlet-puc.3"
fi

all_options()
{
    local option
    for option in $("$MOONLET" --help 2>&1 | grep -o '^  -[-a-zA-Z]*'); do
        grep -qF -- "$option" "$root/packaging/completion.bash" || return 1
        grep -qF -- "$(sed 's/-/\\\\-/g' <<<"$option" | sed 's/\\\\/\\/g')" "$root/docs/man/moonlet.1" || return 1
    done
}
check "completion and manual know all options" all_options

# fish says "-l steps" for --steps.
fish_options()
{
    local option words
    for option in $("$MOONLET" --help 2>&1 | grep -oE '^  --?[a-zA-Z]+'); do
        words="-s ${option#-}"
        if [[ $option == --* ]]; then words="-l ${option#--}"; fi
        grep -qE -- "^complete -c moonlet $words( |$)" "$root/packaging/completion.fish" ||
            { echo "$option"; return 1; }
    done
}
check "completion of fish knows all options" fish_options
if command -v fish >/dev/null; then
    expect "completion is fish" 0 "--steps	Steps for each line of --map" "" \
        fish --no-config -c 'source $argv[1]; complete -C "moonlet --step"' "$root/packaging/completion.fish"
fi

# all_functions PAGE HEADER: the page says something of each function.
all_functions()
{
    local name missing=0
    for name in $(declared "$2"); do
        grep -qF "\\fB$name\\fR" "$root/docs/man/$1" || { echo "missing: $name"; missing=1; }
    done
    return $missing
}
check "the manual page has all functions of the header" all_functions moonlet.3 moonlet.h
check "the manual page of moonlet_puc.h has all of its functions" all_functions moonlet-puc.3 moonlet_puc.h

# The manual page of the library state has all of its functions.
state_functions()
{
    local name
    for name in $("$MOONLET" -e 'for k in pairs(require "state") do print(k) end'); do
        grep -q "^\.BI\? .*state\.$name" "$root/docs/man/moonlet-state.3" || { echo "$name"; return 1; }
    done
}
check "the manual page has all functions of state" state_functions
once() { [ -z "$(grep '^\* ' "$root/CHANGELOG.md" | sort | uniq -d | tee /dev/stderr)" ]; }
check "the changelog says nothing twice" once
check "completion is bash" bash -n "$root/packaging/completion.bash"

mkdir -p files/"a directory" && touch files/{"one two.lua",three.lua,'odd*.lua',other.txt}
completed()
{
    (cd files && source "$root/packaging/completion.bash" && COMP_WORDS=(moonlet "$1") COMP_CWORD=1 &&
        _moonlet && printf '%s\n' "${COMPREPLY[@]}")
}
expect "completion of names with spaces" 0 "one two.lua" "" completed one
expect "completion of all names" 0 "a directory
odd*.lua
one two.lua
three.lua" "" bash -c "$(declare -f completed); root='$root'; completed '' | sort"
