/* SPDX-License-Identifier: MIT */
/*
 * The states that the lines of the interactive mode have led to: a tree.
 *
 *   0 --- 1 x = 1 --- 2 x = 2 --- 4 y = 3      main
 *              \
 *               3 x = x + 5                    other
 *
 * Each line that has changed something makes a frame below the current one. A branch is a name
 * for a frame, which moves on with the lines: the current frame is that of the current branch.
 * Undoing moves to the parent, redoing to the child that was last come from; what has been
 * undone can be gone to by its number as well.
 *
 * A frame holds a state and what the line answered. States share what they have in common,
 * so a frame costs what its line has changed. The oldest are dropped when there are too many,
 * or when memory is held that nobody but they may need; never one that a branch names.
 */
#ifndef MOONLET_CLI_FRAMES_H
#define MOONLET_CLI_FRAMES_H

#include "control/eval.h"

enum { BRANCHES_MAX = 100 };

typedef struct Frame Frame;
struct Frame {
    State *state;
    const String *line; /* that led here; NULL: the beginning */
    Frame *parent;      /* NULL: there is none, or it has been dropped */
    Frame *next;        /* to redo; NULL: nothing */
    uint64_t number;
    bool failed; /* the line ended in an error */
};

typedef struct Branch {
    char *name; /* malloc's */
    Frame *frame;
} Branch;

/* A root of the collector's. */
typedef struct Frames {
    Machine *M;
    Frame **kept; /* by number */
    size_t count, room, most;
    uint64_t numbers;
    uint64_t bytes_due; /* when the heap is so large, see whether frames are to be dropped */
    Branch branches[BRANCHES_MAX];
    size_t branch_count, branch;
} Frames;

/* Begins with one frame, the state that the run has come to. At most `most` frames are kept. To
 * be ended with frames_end. */
Frames *frames_begin(Machine *M, size_t most);
void frames_end(Frames *f);

static inline Frame *frames_now(const Frames *f) { return f->branches[f->branch].frame; }
/* A line has run, and answered these values. Whether it has changed anything: then there is a
 * new frame, the current one. What it answered is looked at in *after. O(changes). */
bool frames_add(Frames *f, const String *line, bool failed, const Value *values, size_t count,
                State **after);
/* The run goes on from a state that comes from elsewhere, in a new frame. */
void frames_load(Frames *f, const String *line, const State *s);

/* How many steps back, or forward, have been gone. O(steps). */
size_t frames_undo(Frames *f, size_t steps);
size_t frames_redo(Frames *f, size_t steps);
/* Finds the frame of this number, or the branch. Answers NULL if there is none. */
Frame *frames_find(const Frames *f, const char *name);
/* Goes to a branch, or with the current one to a frame. Answers false if there is none. */
bool frames_go(Frames *f, const char *name);
/* Begins a branch here and goes on with it. Answers false if there is one of that name, or if
 * there are too many. */
bool frames_branch(Frames *f, const char *name);
/* A line had no memory. If there still is hardly any, drops what has been undone, and all but
 * the last few others. Gives how many were dropped. */
size_t frames_shed(Frames *f);

#endif
