/* SPDX-License-Identifier: MIT */
/*
 * string.format (manual 6.4), with text/format.h's conversions.
 *
 * The result grows in a Buffer. When %s calls a __tostring, the arguments move up, and
 * the frame keeps below them what is needed to go on:
 *
 *   a[0] n  [1] result so far  [2] offset of the %s  [3] its argument  [4] how much of that is
 *    quoted by a %q  [5..5+n) arguments
 *
 * Main invariant: arguments are taken from left to right, each once, and what has been written
 * stays when a __tostring is called.
 */
#include "lib/string/lib_string.h"

#include "node/node.h"
#include "text/buffer.h"
#include "text/format.h"

enum { ARGS, RESULT, OFFSET, NEXT, QUOTED, SAVED };

typedef struct Work {
    Format f;
    Buffer out;
    const String *done; /* what comes before out, or NULL */
    const String *text; /* the format */
    Value *args;        /* in the frame: where they were, or moved up */
    int n, next;        /* arguments, and the next one */
    size_t quoted;      /* bytes of that */
} Work;

/* Begins to go on at an offset of the format. */
static void begin(Machine *M, Work *w, size_t offset)
{
    w->text = value_string(w->args[0]);
    format_init(&w->f, w->text->data + offset, w->text->length - offset);
    buffer_init_joined(&w->out, machine_string_room(M));
}

/* %s ------------------------------------------------------------------------------- */

static int called(Machine *M, Value *a, int n);

static int resumed(Machine *M, Value *a, int n);

/* Puts what is needed to go on, at an offset of the format, into the frame. */
static void put(const Work *w, Value *a, size_t offset, const String *done)
{
    if (w->args == a) memmove(a + SAVED, a, (size_t)w->n * sizeof(Value));
    a[ARGS] = value_number(w->n);
    a[RESULT] = string_value(done);
    a[OFFSET] = value_number((double)offset);
    a[NEXT] = value_number(w->next);
    a[QUOTED] = value_number((double)w->quoted);
}

/* There is no room for what comes at that offset, of which nothing is there yet, or for the
 * whole. */
static int full(Machine *M, Work *w, Value *a, size_t offset)
{
    const String *done = w->done;
    int code = native_text_full(M, &w->out, &done);
    if (code != NATIVE_SUSPEND) return code;
    put(w, a, offset, done);
    return native_suspend(M, a, SAVED + w->n, resumed);
}

static int full_from(Machine *M, Work *w, Value *a, size_t offset, size_t before)
{
    buffer_cut(&w->out, before);
    return full(M, w, a, offset);
}

static int keep(Machine *M, Work *w, Value *a, size_t offset)
{
    const String *done = buffer_join(&w->out, w->done, false);
    if (!done) return full(M, w, a, offset);
    put(w, a, offset, done);
    return 0;
}

/* Has Lua make a string of argument w->next, whose conversion starts at `offset`. */
static int call_tostring(Machine *M, Work *w, Value *a, size_t offset)
{
    int code = keep(M, w, a, offset);
    if (code) return code;
    return native_tostring(M, a, SAVED + w->n, a[SAVED + w->next], called);
}

static void append_value(Work *w, Value v)
{
    char text[NUMBER_TEXT_MAX];
    const FormatSpec *spec = &w->f.spec;
    if (value_is_string(v)) {
        format_string(&w->out, spec, value_string(v)->data, value_string(v)->length);
    } else if (value_is_number(v)) {
        format_string(&w->out, spec, text, number_format(value_to_double(v), text));
    } else { /* a __tostring that gives no string: a NULL for C's printf */
        size_t shown = spec->precision >= 0 && spec->precision < 6 ? 0 : 6;
        format_string(&w->out, spec, "(null)", shown);
    }
}

static int append_any(Machine *M, Work *w, Value *a, size_t offset)
{
    Value v = w->args[w->next];
    if (value_is_number(v)) {
        append_value(w, v);
    } else if (meta_of(M, v, META_TOSTRING) != V_NIL) {
        return call_tostring(M, w, a, offset);
    } else {
        append_value(w, value_is_string(v) ? v : value_to_text(M, v));
    }
    return 0;
}

/* %q ------------------------------------------------------------------------------- */

static int suspend(Machine *M, Work *w, Value *a, size_t offset)
{
    int code = keep(M, w, a, offset);
    return code ? code : native_suspend(M, a, SAVED + w->n, resumed);
}

enum { QUOTED_PIECE = 1 << 16 };

static int append_quoted(Machine *M, Work *w, Value *a, size_t offset)
{
    const String *s = arg_string(M, w->args, w->n, w->next);
    if (!s) return NATIVE_ERROR;
    for (;;) {
        size_t before = buffer_length(&w->out), from = w->quoted, to = s->length;
        if (to - from > QUOTED_PIECE) to = from + QUOTED_PIECE;
        format_quoted(&w->out, s->data, s->length, from, to);
        if (UNLIKELY(w->out.error)) return full_from(M, w, a, offset, before);
        lib_string_charge(M, buffer_length(&w->out) - before);
        w->quoted = to;
        if (to == s->length) break;
        if (UNLIKELY(M->fuel < 0) && !native_go_on(M)) return suspend(M, w, a, offset);
    }
    w->quoted = 0;
    return 0;
}

