/* SPDX-License-Identifier: MIT */
/*
 * moonlet --map script [args] < inputs: a line in, a line out.
 *
 * The script runs once and returns a function; each line of standard input, without its
 * end, is given to it in a fork of that world, many at once. What it returns is written
 * as print would: values with tabs between them, in the order of the lines; nothing for a
 * line for which it returns nothing. Errors go to standard error with the number of the
 * line, in their turn; the program then ends with status 1.
 *
 * Input is taken as it comes, so a line that has come is not kept waiting for more; at
 * most MAP_LINES lines, or 1 MB, are in work at a time. At a terminal a line on standard
 * error tells how far it is.
 */
#ifndef MOONLET_MAP_H
#define MOONLET_MAP_H

#include "cli/options/options.h"
#include "cli/output/report.h"

/* The function is c's last result. Answers false if a line failed. */
bool map_lines(const Cli *c, const MapOptions *o);

#endif
