/* SPDX-License-Identifier: MIT */
/* What moonlet_import and moonlet_map say of values that stay where they are. */
#ifndef MOONLET_BRING_H
#define MOONLET_BRING_H

#include "api/api.h"
#include "import/import.h"

enum { BRING_TEXT_MAX = IMPORT_PATH_MAX + 128 };

/* "cannot bring a running coroutine into another state: value.x", in out of BRING_TEXT_MAX
 * bytes; path empty: what, and no more. Gives out. */
const char *bring_text(char *out, const char *what, const char *path);

#endif
