/* SPDX-License-Identifier: MIT */
/*
 * Replacing a file as a whole: whoever opens it, at whatever moment the program or the machine
 * dies, finds the old bytes or the new ones. What is no regular file (a pipe, a terminal) is
 * just written to.
 */
#ifndef MOONLET_CLI_REPLACE_H
#define MOONLET_CLI_REPLACE_H

#include <stdbool.h>
#include <stddef.h>

/* false: it cannot be written, and errno says why; what was there is as it was. */
bool replace_file(const char *file, const char *bytes, size_t length);
/* Whether there is a place for it now. false: errno says why not. */
bool replace_is_possible(const char *file);

#endif
