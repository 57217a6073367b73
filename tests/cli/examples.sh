# SPDX-License-Identifier: MIT
# The examples print what stands beside them in examples/*.out.
. "$LIB"

here=$(cd "$(dirname "$0")/../../examples" && pwd)
built=$(dirname "$MOONLET")
[ -d "$built/examples" ] && built=$built/examples || built=$built/release/examples
for expected in "$here"/*.out; do
    name=$(basename "$expected" .out)
    if [ ! -x "$built/$name" ]; then continue; fi
    timeout 60 "$built/$name" >"$name.got" 2>&1
    if diff -u "$expected" "$name.got" >"$name.diff"; then
        echo "ok - example $name"
    else
        echo "not ok - example $name"
        sed 's/^/    /' "$name.diff"
    fi
done
