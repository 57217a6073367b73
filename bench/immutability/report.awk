# SPDX-License-Identifier: MIT
#
# Lines "program name kind seconds kb status" and "snapshots name rate nanoseconds kb
# status" to two tables, the file `json`, and for the plot the files programs.dat and
# snapshots.dat in the directory `data`. With median.awk.

function median_of(what, part, name, variant,    i, n, list) {
    n = count[part, name, variant]
    for (i = 1; i <= n; i++) list[i] = what[part, name, variant, i]
    return median(list, n)
}

$1 == "#" { next }
!(($1, $2) in known) { known[$1, $2] = 1; names[$1, ++total[$1]] = $2 }
$6 != "0" { failed[$1, $2] = 1; next }
{ n = ++count[$1, $2, $3]; took[$1, $2, $3, n] = $4; rss[$1, $2, $3, n] = $5 }

function report_programs(    i, name, tp, tm, mp, mm, log_time, log_rss, means) {
    printf "%-16s %11s %9s %7s %10s %8s %7s\n", "", "persistent", "mutable", "ratio",
           "MB", "mutable", "ratio"
    printf "  \"programs\": {" > json
    for (i = 1; i <= total["program"]; i++) {
        name = names["program", i]
        if (("program", name) in failed) { printf "%-16s failed\n", name; bad++; continue }
        if (!count["program", name, "mutable"]) continue
        tp = median_of(took, "program", name, "persistent")
        tm = median_of(took, "program", name, "mutable")
        mp = median_of(rss, "program", name, "persistent")
        mm = median_of(rss, "program", name, "mutable")
        printf "%-16s %10.3fs %8.3fs %7.2f %10.1f %8.1f %7.2f\n", name, tp, tm, tp / tm,
               mp / 1024, mm / 1024, mp / mm
        printf "%s\n    \"%s\": {\"cpu\": %.4f, \"cpu_mutable\": %.4f, \"rss_kb\": %d, " \
               "\"rss_kb_mutable\": %d}", (means ? "," : ""), name, tp, tm, mp, mm > json
        printf "\"%s\" %.4f %.4f\n", name, tp / tm, mp / mm > (data "/programs.dat")
        log_time += log(tp / tm)
        log_rss += log(mp / mm)
        means++
    }
    if (!means) means = 1
    printf "%-16s %10s  %8s  %7.2f %10s %8s %7.2f\n", "geometric mean", "", "",
           exp(log_time / means), "", "", exp(log_rss / means)
    printf "\"GEO. MEAN\" %.4f %.4f\n", exp(log_time / means), exp(log_rss / means) \
           > (data "/programs.dat")
    printf "\n  },\n  \"geometric_mean\": {\"cpu\": %.4f, \"rss\": %.4f},\n",
           exp(log_time / means), exp(log_rss / means) > json
}

function report_snapshots(    i, k, n, name, rates, never, t, m, first) {
    n = split("mutable 0 10000 1000 100 10 1", rates, " ")
    printf "\nNanoseconds per operation, and (relative to never), with a snapshot every\n"
    printf "%-8s %15s %10s", "", "mutable", "never"
    for (k = 3; k <= n; k++) printf " %15d", rates[k]
    printf "\n  \"snapshots\": {" > json
    printf "\n"
    for (i = 1; i <= total["snapshots"]; i++) {
        name = names["snapshots", i]
        if (("snapshots", name) in failed) { printf "%-8s failed\n", name; bad++; continue }
        never = median_of(took, "snapshots", name, "0")
        printf "%-8s", name
        printf "%s\n    \"%s\": {", (first++ ? "," : ""), name > json
        printf "%s\"%s\"\n", (i == 1 ? "" : "\n\n"), name > (data "/snapshots.dat")
        for (k = 1; k <= n; k++) {
            t = median_of(took, "snapshots", name, rates[k])
            m = median_of(rss, "snapshots", name, rates[k])
            if (rates[k] == "0") printf " %10.0f", t
            else printf " %7.0f (%5.2f)", t, t / never
            printf "%s\"%s\": {\"ns\": %.1f, \"rss_kb\": %d}", (k == 1 ? "" : ", "),
                   (rates[k] == "0" ? "never" : rates[k]), t, m > json
            if (rates[k] + 0 > 0) print rates[k], t / never > (data "/snapshots.dat")
        }
        printf "\n"
        printf "}" > json
    }
    printf "\n  },\n" > json
}

END {
    printf "{\n" > json
    report_programs()
    report_snapshots()
    printf "  \"runs\": %d,\n  \"measured\": \"%s\"\n}\n", runs, caption > json
    print "\n" caption
    exit bad ? 1 : 0
}
