/* SPDX-License-Identifier: MIT */
/*
 * C modules made for moonlet.h, found by package.cpath (manual 6.3). Libraries stay loaded
 * as long as the process: any state may hold their functions.
 */
#ifndef MOONLET_SHARED_H
#define MOONLET_SHARED_H

#include "state/state.h"

/* For RunHooks.library. */
LibraryStatus library_function(Run *R, const char *file, const char *name, Value *function,
                               const char **error);

#endif
