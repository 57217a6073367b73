# SPDX-License-Identifier: MIT
# What the build says and does without building: help, flags for the compiler's machine, needs.
. "$LIB"

root=$(cd "$(dirname "${LIB%/*}")/.." && pwd)
[ -e "$root/Makefile" ] || exit 0

help=$(make -C "$root" help BUILD="$PWD/build")
for target in all check install uninstall package demo ships; do
    expect "make help lists $target" 0 "1" "" grep -cE "^  $target  " <<<"$help"
done

# flags MACHINE: how many compilations get the flag of x86-64, by a compiler for that machine
flags()
{
    printf '#!/bin/sh\ncase "$*" in *-dumpmachine*) echo %s ;; esac\n' "$1" >cc
    chmod +x cc
    make -n V=1 -C "$root" BUILD="$PWD/build" CC="$PWD/cc" "$PWD/build/release/obj/src/lib/lib.o" |
        grep -c -- '-march=x86-64'
}
expect "flags of x86-64 for its compiler" 0 "2" "" flags x86_64-linux-gnu
expect "no flags of x86-64 for another one's" 1 "0" "" flags aarch64-linux-gnu

printf '%s\n' '#include <stdint.h>' '#undef UINTPTR_MAX' '#define UINTPTR_MAX 0xffffffffu' \
    '#include "value/value.h"' >narrow.c
expect "pointers of 32 bits are refused" 1 "" "*#error*64 bits*" \
    "${CC:-gcc}" -fsyntax-only -I"$root/src" -I"$root/hamt" narrow.c

# needs: with programs of the system that only write down how they are called
mkdir bin
printf '#!/bin/sh\necho "apt-get $*" >>"%s/calls"\n' "$PWD" >bin/apt-get
printf '#!/bin/sh\ncat "%s/installed"\n' "$PWD" >bin/dpkg-query
printf '#!/bin/sh\nshift; exec "$@"\n' >bin/sudo
chmod +x bin/*
needs() { PATH=$PWD/bin:$PATH "$root/tests/deps.sh" "$@"; }
list() { for p in "$@"; do echo "installed $p "; done >installed; }

list gcc libc6-dev make binutils pkg-config libgc-dev libxxhash-dev libedit-dev libjansson-dev
: >calls
expect "nothing is missing" 0 "" "" needs build
expect "apt is left alone then" 0 "" "" cat calls
list gcc libc6-dev make binutils pkg-config libgc-dev libjansson-dev
said() { needs build | grep -c '^Missing: libedit-dev libxxhash-dev$\|apt-get install --no-install-recommends libedit-dev libxxhash-dev$'; }
expect "what is missing is said, and how it will be installed" 0 "2" "" said
expect "then it is" 0 "1" "" grep -c 'install --no-install-recommends libedit-dev libxxhash-dev' calls
: >calls
expect "but not against one's will" 1 "*" "" bash -c 'DEPS=no PATH=$PWD/bin:$PATH "$0" build >said; code=$?; echo "*"; exit $code' "$root/tests/deps.sh"
expect "apt is left alone then, too" 0 "" "" cat calls
