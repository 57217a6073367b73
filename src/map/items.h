/* SPDX-License-Identifier: MIT */
/*
 * Items: one function and many inputs, each in a fork of one world.
 *
 *   item      a call in a fork of the base, on any thread, in any process
 *   outcome   what has become of it: values or error, limit, position, steps and bytes
 *   bringing  copies an outcome's values into the run that waits
 *
 * There are two faces: state.map of programs (lib/state/lib_map.c, by map/paid_items.h), and
 * moonlet_map of the host (api/worlds/map.c), on which --map stands. A face begins a run for an
 * item, sets its limits, and says what has become of it. All else is done here, on top of the
 * pool (map/pool.h).
 *
 * Invariants:
 *  1. an outcome depends on its item alone: not on other items, nor on who has done it.
 *  2. an outcome that has values has a state in which they are; or it is packed, if it came
 *     from a process; or they are of no world. Values are brought in the order of the items, as
 *     ids are given in that order.
 *  3. an item may have gone back, by state.restore, to a world that is no fork of the base: one
 *     of before it, or of another item. Ids do not tell which objects such a world shares with
 *     the base, but for those of the libraries. So only these are not copied then.
 *  4. when items_run has returned, an item is OUTCOME_WAITING only if the map was ended first.
 */
#ifndef MOONLET_ITEMS_H
#define MOONLET_ITEMS_H

#include "control/eval.h"
#include "import/import.h"
#include "map/pool.h"

#define ITEM_DAMAGED "damaged answer of a process"
#define ITEM_NO_MEMORY "not enough memory"

typedef enum OutcomeStatus {
    OUTCOME_WAITING, /* not begun, or not ended before the map was */
    OUTCOME_OK,
    OUTCOME_FAILED,
    OUTCOME_LIMIT,   /* a limit of its own has stopped it */
    OUTCOME_STOPPED, /* a limit of the run that waits has stopped it, or somebody outside */
    OUTCOME_LOST /* its process has ended, or its values cannot leave that; `why` says which */
} OutcomeStatus;

/* What an error says beside its value, for a face that has more to say. */
typedef struct OutcomeError {
    int kind;                                /* the face's own number */
    const char *message, *traceback, *chunk; /* NULL: nothing */
    int line, column, column_line;
} OutcomeError;

typedef struct Outcome {
    OutcomeStatus status;
    EvalStop stop;         /* what has stopped it; also the limit behind an error */
    uint32_t count;        /* how many values it has: its results, or 1, its error value */
    bool packed;           /* it has come from another process */
    bool went_back;        /* its world may be of a history that has parted from the base's */
    uint64_t steps, bytes; /* used */
    State *paused;         /* STOPPED: where it goes on; NULL: it cannot */
    uint64_t ns;           /* and the time that it had used */
    const char *why;       /* LOST; or why an error's value could not leave its process */
    Value value;           /* room for a face that has one */
    union {
        struct {
            const State *state; /* the item's world when it had ended, in which the values are;
                                   NULL: they are of none */
            const Value *values;
            const void *detail; /* the face's own; collected memory */
        };
        struct {
            char *pack; /* malloc; from `at` on there are its error and its values */
            const char *at, *end;
        };
    };
} Outcome;

typedef struct Items {
    const State *base;
    size_t count;
    unsigned threads;      /* 0: as many as processors */
    unsigned processes;    /* not 0: processes instead of threads */
    bool here;             /* all in the calling thread */
    bool within;           /* an item of another map has begun it: see Pool */
    bool alone;            /* in this process, by one thread, with an outcome as from another */
    const StopChain *stop; /* ends the map; NULL: nothing does */
    uint64_t results_max;  /* bytes of an item's results on their way out of a process */
    uint64_t error_max;    /* bytes of its error value there; for both, 0 is no limit */
    void *face;            /* passed to the functions below */
    /* Does item i, and says in *out, which is all zero, what has become of it. On any thread.
     */
    void (*run)(void *face, size_t i, Outcome *out);
    /* Says more of an error, before it leaves its process. May be NULL. */
    void (*describe)(void *face, const Outcome *out, OutcomeError *error);
    /* Called when item i has an outcome, by who has done it; of one that another process has
     * done, by both. May be NULL. */
    void (*ended)(void *face, size_t i, const Outcome *out);
    /* What it is in a Pool (map/pool.h). */
    void (*progress)(void *face, size_t done);
    Outcome *outcomes; /* one for each item */
    Outcome *in_hand;  /* in a process: the outcome of the item that it is doing */
} Items;

/* The one value of an outcome that has but one: a result, or an error value. */
static inline void outcome_set_value(Outcome *out, Value v)
{
    out->value = v;
    out->values = &out->value;
    out->count = 1;
}

/* Makes room for the outcomes. `processes` must be set before. Answers false if there is no
 * memory, which is a shortage. */
MEM_TRY bool items_begin(Items *m);
/* Does the items. Blocks until all are done, or the map was ended and none is in work. */
void items_run(Items *m);
/* Gives back the outcomes, with their texts. */
void items_end(Items *m);

/* The ids of the objects that an item's world has in common with the base are below this one.
 */
uint64_t items_shared_below(const Items *m, const World *ended, const Outcome *out);
/* Whether a face, which has said if the item went back, must give out->state, whose world is
 * the one in which the item has ended, so that its values can be brought or packed. If not,
 * out->state is set here: to the base, or to NULL for values of no world. O(entries of the
 * tables that the item has made, 64 of them at most). */
bool items_need_own(const Items *m, const World *ended, Outcome *out);
/* Whether its values are numbers, strings and the like, which need no state. The same cost. */
bool items_of_no_world(const Items *m, const Outcome *out);

/* What a packed outcome's error says; good until items_end. */
void items_error(const Outcome *out, OutcomeError *error);

/* Why values could not be brought. */
typedef struct ItemRefusal {
    char what[WALK_TEXT_MAX];   /* "a running coroutine" */
    char path[IMPORT_PATH_MAX]; /* and where it is: "value.x"; empty: what says it all */
} ItemRefusal;

/* Copies an outcome's values into M's run, to[0..out->count). Objects that the item shares with
 * the base are not copied, others once. M's world is the base, or has come of it. O(what is
 * copied). If it answers false, *why says what is in the way. */
bool items_bring(const Items *m, const Outcome *out, Machine *M, Value *to, ItemRefusal *why);

#endif
