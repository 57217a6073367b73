# SPDX-License-Identifier: MIT
#
# Time of each program under each Lua, relative to lua5.2. report.awk makes the data.
datafile = data."/bench.dat"
columns = system("head -n 1 ".datafile." | wc -w") - 1
array color[4] = ["#3b6ea5", "#a9b7c6", "#c9a227", "#7a9a6a"]
set terminal svg size 1000,520 font "sans-serif,12" background "white"
set label 1 caption at screen 0.5,0.025 center font ",10" textcolor rgb "#555555"
set bmargin 8
set rmargin 6
set title "Processor time relative to lua5.2 (the line at 1; shorter is faster; luajit with -joff)"
set style data histograms
set style histogram clustered gap 1
set style fill solid
set boxwidth 0.9
set datafile missing "?"
set xtics rotate by -55 font ",10" noenhanced nomirror
set ytics nomirror
set grid ytics linecolor rgb "#dddddd"
set yrange [0:1.1 < *]
set arrow 1 from graph 0, first 1 to graph 1, first 1 nohead linecolor rgb "#333333" front
set key top left horizontal autotitle columnhead
plot for [i=2:columns + 1] datafile using i:xtic(1) \
     linecolor rgb color[(i - 2) % 4 + 1]
