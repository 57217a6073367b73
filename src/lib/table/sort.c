/* SPDX-License-Identifier: MIT */
/*
 * The steps of table.sort.
 *
 * Main invariant: the SortState, with the three registers, is all that the sort knows. So it
 * can be continued from a copy, at each step.
 */
#include "lib/table/sort.h"

#include "value/string.h"

/* What has just been done. */
enum {
    PHASE_START,         /* nothing with t[low..high] */
    PHASE_LAST_FIRST,    /* compared t[high] < t[low] */
    PHASE_ENDS_ORDERED,  /* t[low] <= t[high] */
    PHASE_MIDDLE_FIRST,  /* compared t[middle] < t[low] */
    PHASE_LAST_MIDDLE,   /* compared t[high] < t[middle] */
    PHASE_THREE_ORDERED, /* t[low] <= t[middle] <= t[high] */
    PHASE_PARTITION,     /* t[low..i] <= pivot <= t[j..high] */
    PHASE_UP,            /* compared t[i] < pivot */
    PHASE_DOWN,          /* compared pivot < t[j] */
    PHASE_SPLIT,         /* t[i] is the pivot and where it belongs */
    PHASE_DONE
};
_Static_assert(PHASE_DONE + 1 == SORT_PHASES, "sort.h says how many phases there are");

enum { R0, R1, PIVOT };

static inline SortStep step_compare(SortState *s, int phase, uint32_t a, int left, uint32_t b,
                                    int right)
{
    s->phase = (uint8_t)phase;
    return (SortStep){SORT_COMPARE, (uint8_t)left, (uint8_t)right, a, b};
}

static inline SortStep step_move(SortState *s, int phase, SortKind kind, uint32_t a, uint32_t b)
{
    s->phase = (uint8_t)phase;
    return (SortStep){(uint8_t)kind, R0, R1, a, b};
}

static inline SortStep step_end(SortState *s, SortKind kind)
{
    s->phase = PHASE_DONE;
    return (SortStep){(uint8_t)kind, R0, R1, 0, 0};
}

void sort_begin(SortState *s, size_t n)
{
    s->phase = PHASE_START;
    s->depth = 0;
    s->low = 1;
    s->high = (uint32_t)n;
    s->i = s->j = 0;
}

/* Goes on with a part that is put off, when this one has fewer than two elements. */
static bool next_part(SortState *s)
{
    while (s->low >= s->high) {
        if (s->depth == 0) return false;
        SortRange part = s->later[--s->depth];
        s->low = part.low;
        s->high = part.high;
    }
    return true;
}

static SortStep start_part(SortState *s)
{
    if (!next_part(s)) return step_end(s, SORT_DONE);
    return step_compare(s, PHASE_LAST_FIRST, s->low, R1, s->high, R0);
}

/* This part is sorted. */
static SortStep end_part(SortState *s)
{
    s->low = s->high;
    return start_part(s);
}

static SortStep ends_ordered(SortState *s)
{
    if (s->high - s->low == 1) return end_part(s);
    s->i = s->low + (s->high - s->low) / 2;
    return step_compare(s, PHASE_MIDDLE_FIRST, s->i, R0, s->low, R1);
}

/* The middle one is the pivot; it waits in front of the last while the others are
 * partitioned. */
static SortStep three_ordered(SortState *s)
{
    if (s->high - s->low == 2) return end_part(s);
    uint32_t middle = s->i;
    s->i = s->low;
    s->j = s->high - 1;
    return step_move(s, PHASE_PARTITION, SORT_PIVOT, middle, s->high - 1);
}

static inline SortStep next_up(SortState *s)
{
    return step_compare(s, PHASE_UP, ++s->i, R0, 0, PIVOT);
}

static inline SortStep next_down(SortState *s)
{
    return step_compare(s, PHASE_DOWN, 0, PIVOT, --s->j, R1);
}

/* The larger part is put off, the smaller one sorted first. */
static SortStep split(SortState *s)
{
    SortRange below = {s->low, s->i - 1}, above = {s->i + 1, s->high};
    bool smaller_below = s->i - s->low < s->high - s->i;
    SortRange now = smaller_below ? below : above;
    if (s->depth ==
        SORT_DEPTH_MAX) /* but the parts put off are the larger ones: it was loaded */
        return step_end(s, SORT_INVALID);
    s->later[s->depth++] = smaller_below ? above : below;
    s->low = now.low;
    s->high = now.high;
    return start_part(s);
}

SortStep sort_next(SortState *s, bool less)
{
    switch (s->phase) {
    case PHASE_START: return start_part(s);
    case PHASE_LAST_FIRST:
        if (!less) return ends_ordered(s);
        return step_move(s, PHASE_ENDS_ORDERED, SORT_EXCHANGE, s->low, s->high);
    case PHASE_ENDS_ORDERED: return ends_ordered(s);
    case PHASE_MIDDLE_FIRST:
        if (!less) return step_compare(s, PHASE_LAST_MIDDLE, 0, R1, s->high, R0);
        return step_move(s, PHASE_THREE_ORDERED, SORT_EXCHANGE, s->i, s->low);
    case PHASE_LAST_MIDDLE:
        if (!less) return three_ordered(s);
        return step_move(s, PHASE_THREE_ORDERED, SORT_EXCHANGE, s->i, s->high);
    case PHASE_THREE_ORDERED: return three_ordered(s);
    case PHASE_PARTITION: return next_up(s);
    case PHASE_UP:
        if (!less) return next_down(s);
        return s->i >= s->high ? step_end(s, SORT_INVALID) : next_up(s);
    case PHASE_DOWN:
        if (less) return s->j <= s->low ? step_end(s, SORT_INVALID) : next_down(s);
        if (s->j < s->i) return step_move(s, PHASE_SPLIT, SORT_SWAP, s->high - 1, s->i);
        return step_move(s, PHASE_PARTITION, SORT_EXCHANGE, s->i, s->j);
    case PHASE_SPLIT: return split(s);
    default: return step_end(s, SORT_DONE);
    }
}

