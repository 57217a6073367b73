/* SPDX-License-Identifier: MIT */
/*
 * Starting the collector of the program.
 */
#ifndef MOONLET_START_H
#define MOONLET_START_H

/* mem_init_program, with less work for the program's own copy of bdwgc. */
void start_collector(void);

#endif
