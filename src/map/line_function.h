/* SPDX-License-Identifier: MIT */
/*
 * What becomes of a script's function where lines are mapped (moonlet --map, moonlet-mpi): a
 * function of a line that gives all that the script's function answers as one text, with tabs
 * between, or nothing.
 *
 * It is source text, which is called with the script's function: so what is made of the answers
 * is made where they are, and one string leaves the fork.
 */
#ifndef MOONLET_LINE_FUNCTION_H
#define MOONLET_LINE_FUNCTION_H

#define LINE_FUNCTION_SOURCE                                                    \
    "local f, concat, select, tostring = ..., table.concat, select, tostring\n" \
    "local function text(...)\n"                                                \
    "  local n = select('#', ...)\n"                                            \
    "  if n == 0 then return end\n"                                             \
    "  local parts = {...}\n"                                                   \
    "  for i = 1, n do parts[i] = tostring(parts[i]) end\n"                     \
    "  return concat(parts, '\\t')\n"                                           \
    "end\n"                                                                     \
    "return function(line) return text(f(line)) end\n"

#endif
