#!/bin/bash
# SPDX-License-Identifier: MIT
#
# deps.sh group...: installs with apt the Debian packages of the groups that are missing.
# Asks nothing, but says what it is about to do; silent, and without apt, when all is there.
# With DEPS=no in the environment it only says that. On other systems it names what is needed.
set -u

declare -A packages=(
    [build]="gcc libc6-dev make binutils pkg-config libgc-dev libxxhash-dev libedit-dev libjansson-dev"
    [check]="check lua5.2 liblua5.2-dev perl-base diffutils"
    [programs]="lua-penlight lua-inspect lua-unit lua-argparse lua-markdown lua-dkjson lua-say
        lua-luassert lua-busted lua-cliargs lua-basexx lua-binaryheap lua-fifo lua-inifile
        lua-mediator lua-coxpcall lua-ansicolors lua-moses lua-messagepack lua-check lua-ldoc lua-uri
        lua-logging luarocks"
    [puc]="lua5.2 liblua5.2-dev lua-lpeg lua-cjson lua-filesystem lua-socket lua-posix lua-zlib
        lua-yaml lua-expat lua-iconv lua-term lua-bitop lua-sql-sqlite3 lua-luv lua-lgi luarocks
        lua-busted lua-cqueues lua-luaossl lua-sec openssl lua-rings lua-rex-pcre2 lua-rex-posix lua-rex-gnu
        lua-rex-onig lua-rex-tre lua-mpack lua-md5 lua-compat53 lua-discount"
    [programs-puc]="highlight imapfilter vim-nox mpv tshark python3 fityk libtolua-dev eja puredata-core pd-lua
        uwsgi-core uwsgi-plugin-lua5.2"
    [history]="libsqlite3-dev"
    [aarch64]="gcc-aarch64-linux-gnu libc6-dev-arm64-cross qemu-user libgc-dev:arm64 libxxhash-dev:arm64 check:arm64"
    [mpi]="libopenmpi-dev openmpi-bin"
    [ships]="libsdl2-dev libpng-dev check"
    [dap]="nodejs npm"
    [site]="lua5.2 mkdocs man-db groff-base bsdextrautils"
    [erlang]="erlang-base erlang-dev erlang-eunit erlang-luerl"
    [erlang-tools]="rebar3 elixir"
    [bench]="lua5.2 liblua5.2-dev lua5.4 luajit gnuplot-nox"
    [format]="clang-format"
    [tools]="check lua5.2 liblua5.2-dev clang clang-format clang-tidy libclang-rt-dev valgrind"
)

mapfile -t wanted < <(for group in "$@"; do echo "${packages[$group]}"; done | tr -s " \n" "\n" | sort -u)

if ! command -v dpkg-query >/dev/null; then
    echo "Not a Debian system; these must be installed: ${wanted[*]}"
    exit 0
fi

# Virtual and transitional packages count through what provides them.
installed=$(dpkg-query -W -f '${db:Status-Status} ${Package} ${Package}:${Architecture} ${Provides}\n' |
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

foreign=$(printf '%s\n' "${missing[@]}" | sed -n 's/.*://p' | sort -u)
echo "Missing: ${missing[*]}"
echo "To install them (not with DEPS=no): ${root[*]:+${root[*]} }apt-get install --no-install-recommends ${missing[*]}"
[ "${DEPS-}" != no ] || exit 1
for architecture in $foreign; do "${root[@]}" dpkg --add-architecture "$architecture"; done
apt install --no-install-recommends "${missing[@]}" && exit 0
echo "Trying again with fresh package lists."
apt update && apt install --no-install-recommends "${missing[@]}"
