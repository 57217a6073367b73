/* SPDX-License-Identifier: MIT */
/*
 * Entering and leaving the evaluator: calls from C, pausing, snapshots in mid-run.
 *
 * Main invariant: what a call from C has changed of the machine is as it was when the call is
 * over, but for its results and the state itself; the caller's frame is thawed again, wherever
 * it has been moved.
 */
#include "control/eval.h"

#include <assert.h>

#include "control/collect.h"
#include "control/stress.h"
#include "control/switch.h"
#include "control/world.h"
#include "eval/event.h"
#include "eval/exec.h"
#include "limits/budget.h"
#include "limits/held.h"
#include "operate/error.h"
#include "outside/outside.h"
#include "stack/check_stack.h"
#include "value/libm.h"

enum { MAIN_SEGMENT = 2048 };

void eval_init(void)
{
    mem_init();
    libm_prepare();
    string_init();
    meta_init();
    nodes_init();
    state_init(&glue_base);
}

/* Running ------------------------------------------------------------------------ */

/* Evaluators on the C stack of this thread, and of those that wait for what it does. */
static MEM_THREAD int evaluators;
enum { EVALUATORS_MAX = 200 /* as calls from C in PUC Lua */ };

bool eval_has_room(const Machine *M, int more)
{
    int outer = !M->depth && M->nested < evaluators ? evaluators : M->nested;
    return outer + M->depth + more <= EVALUATORS_MAX;
}

/* Gives what leave_evaluator needs. */
static int enter_evaluator(Machine *M)
{
    int outer = evaluators;
    if (!M->depth && M->nested < outer) M->nested = outer;
    evaluators = M->nested + ++M->depth;
    return outer;
}

static void leave_evaluator(Machine *M, int outer)
{
    M->depth--;
    evaluators = outer;
}

/* Whether a replay is where a C function waits. It does not stop there: it could not be gone on
 * with. */
static inline bool waits_in_replay(const Machine *M)
{
    return UNLIKELY(M->outside != NULL) && M->depth > 1 && M->outside->replays;
}

/* Whoever gives up because of that is slower without what it would have had. */
static bool is_ended(void *machine)
{
    bool due = native_is_due(machine);
    if (UNLIKELY(due)) eval_poll_soon(machine);
    return due;
}

static void run_nodes(Machine *M, Exec *first, const Node *n, Value *fp, Value acc)
{
    int64_t *meter = mem_meter;
    mem_meter = &M->fuel;
    MemAlarm outer = mem_alarm;
    mem_alarm = (MemAlarm){eval_memory_alarm, M};
    MemLook look = mem_look;
    mem_look = (MemLook){.ended = is_ended, .context = M};
    M->urgent = false;
    if (UNLIKELY(mem_short)) eval_memory_alarm(M);
    bool lends = waits_in_replay(M);
    BudgetLoan loan = lends ? budget_lend(M, M->outside->later) : (BudgetLoan){0};
#ifdef MOONLET_TRAMPOLINE
    M->hand = first;
    do {
        for (flow_go(n, fp, acc, M, 0); n;) {
            Exec *exec = M->hand ? M->hand : n->exec;
            M->hand = NULL;
            n = exec(n, M->fp, EXEC_ANY M->acc, M, M->d);
        }
        M->hand = eval_again;
    } while (stress_resume(M, &n, &fp));
    M->hand = NULL;
#else
    first(n, fp, EXEC_ANY acc, M, 0);
#endif
    if (UNLIKELY(lends)) budget_take_back(M, &loan);
    mem_meter = meter;
    mem_alarm = outer;
    mem_look = look;
    if (UNLIKELY(mem_short) && outer.ring) outer.ring(outer.context);
}

/* A node to start from: its line is nobody's. */
static const Node start = {.kind = N_JUMP};

EXEC(exec_GLUE_HALT)
{
    M->value = acc; /* the frame may be frozen */
    M->results = &M->value;
    M->result_count = 1;
    HAND(many_GLUE_HALT, n, fp, acc, d);
}
EXEC(many_GLUE_HALT)
{
    if (UNLIKELY(M->fuel < 0 || M->debt) && M->depth == 1 && eval_stop_end(M)) return NULL;
    M->status = RUN_OK;
    return NULL;
}

/* The C function that has called the frame does not wait for it any more: it has a
 * continuation, or the state has been gone on from without it.
 */
