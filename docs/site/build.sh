#!/bin/bash
# SPDX-License-Identifier: MIT
#
# build.sh DIR: the documentation as a site, DIR/site/index.html. Pages are those of docs/, the
# README and others of the top directory, and the public headers and the manual pages turned
# into Markdown. A link that leads nowhere is an error.
set -eu
cd "$(dirname "$0")/../.."
pages=$1/pages

rm -rf "$1"
mkdir -p "$pages/notes"
cp docs/site/mkdocs.yml "$1"
cp docs/*.md docs/*.svg CHANGELOG.md CONTRIBUTING.md "$pages"
[ -z "$(ls docs/*.png 2>/dev/null)" ] || cp docs/*.png "$pages"
cp docs/notes/*.md "$pages/notes"
cp README.md "$pages/index.md"
for header in include/*.h; do
    lua5.2 docs/site/reference.lua "$header" "${header##*/}" >"$pages/${header##*/}.md"
done
for page in docs/man/*; do
    printf '# %s\n\n```text\n%s\n```\n' "${page##*/}" \
        "$(MANWIDTH=90 MAN_KEEP_FORMATTING=0 man -l "$page" 2>/dev/null | col -b)" >"$pages/${page##*/}.md"
done

# Links between pages follow them; what is no page is named instead of linked. A link may be
# broken over two lines.
for page in "$pages"/*.md "$pages"/notes/*.md; do
    up=
    case $page in */notes/*) up=../ ;; esac
    sed -i -zE \
        -e "s#\]\((\.\./)*docs/([^)]*)\)#](${up}\2)#g" \
        -e "s#\]\((\.\./)+README\.md(\#[^)]*)?\)#](${up}index.md\2)#g" \
        -e "s#\]\((\.\./)+(CHANGELOG|CONTRIBUTING)\.md\)#](${up}\2.md)#g" \
        -e "s#\]\((\.\./)*include/([a-z_]+\.h)\)#](${up}\2.md)#g" \
        -e 's#\[([^]]*)\]\((\.\./)+[^)]*\)#`\1`#g' \
        -e 's#\[([^]]*)\]\((LICENSE|(man|tests|src|hamt|memory|bench|examples|packaging)/[^)]*)\)#`\1`#g' -e 's#``([^`]*)``#`\1`#g' "$page"
done
mkdocs build --quiet --strict --config-file "$1/mkdocs.yml"
echo "$1/site/index.html"
