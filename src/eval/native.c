/* SPDX-License-Identifier: MIT */
#include "eval/native.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "eval/error.h"
#include "eval/eval.h"
#include "eval/operate.h"
#include "eval/switch.h"

/* Errors --------------------------------------------------------------------------- */

static String *format_text(const char *format, va_list ap)
{
    char text[512];
    int n = vsnprintf(text, sizeof text, format, ap);
    return string_new(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

String *native_where(Run *R, int level)
{
    FrameCursor c = frame_cursor_running(R);
    for (; level > 0; level--)
        if (!frame_down(&c)) return string_new("", 0);
    return error_where(c.fp, c.at);
}

int native_throw(Run *R, Value error)
{
    R->error = error;
    return NATIVE_ERROR;
}

int native_error(Run *R, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    String *text = format_text(format, ap);
    va_end(ap);
    return native_throw(
        R, string_value(string_concat(native_where(R, 1), text->data, text->length)));
}

int native_memory_error(Run *R)
{
    if (R->string_limited) {
        R->stop = STOP_STRING;
        error_set_memory(R);
        return NATIVE_PAUSE;
    }
    error_set_memory(R);
    return NATIVE_ERROR;
}

int native_stack_error(Run *R, size_t count, const char *message)
{
    bool limited = R->stack_limited && count < STACK_MAX_DEFAULT;
    if (limited) R->stop = STOP_STACK;
    native_error(R, "%s", message);
    return limited ? NATIVE_PAUSE : NATIVE_ERROR;
}

/* The name by which the running native was called, for "bad argument". */
static void called_as(Run *R, char out[64], bool *method)
{
    FrameCursor c = frame_cursor_running(R);
    const char *kind;
    const String *name;
    *method = false;
    if (error_frame_name(&c, &kind, &name)) {
        snprintf(out, 64, "%.*s", (int)(name->length < 60 ? name->length : 60), name->data);
        *method = strcmp(kind, "method") == 0;
    } else if (!error_global_name(R, c.fp[-1], out, 64)) {
        snprintf(out, 64, "?");
    }
}

int native_arg_error(Run *R, int i, const char *format, ...)
{
    char name[64];
    bool method;
    va_list ap;
    va_start(ap, format);
    String *text = format_text(format, ap);
    va_end(ap);
    called_as(R, name, &method);
    int length = (int)text->length;
    if (method && i-- == 0)
        return native_error(R, "calling '%s' on bad self (%.*s)", name, length, text->data);
    return native_error(R, "bad argument #%d to '%s' (%.*s)", i + 1, name, length, text->data);
}

int native_type_error(Run *R, Value *a, int n, int i, const char *expected)
{
    const char *got = i < n ? value_type_name(a[i]) : "no value";
    return native_arg_error(R, i, "%s expected, got %s", expected, got);
}

int native_results(Run *R, const Value *values, size_t n)
{
    R->results = values;
    R->result_count = (uint32_t)n;
    return NATIVE_MANY;
}

/* Calls ---------------------------------------------------------------------------- */

int native_call(Run *R, Value *a, int at, int n, NativeCont *cont)
{
    Value *nf = a + at + NATIVE_HEADER;
    nf[-4] = (Value)(nf - a);
    nf[-3] = (Value)(uintptr_t)cont;
    nf[-2] = value_object(&glue_native);
    R->native = a;
    R->call_frame = nf;
    R->call_count = n;
    return NATIVE_CALL;
}

Value *native_room(Run *R, Value *a, int used, size_t more)
{
    Value *to = frame_native_room(R, a, (size_t)used, (size_t)used + more);
    return to ? R->native = to : NULL;
}

/* Has cont go on with v as its one result, nothing having been called. */
static int go_on(Run *R, Value *a, int at, Value v, NativeCont *cont)
{
    a[at] = v;
    R->results = a + at;
    R->result_count = 1;
    R->native = a;
    return cont(R, a, 1);
}

static int call_handler(Run *R, Value *a, int at, Value handler, Value x, Value y,
                        NativeCont *cont)
{
    Value *f = a + at + NATIVE_HEADER - 1;
    f[0] = handler;
    f[1] = x;
    f[2] = y;
    return native_call(R, a, at, 2, cont);
}

int native_index(Run *R, Value *a, int at, Value object, Value key, NativeCont *cont)
{
    Value out = V_NIL;
    switch (operate_index(R, &object, key, &out)) {
    case LOOKUP_DONE: return go_on(R, a, at, out, cont);
    case LOOKUP_CALL: return call_handler(R, a, at, out, object, key, cont);
    case LOOKUP_LOOP: error_set(R, a, NULL, "loop in gettable"); break;
    default: error_set_type(R, a, NULL, "index", NULL, object); break;
    }
    return NATIVE_ERROR; /* without position, as for all operations of a C function */
}

int native_less(Run *R, Value *a, int at, Value x, Value y, NativeCont *cont)
{
    Value handler;
    switch (operate_compare(R, false, x, y, &handler)) {
    case COMPARED_TRUE: return go_on(R, a, at, V_TRUE, cont);
    case COMPARED_FALSE: return go_on(R, a, at, V_FALSE, cont);
    case COMPARED_CALL: return call_handler(R, a, at, handler, x, y, cont);
    default: break;
    }
    operate_compare_error(R, a, NULL, x, y);
    return NATIVE_ERROR;
}

int native_tostring(Run *R, Value *a, int at, Value v, NativeCont *cont)
{
    Value handler = meta_of(R, v, META_TOSTRING);
    if (handler == V_NIL) return go_on(R, a, at, value_to_text(R, v), cont);
    Value *f = a + at + NATIVE_HEADER - 1;
    f[0] = handler;
    f[1] = v;
    return native_call(R, a, at, 1, cont);
}

int native_length(Run *R, Value *a, int at, Value v, NativeCont *cont)
{
    Value handler = value_is_string(v) ? V_NIL : meta_of(R, v, META_LEN);
    if (handler != V_NIL) {
        Value *f = a + at + NATIVE_HEADER - 1;
        f[0] = handler;
        f[1] = v;
        return native_call(R, a, at, 1, cont);
    }
    if (value_is_string(v))
        return go_on(R, a, at, value_number((double)value_string(v)->length), cont);
    if (value_is_table(v)) {
        int64_t length = table_length(heap_table(R, value_pointer(v)));
        return go_on(R, a, at, value_number((double)length), cont);
    }
    error_set_type(R, a, NULL, "get length of", NULL, v);
    return NATIVE_ERROR;
}

/* Arguments ------------------------------------------------------------------------ */

bool arg_any(Run *R, Value *a, int n, int i)
{
    (void)a;
    if (i < n) return true;
    native_arg_error(R, i, "value expected");
    return false;
}

bool arg_number_slow(Run *R, Value *a, int n, int i, double *out)
{
    if (i < n && value_to_number(a[i], out)) return true;
    native_type_error(R, a, n, i, "number");
    return false;
}

bool arg_number_or(Run *R, Value *a, int n, int i, double otherwise, double *out)
{
    *out = otherwise;
    return arg_absent(a, n, i) || arg_number(R, a, n, i, out);
}

int64_t double_to_integer(double d)
{
    if (d >= -9223372036854775808.0 && d < 9223372036854775808.0) return (int64_t)d;
    return INT64_MIN; /* what the conversion instruction of x86-64 answers */
}

bool arg_integer(Run *R, Value *a, int n, int i, int64_t *out)
{
    double d;
    if (!arg_number(R, a, n, i, &d)) return false;
    *out = double_to_integer(d);
    return true;
}

bool arg_integer_or(Run *R, Value *a, int n, int i, int64_t otherwise, int64_t *out)
{
    *out = otherwise;
    return arg_absent(a, n, i) || arg_integer(R, a, n, i, out);
}

String *arg_string(Run *R, Value *a, int n, int i)
{
    if (i < n && value_is_string(a[i])) return value_string(a[i]);
    if (i < n && value_is_number(a[i])) {
        String *s = number_to_string(value_to_double(a[i]));
        a[i] = string_value(s);
        return s;
    }
    native_type_error(R, a, n, i, "string");
    return NULL;
}

bool arg_string_or_null(Run *R, Value *a, int n, int i, String **out)
{
    *out = NULL;
    return arg_absent(a, n, i) || (*out = arg_string(R, a, n, i)) != NULL;
}

Table *arg_table(Run *R, Value *a, int n, int i)
{
    if (i < n && value_is_table(a[i])) return value_pointer(a[i]);
    native_type_error(R, a, n, i, "table");
    return NULL;
}

bool arg_type(Run *R, Value *a, int n, int i, LuaType type)
{
    if (i < n && value_type(a[i]) == type) return true;
    native_type_error(R, a, n, i, lua_type_name(type));
    return false;
}

bool arg_function(Run *R, Value *a, int n, int i)
{
    return arg_type(R, a, n, i, TYPE_FUNCTION);
}

int arg_option(Run *R, Value *a, int n, int i, const char *otherwise, const char *const *names)
{
    const char *text = otherwise;
    size_t length = otherwise ? strlen(otherwise) : 0;
    if (!otherwise || !arg_absent(a, n, i)) {
        String *s = arg_string(R, a, n, i);
        if (!s) return -1;
        text = s->data;
        length = s->length;
    }
    for (int k = 0; names[k]; k++)
        if (strlen(names[k]) == length && memcmp(names[k], text, length) == 0) return k;
    native_arg_error(R, i, "invalid option '%.*s'", (int)(length < 200 ? length : 200), text);
    return -1;
}

void *arg_userdata(Run *R, Value *a, int n, int i, const void *tag, const char *type_name)
{
    if (i < n && value_is(a[i], OBJ_USERDATA)) {
        Userdata *u = value_pointer(a[i]);
        if (u->tag == tag) return u;
    }
    native_type_error(R, a, n, i, type_name);
    return NULL;
}

/* Values --------------------------------------------------------------------------- */

static uint64_t printed_id(Value v)
{
    Object *o = value_pointer(v);
    return object_type(o) == OBJ_LIGHT ? (uint64_t)(uintptr_t)((Light *)o)->pointer
                                       : object_id(o);
}

Value value_to_text(Run *R, Value v)
{
    (void)R;
    if (value_is_number(v)) return string_value(number_to_string(value_to_double(v)));
    if (value_is_string(v)) return v;
    if (v == V_NIL) return new_string("nil", 3);
    if (v <= V_TRUE) return v == V_TRUE ? new_string("true", 4) : new_string("false", 5);
    char text[64];
    /* an id, not an address: the same in every replay */
    int n = snprintf(text, sizeof text, "%s: 0x%08llx", value_type_name(v),
                     (unsigned long long)printed_id(v));
    return new_string(text, (size_t)n);
}

void native_register(Run *R, Table *t, const NativeDef *defs)
{
    for (; defs->name; defs++)
        run_set_field(R, t, defs->name,
                      value_object(run_new_native(R, defs->fn, defs->name, 0)));
}

Native *native_control(Run *R, NativeFn *exec, const char *name, int upvalues)
{
    Native *f = run_new_native(R, exec, name, upvalues);
    f->h.flags |= NATIVE_CONTROL;
    return f;
}

NativeFn *native_pcall(void) { return (NativeFn *)(void (*)(void))control_pcall; }
NativeFn *native_xpcall(void) { return (NativeFn *)(void (*)(void))control_xpcall; }
NativeFn *native_resume(void) { return (NativeFn *)(void (*)(void))control_resume; }
NativeFn *native_yield(void) { return (NativeFn *)(void (*)(void))control_yield; }
NativeFn *native_wrapped(void) { return (NativeFn *)(void (*)(void))control_wrapped; }

String *native_traceback(Run *R, const Coroutine *co, const char *message, int level)
{
    FrameCursor c = frame_cursor_running(R);
    if (co && co != R->co) {
        const CoBody *b = heap_coroutine(R, co);
        if (!b->segment || b->status == CO_FRESH) {
            String *s = string_from_c(message ? message : "");
            if (message) s = string_concat(s, "\n", 1);
            return string_concat(s, "stack traceback:", 16);
        }
        c = frame_cursor(b->segment, b->segment->slots + b->fp, b->node);
    }
    return error_traceback(R, c, message, message ? strlen(message) : 0, 0, level);
}
