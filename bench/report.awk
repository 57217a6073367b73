# SPDX-License-Identifier: MIT
#
# Lines "program lua cpu rss status" to a table, the file `json`, and for the plot the file
# bench.dat in the directory `data`. With median.awk.

function median_of(field, name, lua,    i, n, list) {
    n = count[name, lua]
    for (i = 1; i <= n; i++) list[i] = field == "cpu" ? cpu[name, lua, i] : rss[name, lua, i]
    return median(list, n)
}

# A line of ratios, in the order of `luas` without the base; "?" where there is none.
function plot_line(name,    k) {
    printf "\"%s\"", name > (data "/bench.dat")
    for (k = 1; k <= nl; k++) if (lua[k] != base) printf " %s", ratio[lua[k]] > (data "/bench.dat")
    printf "\n" > (data "/bench.dat")
}

$1 == "#" { next }
!($1 in known) { known[$1] = 1; names[++total] = $1 }
$5 != "0" { failed[$1, $2] = $5; next }
{ n = ++count[$1, $2]; cpu[$1, $2, n] = $3; rss[$1, $2, n] = $4 }

END {
    nl = split(luas, lua, " ")
    base = "lua5.2"
    printf "%-18s %9s", "seconds, MB:", base
    for (k = 1; k <= nl; k++) if (lua[k] != base) printf " %15s", lua[k]
    printf "\n"
    printf "\"\"" > (data "/bench.dat")
    for (k = 1; k <= nl; k++) if (lua[k] != base) printf " \"%s\"", lua[k] > (data "/bench.dat")
    printf "\n" > (data "/bench.dat")
    printf "{\n  \"runs\": %d,\n  \"programs\": {", runs > json
    for (i = 1; i <= total; i++) {
        name = names[i]
        known_base = count[name, base] && !((name, base) in failed)
        if (known_base) { b = median_of("cpu", name, base); bm = median_of("rss", name, base) }
        printf "%-18s", name
        if (known_base) printf " %5.2f %3d", b, bm / 1024; else printf " %9s", "-"
        printf "%s\n    \"%s\": {", (i == 1 ? "" : ","), name > json
        first = 1
        for (k = 1; k <= nl; k++) {
            l = lua[k]
            if (l != base) ratio[l] = "?"
            if ((name, l) in failed) {
                if (l == "moonlet") bad++
                if (l != base) printf " %15s", failed[name, l] == "differs" ? "differs" : "failed"
                continue
            }
            if (!count[name, l]) continue
            t = median_of("cpu", name, l); m = median_of("rss", name, l)
            printf "%s \"%s\": {\"cpu\": %.4f, \"rss_kb\": %d}", (first ? "" : ","), l, t, m > json
            first = 0
            if (l == base) continue
            if (!known_base || b <= 0) { printf " %15s", "-"; continue }
            printf "   %5.2f (%4.1f)", t / b, m / bm
            ratio[l] = t / b
            log_time[l] += log((t == 0 ? 0.001 : t) / b); log_rss[l] += log(m / bm); means[l]++
        }
        printf "\n"
        printf " }" > json
        plot_line(name)
    }
    printf "\n  },\n  \"geometric_mean\": {" > json
    printf "%-18s %9s", "geometric mean", ""
    first = 1
    for (k = 1; k <= nl; k++) {
        l = lua[k]
        if (l == base) continue
        ratio[l] = "?"
        if (!means[l]) { printf " %15s", "-"; continue }
        ratio[l] = exp(log_time[l] / means[l])
        t = exp(log_time[l] / means[l]); m = exp(log_rss[l] / means[l])
        printf "   %5.2f (%4.1f)", t, m
        printf "%s \"%s\": {\"cpu\": %.4f, \"rss\": %.4f}", (first ? "" : ","), l, t, m > json
        first = 0
    }
    plot_line("GEO. MEAN")
    printf "\n"
    printf " },\n  \"measured\": \"%s\"\n}\n", caption > json
    print "Time and (memory) relative to " base "; smaller is better. Medians of " runs "."
    print caption
    exit bad ? 1 : 0
}
