/* SPDX-License-Identifier: MIT */
/* The lines of a file that have code: where a break can be. */
#ifndef MOONLET_CLI_CODE_LINES_H
#define MOONLET_CLI_CODE_LINES_H

#include <stdbool.h>

typedef struct CodeLines {
    bool *has; /* malloc's, to be given to free(); NULL: it is not known */
    int count;
} CodeLines;

/* The lines of a file that have code; `has` is NULL if the file cannot be compiled. */
CodeLines code_lines(const char *path);
/* The first line from this one on that has code, which is the line itself where that is not
 * known; 0: there is none. */
int code_lines_from(const CodeLines *l, int line);

#endif
