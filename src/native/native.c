/* SPDX-License-Identifier: MIT */
/*
 * What natives are written with: errors, arguments, calls, operations.
 *
 * Main invariant: a function that answers false, NULL or a NATIVE_ code has set what goes with
 * it: M->error, M->results, or the frame to be called.
 */
#include "native/native.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "control/eval.h"
#include "control/switch.h"
#include "operate/cause.h"
#include "operate/error.h"
#include "operate/operate.h"
#include "text/buffer.h"

/* Errors --------------------------------------------------------------------------- */

String *native_where(Machine *M, int level)
{
    assert(level >= 0 && "levels are counted from 0");
    if (!M->depth) return string_new("", 0);
    FrameCursor c = frame_cursor_running(M);
    for (int i = 1; i <= level; i++) {
        if (i % STEP_LEVELS == 0) M->fuel--;
        if (!frame_down_level(&c)) return string_new("", 0);
    }
    return error_where(c.fp, c.at);
}

int native_throw(Machine *M, Value error)
{
    error_raise(M, error);
    return NATIVE_ERROR;
}

int native_error(Machine *M, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    String *text = error_text(native_where(M, 1), format, ap, "");
    va_end(ap);
    error_raise_text(M, text);
    return NATIVE_ERROR;
}

int native_refuse(Machine *M, const Value *a, int n, const char *message)
{
    native_error(M, "%s", message);
    cause_set_native(M, a, (size_t)n);
    return NATIVE_ERROR;
}

TableBody *native_frozen(Machine *M)
{
    native_error(M, FROZEN_TEXT);
    return NULL;
}

bool native_set(Machine *M, Table *t, Value key, Value v)
{
    assert(key != V_NIL && "a key is no nil");
    TableBody *b = native_table_mut(M, t);
    if (b) table_set(b, key, v, M->run.epoch);
    return b != NULL;
}

int native_memory_error(Machine *M)
{
    if (M->limits.string_limited && !mem_short) {
        M->stop = STOP_STRING;
        error_set_memory(M);
        return NATIVE_PAUSE;
    }
    error_set_memory(M);
    return NATIVE_ERROR;
}

/* What is kept counts at once: else there was room for ever. */
int native_text_full(Machine *M, Buffer *b, const String **done)
{
    size_t length = buffer_length(b), before = *done ? (*done)->length : 0;
    int code = native_memory_error(M);
    if (code != NATIVE_PAUSE || !length || length > M->limits.string - before) return code;
    const String *s = buffer_keep(b, *done);
    M->stop = STOP_NONE;
    if (!s) return NATIVE_ERROR;
    *done = s;
    mem_count_beside(length);
    eval_poll_soon(M);
    return NATIVE_SUSPEND;
}

/* They are copied once, to who has called. */
static bool has_bytes_for(const Machine *M, size_t values)
{
    if (!M->limits.bytes_limited || mem_short || values < SEGMENT_SURE_MAX) return true;
    return values <= mem_room() / (2 * sizeof(Value));
}

bool native_may_give(const Machine *M, size_t values)
{
    return values < M->stack_max && has_bytes_for(M, values);
}

int native_stack_error(Machine *M, size_t count, const char *message)
{
    bool bytes = has_bytes_for(M, count);
    bool limited = (M->limits.stack_limited || !bytes) && count < STACK_MAX_DEFAULT;
    if (limited) M->stop = bytes ? STOP_STACK : STOP_BYTES;
    native_error(M, "%s", message);
    return limited ? NATIVE_PAUSE : NATIVE_ERROR;
}

/* The name by which the running native was called, for "bad argument". */
static const String *called_as(Machine *M, bool *method)
{
    FrameCursor c = frame_cursor_running(M);
    const char *kind;
    const String *name;
    *method = false;
    if (error_frame_name(&c, &kind, &name)) {
        *method = strcmp(kind, "method") == 0;
        return name;
    }
    name = error_global_name(M, c.fp[AT_FUNCTION]);
    return name ? name : string_from_c("?");
}

