/* SPDX-License-Identifier: MIT */
/*
 * Debug hooks that are C functions: a native stands for each, which a coroutine's hook
 * (stack/hook.h) has as its function, and which calls the lua_Hook of the coroutine's handle.
 */
#ifndef MOONLET_PUC_HOOK_H
#define MOONLET_PUC_HOOK_H

#include "puc/puc.h"

/* A lua_CFunction. */
int puc_call_hook(lua_State *L);
/* Whether it is that function. */
bool puc_is_hook(Value f);

/* A coroutine that C makes has the hook of the one that it is made by, if C has set that. */
void puc_inherit_hook(lua_State *L, lua_State *L1);

#endif
