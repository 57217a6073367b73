/* SPDX-License-Identifier: MIT */
/* Values of other states brought into a session's run (stack/import.h). */
#ifndef MOONLET_BRING_H
#define MOONLET_BRING_H

#include "api/api.h"
#include "stack/import.h"

enum { BRING_ERROR_MAX = IMPORT_PATH_MAX + 96 };

/* Objects with smaller ids than common_below are the same in both. */
void bring_begin(Import *im, Session *S, const State *from, uint64_t common_below);
/* False: why says what could not be brought. */
bool bring_values(Import *im, const Value *from, Value *to, size_t count, char *why,
                  size_t size);
void bring_end(const Import *im);

#endif
