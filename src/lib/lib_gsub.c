/* SPDX-License-Identifier: MIT */
/*
 * string.gsub (manual 6.4).
 *
 * Between two calls of Lua the result grows in a Buffer; what has to survive a call is
 * in the frame:
 *
 *   a[0] subject  [1] pattern  [2] replacement  [3] argument
 *    [4] matches left  [5] the last match's start  [6] matches made
 *    [7] result so far, a string, or nil  [8] the last match's end
 *    [9] how much of the subject is in the result
 *
 * A match that stays as it is costs nothing: it is copied with what follows it.
 */
#include "lib/lib_string.h"

#include "eval/operate.h"
#include "lib/buffer.h"

enum { SUBJECT, PATTERN, REPLACEMENT, LIMIT, LEFT, FROM, COUNT, RESULT, TO, COPIED, AT };

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

static inline void begin(Run *R, Gsub *g, const Value *a)
{
    g->subject = value_string(a[SUBJECT]);
    match_begin(R, &g->w, g->subject, value_string(a[PATTERN]), true);
    buffer_init(&g->out, run_string_room(R));
    g->plain = value_is_string(a[REPLACEMENT]) && is_plain(value_string(a[REPLACEMENT]));
}

/* A size in a slot: the bits of a very small number. */
static inline Value boxed(size_t n) { return VALUE_DOUBLE_OFFSET + n; }
static inline size_t unboxed(Value v) { return v - VALUE_DOUBLE_OFFSET; }

static void load(Run *R, Gsub *g, const Value *a)
{
    begin(R, g, a);
    g->left = unboxed(a[LEFT]);
    g->count = unboxed(a[COUNT]);
    g->copied = unboxed(a[COPIED]);
    g->w.m.from = unboxed(a[FROM]);
    g->w.m.to = unboxed(a[TO]);
}

/* The result so far and what is in the buffer; NULL when there is no room. */
static const String *whole_result(Run *R, Gsub *g, const Value *a)
{
    if (a[RESULT] == V_NIL) return buffer_finish(&g->out);
    const String *s = value_string(a[RESULT]);
    if (g->out.error || g->out.length + s->length > run_string_room(R)) return NULL;
    return g->out.length ? string_concat(s, g->out.data, g->out.length) : s;
}

