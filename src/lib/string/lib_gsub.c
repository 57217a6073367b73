/* SPDX-License-Identifier: MIT */
/*
 * string.gsub (manual 6.4).
 *
 * Between two calls of Lua the result grows in a Buffer; what has to survive a call is
 * in the frame:
 *
 *   a[0] subject  [1] pattern  [2] replacement  [3] argument, later the progress of a search
 *    that has stopped, or nil
 *    [4] matches left  [5] the last match's start  [6] matches made
 *    [7] result so far, a string, or nil  [8] the last match's end
 *    [9] how much of the subject is in the result
 *
 * A match that stays as it is costs nothing: it is copied with what follows it.
 *
 * Main invariant: what the frame holds says all that is needed to go on: subject, progress, and
 * the result so far.
 */
#include "lib/string/lib_string.h"

#include "lib/natives.h"
#include "node/node.h"
#include "operate/operate.h"
#include "text/buffer.h"

enum {
    SUBJECT,
    PATTERN,
    REPLACEMENT,
    SEARCH,
    LIMIT = SEARCH, /* no more needed then */
    LEFT,
    FROM,
    COUNT,
    RESULT,
    TO,
    COPIED,
    AT
};

_Static_assert(AT + NATIVE_HEADER + PATTERN_CAPTURES_MAX <= STACK_SLACK,
               "the frame and a call fit into every native's slack");

typedef struct Gsub {
    MatchWork w; /* its match: the last one */
    Buffer out;  /* behind RESULT */
    const String *subject;
    size_t copied; /* how much of it is in RESULT and out */
    size_t next;   /* where to search */
    size_t left, count;
    bool plain; /* a replacement string without % */
} Gsub;

/* Progress in the frame ------------------------------------------------------------ */

static bool is_plain(const String *s)
{
    size_t i = 0;
    while (i < s->length && s->data[i] != '%') i++;
    return i == s->length;
}

static inline void begin(Machine *M, Gsub *g, const Value *a)
{
    g->subject = value_string(a[SUBJECT]);
    match_begin(M, &g->w, g->subject, value_string(a[PATTERN]), true);
    buffer_init_joined(&g->out, machine_string_room(M));
    g->plain = value_is_string(a[REPLACEMENT]) && is_plain(value_string(a[REPLACEMENT]));
}

/* A size in a slot: the bits of a very small number. */
static inline Value boxed(size_t n) { return VALUE_DOUBLE_OFFSET + n; }
static inline size_t unboxed(Value v) { return v - VALUE_DOUBLE_OFFSET; }

static void load(Machine *M, Gsub *g, const Value *a)
{
    begin(M, g, a);
    g->left = unboxed(a[LEFT]);
    g->count = unboxed(a[COUNT]);
    g->copied = unboxed(a[COPIED]);
    g->w.m.from = unboxed(a[FROM]);
    g->w.m.to = unboxed(a[TO]);
}

/* The result so far and what is in the buffer; NULL when there is no room. */
static const String *whole_result(Gsub *g, const Value *a, bool last)
{
    const String *before = a[RESULT] == V_NIL ? NULL : value_string(a[RESULT]);
    return buffer_join(&g->out, before, last);
}

static void put(const Gsub *g, Value *a)
{
    a[SEARCH] = V_NIL;
    a[LEFT] = boxed(g->left);
    a[COUNT] = boxed(g->count);
    a[COPIED] = boxed(g->copied);
    a[FROM] = boxed(g->w.m.from);
    a[TO] = boxed(g->w.m.to);
}

/* Answers false, and sets the buffer's error, if there is no room. */
static bool save(Gsub *g, Value *a)
{
    if (buffer_length(&g->out)) {
        const String *s = whole_result(g, a, false);
        if (!s && !g->out.error) g->out.error = BUFFER_TOO_LARGE;
        if (!s) return false;
        a[RESULT] = string_value(s);
    }
    put(g, a);
    return true;
}

