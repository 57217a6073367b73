#!/bin/bash
# SPDX-License-Identifier: MIT
#
# as_dump.sh script: does what $MOONLET does with a script, but runs it as a binary chunk.
# What is no correct Lua is run as it is.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if "$MOONLET" --dump "$work/${1##*/}" "$1" 2>/dev/null; then
    "$MOONLET" "$work/${1##*/}"
else
    "$MOONLET" "$1"
fi