static NOINLINE int go_on_without(Machine *M, Value *fp)
{
    CallAgain *again = (CallAgain *)(uintptr_t)fp[AT_PAYLOAD];
    size_t used = (size_t)fp[AT_DISTANCE] - ABOVE_HEADER;
    M->native = frame_owner(fp);
    if (again) return again(M, M->native, used);
    return native_throw(M, new_c_string("the C function that called is gone"));
}

EXEC(many_GLUE_C)
{
    if (LIKELY(frame_is_awaited(M, fp))) {
        M->status = RUN_OK;
        return NULL;
    }
    acc = (Value)(int64_t)go_on_without(M, fp);
    HAND(native_finish, n, M->native, acc, d);
}
EXEC(exec_GLUE_C)
{
    if (LIKELY(frame_is_awaited(M, fp))) HAND(exec_GLUE_HALT, n, fp, acc, d);
    fp[0] = acc;
    M->results = fp;
    M->result_count = 1;
    HAND(many_GLUE_C, n, fp, acc, d);
}

/* Where the outermost call's frame begins: a segment of this epoch for the main
 * coroutine, the last one again if nothing has frozen it. Answers NULL where there is no
 * memory. */
static Value *main_frame(Machine *M, size_t n)
{
    M->pcalls = 0;
    frame_set_error_room(M, false);
    M->debt = M->paid = 0;
    M->run.co = M->run.world->main;
    size_t size = FRAME_HEADER + n + NATIVE_SLOTS + STACK_SLACK;
    Segment *s = M->main_segment;
    if (!s || s->size < size) {
        uint64_t counted =
            mem_count_stop(); /* whether there is one left is no part of the state */
        s = segment_try_new(&M->run, (uint32_t)(size > MAIN_SEGMENT ? size : MAIN_SEGMENT));
        mem_count_go_on(counted);
        if (!s) mem_refuse();
        if (!s) return NULL;
    }
    s->epoch = M->run.epoch;
    s->prev = NULL;
    s->below = 0;
    M->main_segment = s;
    hook_load(M, heap_coroutine(&M->run, M->run.co));
    frame_enter_segment(M, s);
    if (UNLIKELY(M->hook.busy)) hook_leave(M); /* what was left without an end */
    return s->slots + FRAME_HEADER;
}

/* The same for a call from within a native on the C stack. Answers NULL where there is no room.
 */
static Value *nested_frame(Machine *M, size_t n)
{
    Value *a = frame_grow(M, M->native, NATIVE_SLOTS, NATIVE_SLOTS + FRAME_HEADER + n);
    if (!a) return NULL;
    Value *nf = frame_push(M, a, NATIVE_SLOTS, &glue_halt, V_NIL);
    M->native = frame_owner(nf);
    return nf;
}

static RunStatus no_frame(Machine *M)
{
    if (mem_short) {
        error_set_memory(M);
        return M->status = RUN_ERROR;
    }
    error_raise(M, new_c_string("stack overflow"));
    if (M->limits.stack_limited) {
        M->stop = STOP_STACK;
        M->fatal = true;
    }
    return M->status = RUN_ERROR;
}

/* Makes the native's segment the running one again after a nested call, whatever was left
 * behind by an error. Its frame is moved if a snapshot has frozen it. */
static void return_to_native(Machine *M, Segment *s)
{
    M->native = frame_thaw(M, s, M->native, M->native + NATIVE_SLOTS, 0);
}

/* The main coroutine's hook outlives the call, and how far it has counted. */
static void keep_hook(Machine *M)
{
    if (UNLIKELY(M->hook.hook) && M->status != RUN_PAUSED)
        hook_save(M, heap_coroutine_mut(&M->run, M->run.world->main));
}

static void end_run(Machine *M)
{
    held_end(M);
    keep_hook(M);
}

/* The run begins, or goes on from another state. */
static void begin_counting(Machine *M)
{
    held_begin(M);
    collect_arm(M);
}

/* Whether one more evaluator may run on the C stack. If not, M->status says that. */
static bool may_enter(Machine *M)
{
    if (LIKELY(!M->fatal && eval_has_room(M, 1))) return true;
    if (!M->fatal) error_raise(M, new_c_string("C stack overflow"));
    M->status = RUN_ERROR;
    return false;
}

/* What the evaluator outside of a call has, while the call has its own. */
typedef struct Outer {
    const Value *pinned;
    size_t pinned_count;
    Value *native;
    Coroutine *boundary;
    uint64_t ticket;
    bool goes_on, error_room;
} Outer;

