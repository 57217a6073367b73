/* SPDX-License-Identifier: MIT */
/* Lua's C interface for programs that have it beside moonlet.h. */
#ifndef MOONLET_PUC_ATTACH_H
#define MOONLET_PUC_ATTACH_H

/* From now on libraries with luaopen_ functions can be loaded in all runs of the process: the
 * program must export the functions of lua.h. */
void puc_init(void);

#endif
