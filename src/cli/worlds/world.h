/* SPDX-License-Identifier: MIT */
/*
 * Worlds in files (--load, --save): what the program begins with, and what it leaves behind.
 *
 *   world_open   the images of --load, the first a whole one, each further one a delta to
 *                the one before: the run is in the last one's state
 *   world_save   the run's state: at the end, or paused where it was stopped
 *
 * A paused program that is not gone on with, because there is something else to run, waits
 * beside it and is saved with the rest.
 *
 * A file is written under another name, brought to the disk and then renamed: whatever happens,
 * there is the old one or the new one.
 */
#ifndef MOONLET_CLI_WORLD_H
#define MOONLET_CLI_WORLD_H

#include "api/api.h"
#include "cli/options/options.h"
#include "cli/output/report.h"

typedef struct CliWorld {
    HostRun host_run;    /* of the run, if the world was loaded */
    moonlet_image *base; /* the last one loaded; NULL: none */
} CliWorld;

/* Sets c->R. If that fails it says so, and answers false. */
bool world_open(CliWorld *w, Cli *c, const Options *o);
/* Whether there is a paused program to go on with, and nothing else is asked for. */
bool world_goes_on(const CliWorld *w, const Options *o);
/* Whether there is a place for the file, before anything runs. If there is none, that has been
 * said. */
bool world_can_save(const Cli *c, const Options *o);
/* Saves it. If that fails it says so, and answers false. */
bool world_save(CliWorld *w, const Cli *c, const Options *o);

/* The image in a file. base may be NULL. If that fails it says so, and answers NULL. */
moonlet_image *world_read(const Cli *c, const char *file, const moonlet_image *base,
                          const moonlet_image_host *host);

#endif