static inline Outer put_aside(const Machine *M)
{
    return (Outer){M->pinned, M->pinned_count, M->native,    M->boundary,
                   M->ticket, M->goes_on,      M->error_room};
}

static inline void put_back(Machine *M, const Outer *o)
{
    M->pinned = o->pinned;
    M->pinned_count = o->pinned_count;
    M->native = o->native;
    M->boundary = o->boundary;
    M->ticket = o->ticket;
    M->goes_on = o->goes_on;
    frame_set_error_room(M, o->error_room);
}

RunStatus eval_call(Machine *M, Value f, const Value *args, size_t n)
{
    if (!may_enter(M)) return RUN_ERROR;
    Value *fp = M->depth ? nested_frame(M, n) : main_frame(M, n);
    if (!fp) return no_frame(M);
    Segment *segment = M->segment;
    Outer outer = put_aside(M);
    MemBound bound = mem_bound;
    fp[AT_RETURN] = value_object(&glue_halt);
    fp[AT_FUNCTION] = f;
    for (size_t i = 0; i < n; i++) fp[i] = args[i];
    if (!M->depth) M->pinned = args, M->pinned_count = n;
    M->ticket = 0;
    M->boundary = M->depth ? M->run.co : NULL;
    M->goes_on = false;
    int evaluators_outer = enter_evaluator(M);
    if (M->depth == 1)
        begin_counting(M);
    else
        M->opaque++;
    run_nodes(M, call_any, &start, fp, n);
    leave_evaluator(M, evaluators_outer);
    if (M->depth) M->opaque--;
    if (M->depth == 1)
        collect_arm(M);
    else if (!M->depth)
        mem_bound = bound;
    put_back(M, &outer);
    if (M->depth)
        return_to_native(M, segment);
    else
        end_run(M);
    return M->status;
}

/* Calls from C functions whose values are in their frames -------------------------------- */

/* The frame of the function at a[used], with its n arguments, or NULL where there is no room.
 */
static Value *frame_above(Machine *M, size_t used, size_t n)
{
    Value *a = frame_grow(M, M->native, used + 1 + n, used + ABOVE_HEADER + n);
    if (!a) return NULL;
    M->native = a;
    return eval_frame_above(a, used, n);
}

Value *eval_frame_above(Value *a, size_t used, size_t n)
{
    memmove(a + used + ABOVE_HEADER - 1, a + used, (n + 1) * sizeof *a);
    Value *nf = frame_link(a + used + ABOVE_HEADER, used + ABOVE_HEADER, &glue_c, 0);
    nf[AT_C_HANDLER] = V_NIL;
    nf[AT_TICKET] = NO_TICKET;
    return nf;
}

/* The C function's segment is the running one again, and its frame has room. */
static void return_to_c(Machine *M, Segment *s, Value *a, size_t used)
{
    M->native = frame_try_thaw(M, s, a, a + used, NATIVE_SLOTS);
    if (!M->native) mem_fail("not enough memory");
}

RunStatus eval_call_above(Machine *M, size_t used, size_t n, Value handler, CallAgain *again)
{
    assert(M->depth && "a C function calls");
    if (!may_enter(M)) return RUN_ERROR;
    Value *nf = frame_above(M, used, n);
    if (!nf) return no_frame(M);
    uint64_t ticket = M->ticket;
    nf[AT_C_HANDLER] = handler;
    nf[AT_TICKET] = M->ticket = epoch_new();
    nf[AT_PAYLOAD] = (Value)(uintptr_t)again;
    Value *a = M->native;
    Segment *segment = M->segment;
    bool error_room = M->error_room;
    uint32_t pcalls = M->pcalls;
    Coroutine *boundary = M->boundary;
    bool outer_goes_on = M->goes_on;
    M->boundary = M->run.co;
    M->goes_on = again && (boundary != M->run.co || outer_goes_on);
    int outer = enter_evaluator(M);
    run_nodes(M, call_any, &start, nf, n);
    leave_evaluator(M, outer);
    M->boundary = boundary;
    M->goes_on = outer_goes_on;
    M->ticket = ticket;
    if (UNLIKELY(M->status == RUN_YIELDED)) {
        M->native = a;
        return RUN_YIELDED;
    }
    M->pcalls = pcalls;
    if (UNLIKELY(M->error_room != error_room)) frame_set_error_room(M, error_room);
    return_to_c(M, segment, a, used);
    return M->status;
}

