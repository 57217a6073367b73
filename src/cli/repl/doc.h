/* SPDX-License-Identifier: MIT */
/*
 * What :doc tells: of a library function how it is called and what it does, which its row says
 * (native/native.h); of a function in a file its parameters, its place, and the comment above
 * it; of a table what is in it.
 */
#ifndef MOONLET_CLI_DOC_H
#define MOONLET_CLI_DOC_H

#include "cli/output/report.h"
#include "cli/output/sheet.h"

/* Tells of what a path leads to in a state, or of the name of a native. Answers false if
 * nothing is known of it. */
bool doc_tell(const Cli *c, Sheet *out, const State *s, const char *name);

#endif
