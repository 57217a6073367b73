/* SPDX-License-Identifier: MIT */
/*
 * table.sort (manual 6.5): lib/table/sort.h's steps on a Lua table.
 *
 * Tables of numbers, or of strings, without a comparison function are read out, sorted
 * and written back. All others are sorted in place, with the whole of the progress in
 * the frame, so that the comparisons may yield:
 *
 *   a[0] table  [1] comparison function or nil
 *    [2] phase and depth  [3] low, high  [4] i, j  [5..7] registers  [8..] parts put off
 *
 * Sorts without a comparison function that take long may stop between comparisons: then
 * the length lies behind the parts put off, and the last answer is with the depth.
 *
 * Two integers below 2^31 in one slot are the bits of a number below 2.
 *
 * Main invariant: between two comparisons the table is a permutation of what it was, unless the
 * program changes it.
 */
#include "lib/natives.h"
#include "lib/table/lib_table.h"
#include "lib/table/sort.h"

enum { LESS = 1, PHASE, BOUNDS, INDICES, REGISTERS, LATER = REGISTERS + 3 };
enum { SMALL = 64 };

_Static_assert(LATER + SORT_DEPTH_MAX + 1 + NATIVE_HEADER + 2 <= STACK_SLACK,
               "the frame and a call fit into every native's slack");

/* Progress in the frame ------------------------------------------------------------- */

static inline Value pack(uint32_t x, uint32_t y)
{
    return VALUE_DOUBLE_OFFSET + ((uint64_t)x << 31 | y);
}
static inline uint32_t first_of(Value v) { return (uint32_t)((v - VALUE_DOUBLE_OFFSET) >> 31); }
static inline uint32_t second_of(Value v)
{
    return (uint32_t)(v - VALUE_DOUBLE_OFFSET) & INT32_MAX;
}

static void save(const SortState *s, Value *a)
{
    a[PHASE] = pack(s->phase, s->depth);
    a[BOUNDS] = pack(s->low, s->high);
    a[INDICES] = pack(s->i, s->j);
    for (int k = 0; k < s->depth; k++) a[LATER + k] = pack(s->later[k].low, s->later[k].high);
}

static void load(SortState *s, const Value *a)
{
    s->phase = (uint8_t)first_of(a[PHASE]);
    s->depth = (uint8_t)second_of(a[PHASE]); /* without ANSWER */
    s->low = first_of(a[BOUNDS]);
    s->high = second_of(a[BOUNDS]);
    s->i = first_of(a[INDICES]);
    s->j = second_of(a[INDICES]);
    for (int k = 0; k < s->depth; k++)
        s->later[k] = (SortRange){first_of(a[LATER + k]), second_of(a[LATER + k])};
}

/* Steps on the table ---------------------------------------------------------------- */

static inline Value get(Machine *M, const Value *a, uint32_t i)
{
    return table_get_int(heap_table(&M->run, value_pointer(a[0])), i);
}

static bool set_both(Machine *M, const Value *a, SortStep step)
{
    TableBody *b = native_table_mut(M, value_pointer(a[0]));
    if (!b) return false;
    table_set_int(b, step.a, a[REGISTERS + 1], M->run.epoch);
    table_set_int(b, step.b, a[REGISTERS], M->run.epoch);
    return true;
}

/* Answers false where the table is read-only; the order function may have made it that. */
static bool move(Machine *M, Value *a, SortStep step)
{
    Value *r = a + REGISTERS;
    if (step.kind != SORT_EXCHANGE) {
        r[0] = get(M, a, step.a);
        r[1] = get(M, a, step.b);
    }
    if (step.kind == SORT_PIVOT) r[2] = r[0];
    return set_both(M, a, step);
}

/* Compares without Lua, if that can be. */
static inline bool compare_here(const Value *a, SortStep step, bool *less)
{
    Value x = a[REGISTERS + step.left], y = a[REGISTERS + step.right];
    if (a[LESS] != V_NIL) return false;
    if (value_is_number(x) && value_is_number(y)) {
        *less = value_to_double(x) < value_to_double(y);
        return true;
    }
    if (!value_is_string(x) || !value_is_string(y)) return false;
    *less = string_compare(value_string(x), value_string(y)) < 0;
    return true;
}

static int compared(Machine *M, Value *a, int n);

