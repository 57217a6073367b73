/* SPDX-License-Identifier: MIT */
/*
 * --collapse: a chain of images as one. Nothing runs, and what the images need of a host need
 * not be there: it keeps its names.
 */
#ifndef MOONLET_CLI_COLLAPSE_H
#define MOONLET_CLI_COLLAPSE_H

#include "cli/options/options.h"
#include "cli/output/report.h"

/* Writes the whole image of the last file of --load to the file of --collapse; with --delta
 * what differs from the first one. If that fails it says so, and answers false. */
bool collapse_images(const Cli *c, const Options *o);

#endif
