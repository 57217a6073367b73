/* SPDX-License-Identifier: MIT */
/*
 * Looking at files without running them: --check, --ast, --nodes, --dump, --strip. No
 * files: standard input, which is also the file "-".
 */
#ifndef MOONLET_FILES_H
#define MOONLET_FILES_H

#include "cli/options/options.h"
#include "cli/output/report.h"

/* Answers false if one of the files cannot be read or is no correct Lua. */
bool files_inspect(const Cli *c, OptionTask task, char **names);
/* Writes to names[0] what names[1] is as a binary chunk. */
bool files_dump(const Cli *c, bool strip, char **names);

#endif