/* Has Lua compare. native_less does not answer by itself: compare_here would have. */
static int call_compare(Machine *M, Value *a, SortStep step, int at)
{
    Value x = a[REGISTERS + step.left], y = a[REGISTERS + step.right];
    if (a[LESS] == V_NIL) return native_less(M, a, at, x, y, compared);
    Value *f = a + at + NATIVE_HEADER - 1;
    f[0] = a[LESS];
    f[1] = x;
    f[2] = y;
    return native_call(M, a, at, 2, compared);
}

static int suspend(Machine *M, Value *a, const SortState *s, bool less, uint32_t n);

enum { COMPARISONS_STEP = 8 };

/* Goes on to the next comparison that Lua has to make, or the end. `count` is 1, or 0 where the
 * step that is next has been paid. */
static int go_on(Machine *M, Value *a, SortState *s, bool less, unsigned count)
{
    for (;; count++) {
        if (count && count % COMPARISONS_STEP == 0 && --M->fuel < 0 && !native_go_on(M))
            return suspend(M, a, s, less, 0);
        SortStep step = sort_next(s, less);
        if (step.kind == SORT_DONE) return 0;
        if (step.kind == SORT_INVALID)
            return native_error(M, "invalid order function for sorting");
        if (step.kind != SORT_COMPARE) {
            if (!move(M, a, step)) return NATIVE_ERROR;
            continue;
        }
        if (step.a) a[REGISTERS] = get(M, a, step.a);
        if (step.b) a[REGISTERS + 1] = get(M, a, step.b);
        if (compare_here(a, step, &less)) continue;
        save(s, a);
        return call_compare(M, a, step, LATER + s->depth);
    }
}

/* What an image says of a sort in mid-work may be anything. */
static int malformed(Machine *M) { return native_error(M, "malformed progress of a sort"); }

static int compared(Machine *M, Value *a, int n)
{
    SortState s;
    load(&s, a);
    if (!sort_is_sound(&s, SORT_LENGTH_MAX)) return malformed(M);
    return go_on(M, a, &s, !value_is_false(lib_result(M, 0)), 1);
}

/* Sorting without Lua --------------------------------------------------------------- */

/* Reads t[1..n] out if they are all numbers, or all strings. */
static bool read_out(const TableBody *b, Value *values, uint32_t n, bool *numbers)
{
    *numbers = value_is_number(table_get_int(b, 1));
    for (uint32_t i = 0; i < n; i++) {
        Value v = values[i] = table_get_int(b, (int64_t)i + 1);
        if (*numbers ? !value_is_number(v) : !value_is_string(v)) return false;
    }
    return true;
}

enum {
    PORTION = 1 << 14,     /* comparisons, at least, before values are written back */
    PLAIN_COMPARISONS = 16 /* for a step */
};

/* Sorts the values as long as there are steps. */
static SortKind sort_values(Machine *M, SortRun *run, Value *values, uint32_t n, bool numbers)
{
    uint64_t portion = n > PORTION ? n : PORTION;
    for (;;) {
        uint64_t fuel = portion;
        SortKind kind =
            numbers ? sort_numbers(run, values, &fuel) : sort_strings(run, values, &fuel);
        M->fuel -= (int64_t)((portion - fuel) / PLAIN_COMPARISONS);
        if (kind != SORT_COMPARE || (M->fuel < 0 && !native_go_on(M))) return kind;
    }
}

/* Sorts t[1..n] as far as there are steps. Answers false where these values need Lua. */
static bool sort_plain(Machine *M, const Value *a, SortRun *run, uint32_t n, SortKind *kind)
{
    Value few[SMALL];
    bool numbers;
    const TableBody *b = heap_table(&M->run, value_pointer(a[0]));
    /* not just nils in a table that claims to be long */
    if (n > SMALL && n > b->array_size + b->hash.count) return false;
    if (n > SMALL && n * sizeof(Value) > mem_room()) return false;
    Value *values = n <= SMALL ? few : mem_try_alloc(n * sizeof(Value));
    if (!values) return false;
    bool plain = read_out(b, values, n, &numbers);
    for (int i = 0; plain && !numbers && i < 3; i++) /* what is not set yet, or was loaded so */
        if (!value_is_string(run->r[i])) run->r[i] = values[0];
    if (plain) {
        *kind = sort_values(M, run, values, n, numbers);
        if (UNLIKELY(M->breaks != NULL)) breaks_store(M, value_pointer(a[0]));
        TableBody *to = heap_table_mut(&M->run, value_pointer(a[0]));
        for (uint32_t i = 0; i < n; i++)
            table_set_int(to, (int64_t)i + 1, values[i], M->run.epoch);
    }
    if (values != few) mem_free(values, n * sizeof(Value));
    return plain;
}

