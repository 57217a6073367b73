/* SPDX-License-Identifier: MIT */
/* What a run of lua_newstate asks of its host. */
#ifndef MOONLET_PUC_OPEN_H
#define MOONLET_PUC_OPEN_H

#include "stack/machine.h"

extern const MachineHooks puc_hooks;

#endif
