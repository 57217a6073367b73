/* SPDX-License-Identifier: MIT */
/* Telling who looks at a replay of errors that the program catches: stack/hook.h, breaks.h. */
#ifndef MOONLET_RAISE_H
#define MOONLET_RAISE_H

#include "stack/machine.h"

/* M->error is about to be thrown from node n. Gives the frame, which may have been moved; where
 * the run is to end there, M->fatal is set. O(depth down to who catches it). */
Value *raise_tell(Machine *M, const Node *n, Value *fp);

#endif