/* Goes on with a sort without a comparison function; n 0: whatever the values are. `count` is
 * as in go_on. */
static int sort_on(Machine *M, Value *a, SortRun *run, uint32_t n, unsigned count)
{
    SortKind kind;
    if (n && sort_plain(M, a, run, n, &kind)) {
        if (kind == SORT_DONE) return 0;
        if (kind == SORT_INVALID) return native_error(M, "invalid order function for sorting");
        for (int i = 0; i < 3; i++) a[REGISTERS + i] = run->r[i];
        return suspend(M, a, &run->state, run->less, n);
    }
    for (int i = 0; i < 3; i++) a[REGISTERS + i] = run->r[i];
    return go_on(M, a, &run->state, run->less, count);
}

enum { ANSWER = 1 << 8 }; /* added to the depth */

static int resumed(Machine *M, Value *a, int n)
{
    SortRun run = {.less = second_of(a[PHASE]) & ANSWER};
    load(&run.state, a);
    double length = value_to_double(a[LATER + run.state.depth]);
    if (!(length >= 0 && length <= (double)SORT_LENGTH_MAX)) return malformed(M);
    if (!sort_is_sound(&run.state, length > 0 ? (uint32_t)length : SORT_LENGTH_MAX))
        return malformed(M);
    for (int i = 0; i < 3; i++) run.r[i] = a[REGISTERS + i];
    return sort_on(M, a, &run, (uint32_t)length, 0);
}

static int suspend(Machine *M, Value *a, const SortState *s, bool less, uint32_t n)
{
    save(s, a);
    if (less) a[PHASE] = pack(s->phase, s->depth | ANSWER);
    a[LATER + s->depth] = value_number(n);
    return native_suspend(M, a, LATER + s->depth + 1, resumed);
}

static int sort_sized(Machine *M, Value *a, int n, int32_t length)
{
    SortRun run;
    if (!arg_absent(a, n, 1) && !arg_function(M, a, n, 1)) return NATIVE_ERROR;
    if (!native_table_mut(M, value_pointer(a[0]))) return NATIVE_ERROR;
    lib_settop(a, n, 2);
    if (length < 2) return 0;
    sort_run_begin(&run, (size_t)length);
    native_charge_values(M, (size_t)length); /* to read them; again after a pause, of many */
    return sort_on(M, a, &run, a[LESS] == V_NIL ? (uint32_t)length : 0, 1);
}
static int sort_cont(Machine *M, Value *a, int n) { return table_sized_cont(M, a, sort_sized); }

static int lib_table_sort(Machine *M, Value *a, int n)
{
    if (!arg_table(M, a, n, 0)) return NATIVE_ERROR;
    return table_sized(M, a, n, sort_cont, sort_sized);
}

static bool sort_holds(const Value *a, size_t used)
{
    uint64_t bits = a[PHASE] - VALUE_DOUBLE_OFFSET, depth = (uint8_t)bits;
    if (bits >> 31 >= SORT_PHASES || depth > SORT_DEPTH_MAX || used < LATER + depth)
        return false;
    for (size_t i = PHASE; i < LATER + depth; i++)
        if (!value_is_number(a[i]) && (i < REGISTERS || i >= LATER)) return false;
    return true;
}

const NativeDef natives_sort[] = {
    NATIVE_OWN(
        "table.sort", lib_table_sort, WORK_COMPARING,
        NATIVE_DOC("t [, before]", "Sorts the elements in place, by < or by before(a, b).")),
    NATIVE_CONTINUED("table.sort:resumed", resumed, WORK_COMPARING, "|table.sort|", "tFnnn*",
                     .holds = sort_holds),
    NATIVE_CONTINUED("table.sort:sized", sort_cont, WORK_COMPARING, "|table.sort|", "t...i*"),
    NATIVE_CONTINUED("table.sort:compared", compared, WORK_COMPARING, "|table.sort|", "tFnnn*",
                     .holds = sort_holds),
    NATIVE_ROWS_END,
};