static int resumed(Machine *M, Value *a, int n);

/* There is no room for what comes next, of which nothing is there yet, or for the whole. */
static int full(Machine *M, Gsub *g, Value *a)
{
    const String *s = a[RESULT] == V_NIL ? NULL : value_string(a[RESULT]);
    int code = native_text_full(M, &g->out, &s);
    if (code != NATIVE_SUSPEND) return code;
    a[RESULT] = string_value(s);
    put(g, a);
    return native_suspend(M, a, AT, resumed);
}

/* There is no room for what comes instead of the match: as if it had not been found. What the
 * frame says of the one before leads there again; if there was none, nothing is kept. */
static NOINLINE int full_from(Machine *M, Gsub *g, Value *a, size_t copied, size_t length)
{
    buffer_cut(&g->out, length);
    g->copied = copied;
    g->left++;
    g->count--;
    g->w.m.to = g->next;
    g->w.m.from = g->next - 1;
    return full(M, g, a);
}

/* Replacing a match ---------------------------------------------------------------- */

/* Copies what is between the last replacement and the match. */
static inline void copy_gap(Gsub *g)
{
    buffer_append(&g->out, g->subject->data + g->copied, g->w.m.from - g->copied);
    g->copied = g->w.m.to;
}

/* Whether the text is that of the match. */
static inline bool changes_nothing(const Gsub *g, const String *s)
{
    const char *match = g->subject->data + g->w.m.from;
    if (s->length != g->w.m.to - g->w.m.from) return false;
    return !s->length || (*s->data == *match && !memcmp(s->data, match, s->length));
}

static inline void replace_by_text(Gsub *g, const String *s)
{
    if (changes_nothing(g, s)) return;
    copy_gap(g);
    buffer_append(&g->out, s->data, s->length);
}

/* Pays for what was appended since the buffer was so long. */
static inline void charge_from(Machine *M, const Gsub *g, size_t before)
{
    lib_string_charge(M, buffer_length(&g->out) - before);
}

/* Replaces a match by a value. Answers false after an error. */
static inline bool replace_by_value(Machine *M, Gsub *g, Value v)
{
    char text[NUMBER_TEXT_MAX];
    size_t before = buffer_length(&g->out);
    if (value_is_false(v)) return true;
    if (value_is_string(v)) {
        replace_by_text(g, value_string(v));
    } else if (value_is_number(v)) {
        copy_gap(g);
        buffer_append(&g->out, text, number_format(value_to_double(v), text));
    } else {
        native_error(M, "invalid replacement value (a %s)", value_type_name(v));
        return false;
    }
    charge_from(M, g, before);
    return true;
}

static int replace_by_string(Machine *M, Gsub *g, const Value *a)
{
    size_t before = buffer_length(&g->out);
    const String *s = value_string(a[REPLACEMENT]);
    copy_gap(g);
    lib_string_charge(M, s->length);
    bool good = true;
    if (g->plain)
        buffer_append(&g->out, s->data, s->length);
    else
        good = pattern_expand(&g->w.m, s->data, s->length, &g->out);
    charge_from(M, g, before);
    return good ? 0 : match_failed(&g->w);
}

static int replaced(Machine *M, Value *a, int n);

static int replace_by_function(Machine *M, Gsub *g, Value *a)
{
    if (!save(g, a)) return 0;
    Value *f = a + AT + NATIVE_HEADER - 1;
    f[0] = a[REPLACEMENT];
    int count = match_captures(&g->w, f + 1, true);
    return count < 0 ? count : native_call(M, a, AT, count, replaced);
}

/* The value in the table itself for the first capture, without making a string. */
static Value look_up(Machine *M, const Table *t, const PatternPiece *piece)
{
    const TableBody *b = heap_table(&M->run, t);
    if (piece->is_position) return table_get_int(b, (int64_t)piece->position);
    String key = {.length = piece->length, .data = piece->bytes};
    object_init(&key.h, OBJ_STRING, 0);
    return table_get_string(b, &key, string_hash(&key));
}

