#!/bin/bash
# SPDX-License-Identifier: MIT
#
# deps.sh group...: installs with apt the Debian packages of the groups that are missing.
# Asks nothing; silent when all is there. On other systems it only names what is needed.
set -u

declare -A packages=(
    [build]="gcc libc6-dev make binutils pkg-config libgc-dev libxxhash-dev libedit-dev"
    [check]="check lua5.2 liblua5.2-dev perl-base diffutils"
    [programs]="lua-penlight lua-inspect lua-unit lua-argparse lua-markdown lua-dkjson lua-say
        lua-luassert lua-busted lua-cliargs lua-basexx lua-binaryheap lua-fifo lua-inifile
        lua-mediator lua-coxpcall lua-ansicolors lua-moses lua-messagepack lua-check lua-ldoc lua-uri
        lua-logging luarocks"
    [bench]="lua5.2 liblua5.2-dev lua5.4 luajit gnuplot-nox"
    [tools]="check lua5.2 liblua5.2-dev clang clang-format clang-tidy libclang-rt-dev valgrind"
)

mapfile -t wanted < <(for group in "$@"; do echo "${packages[$group]}"; done | tr -s " \n" "\n" | sort -u)

if ! command -v dpkg-query >/dev/null; then
    echo "Not a Debian system; these must be installed: ${wanted[*]}"
    exit 0
fi

# Virtual and transitional packages count through what provides them.
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package} ${Provides}\n' |
    sed -n 's/^installed //p' | sed 's/([^)]*)//g' | tr -s ', ' '\n')
mapfile -t missing < <(comm -23 <(printf "%s\n" "${wanted[@]}") <(echo "$installed" | sort -u))
[ ${#missing[@]} = 0 ] && exit 0

root=()
if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
        echo "Missing, and neither root nor sudo to install them: ${missing[*]}" >&2
        exit 1
    fi
    root=(sudo -n)
fi

apt() { "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o Dpkg::Use-Pty=0 "$@" </dev/null; }

echo "Installing with apt: ${missing[*]}"
apt install --no-install-recommends "${missing[@]}" && exit 0
echo "Trying again with fresh package lists."
apt update && apt install --no-install-recommends "${missing[@]}"
