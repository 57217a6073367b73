/* SPDX-License-Identifier: MIT */
/* Entering and leaving the evaluator; the budget; errors on their way up. */
#include "eval/eval.h"

#include "eval/collect.h"
#include "eval/error.h"
#include "eval/exec.h"
#include "eval/hook.h"
#include "eval/switch.h"
#include "eval/world.h"

enum {
    PORTION = 100000,
    MAIN_SEGMENT = 2048,
    HANDLERS_MAX = 221,
    HANDLERS_MIN = 20,
    ERROR_ROOM = 20000,
    SNAPSHOT_ROOM = 100000
};

void eval_init(void)
{
    mem_init();
    string_init();
    meta_init();
    state_init(&glue_base);
}

/* Running ------------------------------------------------------------------------ */

static void run_nodes(Run *R, const Node *n, Value *fp, Value acc)
{
#ifdef MOONLET_TRAMPOLINE
    for (n = n->exec(n, fp, acc, R, 0); n;) n = n->exec(n, R->fp, R->acc, R, R->d);
#else
    n->exec(n, fp, acc, R, 0);
#endif
}

/* A node to start from: its exec is call_any, its line nobody's. */
static const Node start_call = {.exec = call_any, .kind = N_JUMP};

EXEC(exec_GLUE_HALT)
{
    R->value = acc; /* the frame may be frozen */
    R->results = &R->value;
    R->result_count = 1;
    R->status = RUN_OK;
    return NULL;
}
EXEC(many_GLUE_HALT)
{
    R->status = RUN_OK;
    return NULL;
}

/* Where the outermost call's frame begins: a segment of this epoch for the main
 * coroutine, the last one again if nothing has frozen it. */
static Value *main_frame(Run *R, size_t n)
{
    R->pcalls = 0;
    R->co = R->world->main;
    size_t size = FRAME_HEADER + n + NATIVE_SLOTS + STACK_SLACK;
    Segment *s = R->main_segment;
    if (!s || s->size < size) {
        uint64_t counted =
            mem_count_stop(); /* whether there is one left is no part of the state */
        s = segment_new(R, (uint32_t)(size > MAIN_SEGMENT ? size : MAIN_SEGMENT));
        mem_count_go_on(counted);
    }
    s->epoch = R->epoch;
    s->prev = NULL;
    s->below = 0;
    R->main_segment = s;
    hook_load(R, heap_coroutine(R, R->co));
    R->hook.busy = false;
    frame_enter_segment(R, s);
    return s->slots + FRAME_HEADER;
}

/* The same for a call from within a native on the C stack. */
static Value *nested_frame(Run *R)
{
    Value *nf = R->native + NATIVE_SLOTS;
    nf[-4] = NATIVE_SLOTS;
    nf[-3] = V_NIL;
    return nf;
}

/* After a nested call: the native's segment is the running one again, whatever was left
 * behind by an error; its frame is moved if a snapshot has frozen it. */
static void return_to_native(Run *R, Segment *s)
{
    R->stack_max += SNAPSHOT_ROOM;
    R->native = frame_thaw(R, s, R->native, R->native + NATIVE_SLOTS, 0);
    R->stack_max -= SNAPSHOT_ROOM;
}

RunStatus eval_call(Run *R, Value f, const Value *args, size_t n)
{
    if (R->fatal) return R->status = RUN_ERROR;
    Segment *segment = R->segment;
    Value *fp = R->depth ? nested_frame(R) : main_frame(R, n);
    fp[-2] = value_object(&glue_halt);
    fp[-1] = f;
    if (fp + n > frame_limit(R)) {
        fp = frame_move(R, R->segment, fp, fp, n + NATIVE_SLOTS);
        if (!fp) {
            error_set_memory(R);
            return R->status = RUN_ERROR;
        }
    }
    for (size_t i = 0; i < n; i++) fp[i] = args[i];
    const Value *pinned = R->pinned;
    size_t pinned_count = R->pinned_count;
    if (!R->depth) R->pinned = args, R->pinned_count = n;
    Value *native = R->native;
    Coroutine *boundary = R->boundary;
    R->boundary = R->depth ? R->co : NULL;
    R->depth++;
    run_nodes(R, &start_call, fp, n);
    R->depth--;
    R->boundary = boundary;
    R->native = native;
    if (R->depth)
        return_to_native(R, segment);
    else if (UNLIKELY(R->hook.hook) && R->status != RUN_PAUSED)
        hook_save(R, heap_coroutine_mut(R, R->world->main));
    R->pinned = pinned;
    R->pinned_count = pinned_count;
    return R->status;
}