/* All conversions ------------------------------------------------------------------ */

/* Converts argument w->next: 0, or what the native must answer. */
static int append_argument(Machine *M, Work *w, Value *a, size_t offset)
{
    double number;
    const char *error;
    switch (format_wants(&w->f.spec)) {
    case FORMAT_STRING: return append_any(M, w, a, offset);
    case FORMAT_QUOTED: return append_quoted(M, w, a, offset);
    default:
        if (!arg_number(M, w->args, w->n, w->next, &number)) return NATIVE_ERROR;
        error = format_number(&w->out, &w->f.spec, number);
        return error ? native_arg_error(M, w->args, w->n, w->next, "%s", error) : 0;
    }
}

enum { CONVERSIONS_STEP = 4 };

static int format(Machine *M, Work *w, Value *a)
{
    for (;;) {
        size_t offset = (size_t)(w->f.at - w->text->data), before = buffer_length(&w->out);
        FormatKind kind = format_next(&w->f);
        if (kind == FORMAT_END) break;
        if (kind == FORMAT_LITERAL) {
            if (!buffer_append(&w->out, w->f.literal, w->f.literal_length))
                return full_from(M, w, a, offset, before);
            lib_string_charge(M, w->f.literal_length);
            continue;
        }
        if (w->next >= w->n) return native_arg_error(M, w->args, w->n, w->next, "no value");
        if (kind == FORMAT_ERROR)
            return lib_error(M, string_new(w->f.error, w->f.error_length));
        int code = append_argument(M, w, a, offset);
        if (code) return code;
        if (UNLIKELY(w->out.error)) return full_from(M, w, a, offset, before);
        w->next++;
        if (w->next % CONVERSIONS_STEP == 0) M->fuel--;
        if (format_wants(&w->f.spec) != FORMAT_QUOTED)
            lib_string_charge(M, buffer_length(&w->out) - before);
        if (UNLIKELY(M->fuel < 0) && !native_go_on(M))
            return suspend(M, w, a, (size_t)(w->f.at - w->text->data));
    }
    const String *s = buffer_join(&w->out, w->done, true);
    if (!s) return full(M, w, a, w->text->length);
    NATIVE_RETURN(string_value(s));
}

static void load(Machine *M, Work *w, Value *a)
{
    w->args = a + SAVED;
    w->n = (int)value_to_double(a[ARGS]);
    w->done = value_string(a[RESULT]);
    w->next = (int)value_to_double(a[NEXT]);
    w->quoted = (size_t)value_to_double(a[QUOTED]);
    begin(M, w, (size_t)value_to_double(a[OFFSET]));
}

/* A __tostring has answered. Its %s is read once more. */
static int on_called(Machine *M, Value *a, int n)
{
    Work w;
    load(M, &w, a);
    w.next++;
    format_next(&w.f);
    append_value(&w, lib_result(M, 0));
    if (UNLIKELY(w.out.error)) return native_memory_error(M); /* it is asked once more */
    lib_string_charge(M, buffer_length(&w.out));
    return format(M, &w, a);
}

static int called(Machine *M, Value *a, int n) { return long_work_do(M, a, n, on_called); }

/* There were no steps left. */
static int on_resumed(Machine *M, Value *a, int n)
{
    Work w;
    load(M, &w, a);
    return format(M, &w, a);
}
static int resumed(Machine *M, Value *a, int n) { return long_work_do(M, a, n, on_resumed); }

static int format_all(Machine *M, Value *a, int n)
{
    Work w;
    if (!arg_string(M, a, n, 0)) return NATIVE_ERROR;
    w.args = a;
    w.n = n;
    w.done = NULL;
    w.next = 1;
    w.quoted = 0;
    begin(M, &w, 0);
    return format(M, &w, a);
}

int lib_string_format(Machine *M, Value *a, int n) { return long_work_do(M, a, n, format_all); }

static bool format_holds(const Value *a, size_t used)
{
    if (!frame_has_list(used, a[ARGS], a[NEXT], SAVED) || frame_size_in(a[ARGS]) == 0 ||
        !value_is_string(a[SAVED]))
        return false;
    size_t next = SAVED + frame_size_in(a[NEXT]), quoted = frame_size_in(a[QUOTED]);
    bool more = next < used && value_is_string(a[next]);
    return frame_size_in(a[OFFSET]) <= value_string(a[SAVED])->length &&
           quoted <= (more ? value_string(a[next])->length : 0);
}

const NativeDef natives_format[] = {
    NATIVE_CONTINUED("string.format:called", called, WORK_BYTES, "|string.format|", "isiii*",
                     .holds = format_holds),
    NATIVE_CONTINUED("string.format:resumed", resumed, WORK_BYTES, "|string.format|", "isiii*",
                     .holds = format_holds),
    NATIVE_ROWS_END,
};
