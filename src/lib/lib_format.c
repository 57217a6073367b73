/* SPDX-License-Identifier: MIT */
/*
 * string.format (manual 6.4), with lib/format.h's conversions.
 *
 * The result grows in a Buffer. When %s calls a __tostring, the arguments move up, and
 * the frame keeps below them what is needed to go on:
 *
 *   a[0] n  [1] result so far  [2] offset of the %s  [3] its argument  [4..4+n) arguments
 */
#include "lib/lib_string.h"

#include "lib/buffer.h"
#include "lib/format.h"

enum { ARGS, RESULT, OFFSET, NEXT, SAVED };

typedef struct Work {
    Format f;
    Buffer out;
    const String *done; /* what comes before out, or NULL */
    const String *text; /* the format */
    Value *args;        /* in the frame: where they were, or moved up */
    int n, next;        /* arguments, and the next one */
} Work;

/* To go on at an offset of the format. */
static void begin(Run *R, Work *w, size_t offset)
{
    w->text = value_string(w->args[0]);
    format_init(&w->f, w->text->data + offset, w->text->length - offset);
    buffer_init(&w->out, run_string_room(R));
}

/* The whole result; NULL when there is no room. */
static const String *finish(Run *R, Work *w)
{
    if (!w->done) return buffer_finish(&w->out);
    if (w->out.error || w->out.length + w->done->length > run_string_room(R)) return NULL;
    return string_concat(w->done, w->out.data, w->out.length);
}

/* %s ------------------------------------------------------------------------------- */

static int called(Run *R, Value *a, int n);

/* Has Lua make a string of argument w->next, whose conversion starts at `offset`. */
static int call_tostring(Run *R, Work *w, Value *a, size_t offset)
{
    const String *done = finish(R, w);
    if (!done) return native_memory_error(R);
    if (w->args == a) memmove(a + SAVED, a, (size_t)w->n * sizeof(Value));
    a[ARGS] = value_number(w->n);
    a[RESULT] = string_value(done);
    a[OFFSET] = value_number((double)offset);
    a[NEXT] = value_number(w->next);
    return native_tostring(R, a, SAVED + w->n, a[SAVED + w->next], called);
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

static int append_any(Run *R, Work *w, Value *a, size_t offset)
{
    Value v = w->args[w->next];
    if (value_is_number(v)) {
        append_value(w, v);
    } else if (meta_of(R, v, META_TOSTRING) != V_NIL) {
        return call_tostring(R, w, a, offset);
    } else {
        append_value(w, value_is_string(v) ? v : value_to_text(R, v));
    }
    return 0;
}

/* All conversions ------------------------------------------------------------------ */

/* Converts argument w->next: 0, or what the native must answer. */
static int append_argument(Run *R, Work *w, Value *a, size_t offset)
{
    double number;
    const String *s;
    const char *error;
    switch (format_wants(&w->f.spec)) {
    case FORMAT_STRING: return append_any(R, w, a, offset);
    case FORMAT_QUOTED:
        if (!(s = arg_string(R, w->args, w->n, w->next))) return NATIVE_ERROR;
        format_quoted(&w->out, s->data, s->length);
        return 0;
    default:
        if (!arg_number(R, w->args, w->n, w->next, &number)) return NATIVE_ERROR;
        error = format_number(&w->out, &w->f.spec, number);
        return error ? native_arg_error(R, w->next, "%s", error) : 0;
    }
}

static int format(Run *R, Work *w, Value *a)
{
    for (;;) {
        size_t offset = (size_t)(w->f.at - w->text->data);
        FormatKind kind = format_next(&w->f);
        if (kind == FORMAT_END) break;
        if (kind == FORMAT_LITERAL) {
            buffer_append(&w->out, w->f.literal, w->f.literal_length);
            continue;
        }
        if (w->next >= w->n) return native_arg_error(R, w->next, "no value");
        if (kind == FORMAT_ERROR)
            return lib_error(R, string_new(w->f.error, w->f.error_length));
        int code = append_argument(R, w, a, offset);
        if (code) return code;
        w->next++;
    }
    const String *s = finish(R, w);
    if (!s) return native_memory_error(R);
    lib_string_charge(R, s->length);
    NATIVE_RETURN(string_value(s));
}

/* A __tostring has answered. Its %s is read once more. */
static int called(Run *R, Value *a, int n)
{
    Work w;
    w.args = a + SAVED;
    w.n = (int)value_to_double(a[ARGS]);
    w.done = value_string(a[RESULT]);
    w.next = (int)value_to_double(a[NEXT]) + 1;
    begin(R, &w, (size_t)value_to_double(a[OFFSET]));
    format_next(&w.f);
    append_value(&w, lib_result(R, 0));
    return format(R, &w, a);
}

int lib_string_format(Run *R, Value *a, int n)
{
    Work w;
    if (!arg_string(R, a, n, 0)) return NATIVE_ERROR;
    w.args = a;
    w.n = n;
    w.done = NULL;
    w.next = 1;
    begin(R, &w, 0);
    return format(R, &w, a);
}
