/* SPDX-License-Identifier: MIT */
/*
 * What host functions ask of control beyond calls: protected calls, yields, resuming; and
 * going on with a program that waits for values.
 *
 * Main invariant: a host function that asks for control has ended when that is given: it goes
 * on in `then` alone.
 */
#include "api/host/host.h"
#include "lib/natives.h"
#include "stack/frame.h"

/* Calls a library's function with `first` before the arguments, where it is not nil. */
static int call_library(moonlet_context *c, const char *name, moonlet_value first,
                        const moonlet_value *args, size_t count, moonlet_function *then,
                        moonlet_value data)
{
    assert_context(c);
    moonlet_value f = value_out(native_value(c->M, natives_by_name(name)));
    moonlet_value few[8], *all = few;
    bool more = moonlet_type_of(first) != MOONLET_NIL;
    if (count + 1 > sizeof few / sizeof *few) all = (moonlet_value *)api_values(count);
    if (!all) return native_memory_error(c->M);
    all[0] = first;
    if (count) memcpy(all + more, args, count * sizeof *all);
    return moonlet_call_then(c, f, all, count + more, then, data);
}

int moonlet_pcall_then(moonlet_context *c, moonlet_value function, const moonlet_value *args,
                       size_t count, moonlet_function *then, moonlet_value data)
{
    assert_array(args, count);
    if (moonlet_type_of(function) == MOONLET_NIL) /* pcall(nil) is an error of pcall's */
        return moonlet_fail(c, "attempt to call a nil value");
    return call_library(c, "pcall", function, args, count, then, data);
}

int moonlet_yield_then(moonlet_context *c, const moonlet_value *values, size_t count,
                       moonlet_function *then, moonlet_value data)
{
    assert_array(values, count);
    return call_library(c, "coroutine.yield", moonlet_nil(), values, count, then, data);
}

int moonlet_resume_then(moonlet_context *c, moonlet_value coroutine, const moonlet_value *args,
                        size_t count, moonlet_function *then, moonlet_value data)
{
    assert_array(args, count);
    if (moonlet_type_of(coroutine) != MOONLET_THREAD)
        return moonlet_fail(c, "attempt to resume a %s value",
                            moonlet_type_name(moonlet_type_of(coroutine)));
    return call_library(c, "coroutine.resume", coroutine, args, count, then, data);
}

moonlet_value moonlet_context_new_coroutine(moonlet_context *c, moonlet_value function)
{
    assert_context(c);
    if (!value_is_function(value_in(function))) return moonlet_nil();
    return value_out(value_object(machine_new_coroutine(c->M, value_in(function))));
}

/* Programs that wait ---------------------------------------------------------------------- */

/* Whether this is a call of a host function that has paused, or has given the state. */
static bool waits_for_values(Machine *M)
{
    const CoBody *b = heap_coroutine(&M->run, M->run.co);
    if (!b->segment || (b->node && b->node != &node_native_again)) return false;
    Value f = b->segment->slots[b->fp - 1];
    return value_is(f, OBJ_NATIVE) && host_record(value_pointer(f));
}

moonlet_result moonlet_resume_with(const moonlet_state *s, const moonlet_value *values,
                                   size_t count)
{
    assert_live(s);
    assert_values(s, values, count);
    if (!s->state->base->paused)
        return api_refuse(s, MOONLET_ERROR_HOST, "the state holds no paused program");
    HostRun S;
    api_begin_resumed(&S, s);
    if (!waits_for_values(S.M)) {
        api_drop(&S);
        return api_refuse(s, MOONLET_ERROR_HOST, "the paused program waits for no values");
    }
    return api_end(&S, eval_resume_with(S.M, (const Value *)values, count));
}
