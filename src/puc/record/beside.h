/* SPDX-License-Identifier: MIT */
/*
 * What handles have that no state has, kept beside the points of a recording: their own stacks,
 * and which lua_Hook C has set (record/record.h, RecordBeside).
 */
#ifndef MOONLET_PUC_BESIDE_H
#define MOONLET_PUC_BESIDE_H

#include "stack/machine.h"

bool puc_keep_beside(Machine *M, void **kept);
void puc_give_beside(Machine *M, const void *kept);

#endif
