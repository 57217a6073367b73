# SPDX-License-Identifier: MIT
#
# Above: persistent/mutable time of each program. Below: time per operation against the
# number of operations between snapshots, relative to never, both from 1 upward: what is less than
# 1 is noise. report.awk makes the data.
stats data."/snapshots.dat" using 1 nooutput
set terminal svg size 900,900 font "sans-serif,12" background "white"
set multiplot
set label 1 caption at screen 0.5,0.012 center font ",10" textcolor rgb "#555555"

set origin 0,0.5
set size 1,0.5
set title "Immutable against mutable structures, no snapshots: time and memory (1 = mutable)"
set style data histograms
set style histogram clustered gap 1
set style fill solid
set boxwidth 0.9
set xtics rotate by -55 font ",10" noenhanced nomirror
set ytics nomirror
set grid ytics linecolor rgb "#dddddd"
set yrange [0:*]
set xlabel "program"
set ylabel "relative to the mutable build"
set rmargin 6
set arrow 1 from graph 0, first 1 to graph 1, first 1 nohead linecolor rgb "#333333" front
set key top left horizontal
plot data."/programs.dat" using 2:xtic(1) title "time" linecolor rgb "#3b6ea5", \
     "" using 3 title "peak memory" linecolor rgb "#c9a227"

set origin 0,0.03
set size 1,0.46
unset arrow 1
set title "A snapshot every n operations: time per operation (1 = never)"
set logscale xy
set yrange [1:*]
set xrange [1:20000]
set xtics norotate font ",12" ("1" 1, "10" 10, "100" 100, "1000" 1000, "10000" 10000)
set xlabel "operations from snapshot to snapshot"
set ylabel "time of one operation, relative to never"
set format y "%g"
set key top right vertical
set style data linespoints
plot for [i=1:STATS_blocks] data."/snapshots.dat" index i - 1 \
     using 1:($2 < 1 ? 1 : $2) title columnheader(1) linewidth 2 pointtype 7 pointsize 0.6
unset multiplot
