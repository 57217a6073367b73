# SPDX-License-Identifier: MIT
# Long work in the string library: Ctrl-C stops it, limits are kept without trying.
. "$LIB"

# stopped NAME CODE: one Ctrl-C is an error of the program.
stopped()
{
    expect "$1" 124 "" "*interrupted!*" timeout --foreground -s INT -k 9 0.5 "$MOONLET" -e "$2"
}

stopped "Ctrl-C in a runaway pattern" 'return ("a"):rep(60):find((".-"):rep(20) .. "b")'
stopped "Ctrl-C in gmatch" 'for _ in ("a"):rep(60):gmatch(("a*"):rep(20) .. "b") do end'
stopped "Ctrl-C in gsub" 'local s = ("ab"):rep(5e7) while true do s:gsub("a", "%0") end'
stopped "Ctrl-C in gsub's callback" 'return (("a"):gsub("a", function() while true do end end))'

same "results too large" -e '
    print(pcall(string.rep, ("x"):rep(2 ^ 20), 2 ^ 31 - 1))
    print(pcall(string.rep, "x", 2 ^ 31 - 1, ("y"):rep(2 ^ 20)))
    print(#string.rep("", 2 ^ 31 - 1), pcall(string.rep, "x", -1))'