/* The same with metamethods. Errors are the native's own, without a position. */
static int replace_by_index(Machine *M, Gsub *g, Value *a, Value key)
{
    Value v = V_NIL, object = a[REPLACEMENT];
    Value *f = a + AT + NATIVE_HEADER - 1;
    switch (operate_index(M, &object, key, &v)) {
    case LOOKUP_DONE: return replace_by_value(M, g, v) ? 0 : NATIVE_ERROR;
    case LOOKUP_CALL: break;
    case LOOKUP_LOOP: return native_throw(M, new_c_string("loop in gettable"));
    default:
        return native_throw(M, string_value(lib_join("attempt to index a ",
                                                     value_type_name(object), " value", NULL)));
    }
    if (!save(g, a)) return 0;
    f[0] = v;
    f[1] = object;
    f[2] = key;
    return native_call(M, a, AT, 2, replaced);
}

static int replace_by_table(Machine *M, Gsub *g, Value *a)
{
    PatternPiece piece;
    const Table *t = value_pointer(a[REPLACEMENT]);
    if (!pattern_capture(&g->w.m, 0, &piece)) return match_failed(&g->w);
    Value v = look_up(M, t, &piece);
    if (v == V_NIL && heap_table(&M->run, t)->meta)
        return replace_by_index(M, g, a, match_capture(&piece));
    return replace_by_value(M, g, v) ? 0 : NATIVE_ERROR;
}

/* Replaces the match: 0, or what the native must answer. If there is no room it is 0, and the
 * buffer has the error. */
static int replace(Machine *M, Gsub *g, Value *a)
{
    if (value_is_string(a[REPLACEMENT])) return replace_by_string(M, g, a);
    if (value_is_table(a[REPLACEMENT])) return replace_by_table(M, g, a);
    return replace_by_function(M, g, a);
}

/* Going on ------------------------------------------------------------------------- */

/* Copies what comes after the last match, as far as there is room. */
static bool copy_rest(Gsub *g)
{
    enum { PIECE = 1 << 14 };
    g->left = 0;
    for (size_t more; (more = g->subject->length - g->copied) > 0; g->copied += more) {
        if (more > PIECE) more = PIECE;
        size_t length = buffer_length(&g->out);
        bool good = buffer_append(&g->out, g->subject->data + g->copied, more);
        if (!good) buffer_cut(&g->out, length);
        if (!good) return false;
        g->w.m.from = g->w.m.to = g->copied + more; /* none is looked for before that */
    }
    return true;
}

static int finish(Machine *M, Gsub *g, Value *a)
{
    if (g->copied || buffer_length(&g->out) || a[RESULT] != V_NIL) {
        if (!copy_rest(g)) return full(M, g, a);
        const String *s = whole_result(g, a, true);
        if (!s) return full(M, g, a);
        a[0] = string_value(s);
    } /* else the subject is at a[0] */
    a[1] = value_number((double)g->count);
    return 2;
}

/* Moves to where the next match may begin; answers false at the end. */
static bool advance(Gsub *g)
{
    const Matcher *m = &g->w.m;
    g->next = m->to + (m->to == m->from);
    return !m->anchored && g->next <= g->subject->length;
}

static int suspend(Machine *M, Gsub *g, Value *a, Value search) __attribute__((noinline));

