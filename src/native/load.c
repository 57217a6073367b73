/* SPDX-License-Identifier: MIT */
/*
 * Source text to functions of a run, and functions to dumps: both stop where the run has to.
 *
 * What takes long where there are limits is done aside (aside.h), so that a run which has to
 * stop meanwhile does not begin again when it is resumed. From a state that is resumed twice,
 * or loaded from an image, one does begin again. So nothing may depend on it: steps are paid at
 * the beginning, and what is allocated counts when all is done, and until then beside (mem.h).
 * A state knows how many bytes that were (NativeProgress.made): who begins again has as many
 * more, and so comes as far as who goes on.
 *
 * Main invariant: a load that stops for lack of time or memory has changed nothing that the
 * program can see, and goes on or begins again.
 */
#include "chunk/chunk.h"
#include "chunk/dump.h"
#include "code/read.h"
#include "control/eval.h"
#include "memory/aside.h"
#include "memory/watch.h"
#include "native/native.h"
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

static bool is_due(void *run) { return native_is_due(run); }

bool native_is_compiling(const Machine *M)
{
    return M->progress && __atomic_load_n(&M->progress->compile, __ATOMIC_RELAXED);
}

int native_load_stopped(Machine *M)
{
    if (native_is_woken(M)) return native_woken(M);
    if (!M->progress) return 0; /* it has come to its end, which is an error */
    if (M->progress->cut || is_due(M)) return NATIVE_PAUSE;
    if (!native_is_compiling(M)) return 0;
    return mem_room_due() || !mem_room() ? NATIVE_PAUSE : native_memory_error(M);
}

ParseResult native_parse(Machine *M, const char *source, size_t length, String *chunk_name)
{
    CompileLook outer = compile_look;
    compile_look = compile_look_new(is_due, M, false);
    ParseResult r = parse_chunk(source, length, chunk_name, false);
    compile_look = outer;
    return r;
}

/* Compiling ------------------------------------------------------------------------ */

typedef struct Compile {
    const char *source;
    size_t length;
    const String *in; /* which has the source, or NULL */
    String *chunk_name;
    const Proto *dumped; /* what is to be; NULL: source is to be compiled */
    bool strip;
    const Proto *proto; /* NULL: error */
    String *error;
    String *dump;     /* NULL: no room */
    const Machine *M; /* who waits for it; NULL: nobody now, or ever again */
    Aside *aside;     /* NULL: nobody else does it, or it is done */
    bool done;
    uint64_t counted; /* beside, so far, before this turn */
    uint64_t again;   /* bytes for which another has paid that came so far, and that are left */
} Compile;

static void compile(Compile *c)
{
    ParseResult why;
    if (c->dumped) {
        c->dump = code_dump(c->dumped, c->strip);
        return;
    }
    c->proto = code_read(c->source, c->length, c->in, c->chunk_name, false, &why);
    c->error = why.error;
}

/* Whether it is to be given up, after it has paused if need be. Each pause takes it on to the
 * next look, however short the run's time is. */
static bool is_dropped(void *compile)
{
    const Compile *c = compile;
    if (!c->M || mem_short) return true; /* it is dropped already, or in vain */
    bool reached = eval_reached(c->M) != STOP_NONE;
    for (; native_is_woken(c->M) || reached || !mem_room_due(); reached = false)
        if (!aside_pause() || !c->M || mem_short) return true;
    return false;
}

