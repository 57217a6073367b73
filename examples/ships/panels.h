/* SPDX-License-Identifier: MIT */
/* What stands beside the world: the bar of time, costs, the variables of a ship, messages. */
#ifndef SHIPS_PANELS_H
#define SHIPS_PANELS_H

#include "scene.h"

void panels_paint(Paint *p, const Scene *s);

#endif
