/* SPDX-License-Identifier: MIT */
/*
 * string.find, match and gmatch (manual 6.4.1): text/pattern.h on the run's strings.
 *
 * The iterator of gmatch has three upvalues: subject, pattern, and a Cell with the
 * offset where it goes on. The Cell is versioned, so every fork has its own.
 *
 * Main invariant: a match never reads outside its subject and its pattern, and pays for what it
 * tries.
 */
#include "lib/natives.h"
#include "lib/string/lib_string.h"

/* Matching ------------------------------------------------------------------------- */

bool lib_string_interrupted(Machine *M)
{
    if (!stop_flag(M->interrupt)) return false;
    *M->interrupt = 0;
    return true;
}

/* Another portion, if the run may go on. */
bool match_refuel(Matcher *m)
{
    MatchWork *w = (MatchWork *)m;
    if (lib_string_interrupted(w->M)) {
        w->interrupted = true;
        return false;
    }
    match_pay(w);
    if (!native_go_on(w->M)) return false;
    w->before += m->debt;
    m->debt = 0;
    m->fuel += MATCH_PORTION;
    m->given += MATCH_PORTION;
    return true;
}

/* Progress: words of 8 bytes, the lowest first. Units and steps as in MatchWork; then the
 * machine, or if it has not been needed, where it is to begin. */
enum { SAVED_UNITS, SAVED_PAID, SAVED_MACHINE, SAVED_START = SAVED_MACHINE, SAVED_WORDS };
enum { WORD = 8, SAVED_UNITS_MAX = 60 };

static void put_word(char *to, int i, uint64_t word)
{
    for (int k = 0; k < WORD; k++) to[i * WORD + k] = (char)(word >> WORD * k);
}

static uint64_t word_at(const char *from, int i)
{
    uint64_t word = 0;
    for (int k = 0; k < WORD; k++)
        word |= (uint64_t)(unsigned char)from[i * WORD + k] << WORD * k;
    return word;
}

/* Whether there was a pause does not count. */
Value match_save(const MatchWork *w)
{
    char *bytes;
    const Matcher *m = &w->m;
    size_t size = pattern_saved_size(m);
    uint64_t units = w->before + (size ? pattern_spent(m) + m->debt : m->began);
    uint64_t counted = mem_count_stop();
    String *s = string_reserve(SAVED_MACHINE * WORD + (size ? size : WORD), &bytes);
    mem_count_go_on(counted);
    put_word(bytes, SAVED_UNITS, units);
    put_word(bytes, SAVED_PAID, w->paid);
    if (size)
        pattern_save(m, bytes + SAVED_MACHINE * WORD);
    else
        put_word(bytes, SAVED_START, m->start);
    return string_value(s);
}

/* An image can say anything of it. */
static bool load_progress(MatchWork *w, Value saved)
{
    Matcher *m = &w->m;
    const String *s = value_is_string(saved) ? value_string(saved) : NULL;
    if (!s || s->length < SAVED_WORDS * WORD) return false;
    w->before = word_at(s->data, SAVED_UNITS);
    w->paid = word_at(s->data, SAVED_PAID);
    if ((w->before | w->paid) >> SAVED_UNITS_MAX) return false;
    if (s->length > SAVED_WORDS * WORD)
        return pattern_load(m, s->data + SAVED_MACHINE * WORD,
                            s->length - SAVED_MACHINE * WORD);
    m->start = word_at(s->data, SAVED_START);
    return m->start <= (size_t)(m->source_end - m->source);
}

PatternStatus match_resume(Machine *M, MatchWork *w, Value saved)
{
    w->fuel = MATCH_PORTION;
    if (load_progress(w, saved)) return match_charge(M, w, pattern_go_on(&w->m));
    w->m.error = "malformed progress of a search";
    return w->m.status = PATTERN_ERROR;
}

