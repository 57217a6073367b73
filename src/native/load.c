/* SPDX-License-Identifier: MIT */
/*
 * Source text to functions of a run, and functions to dumps: both stop where the run has to.
 *
 * What takes long where there are limits is done aside (aside.h), so that a run which has to
 * stop meanwhile does not begin again when it is resumed. How far it has come is no part of a
 * state: from a state that is resumed twice, or loaded from an image, one may begin again. So
 * nothing may depend on it: steps are paid at the beginning, and what is allocated counts when
 * all is done, and until then beside (mem.h).
 *
 * Main invariant: a load that stops for lack of time or memory has changed nothing that the
 * program can see, and goes on or begins again.
 */
#include "chunk/chunk.h"
#include "chunk/dump.h"
#include "control/eval.h"
#include "link/link.h"
#include "memory/aside.h"
#include "memory/watch.h"
#include "native/native.h"
#include "native/recent.h"
#include "operate/error.h"

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
    return is_due(M) || M->loading ? NATIVE_PAUSE : 0;
}

ParseResult native_parse(Machine *M, const char *source, size_t length, String *chunk_name)
{
    CompileLook outer = compile_look;
    compile_look = (CompileLook){is_due, M, COMPILE_LOOK_EVERY, false};
    ParseResult r = parse_chunk(source, length, chunk_name, false);
    compile_look = outer;
    return r;
}

/* Compiling ------------------------------------------------------------------------ */

typedef struct Compile {
    const char *source;
    size_t length;
    RecentKey key; /* of a string's source; its text is NULL: of no string */
    String *chunk_name;
    const Proto *dumped; /* to be dumped; NULL: source is to be compiled */
    bool strip;
    const Proto *proto; /* NULL: error */
    String *error;
    String *dump;     /* NULL: no room */
    const Machine *M; /* who waits for it; NULL: nobody now, or ever again */
    Aside *aside;     /* NULL: nobody else does it, or it is done */
    bool done;
    uint64_t counted; /* so far, before this turn */
} Compile;

static void compile(Compile *c)
{
    if (c->dumped) {
        c->dump = dump_write(c->dumped->source, c->strip);
        return;
    }
    ParseResult r = parse_chunk(c->source, c->length, c->chunk_name, false);
    c->error = r.error;
    c->proto = r.main && compile_has_room() ? link_chunk(r.main, &c->error) : NULL;
}

/* Whether it is to be given up, after it has paused if need be. */
static bool is_dropped(void *compile)
{
    const Compile *c = compile;
    if (!c->M || mem_short) return true; /* it is dropped already, or in vain */
    bool due = native_is_woken(c->M) || eval_reached(c->M) != STOP_NONE;
    return due && !aside_pause();
}

static void compile_aside(void *context)
{
    Compile *c = context;
    const char *volatile source = c->source; /* it lives as long as this */
    compile_look = (CompileLook){is_dropped, c, COMPILE_LOOK_EVERY, true};
    compile(c);
    compile_look = (CompileLook){0};
    (void)source;
}

/* What has been allocated counts when all is done: see above. */
static void count_beside(uint64_t bytes)
{
    mem_counted -= bytes;
    mem_beside += (int64_t)bytes;
    mem_bound_tune();
    mem_count(0); /* something may be due */
}

/* Progress -------------------------------------------------------------------------- */

/* What a paused program's body has of it; watched. */
struct LoadProgress {
    Compile *compile; /* NULL: somebody has gone on with it */
};

static Compile *take(LoadProgress *p)
{
    Compile *c = p ? __atomic_exchange_n(&p->compile, NULL, __ATOMIC_ACQ_REL) : NULL;
    return c && (c->done || aside_is_there(c->aside)) ? c : NULL;
}

static void drop(void *progress, const void *context)
{
    Compile *c = take(progress);
    (void)context;
    if (c && !c->done) aside_drop(c->aside);
}

static void keep(Machine *M, Compile *c)
{
    c->M = NULL;
    M->loading = mem_new(sizeof *M->loading);
    M->loading->compile = c;
    watch_add(M->loading, drop, NULL);
}

static bool is_same(const Compile *c, const Compile *other)
{
    if (c->dumped || other->dumped)
        return c->dumped == other->dumped && c->strip == other->strip;
    return c->length == other->length && string_equal(c->chunk_name, other->chunk_name) &&
           (c->source == other->source || memcmp(c->source, other->source, c->length) == 0);
}

/* Whether the run may have to stop, and will be able to go on. */
static bool may_stop(const Machine *M)
{
    bool limited = M->limits.deadline || M->limits.bytes_limited || M->stops;
    return limited && !M->boundary && M->depth == 1 && !mem_short;
}

