/* SPDX-License-Identifier: MIT */
/*
 * --show: what is in an image. How many objects of each kind and how many bytes they take in
 * it, the largest ones by path, what it needs of a host, where it is paused. Of a delta, which
 * has to follow its base (--load), also what has changed.
 *
 * Bytes are those of a whole image of the state. What an object takes is its contents, with the
 * strings and the code that were met in it first.
 */
#ifndef MOONLET_CLI_SHOW_H
#define MOONLET_CLI_SHOW_H

#include "cli/options/options.h"
#include "cli/output/report.h"

/* Shows it. If that fails it says so, and answers false. */
bool show_image(const Cli *c, const Options *o);

#endif
