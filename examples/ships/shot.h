/* SPDX-License-Identifier: MIT */
/* A picture without a window: by SDL's software renderer, twice as large, then made smaller. */
#ifndef SHIPS_SHOT_H
#define SHIPS_SHOT_H

#include "scene.h"

/* Writes the scene to a PNG file (with libpng). The time that painting takes is put in *ms.
 * false: that cannot be done, which has been said. */
bool shot_write(const Scene *s, const char *file, double *ms);

#endif