static void compile_aside(void *context)
{
    Compile *c = context;
    const char *volatile source = c->source; /* it lives as long as this */
    compile_look = compile_look_new(is_dropped, c, true);
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

static Compile *take(NativeProgress *p)
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

/* What is not done lives as long as it is aside, so that it can be dropped; what is done lives
 * as long as somebody has it. */
static void keep(Machine *M, Compile *c)
{
    c->M = NULL;
    M->progress = mem_new(sizeof *M->progress);
    *M->progress = (NativeProgress){.compile = c, .made = c->counted + c->again};
    if (!c->done) watch_add(M->progress, drop, NULL);
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

/* How many bytes what has one is compiled to at most, or nearly so; a node of a dump likewise.
 * Where the run may not have as many, it cannot be done in one go. */
enum { BYTES_A_BYTE = 256 };

/* What was begun for this, or another; aside NULL: do it here. */
static Compile *compile_begin(Machine *M, const Compile *wanted, size_t size, bool is_long)
{
    NativeProgress *progress = M->progress;
    M->progress = NULL;
    Compile *c = take(progress);
    if (c && is_same(c, wanted)) return c;
    if (c && !c->done) aside_drop(c->aside);
    uint64_t made = progress ? progress->made : 0, most = (uint64_t)size * BYTES_A_BYTE;
    c = mem_new(sizeof *c);
    *c = *wanted;
    c->again = made < most ? made : most; /* an image can say that anything was made */
    if (progress && progress->cut) is_long = true;
    if (is_long && may_stop(M)) c->aside = aside_new(compile_aside, c);
    return c;
}

/* Lends what another has paid for; takes back what is left of it when so much was counted. */
static void lend(uint64_t bytes)
{
    mem_beside -= (int64_t)bytes;
    mem_bound_tune();
}

static void take_back(Compile *c, uint64_t counted)
{
    uint64_t used = counted < c->again ? counted : c->again;
    c->again -= used;
    mem_beside += (int64_t)c->again;
    mem_bound_tune();
}

/* What it has made counts as alive (limits/held.h), so that to measure that again helps. */
static void compile_go_on(Machine *M, Compile *c)
{
    uint64_t before = mem_counted;
    c->M = M;
    lend(c->again);
    c->done = aside_go_on(c->aside);
    uint64_t counted = mem_counted - before;
    take_back(c, counted);
    c->counted += counted;
    count_beside(counted);
    if (counted) M->held_asked = false; /* it has got on */
    if (c->done)
        c->aside = NULL;
    else
        keep(M, c);
}

static void compile_here(Machine *M, Compile *c)
{
    CompileLook outer = compile_look;
    uint64_t before = mem_counted;
    compile_look = compile_look_new(is_due, M, false);
    lend(c->again);
    compile(c);
    bool cut = compile_look.over;
    compile_look = outer;
    c->counted = mem_counted - before;
    take_back(c, c->counted);
    count_beside(c->counted);
    c->done = c->proto || c->dump || (mem_room_due() && !cut);
    if (c->done) return;
    M->progress = mem_new(sizeof *M->progress);
    *M->progress = (NativeProgress){.cut = cut};
}

/* What is done counts for whoever gets it, when there is room for what follows. */
static const Compile *give_done(Machine *M, Compile *c)
{
    size_t room =
        c->dump ? mem_room() : mem_room_due(); /* the tree it was written from is gone */
    if (!room && may_stop(M)) {
        keep(M, c);
        return NULL;
    }
    count_beside(0 - c->counted);
    c->counted = 0;
    return room ? c : NULL;
}

/* Answers NULL where the run has to stop, or there is no room. */
static const Compile *compiled(Machine *M, const Compile *wanted, size_t size, size_t size_long)
{
    bool is_long = size >= size_long || size * BYTES_A_BYTE > mem_room();
    if (is_long && M->turn) (void)eval_take_turn(M); /* it takes much, and polls seldom */
    Compile *c = compile_begin(M, wanted, size, is_long);
    if (!c->aside && !c->done) compile_here(M, c);
    if (c->aside) compile_go_on(M, c);
    return c->done ? give_done(M, c) : NULL;
}

static Closure *load_from(Machine *M, const char *source, size_t length, const String *in,
                          String *chunk_name, const Value *env, String **error)
{
    enum { LONG = 1 << 15 };
    *error = error_memory_text(); /* unless it is something else */
    if (!chunk_name) return NULL;
    const Compile wanted = {
        .source = source, .length = length, .in = in, .chunk_name = chunk_name};
    const Compile *c = compiled(M, &wanted, length, LONG);
    if (!c) return NULL;
    *error = c->error;
    return c->proto ? native_closure(M, c->proto, env) : NULL;
}

Closure *native_load(Machine *M, const char *source, size_t length, String *chunk_name,
                     const Value *env, String **error)
{
    return load_from(M, source, length, NULL, chunk_name, env, error);
}

Closure *native_load_string(Machine *M, const String *text, String *chunk_name,
                            const Value *env, String **error)
{
    return load_from(M, text->data, text->length, text, chunk_name, env, error);
}

/* Counts nodes of the function and those in it, until there are enough. */
static uint32_t count_nodes(const Proto *p, uint32_t enough)
{
    uint32_t count = p->node_count;
    for (uint32_t i = 0; i < p->proto_count && count < enough; i++)
        count += count_nodes(p->protos[i], enough - count);
    return count;
}

uint64_t native_dump_price(const Proto *p)
{
    enum { NODES_STEP = 4 };
    return p == p->root ? 0 : count_nodes(p->root, UINT32_MAX) / NODES_STEP;
}

String *native_dump(Machine *M, const Proto *p, bool strip)
{
    enum { LONG = 3000 };
    const Compile wanted = {.dumped = p, .strip = strip};
    size_t nodes = code_has_dump(p, strip) ? 0 : count_nodes(p->root, LONG);
    const Compile *c = compiled(M, &wanted, nodes, LONG);
    return c ? c->dump : NULL;
}
