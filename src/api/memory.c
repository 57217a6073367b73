/* SPDX-License-Identifier: MIT */
/*
 * Memory as the host sees it: of the process, and of single states.
 *
 * Main invariant: to ask changes nothing of any state.
 */
#include "api/api.h"
#include "memory/watch.h"
#include "stack/trace_stack.h"
#include "trace/measure.h"

uint64_t moonlet_bytes_allocated(void) { return api_init() ? mem_bytes_total() : 0; }

uint64_t moonlet_bytes_held(void) { return api_init() ? mem_bytes_heap() : 0; }

void moonlet_collect(void)
{
    if (!api_init()) return;
    mem_collect();
    watch_give_back();
}

moonlet_pauses moonlet_collector_pauses(void)
{
    if (!api_init()) return (moonlet_pauses){0};
    MemPauses p = mem_pauses();
    return (moonlet_pauses){.count = p.count,
                            .nanoseconds = p.ns,
                            .busy = p.busy_ns,
                            .longest = p.longest_ns,
                            .longest_busy = p.longest_busy_ns};
}

bool moonlet_limit_pauses(unsigned milliseconds)
{
    return api_init() && mem_limit_pauses(milliseconds ? milliseconds : 1);
}

bool moonlet_idle(uint64_t nanoseconds) { return api_init() && mem_idle(nanoseconds); }

moonlet_memory_use moonlet_memory(const moonlet_state *s, const moonlet_state *other)
{
    assert_live(s);
    Measure m = measure_state(s->state, other ? other->state : NULL, trace_stack);
    return (moonlet_memory_use){
        .bytes = m.bytes, .shared = m.shared, .objects = m.objects, .entries = m.entries};
}
