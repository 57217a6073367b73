# SPDX-License-Identifier: MIT
#
# Lines "program lua cpu rss status" to a table and, in the file `json`, the same as JSON.

function median(list, n,    i, j, v) {
    for (i = 2; i <= n; i++) {
        v = list[i]
        for (j = i - 1; j > 0 && list[j] > v; j--) list[j + 1] = list[j]
        list[j + 1] = v
    }
    return n % 2 ? list[(n + 1) / 2] : (list[n / 2] + list[n / 2 + 1]) / 2
}

function median_of(field, name, lua,    i, n, list) {
    n = count[name, lua]
    for (i = 1; i <= n; i++) list[i] = field == "cpu" ? cpu[name, lua, i] : rss[name, lua, i]
    return median(list, n)
}

!($1 in known) { known[$1] = 1; names[++total] = $1 }
$5 != "0" { failed[$1, $2] = $5; next }
{ n = ++count[$1, $2]; cpu[$1, $2, n] = $3; rss[$1, $2, n] = $4 }

END {
    nl = split(luas, lua, " ")
    base = "lua5.2"
    printf "%-18s %9s", "seconds, MB:", base
    for (k = 1; k <= nl; k++) if (lua[k] != base) printf " %15s", lua[k]
    printf "\n"
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
            log_time[l] += log((t == 0 ? 0.001 : t) / b); log_rss[l] += log(m / bm); means[l]++
        }
        printf "\n"
        printf " }" > json
    }
    printf "\n  },\n  \"geometric_mean\": {" > json
    printf "%-18s %9s", "geometric mean", ""
    first = 1
    for (k = 1; k <= nl; k++) {
        l = lua[k]
        if (l == base) continue
        if (!means[l]) { printf " %15s", "-"; continue }
        t = exp(log_time[l] / means[l]); m = exp(log_rss[l] / means[l])
        printf "   %5.2f (%4.1f)", t, m
        printf "%s \"%s\": {\"cpu\": %.4f, \"rss\": %.4f}", (first ? "" : ","), l, t, m > json
        first = 0
    }
    printf "\n"
    printf " }\n}\n" > json
    print "Time and (memory) relative to " base "; smaller is better. Medians of " runs "."
    exit bad ? 1 : 0
}