/* Pausing and going on ------------------------------------------------------------- */

/* A paused program that has not paid what it owes stays where it is: so where it is after so
 * many steps is the same however often it was paused. */
static bool stays(Machine *M)
{
    if (!budget_owes(M) || stop_flag(M->interrupt)) return false;
    heap_coroutine_mut(&M->run, M->run.co)->debt = M->debt;
    M->stop = STOP_STEPS;
    M->status = RUN_PAUSED;
    return true;
}

/* Where node is NULL a native's frame returns these values. */
static RunStatus resume(Machine *M, const Node *node, const Value *values, size_t n)
{
    assert(!M->depth && M->run.co && "a paused program is resumed from outside");
    eval_set_debt(M, heap_coroutine(&M->run, M->run.co));
    M->stop = 0;
    M->fatal = false;
    if (UNLIKELY(M->debt) && node && stays(M)) return RUN_PAUSED;
    MemBound outer = mem_bound;
    Value *fp = eval_reenter(M);
    if (!fp) {
        mem_bound = outer;
        return no_frame(M);
    }
    M->results = values;
    M->result_count = (uint32_t)n;
    int evaluators_outer = enter_evaluator(M);
    run_nodes(M, node ? eval_again : world_return, node ? node : &start, fp, V_NIL);
    leave_evaluator(M, evaluators_outer);
    mem_bound = outer;
    end_run(M);
    return M->status;
}

static Value *reenter(Machine *M, size_t room)
{
    CoBody *b = heap_coroutine_mut(&M->run, M->run.co);
    assert(b->segment && "what goes on has a stack");
    Segment *s = b->segment;
    coroutine_check(b);
    M->open = b->open;
    M->main_segment = NULL;
    switch_load(M, b);
    Value *fp = frame_try_thaw(M, s, s->slots + b->fp, s->slots + b->top, room);
    if (!fp) {
        mem_refuse();
        return NULL;
    }
    b->status = CO_RUNNING;
    b->progress = NULL;
    b->cause = NULL;
    b->segment = NULL; /* what old contents hold is kept, and who runs needs no copy */
    return fp;
}

RunStatus eval_resume_paused(Machine *M)
{
    return resume(M, heap_coroutine(&M->run, M->run.co)->node, NULL, 0);
}

RunStatus eval_resume_with(Machine *M, const Value *values, size_t n)
{
    heap_coroutine_mut(&M->run, M->run.co)->paid = 0; /* for making the call again */
    return resume(M, NULL, values, n);
}

Value *eval_go_on(Machine *M) { return reenter(M, STACK_SLACK); }

Value *eval_reenter(Machine *M)
{
    begin_counting(M);
    return eval_go_on(M);
}

/* The frames of the running segment are few: the state copies them, and control goes on where
 * it is. */
static State *snapshot_copied(Machine *M, bool own)
{
    CoBody b = *heap_coroutine(&M->run, M->run.co);
    switch_save(M, &b, M->native, M->native, CO_PAUSED);
    b.node = NULL; /* goes on by returning from the native */
    coroutine_check(&b);
    return own ? machine_snapshot_own(M, &b) : machine_snapshot_running(M, &b);
}

static State *take_snapshot(Machine *M, bool own)
{
    assert((!M->depth || M->native) && "a snapshot in mid-run is a native's");
    if (!M->depth) return machine_snapshot(M);
    held_fork(M);
    Value *a = M->native;
    if (frame_may_fold(M->segment, a)) return snapshot_copied(M, own);
    CoBody *b = heap_coroutine_mut(&M->run, M->run.co);
    switch_save(M, b, a, a + NATIVE_SLOTS, CO_PAUSED);
    b->node = NULL; /* goes on by returning from the native */
    coroutine_check(b);
    State *s = own ? machine_snapshot_own(M, NULL) : machine_snapshot(M);
    M->native = reenter(M, 0);
    return s;
}

State *eval_snapshot(Machine *M) { return take_snapshot(M, false); }

/* What a snapshot counts for the program, whatever it is made of: so programs go on being
 * traced at the steps at which they were. */
enum { SNAPSHOT_COUNTED = 152 };

/* The program makes them itself, and may keep any number. */
State *eval_snapshot_own(Machine *M)
{
    mem_count(SNAPSHOT_COUNTED);
    return take_snapshot(M, true);
}