static bool is_between(uint32_t i, uint32_t low, uint32_t high)
{
    return low <= i && i <= high;
}

/* Whether i and j are where the phase has them. */
static bool indices_are_sound(const SortState *s)
{
    uint32_t low = s->low, high = s->high;
    bool scans = high > low + 1 && is_between(s->j, low + (s->phase != PHASE_DOWN), high - 1);
    switch (s->phase) {
    case PHASE_LAST_FIRST:
    case PHASE_ENDS_ORDERED: return low < high;
    case PHASE_MIDDLE_FIRST:
    case PHASE_LAST_MIDDLE:
    case PHASE_THREE_ORDERED: return high > low + 1 && is_between(s->i, low, high);
    case PHASE_PARTITION: return scans && is_between(s->i, low, high - 1);
    case PHASE_UP:
    case PHASE_DOWN: return scans && is_between(s->i, low + 1, high);
    case PHASE_SPLIT: return is_between(s->i, low + 1, high);
    default: return true;
    }
}

bool sort_is_sound(const SortState *s, uint32_t n)
{
    if (s->phase >= SORT_PHASES || s->depth > SORT_DEPTH_MAX || n > SORT_LENGTH_MAX)
        return false;
    if (s->low < 1 || s->high > n) return false;
    for (int k = 0; k < s->depth; k++)
        if (s->later[k].low < 1 || s->later[k].high > n) return false;
    return indices_are_sound(s);
}

/* Sorts without Lua --------------------------------------------------------------------- */

#define INLINE inline __attribute__((always_inline)) /* one copy for each order */

typedef bool SortLess(Value a, Value b);

static INLINE bool number_less(Value a, Value b)
{
    return value_to_double(a) < value_to_double(b);
}

static INLINE bool string_less(Value a, Value b)
{
    return string_compare(value_string(a), value_string(b)) < 0;
}

/* How far the meter of those who pay for work (mem_work) may fall in one go. */
typedef struct SortWork {
    const int64_t *meter; /* NULL: what is compared takes no work */
    int64_t least;
} SortWork;

enum { WORK_STEPS = 1 << 14 };

static SortWork work_begin(void)
{
    return (SortWork){mem_meter, mem_meter ? *mem_meter - WORK_STEPS : 0};
}
static INLINE bool work_is_done(SortWork w) { return w.meter && *w.meter < w.least; }

/* Answers the comparison just asked for. In a scan towards the pivot it also answers
 * the ones that follow as long as the scan goes on, and leaves the state at the last. */
static INLINE bool answer_step(SortState *s, SortStep step, const Value *values, Value r[3],
                               SortLess *less, SortWork w)
{
    bool answer;
    if (s->phase == PHASE_UP) {
        uint32_t i = s->i;
        while ((answer = less(values[i - 1], r[PIVOT])) && i < s->high && !work_is_done(w)) i++;
        s->i = i;
        r[R0] = values[i - 1];
    } else if (s->phase == PHASE_DOWN) {
        uint32_t j = s->j;
        while ((answer = less(r[PIVOT], values[j - 1])) && j > s->low && !work_is_done(w)) j--;
        s->j = j;
        r[R1] = values[j - 1];
    } else {
        if (step.a) r[R0] = values[step.a - 1];
        if (step.b) r[R1] = values[step.b - 1];
        answer = less(r[step.left], r[step.right]);
    }
    return answer;
}

void sort_run_begin(SortRun *run, size_t n)
{
    sort_begin(&run->state, n);
    for (int i = 0; i < 3; i++) run->r[i] = V_NIL;
    run->less = false;
}

static INLINE SortKind sort_values(SortRun *run, Value *values, uint64_t *fuel, SortLess *less,
                                   SortWork w)
{
    SortState state = run->state; /* which stays in registers */
    Value r[3] = {run->r[0], run->r[1], run->r[2]};
    bool answer = run->less;
    for (;;) {
        SortStep step = sort_next(&state, answer);
        if (step.kind >= SORT_DONE) return (SortKind)step.kind;
        if (step.kind != SORT_COMPARE) {
            sort_move(step, values, r);
            continue;
        }
        uint32_t i = state.i, j = state.j;
        answer = answer_step(&state, step, values, r, less, w);
        if (!fuel) continue;
        uint64_t units = 1 + (state.i - i) + (j - state.j);
        bool spent = *fuel < units;
        *fuel -= spent ? *fuel : units;
        if (spent || work_is_done(w)) {
            *run = (SortRun){state, {r[0], r[1], r[2]}, answer};
            return SORT_COMPARE;
        }
    }
}

SortKind sort_numbers(SortRun *run, Value *values, uint64_t *fuel)
{
    return sort_values(run, values, fuel, number_less, (SortWork){0});
}

SortKind sort_strings(SortRun *run, Value *values, uint64_t *fuel)
{
    return sort_values(run, values, fuel, string_less, work_begin());
}
