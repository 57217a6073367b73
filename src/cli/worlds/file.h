/* SPDX-License-Identifier: MIT */
/* The bytes of worlds in files, before anything is made of them. */
#ifndef MOONLET_CLI_WORLDS_FILE_H
#define MOONLET_CLI_WORLDS_FILE_H

#include "cli/options/options.h"

/* Gives what is in a file, or in the standard input if that is "-"; to be freed. Answers NULL
 * if it cannot be read: *message says why, to be freed, or is NULL without memory. */
char *world_bytes(const char *file, size_t *length, char **message);
/* Unless --seed says another, the process gets the seed of the first image that it is to load:
 * its tables then have the order that they had. To be called before there is a string. */
void world_take_seed(const Options *o, char **argv);

#endif
