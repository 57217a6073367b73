/* SPDX-License-Identifier: MIT */
/*
 * string.find, match and gmatch (manual 6.4.1): lib/pattern.h on the run's strings.
 *
 * The iterator of gmatch has three upvalues: subject, pattern, and a Cell with the
 * offset where it goes on. The Cell is versioned, so every fork has its own.
 */
#include "lib/lib_string.h"

/* Matching ------------------------------------------------------------------------- */

static PatternStatus interrupted(Run *R, MatchWork *w)
{
    *R->interrupt = 0;
    w->m.error = "interrupted!";
    return w->m.status = PATTERN_ERROR;
}

PatternStatus match_find_more(Run *R, MatchWork *w, size_t at)
{
    PatternStatus status = PATTERN_OUT_OF_FUEL;
    uint64_t portion = MATCH_PORTION;
    while (status == PATTERN_OUT_OF_FUEL && native_charge(R, portion / MATCH_STEP)) {
        if (R->interrupt && *R->interrupt) return interrupted(R, w);
        w->fuel = portion *= 2;
        status = pattern_find(&w->m, at);
    }
    native_charge(R, (portion - w->fuel) / MATCH_STEP);
    return status;
}

int match_failed(Run *R, const MatchWork *w)
{
    if (w->m.status == PATTERN_OUT_OF_FUEL) return NATIVE_PAUSE;
    return native_error(R, "%s", w->m.error);
}

Value match_capture(const PatternPiece *piece)
{
    if (piece->is_position) return value_number((double)piece->position);
    return lib_string_of(piece->bytes, piece->length);
}

int match_captures(Run *R, MatchWork *w, Value *a, bool whole)
{
    int count = pattern_capture_count(&w->m, whole);
    for (int i = 0; i < count; i++) {
        PatternPiece piece;
        if (!pattern_capture(&w->m, i, &piece)) return match_failed(R, w);
        a[i] = match_capture(&piece);
        if (!a[i]) return native_memory_error(R);
    }
    return count;
}

/* find and match ------------------------------------------------------------------- */

static int positions(Value *a, size_t from, size_t to)
{
    a[0] = value_number((double)from + 1);
    a[1] = value_number((double)to);
    return 2;
}

static int find_plain(Value *a, const String *s, const String *p, size_t at)
{
    ptrdiff_t from = pattern_find_plain(s->data, s->length, at, p->data, p->length);
    if (from < 0) NATIVE_RETURN(V_NIL);
    return positions(a, (size_t)from, (size_t)from + p->length);
}

static int find_pattern(Run *R, Value *a, const String *s, const String *p, size_t at,
                        bool find)
{
    MatchWork w;
    match_begin(&w, s, p, true);
    PatternStatus status = match_find(R, &w, at);
    if (status == PATTERN_NO_MATCH) NATIVE_RETURN(V_NIL);
    if (status != PATTERN_MATCH) return match_failed(R, &w);
    if (!find) return match_captures(R, &w, a, true);
    int count = match_captures(R, &w, a + 2, false);
    return count < 0 ? count : count + positions(a, w.m.from, w.m.to);
}

static int search(Run *R, Value *a, int n, bool find)
{
    int64_t init;
    const String *s = arg_string(R, a, n, 0);
    const String *p = s ? arg_string(R, a, n, 1) : NULL;
    if (!p || !arg_integer_or(R, a, n, 2, 1, &init)) return NATIVE_ERROR;
    uint64_t first = lib_string_position(init, s->length);
    if (first < 1) first = 1;
    if (first > s->length + 1) NATIVE_RETURN(V_NIL);
    if (find && (!value_is_false(arg(a, n, 3)) || pattern_is_plain(p->data, p->length)))
        return find_plain(a, s, p, first - 1);
    return find_pattern(R, a, s, p, first - 1, find);
}

int lib_string_find(Run *R, Value *a, int n) { return search(R, a, n, true); }
int lib_string_match(Run *R, Value *a, int n) { return search(R, a, n, false); }

/* gmatch --------------------------------------------------------------------------- */

enum { SUBJECT, PATTERN, OFFSET, UPVALUES };

static int gmatch_next(Run *R, Value *a, int n)
{
    MatchWork w;
    const String *s = value_string(lib_upvalue(a, SUBJECT));
    Cell *offset = value_pointer(lib_upvalue(a, OFFSET));
    size_t at = (size_t)value_to_double(heap_cell(R, offset));
    if (at > s->length) return 0;
    match_begin(&w, s, value_string(lib_upvalue(a, PATTERN)), false);
    PatternStatus status = match_find(R, &w, at);
    if (status == PATTERN_NO_MATCH) return 0;
    if (status != PATTERN_MATCH) return match_failed(R, &w);
    size_t next = w.m.to + (w.m.to == w.m.from);
    *heap_cell_mut(R, offset) = value_number((double)next);
    return match_captures(R, &w, a, true);
}

int lib_string_gmatch(Run *R, Value *a, int n)
{
    const String *s = arg_string(R, a, n, 0);
    const String *p = s ? arg_string(R, a, n, 1) : NULL;
    if (!p) return NATIVE_ERROR;
    Native *f = run_new_native(R, gmatch_next, "gmatch_aux", UPVALUES);
    f->upvalues[SUBJECT] = string_value(s);
    f->upvalues[PATTERN] = string_value(p);
    f->upvalues[OFFSET] = value_object(run_new_cell(R, value_number(0)));
    NATIVE_RETURN(value_object(f));
}
