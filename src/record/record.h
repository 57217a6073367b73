/* SPDX-License-Identifier: MIT */
/*
 * Recordings: a program's run, any moment of which can be had again.
 *
 *   steps    0 ---------- 40000 ---------- 80000 ------ 93012
 *   points   [state|log]  [state|log]      [state|log]     the end
 *   log      answers of the outside, in order (outside/outside.h)
 *
 * A moment is a number of steps from the beginning, where the program is about to be called.
 * The state there is what a run comes to that goes on from the nearest point before, with just
 * so many steps, and is told by the log what the outside said. It is paused there, and so is
 * what a limit of so many steps would have given.
 *
 * Invariants:
 *  1. points are in order of steps; the first is at step 0, and is never dropped.
 *  2. a point is taken at a poll, of which a program notices nothing. So recording takes no
 *     steps, and a moment's state does not depend on which points there are.
 *  3. nobody goes on from a moment's state in a replay: what comes later is had from points.
 *     (A run that pauses within a native may take a step more than one that does not.)
 *
 * A recording is one thread's at a time.
 */
#ifndef MOONLET_RECORD_H
#define MOONLET_RECORD_H

#include "control/eval.h"
#include "node/node.h"
#include "outside/outside.h"

typedef struct RecordPoint {
    State *state;
    uint64_t step;
    size_t log;   /* where the log goes on from there */
    void *beside; /* of record_beside; NULL: nothing */
    uint64_t
        size;  /* bytes that it keeps alive at most: SIZE_UNKNOWN, or what was measured then,
                * and what was allocated from there. Of a near one: since the one before */
    bool near; /* a replay has left the point; it goes when replays leave some elsewhere */
} RecordPoint;
#define SIZE_UNKNOWN UINT64_MAX

/* What a run has that no state has, and that replays are to have again: that of C's handles.
 * `keep` answers false if there is no memory; what it gives is collected. `give` hands it to a
 * run that has begun from the point's state. */
typedef struct RecordBeside {
    bool (*keep)(Machine *M, void **kept);
    void (*give)(Machine *M, const void *kept);
} RecordBeside;
extern RecordBeside record_beside; /* NULL: nobody has anything */

/* How the recorded run has ended. */
typedef enum RecordEnd { RECORD_OK, RECORD_FAILED, RECORD_PAUSED, RECORD_EXITED } RecordEnd;

typedef struct Record {
    Outside outside; /* the recorded run's, with the log */
    RecordPoint *points;
    size_t count, room;
    Machine *M;       /* the recorded run, while it runs */
    uint64_t began;   /* the steps that it had used when the recording began */
    uint64_t next;    /* the step from which on a point is due */
    uint64_t spacing; /* steps between points */
    size_t most;      /* so many points at most */
    uint64_t bytes;   /* so many bytes at most may points hold */
    uint64_t held;    /* the bytes that they held, at most, when `measured` was bound_used() */
    int64_t measured;
    uint64_t own; /* what the program had of its own, at most, when `sized` was bound_used() */
    int64_t sized;
    uint64_t most_own; /* the most that was measured of it */
    int64_t checked;   /* bound_used() when debug builds last made sure of all that */
    int64_t beside;    /* mem_beside at the last point */
    int64_t used;      /* mem_used() at the last point, and its step */
    uint64_t taken;
    double begin;   /* processor time of the thread, in seconds, when the recording began */
    double looking; /* what all looks have taken of that time, and what the last one has */
    double look, sizing; /* sizing: the last look at the program's own */
    uint64_t steps;      /* of the whole recording */
    RecordEnd end;
    bool hosted; /* what the host names and saves was at hand for state.save and state.load */
    uint64_t shortages; /* of the thread when the recording began */
    bool lacked;  /* there was no memory for something that the program wanted, or nobody knows:
                   * replays may be refused that, too */
    bool has_all; /* the spacing is the caller's: points are not dropped */
} Record;

enum { RECORD_SPACING = 1000000, RECORD_POINTS = 128, RECORD_BYTES = 64 << 20 };

/* A recording without points, as a root. With spacing 0 the recorder chooses where points are.
 */
Record *record_new(uint64_t spacing, uint64_t bytes);
void record_free(Record *r);

/* The run is to be recorded from its next call on, until record_end. */
void record_begin(Record *r, Machine *M);
void record_end(Record *r, RecordEnd end);
/* Takes a snapshot at a poll of the run, which is at node n, and notices nothing of it.
 * Answers fp. */
Value *record_take(Machine *M, const Node *n, Value *fp, State **state);
/* Takes a state as record_take does, when an error is about to be thrown. The state is to be
 * looked at, and not to be gone on with. */
Value *record_take_raised(Machine *M, const Node *n, Value *fp, State **state);
bool record_may_take(const Machine *M);
void record_add(Record *r, RecordPoint p);
/* Adds a point that was just taken in this run, with what is beside its state. */
void record_add_taken(Record *r, Machine *M, RecordPoint p);
/* Every other point goes; the first stays. */
void record_thin(Record *r);
/* Drops what replays have left, if there are more than so many. */
void record_drop_near(Record *r, size_t most);

/* The last point at a step below `before`, or the first. */
const RecordPoint *record_point(const Record *r, uint64_t before);

/* A replay: a run that goes on from a point and is told what was recorded. */
typedef struct Replay {
    Outside outside;
    Record *record;
    Machine *M;
    uint64_t from;          /* the step of the point */
    uint64_t next, spacing; /* of the points that it leaves */
    int64_t used;           /* bound_used() at the last of them */
    bool leaves;            /* there is one */
    uint64_t shortages;     /* of the thread when it began */
} Replay;

/* M has begun from the state of the point, and has its hooks; it is not in the evaluator. */
void replay_begin(Replay *p, Record *r, const RecordPoint *from, Machine *M);
/* Runs until the program's step `to` at the latest, leaving points at least `spacing` steps
 * apart on the way if that is not 0. */
RunStatus replay_run(Replay *p, uint64_t to, uint64_t spacing);
uint64_t replay_step(const Replay *p);
/* The log has ended, or is not this program's. */
static inline bool replay_has_ended(const Replay *p) { return p->outside.ended; }
/* There was no memory for what the program had memory for when it was recorded. */
static inline bool replay_lacks(const Replay *p)
{
    return !p->record->lacked && mem_shortages != p->shortages;
}

#endif
