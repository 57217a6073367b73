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

declared()
{
    grep -o '\bmoonlet_[a-z_0-9]*(' "$root/include/moonlet.h" | tr -d '(' |
        grep -v '_function$\|_writer$\|_call$' | sort -u
}
all_there()
{
    local name missing=0
    nm -D --defined-only "$package/libmoonlet.so" | awk '{ print $3 }' | sort -u >exported
    for name in $(declared); do
        grep -qx "$name" exported || { echo "missing: $name"; missing=1; }
    done
    return $missing
}
check "the shared library has all that the header declares" all_there
check "soname" grep -q 'libmoonlet\.so\.0\]' <(readelf -d "$package/libmoonlet.so")

# The copies are for this test; the paths in the descriptions are those of the real ones.
mkdir -p inst/lib/cmake/moonlet inst/include
cp -P "$package"/libmoonlet.* inst/lib
cp "$root/include/moonlet.h" inst/include
prefix=$(sed -n "s/^prefix=//p" "$package/moonlet.pc")
for f in moonlet.pc moonletConfig.cmake moonletConfigVersion.cmake; do
    sed -e "s|$prefix|$PWD/inst|g" "$package/$f" >inst/lib/$f
done
mv inst/lib/*.cmake inst/lib/cmake/moonlet
export PKG_CONFIG_PATH=$PWD/inst/lib LD_LIBRARY_PATH=$PWD/inst/lib

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
    moonlet_entry entries[] = {{"f", f, nullptr, nullptr}, {nullptr, nullptr, nullptr, nullptr}};
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
check "completion is bash" bash -n "$root/packaging/completion.bash"
