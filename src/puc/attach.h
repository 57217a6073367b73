/* SPDX-License-Identifier: MIT */
/* Lua's C interface for programs that have it beside moonlet.h. */
#ifndef MOONLET_PUC_ATTACH_H
#define MOONLET_PUC_ATTACH_H

#include <stdbool.h>

/* Lets libraries with luaopen_ functions be loaded in all runs of the process from now on. The
 * program must export the functions of lua.h. Answers false where there is no memory to begin
 * with. */
bool puc_init(void);

#endif
