/* SPDX-License-Identifier: MIT */
/*
 * What a compilation may still spend; see compile.h.
 *
 * Main invariant: a compilation that is due stays so, until it has given up.
 */
#include "tree/compile.h"

MEM_THREAD CompileLook compile_look;

/* Whether a look is due; it stays due once it is. */
bool compile_look_now(void)
{
    compile_look.left = COMPILE_LOOK_EVERY;
    if (!compile_look.due || !compile_look.due(compile_look.context)) return false;
    compile_look.left = 0;
    return true;
}

bool compile_wait_for_room(void)
{
    return compile_look.waits && !compile_look_now() && mem_room_due() > 0;
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
