/* SPDX-License-Identifier: MIT */
/*
 * --diff: what differs between two images, a line each, by path.
 *
 *   ! _G.enemies[3].health: 10 -> 7      + _G.new: table      - _G.old: "text"
 *
 * The two need have nothing to do with each other: values are compared that are reached in the
 * same way. Objects that are keys are taken for the same if they have one id. What is held in a
 * snapshot is not looked into.
 */
#ifndef MOONLET_CLI_DIFF_H
#define MOONLET_CLI_DIFF_H

#include "cli/options/options.h"
#include "cli/output/report.h"

/* Prints what differs between two states of this process. Answers whether anything does.
 * O(what both reach). */
bool diff_live(const Cli *c, const State *a, const State *b);

/* The exit code, as of diff: 0 nothing differs, 1 something, 2 they cannot be compared, which
 * has been said. */
int diff_images(const Cli *c, const Options *o, char **argv);

#endif
