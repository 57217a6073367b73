/* SPDX-License-Identifier: MIT */
/*
 * C modules made for moonlet.h, found by package.cpath (manual 6.3). Libraries stay loaded
 * as long as the process: any state may hold their functions.
 */
#ifndef MOONLET_SHARED_H
#define MOONLET_SHARED_H

#include "stack/machine.h"

/* What MachineHooks.library is. */
LibraryStatus library_function(Machine *M, const char *file, const char *name, Value *function,
                               const char **error);

#endif
