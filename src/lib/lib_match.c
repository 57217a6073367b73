/* SPDX-License-Identifier: MIT */
/*
 * string.find, match and gmatch (manual 6.4.1): lib/pattern.h on the run's strings.
 *
 * The iterator of gmatch has three upvalues: subject, pattern, and a Cell with the
 * offset where it goes on. The Cell is versioned, so every fork has its own.
 */
#include "lib/lib_string.h"

/* Matching ------------------------------------------------------------------------- */

bool lib_string_interrupted(Run *R)
{
    if (!run_flag(R->interrupt)) return false;
    *R->interrupt = 0;
    return true;
}

/* Another portion, if the run may go on. */
bool match_refuel(Matcher *m)
{
    MatchWork *w = (MatchWork *)m;
    Run *R = w->R;
    if (lib_string_interrupted(R)) {
        w->interrupted = true;
        return false;
    }
    if (!native_charge(R, MATCH_PORTION / MATCH_STEP) && w->portions >= MATCH_CREDIT)
        return false;
    w->portions++;
    m->fuel += MATCH_PORTION;
    return true;
}

int match_failed(const MatchWork *w)
{
    if (w->m.status != PATTERN_OUT_OF_FUEL) return native_error(w->R, "%s", w->m.error);
    return w->interrupted ? native_error(w->R, "interrupted!") : NATIVE_PAUSE;
}

Value match_capture(const PatternPiece *piece)
{
    if (piece->is_position) return value_number((double)piece->position);
    return lib_string_of(piece->bytes, piece->length);
}

int match_captures(MatchWork *w, Value *a, bool whole)
{
    int count = pattern_capture_count(&w->m, whole);
    for (int i = 0; i < count; i++) {
        PatternPiece piece;
        if (!pattern_capture(&w->m, i, &piece)) return match_failed(w);
        a[i] = match_capture(&piece);
        if (!a[i]) return native_throw(w->R, new_c_string("not enough memory"));
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

static int find_plain(Run *R, Value *a, const String *s, const String *p, size_t at)
{
    ptrdiff_t from = pattern_find_plain(s->data, s->length, at, p->data, p->length);
    lib_string_charge(R, (from < 0 ? s->length : (size_t)from) - at);
    if (from < 0) NATIVE_RETURN(V_NIL);
    return positions(a, (size_t)from, (size_t)from + p->length);
}

static int find_pattern(Run *R, Value *a, const String *s, const String *p, size_t at,
                        bool find)
{
    MatchWork w;
    match_begin(R, &w, s, p, true);
    PatternStatus status = match_find(R, &w, at);
    if (status == PATTERN_NO_MATCH) NATIVE_RETURN(V_NIL);
    if (status != PATTERN_MATCH) return match_failed(&w);
    if (!find) return match_captures(&w, a, true);
    int count = match_captures(&w, a + 2, false);
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
        return find_plain(R, a, s, p, first - 1);
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
    match_begin(R, &w, s, value_string(lib_upvalue(a, PATTERN)), false);
    PatternStatus status = match_find(R, &w, at);
    if (status == PATTERN_NO_MATCH) return 0;
    if (status != PATTERN_MATCH) return match_failed(&w);
    size_t next = w.m.to + (w.m.to == w.m.from);
    *heap_cell_mut(R, offset) = value_number((double)next);
    return match_captures(&w, a, true);
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