/* False: the run has to stop. So it has when all is done, and with it what it may allocate. */
static bool compile_go_on(Machine *M, Compile *c)
{
    uint64_t before = mem_counted;
    c->M = M;
    if (aside_go_on(c->aside)) {
        count_beside(0 - c->counted);
        c->aside = NULL;
        c->done = true;
        bool stops = !mem_room() && !mem_short;
        if (stops) keep(M, c);
        return !stops;
    }
    c->counted += mem_counted - before;
    count_beside(mem_counted - before);
    keep(M, c);
    return false;
}

/* Who dumps the first time pays for hashing the long strings there are, so that is not what it
 * takes the second time. */
static bool costs_the_same(const Compile *c, RecentCost cost)
{
    size_t length = c->dump->length;
    return cost.steps == (length < MEM_WORK_MIN ? 0 : (int64_t)(length / MEM_WORK_STEP));
}

static void remember(Machine *M, const Compile *c, RecentCost cost)
{
    if (c->dump && costs_the_same(c, cost))
        recent_keep_dump(c->dumped, c->strip, c->dump, cost);
    if (c->proto && c->key.text) recent_keep_chunk(M, &c->key, c->proto, cost);
}

static void compile_here(Machine *M, Compile *c)
{
    CompileLook outer = compile_look;
    RecentCost before = {mem_counted, mem_beside, M->fuel};
    compile_look = (CompileLook){is_due, M, COMPILE_LOOK_EVERY, false};
    compile(c);
    compile_look = outer;
    RecentCost cost = {mem_counted - before.counted, mem_beside - before.beside,
                       before.steps - M->fuel};
    if (c->proto || c->dump)
        remember(M, c, cost);
    else if (is_due(M))
        count_beside(cost.counted);
}

/* Whether it was compiled lately, and the run may allocate what that takes, also for a while.
 */
static bool recall(Machine *M, Compile *c)
{
    enum { FOR_A_WHILE = 2 };
    RecentCost cost = {0};
    String *dump = c->dumped ? recent_dump(c->dumped, c->strip, &cost) : NULL;
    const Proto *p = c->key.text ? recent_chunk(M, &c->key, &cost) : NULL;
    int64_t needed = ((int64_t)cost.counted + cost.beside) * FOR_A_WHILE;
    if (needed > 0 && (uint64_t)needed >= mem_room_due()) return false;
    if (!dump && !p) return false;
    c->dump = dump;
    c->proto = p;
    mem_beside += cost.beside;
    M->fuel -= cost.steps;
    mem_count(cost.counted);
    return c->done = true;
}

/* What was begun for this, or another; aside NULL: do it here. */
static Compile *compile_begin(Machine *M, const Compile *wanted, bool is_long)
{
    LoadProgress *progress = M->loading;
    M->loading = NULL;
    Compile *c = take(progress);
    if (c && is_same(c, wanted)) return c;
    if (c && !c->done) aside_drop(c->aside);
    c = mem_new(sizeof *c);
    *c = *wanted;
    if (recall(M, c)) return c;
    if (is_long && may_stop(M)) c->aside = aside_new(compile_aside, c);
    return c;
}

/* Answers NULL where the run has to stop, or there is no room. */
static const Compile *compiled(Machine *M, const Compile *wanted, bool is_long)
{
    Compile *c = compile_begin(M, wanted, is_long);
    if (!c->aside && !c->done) compile_here(M, c);
    if (c->aside && !compile_go_on(M, c)) return NULL;
    return mem_room_due() ? c : NULL;
}

static Closure *load_wanted(Machine *M, const Compile *wanted, const Value *env, String **error)
{
    enum { LONG = 1 << 15 };
    *error = error_memory_text(); /* unless it is something else */
    if (!wanted->chunk_name) return NULL;
    const Compile *c = compiled(M, wanted, wanted->length >= LONG);
    if (!c) return NULL;
    *error = c->error;
    return c->proto ? native_closure(M, c->proto, env) : NULL;
}

Closure *native_load(Machine *M, const char *source, size_t length, String *chunk_name,
                     const Value *env, String **error)
{
    const Compile wanted = {.source = source, .length = length, .chunk_name = chunk_name};
    return load_wanted(M, &wanted, env, error);
}

Closure *native_load_text(Machine *M, const String *text, size_t from, String *chunk_name,
                          const Value *env, String **error)
{
    Compile wanted = {
        .source = text->data + from, .length = text->length - from, .chunk_name = chunk_name};
    if (chunk_name) wanted.key = recent_key(text, from, chunk_name);
    return load_wanted(M, &wanted, env, error);
}

/* Counts nodes of the function and those in it, until there are enough. */
static uint32_t count_nodes(const Proto *p, uint32_t enough)
{
    uint32_t count = p->node_count;
    for (uint32_t i = 0; i < p->proto_count && count < enough; i++)
        count += count_nodes(p->protos[i], enough - count);
    return count;
}

String *native_dump(Machine *M, const Proto *p, bool strip)
{
    enum { LONG = 3000 };
    const Compile wanted = {.dumped = p, .strip = strip};
    const Compile *c = compiled(M, &wanted, count_nodes(p, LONG) >= LONG);
    return c ? c->dump : NULL;
}
