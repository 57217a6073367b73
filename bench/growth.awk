# SPDX-License-Identifier: MIT
# Lines "case TAB size TAB ns KB TAB ns KB" to the table of bench/growth, and what stands out.

# The power of the size by which the time grows: the slope of the line through the logarithms.
function power(which,    i, x, y, sx, sy, sxx, sxy, k) {
    for (i = 1; i <= count; i++) {
        if (ns[which, i] == "over") return 9.99
        x = log(size[i]); y = log((ns[which, i] + 0.001) * size[i])
        sx += x; sy += y; sxx += x * x; sxy += x * y; k++
    }
    return k < 2 ? 1 : (k * sxy - sx * sy) / (k * sxx - sx * sx)
}

function show(n) { return n == "over" ? n : n >= 100 ? sprintf("%.0f", n) : sprintf("%.1f", n) }

function finish(    i, line, ratio, worst, ours, theirs) {
    if (count == 0) return
    line = sprintf("%-24s", name)
    worst = 0
    for (i = 1; i <= count; i++) {
        ratio = ns["m", i] == "over" ? 99 : ns["p", i] == "over" ? 0 : ns["m", i] / ns["p", i]
        if (ratio > worst) { worst = ratio; at = size[i] }
        if (ratio > 0 && ratio < 99) { logs += log(ratio); measured++ }
        line = line sprintf(" %15s", show(ns["m", i]) "/" show(ns["p", i]))
    }
    ours = power("m"); theirs = power("p")
    print line sprintf(" %9s %9s", sprintf("%.0f/%.0f", kb["m"] / 1024, kb["p"] / 1024),
        sprintf("%.2f/%.2f", ours, theirs))
    fflush()
    if (worst > 1.5) slow[++slows] = sprintf("%-24s %6.2f x at %d", name, worst, at)
    if (ours > theirs + 0.1) steep[++steeps] = sprintf("%-24s %.2f, not %.2f", name, ours, theirs)
    count = 0
}

BEGIN {
    k = split(sizes, head, " ")
    line = sprintf("%-24s", "ns: Moonlet/" peer)
    for (i = 1; i <= k; i++) line = line sprintf(" %15s", head[i])
    print line sprintf(" %9s %9s", "MB", "power")
}

$1 != name { finish(); name = $1 }
{
    split($3, ours, " "); split($4, theirs, " ")
    size[++count] = $2
    ns["m", count] = ours[1]; ns["p", count] = theirs[1]
    kb["m"] = ours[2]; kb["p"] = theirs[2]
}

END {
    finish()
    print "\nabove 1.5 of the time of " peer ":"
    for (i = 1; i <= slows; i++) print "  " slow[i]
    print "growing faster:"
    for (i = 1; i <= steeps; i++) print "  " steep[i]
    if (measured) printf "geometric mean of all ratios: %.2f\n", exp(logs / measured)
}
