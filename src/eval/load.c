/* SPDX-License-Identifier: MIT */
/* Source text to functions of a run: compiling stops where the run has to. */
#include "control/eval.h"
#include "eval/error.h"
#include "eval/native.h"
#include "link/link.h"
#include "syntax/parser.h"

static Value first_upvalue(const Machine *M, const Proto *p, const Value *env)
{
    if (env) return *env;
    return p->upvalue_count == 1 ? value_object(M->run.world->globals) : V_NIL;
}

Closure *native_closure(Machine *M, const Proto *p, const Value *env)
{
    Closure *c = run_new_closure(p->upvalue_count);
    object_init(&c->h, OBJ_CLOSURE, run_new_id(&M->run));
    c->h.flags = (uint8_t)p->upvalue_count;
    c->proto = p;
    for (uint32_t i = 0; i < p->upvalue_count; i++) {
        Value v = i == 0 ? first_upvalue(M, p, env) : V_NIL;
        c->upvalues[i] = p->upvalues[i].cell ? value_object(run_new_cell(&M->run, v)) : v;
    }
    return c;
}

static bool is_due(void *run)
{
    const Machine *M = run;
    return native_is_woken(M) || (M->limits.deadline && eval_reached(M) == STOP_TIME);
}

int native_load_stopped(Machine *M)
{
    if (native_is_woken(M)) return native_woken(M);
    return is_due(M) ? NATIVE_PAUSE : 0;
}

ParseResult native_parse(Machine *M, const char *source, size_t length, String *chunk_name)
{
    CompileLook outer = compile_look;
    compile_look = (CompileLook){is_due, M, COMPILE_LOOK_EVERY};
    ParseResult r = parse_chunk(source, length, chunk_name, false);
    compile_look = outer;
    return r;
}

Closure *native_load(Machine *M, const char *source, size_t length, String *chunk_name,
                     const Value *env, String **error)
{
    CompileLook outer = compile_look;
    compile_look = (CompileLook){is_due, M, COMPILE_LOOK_EVERY};
    ParseResult r = parse_chunk(source, length, chunk_name, false);
    *error = r.error;
    const Proto *p = r.main && mem_room() ? link_chunk(r.main, error) : NULL;
    compile_look = outer;
    if (!mem_room()) {
        *error = error_memory_text();
        return NULL;
    }
    return p ? native_closure(M, p, env) : NULL;
}
