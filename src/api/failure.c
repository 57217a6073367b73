/* SPDX-License-Identifier: MIT */
/*
 * Errors as records in collected memory, with the stack as it was.
 *
 * Main invariant: an error has copies of all texts that it tells, so it is read when the run is
 * over.
 */
#include "api/api.h"

#include <stdio.h>

#include "operate/cause.h"
#include "operate/error.h"
#include "stack/upvalue.h"
#include "tree/text.h"

enum {
    FRAMES_MAX = 400,
    CUT_TEXT = 1000, /* bytes of a text that there is no memory for, and of a name at most */
    TRACE_ROOM = 1 << 20 /* for the names in a traceback */
};

/* Nothing is copied to say that there is no memory. */
const char *api_c_text(const char *bytes, size_t length)
{
    if (bytes == string_no_memory()->data) return "not enough memory";
    char *text = mem_try_alloc_atomic(length + 1);
    if (!text) text = mem_alloc_atomic((length = CUT_TEXT) + 1);
    if (length) memcpy(text, bytes, length);
    text[length] = 0;
    return text;
}

static const char *text_of(const String *s) { return api_c_text(s->data, s->length); }

moonlet_error *api_error(moonlet_error_kind kind, Value value, const char *message,
                         size_t length)
{
    moonlet_error *e = mem_alloc(sizeof *e);
    e->kind = kind;
    e->value = value_out(value);
    e->message = e->traceback = api_c_text(message, length);
    e->cause.name = "";
    return e;
}

/* Where ------------------------------------------------------------------------------- */

static const char *line_of(const String *source, int line)
{
    const char *at = source->data, *end = at + source->length, *stop;
    while (--line > 0) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at) return NULL;
        at++;
    }
    stop = memchr(at, '\n', (size_t)(end - at));
    return api_c_text(at, (size_t)((stop ? stop : end) - at));
}

void api_error_at(moonlet_error *e, const String *chunk_name, int line, AstPlace at)
{
    char id[CHUNK_ID_MAX];
    if (!at.column) at.line = line;
    chunk_id(chunk_name, id);
    e->chunk = api_c_text(id, strlen(id));
    e->line = line;
    e->column = at.column;
    e->column_line = at.line;
    char first = chunk_name->length ? *chunk_name->data : 0;
    if (first == '@')
        e->file = api_c_text(chunk_name->data + 1, chunk_name->length - 1);
    else if (first != '=' && line > 0) {
        e->source = line_of(chunk_name, line);
        e->column_source = at.line == line ? e->source : line_of(chunk_name, at.line);
    }
}

/* The stack --------------------------------------------------------------------------- */

static Value plain(Machine *M, Value v)
{
    return value_is(v, OBJ_CELL) ? heap_cell(&M->run, value_pointer(v)) : v;
}

static void set_arguments(Machine *M, moonlet_frame *f, const Value *fp)
{
    const Proto *p = frame_proto(fp);
    uint32_t extra = frame_vararg_count(fp);
    if (p->params + extra == 0) return;
    moonlet_value *v = mem_try_alloc((p->params + extra) * sizeof *v);
    if (!v) return;
    for (uint32_t i = 0; i < p->params; i++) v[i] = value_out(plain(M, fp[i]));
    for (uint32_t i = 0; i < extra; i++) v[p->params + i] = value_out(frame_varargs(fp)[i]);
    f->arguments = v;
    f->count = p->params + extra;
}

/* A name may be as long as a program, and be that of each frame. */
static const char *name_of(const String *s)
{
    return api_c_text(s->data, s->length < CUT_TEXT ? s->length : CUT_TEXT);
}

/* What a native is called in the libraries: as in a frame above it, or it is looked for. */
static const char *native_name(Machine *M, Value v, const moonlet_frame *f, size_t above)
{
    for (const moonlet_frame *x = f; above--;)
        if ((--x)->function.bits == f->function.bits && strcmp(x->kind, "function") == 0)
            return x->name;
    const String *name = error_global_name(M, v);
    return name ? name_of(name) : NULL;
}

static void set_name(Machine *M, moonlet_frame *f, const FrameCursor *c, size_t above)
{
    const String *name;
    bool lua = frame_is_lua(c->fp);
    if (error_frame_name(c, &f->kind, &name)) {
        f->name = name_of(name);
        return;
    }
    f->kind = lua && !frame_proto(c->fp)->source->line ? "main chunk" : "function";
    if (!lua) f->name = native_name(M, c->fp[AT_FUNCTION], f, above);
}

/* The frame that has so many above it in its record. entered: its function has begun, the
 * parameters are there. */
