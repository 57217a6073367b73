/* SPDX-License-Identifier: MIT */
/* What the debugger at the terminal shows of where it is. */
#ifndef MOONLET_CLI_DEBUGGER_SHOW_H
#define MOONLET_CLI_DEBUGGER_SHOW_H

#include "api/tour/tour.h"
#include "cli/output/report.h"

typedef struct Debugger {
    const Cli *cli;
    Tour *tour;
    DebugPlaces places; /* the frames of now */
    size_t level;       /* of the one that is looked at */
} Debugger;

/* The frame that is looked at, or NULL where there is none. */
const DebugPlace *debugger_place(const Debugger *d);
/* To be called when the tour has moved: finds its frames, and shows where it is. */
void debugger_moved(Debugger *d);
void debugger_show(const Debugger *d);
/* Lines of the frame's file around a line. */
void debugger_list(const Debugger *d, int line, int count);
void debugger_frames(const Debugger *d);
void debugger_variables(const Debugger *d, bool globals);
/* The values of a result, or what went wrong. */
void debugger_result(const Debugger *d, const moonlet_result *r);

#endif
