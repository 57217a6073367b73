/* SPDX-License-Identifier: MIT */
/*
 * Worlds from within: a running program forks, tries and goes back.
 *
 *   fork(f, ...)   f runs; then the world is again what it was before the call, and only
 *                  f's results are brought into it
 *   try(f, ...)    a protected call whose changes are undone when it fails
 *   restore(s, ...)  the program that took the snapshot goes on from there, whatever
 *                  has happened since; the snapshot call returns again
 *
 * The evaluator does all three itself and uses no C stack. So f may pause, take snapshots, and
 * fork in turn. The saved State is the payload of the glue below f's frame. What was made since
 * and is brought into the older world is copied (import/import.h).
 */
#ifndef MOONLET_WORLD_H
#define MOONLET_WORLD_H

#include "stack/frame.h"

/* NATIVE_CONTROL functions. restore: argument 0 is a userdata whose data is a State. */
EXEC(control_fork);
EXEC(control_try);
EXEC(control_restore);
extern const char world_snapshot_tag[]; /* of such userdata */

/* An error that reaches the glue frame fp of a fork or a try. */
EXEC(world_fail);
/* Returns M->results from the native whose frame is fp. */
EXEC(world_return);

#endif