/* Pausing and going on ------------------------------------------------------------- */

/* A native's frame, paused in mid-run, returns what is in R->results. */
static const Node start_return = {.exec = world_return, .kind = N_JUMP};

RunStatus eval_resume_paused(Run *R)
{
    const Node *node = heap_coroutine(R, R->co)->node;
    R->stop = 0;
    R->fatal = false;
    Value *fp = eval_reenter(R);
    if (!node) R->result_count = 0;
    R->depth++;
    run_nodes(R, node ? node : &start_return, fp, V_NIL);
    R->depth--;
    return R->status;
}

static Value *reenter(Run *R, size_t room)
{
    CoBody *b = heap_coroutine_mut(R, R->co);
    Segment *s = b->segment;
    b->status = CO_RUNNING;
    R->open = b->open;
    R->pcalls = b->pcalls;
    R->main_segment = NULL;
    hook_load(R, b);
    R->stack_max += SNAPSHOT_ROOM; /* a frame that was there may be there again */
    Value *fp = frame_thaw(R, s, s->slots + b->fp, s->slots + b->top, room);
    R->stack_max -= SNAPSHOT_ROOM;
    if (fp) b->segment = NULL; /* what old contents hold is kept, and who runs needs no copy */
    return fp;
}

Value *eval_reenter(Run *R) { return reenter(R, STACK_SLACK); }

/* The frames of the running segment are few: the state gets a copy, and control goes on
 * where it is. */
static State *snapshot_copied(Run *R, bool own)
{
    CoBody b = *heap_coroutine(R, R->co);
    switch_save(R, &b, R->native, R->native, CO_PAUSED);
    b.segment = frame_fold(R, R->segment, b.top, NULL);
    b.node = NULL; /* goes on by returning from the native */
    return own ? run_snapshot_own(R, &b) : run_snapshot_running(R, &b);
}

static State *take_snapshot(Run *R, bool own)
{
    if (!R->depth) return run_snapshot(R);
    Value *a = R->native;
    if (a - R->segment->slots <= COMPACT_MAX) return snapshot_copied(R, own);
    CoBody *b = heap_coroutine_mut(R, R->co);
    switch_save(R, b, a, a + NATIVE_SLOTS, CO_PAUSED);
    b->node = NULL; /* goes on by returning from the native */
    State *s = own ? run_snapshot_own(R, NULL) : run_snapshot(R);
    R->native = reenter(R, 0);
    return s;
}

State *eval_snapshot(Run *R) { return take_snapshot(R, false); }

/* The program makes them itself, and may keep any number. */
State *eval_snapshot_own(Run *R)
{
    mem_count(state_size(STATE_OWN));
    return take_snapshot(R, true);
}

/* Errors ---------------------------------------------------------------------------- */

/* fp: the frame that found no room; the message names its caller's line. */
static NOINLINE void set_overflow(Run *R, Value *fp, const Node *n)
{
    FrameCursor c = frame_cursor(R->segment, fp, n);
    if (error_line(fp, n) < 0) frame_down(&c);
    error_set(R, c.fp, c.at, "stack overflow");
}

EXEC(eval_overflow)
{
    set_overflow(R, fp, n);
    if (R->stack_limited) { /* nobody may notice, and there is nowhere to go on */
        R->stop = STOP_STACK;
        R->fatal = true;
    }
    HAND(eval_throw, n, fp, acc, d);
}

typedef enum Unwind {
    UNWIND_CATCH,
    UNWIND_HANDLE,
    UNWIND_WORLD,
    UNWIND_COROUTINE,
    UNWIND_OUT
} Unwind;

/* How often a handler that fails is called again: as often as PUC Lua's C stack allows. */
static int handlers_max(const Run *R)
{
    bool few = R->pcalls + HANDLERS_MIN < HANDLERS_MAX;
    return few ? HANDLERS_MAX - (int)R->pcalls : HANDLERS_MIN;
}

/* Whether a handler is to see the error; it is left in R->value. */
static bool has_handler(Run *R, Value handler, int handlers)
{
    if (R->error_handled || R->fatal) return false;
    R->value = handler;
    if (handlers < handlers_max(R) && value_is_function(handler)) return true;
    R->error = new_c_string("error in error handling");
    return false;
}

/* Finds who takes the error: leaves the frame that the catching native called in
 * R->catch_*. */