/* saved: the progress of the first search, or nil. */
static int substitute(Machine *M, Gsub *g, Value *a, Value saved)
{
    while (g->left) {
        size_t copied = g->copied, length = buffer_length(&g->out);
        PatternStatus status = UNLIKELY(saved != V_NIL) ? match_resume(M, &g->w, saved)
                                                        : match_find(M, &g->w, g->next);
        saved = V_NIL;
        if (status == PATTERN_NO_MATCH) break;
        if (match_stopped(&g->w)) return suspend(M, g, a, match_save(&g->w));
        if (status != PATTERN_MATCH) return match_failed(&g->w);
        g->left--;
        g->count++;
        int code = replace(M, g, a);
        if (UNLIKELY(g->out.error)) return full_from(M, g, a, copied, length);
        if (code) return code;
        if (!advance(g)) break;
        if (M->fuel >= 0) continue;
        if (lib_string_interrupted(M)) return native_error(M, "interrupted!");
        if (!native_go_on(M)) return suspend(M, g, a, V_NIL);
    }
    return finish(M, g, a);
}

/* Lua has answered what to put for the match. */
static int replaced(Machine *M, Value *a, int n)
{
    Gsub g;
    load(M, &g, a);
    if (!replace_by_value(M, &g, lib_result(M, 0))) return NATIVE_ERROR;
    if (UNLIKELY(g.out.error)) return native_memory_error(M); /* it is asked once more */
    return advance(&g) ? substitute(M, &g, a, V_NIL) : finish(M, &g, a);
}

/* Goes on after some matches, where it was out of steps. */
static int resumed(Machine *M, Value *a, int n)
{
    Gsub g;
    Value search = a[SEARCH];
    load(M, &g, a);
    if (search != V_NIL) return substitute(M, &g, a, search);
    return advance(&g) ? substitute(M, &g, a, V_NIL) : finish(M, &g, a);
}

static int suspend(Machine *M, Gsub *g, Value *a, Value search)
{
    if (!save(g, a)) return full(M, g, a);
    a[SEARCH] = search;
    return native_suspend(M, a, AT, resumed);
}

/* The most matches to make, from an integer that is a size_t in PUC Lua. */
static bool arg_limit(Machine *M, Value *a, int n, size_t length, size_t *limit)
{
    int64_t max;
    if (!arg_integer_or(M, a, n, LIMIT, (int64_t)length + 1, &max)) return false;
    *limit = (uint64_t)max > length ? length + 1 : (size_t)max;
    return true;
}

static bool arg_replacement(Machine *M, Value *a, int n)
{
    Value v = arg(a, n, REPLACEMENT);
    if (value_is_number(v)) return arg_string(M, a, n, REPLACEMENT);
    if (value_is_string(v) || value_is_table(v) || value_is_function(v)) return true;
    native_arg_error(M, a, n, REPLACEMENT, "string/function/table expected");
    return false;
}

int lib_string_gsub(Machine *M, Value *a, int n)
{
    Gsub g;
    size_t limit;
    const String *subject = arg_string(M, a, n, SUBJECT);
    if (!subject || !arg_string(M, a, n, PATTERN) ||
        !arg_limit(M, a, n, subject->length, &limit) || !arg_replacement(M, a, n))
        return NATIVE_ERROR;
    begin(M, &g, a);
    g.left = limit;
    g.count = g.copied = g.next = 0;
    a[RESULT] = V_NIL;
    return substitute(M, &g, a, V_NIL);
}

static bool gsub_holds(const Value *a, size_t used)
{
    size_t length = value_string(a[SUBJECT])->length, copied = unboxed(a[COPIED]);
    size_t from = unboxed(a[FROM]), to = unboxed(a[TO]);
    Value by = a[REPLACEMENT];
    bool replaces = value_is_string(by) || value_is_table(by) || value_is_function(by);
    (void)used;
    return replaces && copied <= to && from <= to && to <= length &&
           unboxed(a[LEFT]) <= length + 1;
}

const NativeDef natives_gsub[] = {
    NATIVE_CONTINUED("string.gsub:replaced", replaced, WORK_MATCHING, "|string.gsub|",
                     "ss..nnnSnn*", .holds = gsub_holds),
    NATIVE_CONTINUED("string.gsub:resumed", resumed, WORK_MATCHING, "|string.gsub|",
                     "ss..nnnSnn*", .holds = gsub_holds),
    NATIVE_ROWS_END,
};
