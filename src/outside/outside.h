/* SPDX-License-Identifier: MIT */
/*
 * What a run sees of the outside, written down so that it can be given again.
 *
 *   log  [kind | length | bytes][kind | length | bytes] ...     oldest first
 *
 * Library functions ask the outside (clocks, files, the environment) and hand the answer
 * through one of these functions. Where nobody records, the answer comes back as it is. While a
 * run is recorded, it is also written down. In a replay the outside is not asked at all, and
 * the answer of the log comes back instead. All else that the function does, it does again. So
 * a replay takes the steps, makes the objects and counts the memory of the recorded run.
 *
 * Invariants:
 *  1. whatever a program can learn of the outside passes here, in the same order each time.
 *  2. in a replay nothing outside is touched: who has effects asks outside_recalls first.
 *  3. once the log has no answer (it has ended, or is not this run's), `ended` is set, answers
 *     are empty, and the run stops at its next poll.
 */
#ifndef MOONLET_OUTSIDE_H
#define MOONLET_OUTSIDE_H

#include "stack/machine.h"

/* The kinds of answers. The numbers are in files: only add to them. */
typedef enum OutsideKind {
    SEEN_NUMBER = 1, /* times, statuses, positions: a double */
    SEEN_YES,        /* no bytes, as the next one */
    SEEN_NO,
    SEEN_FAILED, /* errno */
    SEEN_TEXT,
    SEEN_NOTHING, /* instead of a text */
    SEEN_BYTES,   /* of a file */
    SEEN_DATE,    /* the fields of a date */
    SEEN_VALUES,  /* results of a host function */
    SEEN_ERROR,   /* of a host function: one value */
    SEEN_END,     /* the program has ended its process */
    SEEN_C,       /* what a C function does to the world: puc/record/ops.h */
    SEEN_KINDS
} OutsideKind;

typedef struct Outside {
    bool replays;
    bool ended;     /* of a replay */
    bool failed;    /* no memory for the log */
    bool foreign;   /* a C function has done what a replay cannot do again */
    bool elsewhere; /* of a replay: addresses in the log are of another process */
    uint64_t later; /* of a replay: so many steps did the run take beyond those wanted */
    uint8_t *log;   /* malloc's; in a replay, the recording's */
    size_t length;  /* of the log, in bytes */
    size_t room;
    size_t at; /* in a replay: where the log has the next answer */
    volatile int stop;
    StopChain stops;        /* for M->stops, with stop */
    uint64_t epoch, before; /* of the last snapshot that is the recorder's; see outside.c */
    /* Called at each poll, with control at n, which is node_call_again before a call. Answers
     * fp, which may have moved. May be NULL. */
    Value *(*poll)(Machine *M, const struct Node *n, Value *fp);
    /* Called when the process is about to end. May be NULL. */
    void (*exit)(Machine *M, int status);
    bool stays; /* os.exit ends the run only, and not the process */
    void *context, *context_of_exit;
} Outside;

static inline bool outside_recalls(const Machine *M)
{
    return __builtin_expect(M && M->outside != NULL, 0) && M->outside->replays;
}
static inline bool outside_records(const Machine *M)
{
    return __builtin_expect(M && M->outside != NULL, 0) && !M->outside->replays;
}

/* Whether any run of the process has ever been recorded, or replayed. */
extern bool outside_used;
static inline bool outside_was_used(void)
{
    return __atomic_load_n(&outside_used, __ATOMIC_RELAXED);
}
/* Gives a run its outside, or none. */
void outside_give(Machine *M, Outside *o);

/* The log of a replay ends here: it is not this program's. */
void outside_end(Machine *M);

/* Writes down one more answer. */
void outside_write(Machine *M, OutsideKind kind, const void *bytes, size_t length);
/* The next answer, which lives as long as the log. Answers NULL if it is of another kind. */
const uint8_t *outside_read(Machine *M, OutsideKind kind, size_t *length);

/* Each of these answers what it is given, or in a replay what it was given in the recorded run.
 */
double outside_number(Machine *M, double now); /* a NaN is a plain one */
/* A number of these; any other that a log has is the least. */
int outside_int(Machine *M, int now, int least, int most);
bool outside_answer(Machine *M, bool now);
/* Whether something went well; errno says why not. */
bool outside_done(Machine *M, bool now);
/* `now` may be NULL. In a replay, the answer is in collected memory. */
const char *outside_text(Machine *M, const char *now);
/* How many bytes, at most size, were read to `to`. */
size_t outside_bytes(Machine *M, void *to, size_t now, size_t size);
/* A record of exactly this size; all zero when the log has none. */
void outside_record(Machine *M, OutsideKind kind, void *record, size_t size);

/* The process ends with this status; but in a replay, and where the recorder wants to stay, the
 * run is to end here. */
void outside_exit(Machine *M, int status);

/* Says that a recorder has taken a snapshot, which the program must not notice. */
void outside_note_snapshot(Machine *M, uint64_t before);
/* Whether a snapshot of the program's own has been taken since this epoch. */
bool outside_is_older(const Machine *M, uint64_t epoch);

#endif
