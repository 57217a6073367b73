/* SPDX-License-Identifier: MIT */
/*
 * table.sort (manual 6.5): lib/sort.h's steps on a Lua table.
 *
 * Tables of numbers, or of strings, without a comparison function are read out, sorted
 * and written back. All others are sorted in place, with the whole of the progress in
 * the frame, so that the comparisons may yield:
 *
 *   a[0] table  [1] comparison function or nil
 *    [2] phase and depth  [3] low, high  [4] i, j  [5..7] registers  [8..] parts put off
 *
 * Two integers below 2^31 in one slot are the bits of a number below 2.
 */
#include "lib/lib_table.h"
#include "lib/sort.h"

enum { LESS = 1, PHASE, BOUNDS, INDICES, REGISTERS, LATER = REGISTERS + 3 };
enum { SMALL = 64 };

_Static_assert(LATER + SORT_DEPTH_MAX + NATIVE_HEADER + 2 <= STACK_SLACK,
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
    s->depth = (uint8_t)second_of(a[PHASE]);
    s->low = first_of(a[BOUNDS]);
    s->high = second_of(a[BOUNDS]);
    s->i = first_of(a[INDICES]);
    s->j = second_of(a[INDICES]);
    for (int k = 0; k < s->depth; k++)
        s->later[k] = (SortRange){first_of(a[LATER + k]), second_of(a[LATER + k])};
}

/* Steps on the table ---------------------------------------------------------------- */

static inline Value get(Run *R, const Value *a, uint32_t i)
{
    return table_get_int(heap_table(R, value_pointer(a[0])), i);
}

static void set_both(Run *R, const Value *a, SortStep step)
{
    TableBody *b = heap_table_mut(R, value_pointer(a[0]));
    table_set_int(b, step.a, a[REGISTERS + 1], R->epoch);
    table_set_int(b, step.b, a[REGISTERS], R->epoch);
}

static void move(Run *R, Value *a, SortStep step)
{
    Value *r = a + REGISTERS;
    if (step.kind != SORT_EXCHANGE) {
        r[0] = get(R, a, step.a);
        r[1] = get(R, a, step.b);
    }
    if (step.kind == SORT_PIVOT) r[2] = r[0];
    set_both(R, a, step);
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

static int compared(Run *R, Value *a, int n);

/* Has Lua compare. native_less does not answer by itself: compare_here would have. */
static int call_compare(Run *R, Value *a, SortStep step, int at)
{
    Value x = a[REGISTERS + step.left], y = a[REGISTERS + step.right];
    if (a[LESS] == V_NIL) return native_less(R, a, at, x, y, compared);
    Value *f = a + at + NATIVE_HEADER - 1;
    f[0] = a[LESS];
    f[1] = x;
    f[2] = y;
    return native_call(R, a, at, 2, compared);
}

/* Goes on to the next comparison that Lua has to make, or the end. */
static int go_on(Run *R, Value *a, SortState *s, bool less)
{
    for (;;) {
        SortStep step = sort_next(s, less);
        if (step.kind == SORT_DONE) return 0;
        if (step.kind == SORT_INVALID)
            return native_error(R, "invalid order function for sorting");
        if (step.kind != SORT_COMPARE) {
            move(R, a, step);
            continue;
        }
        if (step.a) a[REGISTERS] = get(R, a, step.a);
        if (step.b) a[REGISTERS + 1] = get(R, a, step.b);
        if (compare_here(a, step, &less)) continue;
        save(s, a);
        return call_compare(R, a, step, LATER + s->depth);
    }
}

static int compared(Run *R, Value *a, int n)
{
    SortState s;
    load(&s, a);
    return go_on(R, a, &s, !value_is_false(lib_result(R, 0)));
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

/* Answers how it went; SORT_COMPARE: these values need Lua. */
static SortKind sort_values(Run *R, const Value *a, Value *values, uint32_t n)
{
    bool numbers;
    if (!read_out(heap_table(R, value_pointer(a[0])), values, n, &numbers)) return SORT_COMPARE;
    SortKind kind = numbers ? sort_numbers(values, n, NULL) : sort_strings(values, n, NULL);
    TableBody *b = heap_table_mut(R, value_pointer(a[0]));
    for (uint32_t i = 0; i < n; i++) table_set_int(b, (int64_t)i + 1, values[i], R->epoch);
    return kind;
}

static SortKind sort_plain(Run *R, const Value *a, uint32_t n)
{
    Value few[SMALL];
    const TableBody *b = heap_table(R, value_pointer(a[0]));
    /* not just nils in a table that claims to be long */
    if (n > SMALL && n > b->array.size + b->hash.count) return SORT_COMPARE;
    Value *values = n <= SMALL ? few : mem_try_alloc(n * sizeof(Value));
    if (!values) return SORT_COMPARE;
    SortKind kind = sort_values(R, a, values, n);
    if (values != few) mem_free(values, n * sizeof(Value));
    return kind;
}

/* What a sort costs, in steps. */
static uint64_t price(uint32_t n)
{
    uint64_t log = 1;
    for (uint32_t rest = n; rest > 1; rest >>= 1) log++;
    return n * log / 16;
}

static int sort_sized(Run *R, Value *a, int n, int32_t length)
{
    SortState s;
    if (!arg_absent(a, n, 1) && !arg_function(R, a, n, 1)) return NATIVE_ERROR;
    lib_settop(a, n, 2);
    if (length < 2) return 0;
    if (a[LESS] == V_NIL) {
        if (!native_charge(R, price((uint32_t)length))) return NATIVE_PAUSE;
        SortKind kind = sort_plain(R, a, (uint32_t)length);
        if (kind == SORT_DONE) return 0;
        if (kind == SORT_INVALID) return native_error(R, "invalid order function for sorting");
    }
    for (int i = REGISTERS; i < LATER; i++) a[i] = V_NIL;
    sort_begin(&s, (size_t)length);
    return go_on(R, a, &s, false);
}
static int sort_cont(Run *R, Value *a, int n) { return table_sized_cont(R, a, sort_sized); }

int lib_table_sort(Run *R, Value *a, int n)
{
    if (!arg_table(R, a, n, 0)) return NATIVE_ERROR;
    return table_sized(R, a, n, sort_cont, sort_sized);
}
