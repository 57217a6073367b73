/* SPDX-License-Identifier: MIT */
/*
 * What a compilation may still spend; see compile.h.
 *
 * Main invariant: a compilation that is due stays so, until it has given up.
 */
#include "tree/compile.h"

MEM_THREAD CompileLook compile_look;

void compile_paid_begin(void)
{
    if (compile_look.paid++) return;
    compile_look.meter = mem_meter;
    mem_meter = NULL;
}

void compile_paid_end(void)
{
    if (--compile_look.paid) return;
    mem_meter = compile_look.meter;
}

static void unbound(void)
{
    compile_look.unbounded = true;
    compile_look.bound = mem_bound;
    mem_bound = mem_bound_new(MEM_UNBOUNDED, NULL, NULL);
}

static void bind(void)
{
    compile_look.unbounded = false;
    mem_bound = compile_look.bound;
    mem_bound_tune();
}

uint64_t compile_uncounting_begin(void)
{
    uint64_t counted = compile_counted();
    compile_paid_begin();
    unbound();
    return counted;
}

void compile_uncounting_end(uint64_t counted)
{
    bind();
    compile_paid_end();
    mem_counted = counted + compile_look.moved;
}

CompileUncounted compile_uncounted_begin(void)
{
    CompileUncounted u = {.look = compile_look, .beside = mem_beside};
    compile_look = compile_look_new(NULL, NULL, false);
    u.counted = compile_uncounting_begin();
    return u;
}

void compile_uncounted_end(const CompileUncounted *u)
{
    compile_uncounting_end(u->counted);
    compile_look = u->look;
    mem_beside = u->beside;
    mem_bound_tune();
}

/* Asks, and waits perhaps: the run that goes on then may have another meter and bound. */
static bool ask(void)
{
    bool paid = compile_look.paid, unbounded = compile_look.unbounded;
    uint64_t counted = mem_counted;
    if (paid) mem_meter = compile_look.meter;
    if (unbounded) bind();
    bool due = compile_look.due(compile_look.context);
    if (unbounded) unbound();
    compile_look.moved += mem_counted - counted;
    if (paid) compile_look.meter = mem_meter;
    if (paid) mem_meter = NULL;
    return due;
}

/* Whether a look is due; it stays due once it is. */
bool compile_look_now(void)
{
    if (!compile_look.over) compile_look.left = COMPILE_LOOK_EVERY;
    if (!compile_look.due || (!compile_look.over && !ask())) return false;
    compile_look.over = true;
    compile_look.left = 0;
    return true;
}

bool compile_wait_for_room(void)
{
    return compile_look.waits && !compile_look_now() && mem_room_due() > 0;
}

void compile_lacks(void)
{
    if (compile_look.due) compile_look.over = true; /* else it sees that there is no room */
}

/* What is counted first leads to what is due, as what is alive is measured then. */
bool compile_may_take(size_t bytes)
{
    if (bytes <= mem_room_due() || mem_short) return true;
    mem_count(bytes);
    bool may = compile_wait_for_room();
    if (may)
        mem_uncount(bytes);
    else
        compile_lacks();
    return may;
}

/* What is paid in one slice is counted there, and given back in the last one, in which all will
 * be counted. */
void compile_save_up(size_t bytes)
{
    size_t paid = 0, room;
    while ((room = mem_room()) < bytes - paid && compile_look.waits) {
        mem_count(room);
        paid += room;
        if (compile_look_now() || !mem_room()) break;
    }
    mem_uncount(paid);
}