static void set_frame(Machine *M, moonlet_frame *f, const FrameCursor *c, size_t above,
                      bool entered)
{
    f->function = value_out(upvalue_identity(c->fp[AT_FUNCTION]));
    set_name(M, f, c, above);
    f->chunk = "[C]";
    if (!frame_is_lua(c->fp)) return;
    const AstFunction *source = frame_proto(c->fp)->source;
    char id[CHUNK_ID_MAX];
    chunk_id(source->chunk_name, id);
    f->chunk = api_c_text(id, strlen(id));
    int line = error_line(c->fp, c->at);
    f->line = line > 0 ? line : 0;
    f->line_defined = source->line;
    if (entered) set_arguments(M, f, c->fp);
}

/* Appends the frames from the cursor down. */
static void add_frames(Machine *M, moonlet_error *e, FrameCursor c)
{
    size_t count = e->count, more = 1;
    if (!frame_skip_uncalled(&c)) return;
    for (FrameCursor x = c; frame_down_level(&x);) more++;
    if (count + more > FRAMES_MAX) more = FRAMES_MAX > count ? FRAMES_MAX - count : 0;
    if (!more) return;
    moonlet_frame *frames = mem_try_alloc((count + more) * sizeof *frames);
    if (!frames) return;
    if (count) memcpy(frames, e->frames, count * sizeof *frames);
    bool entered = error_line(c.fp, c.at) >= 0;
    for (size_t i = 0; i < more; i++) {
        set_frame(M, &frames[count + i], &c, count + i, entered);
        entered = true;
        frame_down_level(&c);
    }
    e->frames = frames;
    e->count = count + more;
}

/* Errors of runs ---------------------------------------------------------------------- */

static moonlet_error_kind kind_of(const Machine *M)
{
    if (M->raised == RAISED_BY_MEMORY) return MOONLET_ERROR_MEMORY;
    if (M->fatal) return MOONLET_ERROR_LIMIT;
    switch (M->raised) {
    case RAISED_BY_HOST: return MOONLET_ERROR_HOST;
    default: return MOONLET_ERROR_RUNTIME;
    }
}

/* The innermost Lua function's line. */
static void set_place(const Machine *M, moonlet_error *e, FrameCursor c)
{
    do {
        int line = error_line(c.fp, c.at);
        if (line < 0) continue;
        AstPlace at = error_place(M, c.fp, c.at);
        api_error_at(e, frame_proto(c.fp)->source->chunk_name, line, at);
        return;
    } while (frame_down(&c));
}

_Static_assert((int)MOONLET_CAUSE_NATIVE == (int)CAUSE_NATIVE, "kinds have the same numbers");

moonlet_cause api_cause(const Machine *M)
{
    const Cause *c = M->cause;
    if (!c) return (moonlet_cause){.name = ""};
    return (moonlet_cause){(moonlet_cause_kind)c->kind, c->name, c->count,
                           (const moonlet_value *)c->about};
}

moonlet_error *api_error_of_run(HostRun *S, Value *fp, const Node *n)
{
    Machine *M = S->M;
    Value v = M->error;
    bool plain_text = value_is_string(v) || value_is_number(v);
    const String *text = plain_text ? value_string(value_to_text(M, v)) : NULL;
    char other[64];
    int length =
        snprintf(other, sizeof other, "(error object is a %s value)", value_type_name(v));
    moonlet_error *e = api_error(kind_of(M), v, text ? text->data : other,
                                 text ? text->length : (size_t)length);
    e->cause = api_cause(M);
    if (!fp || mem_is_spent()) return e; /* what is left of the reserve is for other things */
    FrameCursor c = frame_cursor(M->segment, fp, n);
    set_place(M, e, c);
    add_frames(M, e, c);
    if (!text) text = string_from_c(other);
    const String *trace = error_traceback(M, c, text, text->length + TRACE_ROOM, 1, 1);
    if (trace) e->traceback = text_of(trace); /* else it remains the message */
    return e;
}

moonlet_result moonlet_stacktrace(const moonlet_state *s)
{
    assert_live(s);
    moonlet_result r = api_answer(s, NULL, 0);
    moonlet_error *e = api_error(MOONLET_ERROR_LIMIT, V_NIL, "paused", 6);
    Machine *M = machine_begin(s->state);
    for (const Coroutine *co = s->state->base->paused; co;) {
        const CoBody *b = heap_coroutine(&M->run, co);
        FrameCursor c = frame_cursor(b->segment, b->segment->slots + b->fp, b->node);
        if (co == s->state->base->paused) set_place(M, e, c);
        add_frames(M, e, c);
        co = b->resumer;
    }
    machine_end(M);
    handle_set_error(r.state, e);
    r.error = e;
    return r;
}