static String *text_before(Machine *M, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
static String *text_before(Machine *M, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    String *text = error_text(native_where(M, 1), format, ap, "");
    va_end(ap);
    return text;
}

/* C may give any number. */
int native_arg_error(Machine *M, const Value *a, int n, int i, const char *format, ...)
{
    bool method;
    const String *name = called_as(M, &method);
    int length = (int)name->length;
    String *text =
        method && i-- == 0
            ? text_before(M, "calling '%.*s' on bad self (", length, name->data)
            : text_before(M, "bad argument #%d to '%.*s' (", i + 1, length, name->data);
    va_list ap;
    va_start(ap, format);
    if (text) text = error_text(text, format, ap, ")");
    va_end(ap);
    error_raise_text(M, text);
    if (a) cause_set_native(M, a, (size_t)n);
    return NATIVE_ERROR;
}

int native_type_error(Machine *M, Value *a, int n, int i, const char *expected)
{
    assert(i >= 0 && "arguments are counted from 0");
    const char *got = i < n ? value_type_name(a[i]) : "no value";
    return native_arg_error(M, a, n, i, "%s expected, got %s", expected, got);
}

int native_results(Machine *M, const Value *values, size_t n)
{
    assert(n <= UINT32_MAX && "so many values fit a stack");
    assert((values || !n) && "values are somewhere");
    M->results = values;
    M->result_count = (uint32_t)n;
    return NATIVE_MANY;
}

/* Calls ---------------------------------------------------------------------------- */

int native_call(Machine *M, Value *a, int at, int n, NativeCont *cont)
{
    assert(at >= 0 && n >= 0 && "what is kept lies below what is called");
    Value *nf = a + at + NATIVE_HEADER;
    assert(nf + n <= M->segment->slots + M->segment->size &&
           "a call from a native fits the slack");
    frame_link(nf, (size_t)(nf - a), cont ? &glue_native : &glue_answer,
               (Value)(uintptr_t)cont);
    M->native = a;
    M->call_frame = nf;
    M->call_count = n;
    return NATIVE_CALL;
}

Value *native_room(Machine *M, Value *a, int used, size_t more)
{
    assert(used >= 0 && "what is used is not negative");
    Value *to = frame_grow(M, a, (size_t)used, (size_t)used + more);
    return to ? M->native = to : NULL;
}

/* Has cont go on with v as its one result, nothing having been called. */
static int go_on(Machine *M, Value *a, int at, Value v, NativeCont *cont)
{
    assert(cont && "somebody waits for the value");
    assert(value_is_valid(v) && "a result is a value");
    a[at] = v;
    M->results = a + at;
    M->result_count = 1;
    M->native = a;
    return cont(M, a, 1);
}

static int call_handler(Machine *M, Value *a, int at, Value handler, Value x, Value y,
                        NativeCont *cont)
{
    Value *f = a + at + NATIVE_HEADER - 1;
    f[0] = handler;
    f[1] = x;
    f[2] = y;
    return native_call(M, a, at, 2, cont);
}

int native_index(Machine *M, Value *a, int at, Value object, Value key, NativeCont *cont)
{
    Value out = V_NIL;
    switch (operate_index(M, &object, key, &out)) {
    case LOOKUP_DONE: return go_on(M, a, at, out, cont);
    case LOOKUP_CALL: return call_handler(M, a, at, out, object, key, cont);
    case LOOKUP_LOOP: error_set(M, a, NULL, "loop in gettable"); break;
    default:
        error_set_type(M, a, NULL, "index", NULL, object);
        cause_set(M, CAUSE_INDEX, "", (Value[]){object, key}, 2);
        break;
    }
    return NATIVE_ERROR; /* without position, as for all operations of a C function */
}

int native_less(Machine *M, Value *a, int at, Value x, Value y, NativeCont *cont)
{
    Value handler;
    switch (operate_compare(M, false, x, y, &handler)) {
    case COMPARED_TRUE: return go_on(M, a, at, V_TRUE, cont);
    case COMPARED_FALSE: return go_on(M, a, at, V_FALSE, cont);
    case COMPARED_CALL: return call_handler(M, a, at, handler, x, y, cont);
    default: break;
    }
    operate_compare_error(M, a, NULL, x, y);
    cause_set_native(M, (Value[]){x, y}, 2);
    if (M->cause) cause_set(M, CAUSE_OPERATOR, M->cause->name, (Value[]){x, y}, 2);
    return NATIVE_ERROR;
}

int native_tostring(Machine *M, Value *a, int at, Value v, NativeCont *cont)
{
    Value handler = meta_of(M, v, META_TOSTRING);
    if (handler == V_NIL) return go_on(M, a, at, value_to_text(M, v), cont);
    Value *f = a + at + NATIVE_HEADER - 1;
    f[0] = handler;
    f[1] = v;
    return native_call(M, a, at, 1, cont);
}

int native_length(Machine *M, Value *a, int at, Value v, NativeCont *cont)
{
    Value handler = value_is_string(v) ? V_NIL : meta_of(M, v, META_LEN);
    if (handler != V_NIL) {
        Value *f = a + at + NATIVE_HEADER - 1;
        f[0] = handler;
        f[1] = f[2] = v; /* twice, as for the operator */
        return native_call(M, a, at, 2, cont);
    }
    if (value_is_string(v))
        return go_on(M, a, at, value_number((double)value_string(v)->length), cont);
    if (value_is_table(v)) {
        int64_t length = table_length(heap_table(&M->run, value_pointer(v)));
        return go_on(M, a, at, value_number((double)length), cont);
    }
    error_set_type(M, a, NULL, "get length of", NULL, v);
    cause_set(M, CAUSE_OPERATOR, "#", &v, 1);
    return NATIVE_ERROR;
}

/* Arguments ------------------------------------------------------------------------ */

bool arg_any(Machine *M, Value *a, int n, int i)
{
    if (i < n) return true;
    native_arg_error(M, a, n, i, "value expected");
    return false;
}

bool arg_number_slow(Machine *M, Value *a, int n, int i, double *out)
{
    if (i < n && value_to_number(a[i], out)) return true;
    native_type_error(M, a, n, i, "number");
    return false;
}

bool arg_number_or(Machine *M, Value *a, int n, int i, double otherwise, double *out)
{
    *out = otherwise;
    return arg_absent(a, n, i) || arg_number(M, a, n, i, out);
}

String *arg_string_slow(Machine *M, Value *a, int n, int i)
{
    if (i < n && value_is_number(a[i])) {
        String *s = number_to_string(value_to_double(a[i]));
        a[i] = string_value(s);
        return s;
    }
    native_type_error(M, a, n, i, "string");
    return NULL;
}

bool arg_string_or_null(Machine *M, Value *a, int n, int i, String **out)
{
    *out = NULL;
    return arg_absent(a, n, i) || (*out = arg_string(M, a, n, i)) != NULL;
}

Table *arg_table(Machine *M, Value *a, int n, int i)
{
    if (i < n && value_is_table(a[i])) return value_pointer(a[i]);
    native_type_error(M, a, n, i, "table");
    return NULL;
}

bool arg_type(Machine *M, Value *a, int n, int i, LuaType type)
{
    if (i < n && value_type(a[i]) == type) return true;
    native_type_error(M, a, n, i, lua_type_name(type));
    return false;
}

bool arg_function(Machine *M, Value *a, int n, int i)
{
    return arg_type(M, a, n, i, TYPE_FUNCTION);
}

int arg_option(Machine *M, Value *a, int n, int i, const char *otherwise,
               const char *const *names)
{
    assert(names && "there are options");
    const char *text = otherwise;
    size_t length = otherwise ? strlen(otherwise) : 0;
    if (!otherwise || !arg_absent(a, n, i)) {
        String *s = arg_string(M, a, n, i);
        if (!s) return -1;
        text = s->data;
        length = strnlen(s->data, s->length); /* as C sees it */
    }
    for (int k = 0; names[k]; k++)
        if (strlen(names[k]) == length && memcmp(names[k], text, length) == 0) return k;
    native_arg_error(M, a, n, i, "invalid option '%.*s'", (int)length, text);
    return -1;
}

void *arg_userdata(Machine *M, Value *a, int n, int i, const void *tag, const char *type_name)
{
    if (i < n && value_is(a[i], OBJ_USERDATA)) {
        Userdata *u = value_pointer(a[i]);
        if (u->tag == tag) return u;
    }
    native_type_error(M, a, n, i, type_name);
    return NULL;
}

/* Values --------------------------------------------------------------------------- */

uint64_t value_printed_id(Value v)
{
    assert(value_is_object(v) && !value_is_string(v) &&
           "only what has an identity is told by it");
    Object *o = value_pointer(v);
    return object_type(o) == OBJ_LIGHT ? (uint64_t)(uintptr_t)((Light *)o)->pointer
                                       : object_id(o);
}

Value value_to_text(Machine *M, Value v)
{
    assert(value_is_valid(v) && "a value has a text");
    (void)M;
    if (value_is_number(v)) return string_value(number_to_string(value_to_double(v)));
    if (value_is_string(v)) return v;
    if (v == V_NIL) return new_string("nil", 3);
    if (v <= V_TRUE) return v == V_TRUE ? new_string("true", 4) : new_string("false", 5);
    char text[64];
    /* an id, not an address: the same in every replay */
    int n = snprintf(text, sizeof text, "%s: 0x%08llx", value_type_name(v),
                     (unsigned long long)value_printed_id(v));
    return new_string(text, (size_t)n);
}

const char *native_field(const NativeDef *def)
{
    const char *dot = strrchr(def->name, '.');
    return dot ? dot + 1 : def->name;
}

Native *native_new(Machine *M, const NativeDef *def, int upvalues)
{
    assert(def->fn && "a row has a function");
    assert(upvalues >= 0 && "an upvalue is there or not");
    Native *f = run_new_native(&M->run, def->fn, native_field(def), upvalues);
    if (def->control) f->h.flags |= NATIVE_CONTROL;
    if (def->hides) f->h.flags |= NATIVE_HIDES;
    if (def->unseen) f->h.flags |= NATIVE_UNSEEN;
    return f;
}

const NativeDef *native_row(const NativeDef *rows, const char *name)
{
    while (strcmp(rows->name, name) != 0) rows++;
    return rows;
}

void native_register(Machine *M, Table *t, const NativeDef *defs)
{
    for (; defs->name; defs++)
        if (defs->place == PLACE_FIELD)
            run_set_field(&M->run, t, native_field(defs), native_value(M, defs));
}

/* Nobody's frame stands above that of a suspended native. */
int native_suspend(Machine *M, Value *a, int at, NativeCont *cont)
{
    a[at + NATIVE_HEADER - 1] = V_NIL;
    native_call(M, a, at, 0, cont);
    return NATIVE_SUSPEND;
}

int native_suspend_worlds(Machine *M, Value *a, int at, NativeCont *cont, State *world,
                          State *inner)
{
    size_t distance = (size_t)at + frame_kinds[N_GLUE_WORLDS].header;
    Value *nf = frame_link(a + distance, distance, &glue_worlds, (Value)(uintptr_t)cont);
    nf[AT_WORLD] = value_object(world);
    nf[AT_INNER] = inner ? value_object(inner) : V_NIL;
    nf[AT_FUNCTION] = V_NIL;
    M->native = a;
    M->call_frame = nf;
    return NATIVE_SUSPEND;
}

Value native_pcall_unseen(Machine *M)
{
    static const NativeDef row = NATIVE_PCALL_UNSEEN;
    return native_value(M, &row);
}

String *native_traceback(Machine *M, const Coroutine *co, const String *message, int level)
{
    FrameCursor c;
    if (!co || co == M->run.co) {
        c = frame_cursor_running(M);
    } else {
        const CoBody *b = heap_coroutine(&M->run, co);
        if (!b->segment || b->status == CO_FRESH) {
            String *s = message ? string_concat(message, "\n", 1) : string_new("", 0);
            return string_concat(s, "stack traceback:", 16);
        }
        c = frame_cursor(b->segment, b->segment->slots + b->fp, b->node);
    }
    return error_traceback(M, c, message, machine_string_room(M), 0, level);
}
