/* SPDX-License-Identifier: MIT */
/*
 * Starting the collector of the program.
 */
#ifndef MOONLET_START_H
#define MOONLET_START_H

#include <stdbool.h>

/* mem_init_program, with less work for the program's own copy of bdwgc. Answers false where
 * there is no memory for it. */
bool start_collector(void);

#endif
