# SPDX-License-Identifier: MIT
# The documents name what there is: links, paths of files, targets of make; and each source
# file says what it is for, so that docs/FILES.md can be made.
. "$LIB"

cd "$(dirname "$0")/../.." || exit 1
pages=(*.md docs/*.md docs/*/*.md)

verdict() # name, what is wrong
{
    if [ -z "$2" ]; then
        echo "ok - $1"
    else
        echo "not ok - $1"
        printf '%s\n' "$2" | sed 's/^/    /'
    fi
}

# [text](file) and ![text](file), from where the page is.
dead_links()
{
    local page target
    for page in "${pages[@]}"; do
        grep -oE '\]\([^)]+\)' "$page" | sed -E 's/^\]\(//; s/\)$//; s/#.*//' | while read -r target; do
            case $target in http:* | https:* | '') continue ;; esac
            [ -e "$(dirname "$page")/$target" ] || echo "$page: $target"
        done
    done
}
verdict "links" "$(dead_links)"

# `src/stack/frame.h`: whole paths, and parts of them that stand for src/ (`stack/frame.h`).
lost_paths()
{
    local page path
    for page in "${pages[@]}"; do
        if [ "$page" = CHANGELOG.md ]; then continue; fi
        grep -oE '`[a-z_]+/[A-Za-z_/]*[A-Za-z_]\.(c|h|md|sh|lua)`' "$page" | tr -d '`' | sort -u |
            while read -r path; do
                case $path in build/*) continue ;; esac
                [ -e "$path" ] || [ -e "src/$path" ] || echo "$page: $path"
            done
    done
}
verdict "paths" "$(lost_paths)"

# "make layers", in lines of commands and in `...`.
lost_targets()
{
    local target
    grep -ohE '(^ +|`|&& )make( [A-Z_]+=[^ `]*)* [a-z-]+( |`|$)' "${pages[@]}" |
        grep -oE '[a-z-]+[ `]?$' | tr -d ' `' | sort -u |
        while read -r target; do
            grep -qE "^([a-z-]+ )*$target( [a-z-]+)*:" Makefile packaging/package.mk erlang/build.mk || echo "make $target"
        done
}
verdict "targets of make" "$(lost_targets)"

# The page made of a header has a heading for each function.
lost_functions()
{
    local header
    for header in include/*.h; do
        comm -23 <(grep -oE '^MOONLET_API [^;(]*' "$header" | grep -oE 'moonlet_[a-z_0-9]+$' | sort -u) \
            <(lua5.2 docs/site/reference.lua "$header" "$header" | grep '^### ' |
                grep -oE 'moonlet_[a-z_0-9]+' | sort -u)
    done
}
verdict "functions on the pages of the headers" "$(lost_functions)"

# A line for each source file.
sources=(hamt/*.[ch] src/*/*.[ch] src/*/*/*.[ch])
list=$("$MOONLET" docs/files.lua "${sources[@]}" 2>&1)
code=$?
unlisted()
{
    local source
    for source in "${sources[@]}"; do
        grep -qE "^\|[^|]*\`${source##*/}\`" <<<"$list" || echo "$source"
    done
    if [ "$code" != 0 ]; then grep '^no sentence' <<<"$list"; fi
}
verdict "each file says what it is for" "$(unlisted)"

# One without a word is noticed.
mkdir "$WORK/hamt"
echo 'int x;' >"$WORK/hamt/mute.c"
expect "a file without a word" 1 "" "no sentence: hamt/mute.c" \
    bash -c 'cd "$2" && "$0" "$1" hamt/mute.c >/dev/null' "$MOONLET" "$PWD/docs/files.lua" "$WORK"

# So is a function that is too long.
{ printf 'int f(void)\n{\n' && yes '    g();' | head -34 && echo '}'; } >"$WORK/long.c"
expect "a long function" 1 "" "*long.c:1: 37 lines: int f(void)" tests/lengths.sh "$WORK/long.c"

# And a file that does not say its invariant, a picture whose end was wrapped, and a comment that
# hides its subject; sections may have such titles.
mkdir "$WORK/src"
printf '/* This alone. */\nint x;\n' >"$WORK/src/brief.c"
printf '/*\n * What it is for.\n *\n *   a ---> b ---> c\n * --> d\n *\n * Main invariant: none.\n */\n' >"$WORK/src/wrapped.c"
printf '/*\n * What it is for.\n *\n * Main invariant: none.\n */\n/* In short ---- */\n\n/* For the linker. */\nint x; /* of y */\n' >"$WORK/src/hidden.c"
expect "a file without its invariant, a wrapped picture, a hidden subject" 1 "src/brief.c:2: does not begin with what it is for and its main invariant
src/hidden.c:8: begins with 'For', and not with what it is about or does
src/wrapped.c:5: is the end of a picture, or lacks an empty line before it" "" \
    bash -c 'cd "$2" && "$0" "$1" src/brief.c src/hidden.c src/wrapped.c' "$MOONLET" "$PWD/tests/comments.lua" "$WORK"