static NOINLINE Unwind find_catcher(Run *R, Value *fp, const Node *n)
{
    FrameCursor c = frame_cursor(R->segment, fp, n);
    int handlers = 0;
    R->hook_left = false;
    for (;;) {
        R->hook_left |= c.ret->kind == N_GLUE_HOOK;
        if (R->fatal && c.ret->kind != N_GLUE_BASE && c.ret->kind != N_GLUE_HALT) {
            if (!frame_down(&c)) return UNWIND_OUT;
            continue;
        }
        switch (c.ret->kind) {
        case N_GLUE_HANDLER: handlers++; break;
        case N_GLUE_PCALL:
        case N_GLUE_XPCALL:
            R->catch_segment = c.ret_segment;
            R->catch_frame = c.ret_base;
            if (c.ret->kind == N_GLUE_PCALL) return UNWIND_CATCH;
            return has_handler(R, c.ret_base[-5], handlers) ? UNWIND_HANDLE : UNWIND_CATCH;
        case N_GLUE_FORK:
        case N_GLUE_TRY: R->catch_frame = c.ret_base; return UNWIND_WORLD;
        case N_GLUE_BASE: return UNWIND_COROUTINE;
        case N_GLUE_HALT:
            if (R->depth > 1 || R->handler == V_NIL) return UNWIND_OUT;
            return has_handler(R, R->handler, handlers) ? UNWIND_HANDLE : UNWIND_OUT;
        default: break;
        }
        if (!frame_down(&c)) return UNWIND_OUT;
    }
}

/* The frame of pcall or xpcall is the running one again, with false, error. */
static NOINLINE Value *catch_error(Run *R)
{
    Segment *s = R->catch_segment;
    Value *a = R->catch_frame - R->catch_frame[-4];
    R->pcalls = (uint32_t)R->catch_frame[-3];
    a = frame_thaw(R, s, a, a, NATIVE_SLOTS);
    if (!a) return NULL;
    a[0] = V_FALSE;
    a[1] = R->error;
    R->error = V_NIL;
    R->error_handled = false;
    R->results = a;
    R->result_count = 2;
    return a;
}

/* The handler, R->value, runs at the point of the error, on top of the failing frames. */
static NOINLINE void call_handler(Run *R, Value *fp, const Node *n)
{
    size_t at = frame_extent(fp) + FRAME_HEADER;
    Value *nf = fp + at;
    nf[-4] = at;
    nf[-3] = value_object(n);
    nf[-2] = value_object(&glue_handler);
    if (UNLIKELY(R->hooking)) nf = hook_mark_handler(R, nf, n, R->value);
    nf[-1] = R->value;
    nf[0] = R->error;
    R->call_frame = nf;
    if (R->stack_max < R->stack_limit + ERROR_ROOM) R->stack_max = R->stack_limit + ERROR_ROOM;
}

static NOINLINE void note_uncaught(Run *R, Value *fp, const Node *n)
{
    R->status = RUN_ERROR;
    if (R->depth > 1) return;
    R->error_handled = false;
    if (R->hooks && R->hooks->uncaught) R->hooks->uncaught(R, fp, n);
}

EXEC(eval_throw)
{
    if (UNLIKELY(R->stop && !R->fatal)) HAND(eval_stop, n, fp, acc, d);
    Unwind unwind = find_catcher(R, fp, n);
    if (UNLIKELY(R->hook_left) && unwind != UNWIND_HANDLE) hook_leave(R);
    switch (unwind) {
    case UNWIND_CATCH:
        fp = catch_error(R);
        if (!fp) break;
        R->stack_max = R->stack_limit;
        RETURN_MANY(fp);
    case UNWIND_HANDLE: call_handler(R, fp, n); HAND(call_any, n, R->call_frame, 1, d);
    case UNWIND_WORLD: HAND(world_fail, n, R->catch_frame, acc, d);
    case UNWIND_COROUTINE: HAND(switch_fail, n, fp, acc, d);
    default: note_uncaught(R, fp, n); break;
    }
    R->stack_max = R->stack_limit;
    return NULL;
}

/* The handler's value replaces the error, which then goes to the xpcall. */
EXEC(exec_GLUE_HANDLER)
{
    R->error = acc;
    R->error_handled = true;
    fp -= fp[-4];
    HAND(eval_throw, n, fp, acc, d);
}
EXEC(many_GLUE_HANDLER)
{
    HAND(exec_GLUE_HANDLER, n, fp, R->result_count ? R->results[0] : V_NIL, d);
}
