/* SPDX-License-Identifier: MIT */
/*
 * Host functions that look outside, where they are recorded or replayed.
 *
 *   answer  [steps taken | bytes counted | value ...]
 *   value   [0 | 1 | 2 | 3 double | 4 n bytes]
 *
 * The steps and the bytes are what the call took beside its results, so that a replay takes as
 * many though it does not call.
 *
 * Main invariant: a replay answers what was recorded and calls nothing, and takes the same
 * steps and bytes.
 */
#include "api/host/host.h"
#include "image/bytes.h"
#include "outside/outside.h"

#include <stdlib.h>

enum { IS_NIL, IS_FALSE, IS_TRUE, IS_NUMBER, IS_STRING };

/* Recording --------------------------------------------------------------------------- */

static bool write_value(ByteSink *out, Value v)
{
    if (v == V_NIL || value_is_boolean(v)) {
        sink_byte(out, v == V_NIL ? IS_NIL : v == V_TRUE ? IS_TRUE : IS_FALSE);
    } else if (value_is_number(v)) {
        double d = value_to_double(v);
        uint64_t word;
        memcpy(&word, &d, sizeof word);
        sink_byte(out, IS_NUMBER);
        sink_word(out, word);
    } else if (value_is_string(v)) {
        const String *s = value_string(v);
        sink_byte(out, IS_STRING);
        sink_number(out, s->length);
        sink_bytes(out, s->data, s->length);
    } else {
        return false;
    }
    return !out->failed;
}

static int refuse(Machine *M, const HostFunction *f, const char *what)
{
    return native_error(M, "function '%s' looks outside and %s, which cannot be recorded",
                        f->name ? f->name : "?", what);
}

static int record_call(Machine *M, const HostFunction *f, Value *a, int n)
{
    ByteSink out = {0};
    int64_t spent = machine_spent(M);
    uint64_t counted = run_counted(&M->run);
    int code = host_enter(M, f, a, n);
    bool many = code == NATIVE_MANY, failed = code == NATIVE_ERROR;
    if (code == NATIVE_PAUSE) return code;
    if (code < 0 && !many && !failed) return refuse(M, f, "calls Lua");
    const Value *values = failed ? &M->error : many ? M->results : M->native;
    size_t count = failed ? 1 : many ? M->result_count : (size_t)code;
    sink_signed(&out, machine_spent(M) - spent);
    sink_number(&out, run_counted(&M->run) - counted);
    bool good = true;
    for (size_t i = 0; i < count && good; i++) good = write_value(&out, values[i]);
    if (good) outside_write(M, failed ? SEEN_ERROR : SEEN_VALUES, out.bytes, out.length);
    sink_free(&out);
    return good ? code : refuse(M, f, "gives what is no plain value");
}

/* Replaying --------------------------------------------------------------------------- */

static Value read_value(ByteSource *s)
{
    uint64_t word;
    double d;
    size_t length;
    switch (source_byte(s)) {
    case IS_FALSE: return V_FALSE;
    case IS_TRUE: return V_TRUE;
    case IS_NUMBER:
        word = source_word(s);
        memcpy(&d, &word, sizeof d);
        return value_number_checked(d);
    case IS_STRING:
        length = source_count(s, 1);
        return new_string((const char *)source_bytes(s, length), length);
    default: return V_NIL;
    }
}

static Value *read_values(ByteSource *s, size_t *count)
{
    size_t most = source_left(s);
    Value *values = mem_try_alloc((most + 1) * sizeof *values);
    *count = 0;
    while (values && !s->failed && s->at < s->end) values[(*count)++] = read_value(s);
    return values;
}

static int replay_call(Machine *M)
{
    const Outside *o = M->outside;
    bool failed = o->at < o->length && o->log[o->at] == SEEN_ERROR;
    size_t length, count;
    const uint8_t *bytes = outside_read(M, failed ? SEEN_ERROR : SEEN_VALUES, &length);
    ByteSource s = {.at = bytes, .end = bytes + length};
    int64_t steps = source_signed(&s);
    uint64_t allocated = source_number(&s);
    uint64_t counted = mem_count_stop();
    int64_t *meter = mem_meter;
    mem_meter = NULL;
    Value *values = read_values(&s, &count);
    mem_meter = meter;
    mem_count_go_on(counted + (allocated >> 40 ? 0 : allocated));
    if (!values) return native_memory_error(M);
    if (steps < INT32_MAX && steps > INT32_MIN) M->fuel -= steps;
    if (failed && count) return native_throw(M, values[0]);
    return native_results(M, values, count);
}

int host_record_call(Machine *M, const HostFunction *f, Value *a, int n)
{
    return outside_recalls(M) ? replay_call(M) : record_call(M, f, a, n);
}