static bool save(Run *R, Gsub *g, Value *a)
{
    if (g->out.length) {
        const String *s = whole_result(R, g, a);
        if (!s) return false;
        a[RESULT] = string_value(s);
    }
    a[LEFT] = boxed(g->left);
    a[COUNT] = boxed(g->count);
    a[COPIED] = boxed(g->copied);
    a[FROM] = boxed(g->w.m.from);
    a[TO] = boxed(g->w.m.to);
    return true;
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

/* By a value; false: error. */
static inline bool replace_by_value(Run *R, Gsub *g, Value v)
{
    char text[NUMBER_TEXT_MAX];
    if (value_is_false(v)) return true;
    if (value_is_string(v)) {
        replace_by_text(g, value_string(v));
    } else if (value_is_number(v)) {
        copy_gap(g);
        buffer_append(&g->out, text, number_format(value_to_double(v), text));
    } else {
        native_error(R, "invalid replacement value (a %s)", value_type_name(v));
        return false;
    }
    return true;
}

static int replace_by_string(Run *R, Gsub *g, const Value *a)
{
    const String *s = value_string(a[REPLACEMENT]);
    copy_gap(g);
    if (g->plain) return buffer_append(&g->out, s->data, s->length), 0;
    return pattern_expand(&g->w.m, s->data, s->length, &g->out) ? 0 : match_failed(&g->w);
}

static int replaced(Run *R, Value *a, int n);

static int replace_by_function(Run *R, Gsub *g, Value *a)
{
    if (!save(R, g, a)) return native_memory_error(R);
    Value *f = a + AT + NATIVE_HEADER - 1;
    f[0] = a[REPLACEMENT];
    int count = match_captures(&g->w, f + 1, true);
    return count < 0 ? count : native_call(R, a, AT, count, replaced);
}

/* The value in the table itself for the first capture, without making a string. */
static Value look_up(Run *R, const Table *t, const PatternPiece *piece)
{
    const TableBody *b = heap_table(R, t);
    if (piece->is_position) return table_get_int(b, (int64_t)piece->position);
    String key = {.length = piece->length, .data = piece->bytes};
    object_init(&key.h, OBJ_STRING, 0);
    return table_get_string(b, &key, string_hash(&key));
}

/* The same with metamethods. Errors are the native's own, without a position. */
static int replace_by_index(Run *R, Gsub *g, Value *a, Value key)
{
    Value v = V_NIL, object = a[REPLACEMENT];
    Value *f = a + AT + NATIVE_HEADER - 1;
    switch (operate_index(R, &object, key, &v)) {
    case LOOKUP_DONE: return replace_by_value(R, g, v) ? 0 : NATIVE_ERROR;
    case LOOKUP_CALL: break;
    case LOOKUP_LOOP: return native_throw(R, new_c_string("loop in gettable"));
    default:
        return native_throw(R, string_value(lib_join("attempt to index a ",
                                                     value_type_name(object), " value", NULL)));
    }
    if (!save(R, g, a)) return native_memory_error(R);
    f[0] = v;
    f[1] = object;
    f[2] = key;
    return native_call(R, a, AT, 2, replaced);
}

static int replace_by_table(Run *R, Gsub *g, Value *a)
{
    PatternPiece piece;
    const Table *t = value_pointer(a[REPLACEMENT]);
    if (!pattern_capture(&g->w.m, 0, &piece)) return match_failed(&g->w);
    Value v = look_up(R, t, &piece);
    if (v == V_NIL && heap_table(R, t)->meta)
        return replace_by_index(R, g, a, match_capture(&piece));
    return replace_by_value(R, g, v) ? 0 : NATIVE_ERROR;
}

/* Replaces the match: 0, or what the native must answer. */
static int replace(Run *R, Gsub *g, Value *a)
{
    if (value_is_string(a[REPLACEMENT])) return replace_by_string(R, g, a);
    if (value_is_table(a[REPLACEMENT])) return replace_by_table(R, g, a);
    return replace_by_function(R, g, a);
}

/* Going on ------------------------------------------------------------------------- */

static int finish(Run *R, Gsub *g, Value *a)
{
    lib_string_charge(R, g->out.length);
    if (g->copied || g->out.length || a[RESULT] != V_NIL) {
        buffer_append(&g->out, g->subject->data + g->copied, g->subject->length - g->copied);
        const String *s = whole_result(R, g, a);
        if (!s) return native_memory_error(R);
        a[0] = string_value(s);
    } /* else the subject is at a[0] */
    a[1] = value_number((double)g->count);
    return 2;
}

/* To where the next match may begin; false at the end. */
static bool advance(Gsub *g)
{
    const Matcher *m = &g->w.m;
    g->next = m->to + (m->to == m->from);
    return !m->anchored && g->next <= g->subject->length;
}

static int suspend(Run *R, Gsub *g, Value *a) __attribute__((noinline));

static int substitute(Run *R, Gsub *g, Value *a)
{
    while (g->left) {
        PatternStatus status = match_find(R, &g->w, g->next);
        if (status == PATTERN_NO_MATCH) break;
        if (status != PATTERN_MATCH) return match_failed(&g->w);
        g->left--;
        g->count++;
        int code = replace(R, g, a);
        if (code) return code;
        if (!advance(g)) break;
        if (R->fuel >= 0) continue;
        if (lib_string_interrupted(R)) return native_error(R, "interrupted!");
        if (!native_charge(R, 0)) return suspend(R, g, a);
    }
    return finish(R, g, a);
}

/* Lua has answered what to put for the match. */
static int replaced(Run *R, Value *a, int n)
{
    Gsub g;
    load(R, &g, a);
    if (!replace_by_value(R, &g, lib_result(R, 0))) return NATIVE_ERROR;
    return advance(&g) ? substitute(R, &g, a) : finish(R, &g, a);
}

/* Out of steps after some matches: what is done is kept by a call of nothing at all, as a
 * continuation can be run again where it was. */
static int nothing(Run *R, Value *a, int n) { return 0; }

static int resumed(Run *R, Value *a, int n)
{
    Gsub g;
    if (!native_charge(R, 0)) return NATIVE_PAUSE;
    load(R, &g, a);
    return advance(&g) ? substitute(R, &g, a) : finish(R, &g, a);
}

static int suspend(Run *R, Gsub *g, Value *a)
{
    if (!save(R, g, a)) return native_memory_error(R);
    a[AT + NATIVE_HEADER - 1] = value_object(run_new_native(R, nothing, "nothing", 0));
    return native_call(R, a, AT, 0, resumed);
}

/* The most matches to make, from an integer that is a size_t in PUC Lua. */
static bool arg_limit(Run *R, Value *a, int n, size_t length, size_t *limit)
{
    int64_t max;
    if (!arg_integer_or(R, a, n, LIMIT, (int64_t)length + 1, &max)) return false;
    *limit = (uint64_t)max > length ? length + 1 : (size_t)max;
    return true;
}

static bool arg_replacement(Run *R, Value *a, int n)
{
    Value v = arg(a, n, REPLACEMENT);
    if (value_is_number(v)) return arg_string(R, a, n, REPLACEMENT);
    if (value_is_string(v) || value_is_table(v) || value_is_function(v)) return true;
    native_arg_error(R, REPLACEMENT, "string/function/table expected");
    return false;
}

int lib_string_gsub(Run *R, Value *a, int n)
{
    Gsub g;
    size_t limit;
    const String *subject = arg_string(R, a, n, SUBJECT);
    if (!subject || !arg_string(R, a, n, PATTERN) ||
        !arg_limit(R, a, n, subject->length, &limit) || !arg_replacement(R, a, n))
        return NATIVE_ERROR;
    begin(R, &g, a);
    g.left = limit;
    g.count = g.copied = g.next = 0;
    a[RESULT] = V_NIL;
    return substitute(R, &g, a);
}
