/* SPDX-License-Identifier: MIT */
/*
 * Replacing a file as a whole: whoever opens it, at whatever moment the program or the machine
 * dies, finds the old bytes or the new ones. What is no regular file (a pipe, a terminal) is
 * just written to; so is "-", the standard output.
 */
#ifndef MOONLET_CLI_REPLACE_H
#define MOONLET_CLI_REPLACE_H

#include <stdbool.h>
#include <stddef.h>

/* If it cannot be written, it answers false, and errno says why. What was there is unchanged.
 */
bool replace_file(const char *file, const char *bytes, size_t length);
/* Whether there is a place for it now. If not, errno says why. */
bool replace_is_possible(const char *file);

#endif