int match_failed(const MatchWork *w)
{
    if (w->m.status != PATTERN_OUT_OF_FUEL) return native_refuse(w->M, NULL, 0, w->m.error);
    return native_error(w->M, "interrupted!");
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
        if (!a[i]) return native_throw(w->M, new_c_string("not enough memory"));
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

/* Does what pattern_find_plain does, piece by piece, of which each has the places at which p
 * may begin. */
static NOINLINE ptrdiff_t find_in_pieces(const LongWork *work, const String *s, const String *p,
                                         size_t at, int *stopped)
{
    const size_t most = LONG_PIECE + 8 * p->length; /* it takes some time to prepare for p */
    ptrdiff_t from = -1;
    for (; from < 0 && s->length - at > most && !*stopped; *stopped = long_work_look(work)) {
        from = pattern_find_plain(s->data, at + most, at, p->data, p->length);
        at += most - p->length;
    }
    if (from >= 0 || *stopped) return from;
    return pattern_find_plain(s->data, s->length, at, p->data, p->length);
}

static int find_plain(Machine *M, Value *a, const String *s, const String *p, size_t at)
{
    ptrdiff_t from;
    if (UNLIKELY(s->length - at > LONG_PIECE)) {
        int stopped = 0;
        LongWork work = long_work_begin(M);
        from = find_in_pieces(&work, s, p, at, &stopped);
        if (stopped) return stopped;
    } else {
        from = pattern_find_plain(s->data, s->length, at, p->data, p->length);
    }
    lib_string_charge(M, p->length);
    lib_string_charge(M, (from < 0 ? s->length : (size_t)from) - at);
    if (from < 0) NATIVE_RETURN(V_NIL);
    return positions(a, (size_t)from, (size_t)from + p->length);
}

/* The frame of a search that has stopped: subject, pattern, whether for find, progress. */
enum { FIND_SUBJECT, FIND_PATTERN, FIND_POSITIONS, FIND_PROGRESS, FIND_FRAME };

static int find_resumed(Machine *M, Value *a, int n);

static int found(Machine *M, Value *a, MatchWork *w, PatternStatus status, bool find)
{
    if (status == PATTERN_NO_MATCH) NATIVE_RETURN(V_NIL);
    if (match_stopped(w)) {
        a[FIND_POSITIONS] = value_boolean(find);
        a[FIND_PROGRESS] = match_save(w);
        return native_suspend(M, a, FIND_FRAME, find_resumed);
    }
    if (status != PATTERN_MATCH) return match_failed(w);
    if (!find) return match_captures(w, a, true);
    int count = match_captures(w, a + 2, false);
    return count < 0 ? count : count + positions(a, w->m.from, w->m.to);
}

static int find_resumed(Machine *M, Value *a, int n)
{
    MatchWork w;
    match_begin(M, &w, value_string(a[FIND_SUBJECT]), value_string(a[FIND_PATTERN]), true);
    PatternStatus status = match_resume(M, &w, a[FIND_PROGRESS]);
    return found(M, a, &w, status, a[FIND_POSITIONS] == V_TRUE);
}

static int find_pattern(Machine *M, Value *a, const String *s, const String *p, size_t at,
                        bool find)
{
    MatchWork w;
    match_begin(M, &w, s, p, true);
    return found(M, a, &w, match_find(M, &w, at), find);
}

static int search(Machine *M, Value *a, int n, bool find)
{
    int64_t init;
    const String *s = arg_string(M, a, n, 0);
    const String *p = s ? arg_string(M, a, n, 1) : NULL;
    if (!p || !arg_integer_or(M, a, n, 2, 1, &init)) return NATIVE_ERROR;
    uint64_t first = lib_string_position(init, s->length);
    if (first < 1) first = 1;
    if (first > s->length + 1) NATIVE_RETURN(V_NIL);
    if (find && (!value_is_false(arg(a, n, 3)) || pattern_is_plain(p->data, p->length)))
        return find_plain(M, a, s, p, first - 1);
    lib_string_charge(M, p->length);
    return find_pattern(M, a, s, p, first - 1, find);
}

int lib_string_find(Machine *M, Value *a, int n) { return search(M, a, n, true); }
int lib_string_match(Machine *M, Value *a, int n) { return search(M, a, n, false); }

/* gmatch --------------------------------------------------------------------------- */

enum { SUBJECT, PATTERN, OFFSET, UPVALUES };

static int gmatch_resumed(Machine *M, Value *a, int n);

static int gmatch_found(Machine *M, Value *a, MatchWork *w, PatternStatus status)
{
    if (status == PATTERN_NO_MATCH) return 0;
    if (match_stopped(w)) {
        a[0] = match_save(w);
        return native_suspend(M, a, 1, gmatch_resumed);
    }
    if (status != PATTERN_MATCH) return match_failed(w);
    size_t next = w->m.to + (w->m.to == w->m.from);
    Cell *offset = value_pointer(lib_upvalue(a, OFFSET));
    *heap_cell_mut(&M->run, offset) = value_number((double)next);
    return match_captures(w, a, true);
}

static void gmatch_begin(Machine *M, MatchWork *w, const Value *a)
{
    match_begin(M, w, value_string(lib_upvalue(a, SUBJECT)),
                value_string(lib_upvalue(a, PATTERN)), false);
}

static int gmatch_next(Machine *M, Value *a, int n)
{
    MatchWork w;
    const Cell *offset = value_pointer(lib_upvalue(a, OFFSET));
    double at =
        value_to_double(heap_cell(&M->run, offset)); /* of an image: perhaps no number */
    if (!(at >= 0 && at <= (double)value_string(lib_upvalue(a, SUBJECT))->length)) return 0;
    gmatch_begin(M, &w, a);
    return gmatch_found(M, a, &w, match_find(M, &w, (size_t)at));
}

static int gmatch_resumed(Machine *M, Value *a, int n)
{
    MatchWork w;
    gmatch_begin(M, &w, a);
    return gmatch_found(M, a, &w, match_resume(M, &w, a[0]));
}

int lib_string_gmatch(Machine *M, Value *a, int n)
{
    const String *s = arg_string(M, a, n, 0);
    const String *p = s ? arg_string(M, a, n, 1) : NULL;
    if (!p) return NATIVE_ERROR;
    Native *f = native_new(M, natives_match, UPVALUES);
    f->upvalues[SUBJECT] = string_value(s);
    f->upvalues[PATTERN] = string_value(p);
    f->upvalues[OFFSET] = value_object(run_new_cell(&M->run, value_number(0)));
    NATIVE_RETURN(value_object(f));
}

const NativeDef natives_match[] = {
    NATIVE_INNER("string.gmatch:next", gmatch_next, WORK_MATCHING, .captures = "ssx"),
    NATIVE_CONTINUED("string.gmatch:resumed", gmatch_resumed, WORK_MATCHING,
                     "|string.gmatch:next|", ".*"),
    NATIVE_CONTINUED("string.find:resumed", find_resumed, WORK_MATCHING,
                     "|string.find|string.match|", "ssb.*"),
    NATIVE_ROWS_END,
};
