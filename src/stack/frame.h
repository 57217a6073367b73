/* SPDX-License-Identifier: MIT */
/*
 * Frames and segments: finding one's way on the Lua stack, and making room on it.
 * state/stack.h has the picture and the invariants.
 *
 * A slot's depth is what lies below it in its coroutine's stack, in slots. It is the same
 * wherever the frames have been copied to, so that nothing a program notices depends on how
 * its stack is cut into segments. Room is made by two kinds of functions:
 *
 *   frame_grow, frame_take_open   are for functions that are entered, and for values that come
 *                                 in. They go as deep as M->stack_max, and then answer NULL,
 *                                 which is "stack overflow". The compiler sees that callers
 *                                 look at it.
 *   frame_push, frame_thaw, ...   never fail. What was there may be there again. What is pushed
 *                                 to be called takes a few words; call_any then refuses it.
 *   frame_leave, a return         need memory for a copy of the frame below. Where there is
 *                                 none they go on in glue_lost, which raises the error there.
 *
 * So a stack exceeds its limit by one pushed frame, and while handlers of errors run
 * (M->error_room) by ERROR_ROOM and a pushed frame for each of them, which are counted.
 */
#ifndef MOONLET_FRAME_H
#define MOONLET_FRAME_H

#include <assert.h>

#include "node/node.h"
#include "stack/machine.h"

/*
 * The words of a frame's header, counted from its first slot.
 *
 *   [extra ... | distance | payload | return | function] fp
 */
enum {
    AT_FUNCTION = -1, /* what was called, or is to be: a function, or a value with __call */
    AT_RETURN = -2,   /* the node that the frame returns to */
    AT_PAYLOAD = -3,  /* of glue: FramePayload */
    AT_SHIFT = -3,    /* OWNER_SAME: how far below the frame lies as its caller made it */
    AT_DISTANCE = -4, /* OWNER_BELOW: how far below the owner's first slot lies */

    AT_HANDLER = -5, /* GLUE_XPCALL: lies in a slot of xpcall's own */

    AT_TICKET = -5,    /* GLUE_C: of the evaluator that waits */
    AT_C_HANDLER = -6, /* of errors, or nil: lies in a slot of its caller's */

    AT_POLL_OPEN = -5, /* GLUE_POLL: values of the open list at the node */
    AT_POLL_OFF = -6,  /* whether hooks were off before */

    AT_WORLD = -5, /* GLUE_WORLDS: a State */
    AT_INNER = -6, /* another, or nil */

    AT_HOOK_STAGE = -5,  /* GLUE_HOOK, of which hook.h has a picture */
    AT_HOOK_VALUE = -6,  /* the accumulator, or the block of what is kept */
    AT_HOOK_NUMBER = -7, /* the unboxed accumulator */
    AT_HOOK_COUNT = -8   /* of values kept */
};
enum {
    CALL_HEADER = 2, /* of a frame that was called in Lua code */
    SHIFT_HEADER = 3 /* OWNER_SAME: all of the header */
};

/* What a kind of node is to which frames return: a row of KINDS_GLUE, whose columns
 * node/glues.h explains; or one of KINDS_RETURNED_TO, of which all are the same. The owner of
 * those is the CALLER, at the node before, ret->a slots below. */
typedef enum FrameOwner { OWNER_NONE, OWNER_CALLER, OWNER_BELOW, OWNER_SAME } FrameOwner;
typedef enum FramePayload {
    PAYLOAD_NOTHING,
    PAYLOAD_NODE,
    PAYLOAD_CONTINUATION,
    PAYLOAD_PCALLS,
    PAYLOAD_WORLD
} FramePayload;
typedef enum FrameNative { NATIVE_KEPT, NATIVE_NOBODY } FrameNative;
typedef enum FrameHook { HOOKED_NOTHING, HOOKED_TWIN, HOOKED_NODE, HOOKED_OPERATION } FrameHook;
typedef enum FrameError {
    ERROR_PASSES,
    ERROR_CATCHES, /* pcall gets it */
    ERROR_HANDLES, /* xpcall, or first its handler */
    ERROR_COUNTS,  /* a handler has failed */
    ERROR_UNHOOKS, /* it leaves a hook's function */
    ERROR_RESTORES,
    ERROR_ENDS,   /* the coroutine */
    ERROR_LEAVES, /* the evaluator */
    ERROR_RETURNS /* the same, to a C function, which may have a handler */
} FrameError;

typedef enum FrameOf {
    OF_NOBODY,
    OF_LUA,
    OF_NATIVES,
    OF_ITS,
    OF_FUNCTIONS,
    OF_ANYBODY
} FrameOf;
typedef enum FrameGoes {
    GOES_NOWHERE,
    GOES_VALUES,
    GOES_STORES,
    GOES_CONCATS,
    GOES_STOPS,
    GOES_EVENTS,
    GOES_ERRORS
} FrameGoes;
typedef enum FrameExtra {
    EXTRA_NOTHING,
    EXTRA_OPERANDS,
    EXTRA_TICKET,
    EXTRA_POLL,
    EXTRA_HOOK,
    EXTRA_WORLDS
} FrameExtra;

typedef struct FrameKind {
    uint8_t header, owner, payload, native, error, hook, image, of, at, extra;
} FrameKind;

extern const FrameKind frame_kinds[N_KINDS];

/* The nodes of no function that frames return to, one a kind. */
#define X_GLUE(kind, name, ...) extern Node name;
KINDS_GLUE(X_GLUE)
#undef X_GLUE
/* A program may be stopped at nodes of functions, and at these (control/stop.c):
 *   node_call_again    before the call of the function of fp with M->open arguments at fp
 *   node_native_again  within the call of the native of fp, which begins again
 *   node_return_again  before M->open results at fp are handed on
 *   node_throw_again   before the error fp[0] is thrown
 *   node_suspended     before the native goes on that waits for the frame at fp */
extern Node node_call_again, node_native_again, node_return_again, node_throw_again,
    node_suspended;

/* The evaluator says what these nodes do: what each kind does with one value, what it does with
 * another number of values, and what the five nodes above do. frame_init is called once per
 * process, before anything runs. After that nobody writes to the nodes. */
typedef struct FrameExecs {
    Exec *const *exec, *const *many;
    struct {
        Exec *call, *native, *returns, *throws, *suspended;
    } again;
} FrameExecs;
void frame_init(const FrameExecs *execs);

static inline bool node_is_again(const Node *n)
{
    return n == &node_call_again || n == &node_native_again || n == &node_return_again ||
           n == &node_throw_again || n == &node_suspended;
}

/* Values that were moved or filled in count as steps. */
static inline void charge_values(Machine *M, size_t count)
{
    if (UNLIKELY(count >= STEP_VALUES)) M->fuel -= (int64_t)(count / STEP_VALUES);
}

static inline const Node *frame_ret(const Value *fp) { return value_pointer(fp[AT_RETURN]); }
/* OWNER_BELOW */
static inline Value *frame_owner(Value *fp) { return fp - fp[AT_DISTANCE]; }
/* GLUE_C: whether the C function that has called the frame waits for this evaluator. */
static inline bool frame_is_awaited(const Machine *M, const Value *fp)
{
    return fp[AT_TICKET] == M->ticket;
}
/* OWNER_SAME */
static inline Value *frame_unshifted(Value *fp) { return fp - fp[AT_SHIFT]; }
/* Payloads, by their kinds. */
static inline const Node *frame_payload_node(const Value *fp)
{
    return value_pointer(fp[AT_PAYLOAD]);
}
static inline NativeFn *frame_payload_code(const Value *fp)
{
    return (NativeFn *)(uintptr_t)fp[AT_PAYLOAD];
}
static inline State *frame_payload_world(const Value *fp)
{
    return value_pointer(fp[AT_PAYLOAD]);
}
/* GLUE_WORLDS: the State that a native keeps beside its values, and the one within it, or NULL.
 */
static inline State *frame_world(const Value *fp) { return value_pointer(fp[AT_WORLD]); }
static inline State *frame_inner_world(const Value *fp)
{
    return fp[AT_INNER] == V_NIL ? NULL : value_pointer(fp[AT_INNER]);
}
static inline uint32_t frame_payload_pcalls(const Value *fp)
{
    return (uint32_t)fp[AT_PAYLOAD];
}
/* Does a frame return to a node after a call in Lua code? */
static inline bool frame_is_called(const Node *ret)
{
    return ret->kind >= N_RET_A && ret->kind <= N_RET_TAIL;
}

/* The frame before varargs were moved below it. */
static inline Value *frame_without_varargs(Value *fp)
{
    return UNLIKELY(frame_ret(fp) == &glue_vararg) ? frame_unshifted(fp) : fp;
}
/* The frame as its caller made it, for the function that then tail-called this one. */
static inline Value *frame_as_called(Value *fp)
{
    fp = frame_without_varargs(fp);
    return UNLIKELY(frame_ret(fp) == &glue_tail) ? frame_unshifted(fp) : fp;
}

/* Whether the frame is that of a function in Lua, or of a native. It is of neither if what is
 * to be called there is no function. */
static inline bool frame_is_lua(const Value *fp)
{
    return value_is(fp[AT_FUNCTION], OBJ_CLOSURE);
}
static inline bool frame_is_native(const Value *fp)
{
    return value_is(fp[AT_FUNCTION], OBJ_NATIVE);
}
static inline Closure *frame_closure(const Value *fp) { return value_pointer(fp[AT_FUNCTION]); }
static inline Native *frame_native(const Value *fp) { return value_pointer(fp[AT_FUNCTION]); }
static inline const Proto *frame_proto(const Value *fp) { return frame_closure(fp)->proto; }

/* The values of `...` in the frame of a vararg function that has begun, ... */
static inline uint32_t frame_varargs_moved(const Value *fp)
{
    assert(frame_ret(fp) == &glue_vararg && "extra arguments lie below the function's frame");
    return (uint32_t)fp[AT_SHIFT] - SHIFT_HEADER - frame_proto(fp)->params;
}
/* ... and of any Lua function: none before they have been moved. */
static inline uint32_t frame_vararg_count(const Value *fp)
{
    return frame_ret(fp) == &glue_vararg ? frame_varargs_moved(fp) : 0;
}
static inline const Value *frame_varargs(const Value *fp)
{
    return fp - fp[AT_SHIFT] + frame_proto(fp)->params;
}

/* A frame seen from outside, for walking down from the top. */
typedef struct FrameCursor {
    Segment *segment;
    Value *fp;       /* as its function sees it */
    Value *base;     /* as its caller made it (differs for varargs, tail calls) */
    const Node *ret; /* where it returns to; never glue_underflow, glue_vararg */
    Value *ret_base; /* base, or what stands for it in the segment below */
    Segment *ret_segment;
    bool tail;      /* was tail-called */
    const Node *at; /* the node the frame is at, if it is a Lua function's */
} FrameCursor;

/* at: the node the top frame is at, or NULL. */
FrameCursor frame_cursor(Segment *segment, Value *fp, const Node *at);
FrameCursor frame_cursor_running(Machine *M);
/* Makes the frame, which is in a segment of this run's, return to ret from now on. A frame that
 * has been moved says so in two places: where it is, and where it was. Control looks at the
 * latter when the frame has returned. */
void frame_set_ret(Machine *M, const FrameCursor *c, const Node *ret);
/* Goes to the frame that this one returns into. Answers false at the coroutine's lowest. */
bool frame_down(FrameCursor *c);
/* Whether the frame is one of those that programs count: not of what could not be called, and
 * not of a native that nobody is to see. */
bool frame_is_seen(const Value *fp);
/* Goes down as programs count levels: it passes frames that are not seen. */
bool frame_down_level(FrameCursor *c);
/* Leaves top frames that are not seen. Answers false if there is no other frame. */
bool frame_skip_uncalled(FrameCursor *c);

/* Makes a segment the current one. */
static inline void frame_enter_segment(Machine *M, Segment *s)
{
    assert(s->kind != SEGMENT_COMPACT && "a compact segment never runs");
    size_t room = s->size > STACK_SLACK ? s->size - STACK_SLACK : 0;
    size_t allowed = M->stack_max > s->below ? M->stack_max - s->below : 0;
    M->segment = s;
    M->limit = s->slots + (room < allowed ? room : allowed);
    if (UNLIKELY(M->hooking)) M->limit = s->slots;
}
/* Whether frames may run in s as it is. */
static inline bool frame_runs_in(const Machine *M, const Segment *s)
{
    return s->epoch == M->run.epoch && s->kind != SEGMENT_COMPACT;
}
/* The end of what frames in the running segment may use without a move. */
static inline Value *frame_limit(const Machine *M)
{
    return M->segment->slots + M->segment->size - STACK_SLACK;
}
/* How deep a slot of the running segment lies. */
static inline size_t frame_depth(const Machine *M, const Value *slot)
{
    return M->segment->below + (size_t)(slot - M->segment->slots);
}

#define MUST_CHECK __attribute__((warn_unused_result))

/* Makes room for `need` slots and the slack from fp. `used` slots of the frame are live.
 * Answers fp, which is another address if the frame had to be moved, or NULL if the stack would
 * be deeper than M->stack_max. */
MUST_CHECK Value *frame_grow(Machine *M, Value *fp, size_t used, size_t need);

/* A frame of this kind above the `used` slots of the frame at fp, which is moved where there
 * is no room: all of its header is set but for the function and the extra words;
 * there is room for PUSHED_ROOM arguments. Its owner is then frame_owner(nf). */
Value *frame_push(Machine *M, Value *fp, size_t used, const Node *glue, Value payload);
enum { PUSHED_ROOM = 8 };
#ifdef MOONLET_STRESS
/* Moves the top frame, of which `used` slots are live. The slots that it leaves hold no Values
 * after that. */
Value *frame_displace(Machine *M, Value *fp, size_t used);
#endif
/* Sets the header of a frame at nf, where there surely is room, `distance` above its owner. */
static inline Value *frame_link(Value *nf, size_t distance, const Node *glue, Value payload)
{
    nf[AT_DISTANCE] = distance;
    nf[AT_PAYLOAD] = payload;
    nf[AT_RETURN] = value_object(glue);
    return nf;
}

/* Says whether the running coroutine's stack may use ERROR_ROOM more slots, in which handlers
 * of errors run. It takes effect when the next segment is entered. */
enum { ERROR_ROOM = 20000 };
static inline void frame_set_error_room(Machine *M, bool on)
{
    M->error_room = on;
    M->stack_max = M->limits.stack + (on ? ERROR_ROOM : 0);
}

/* Where the open list of the node lies, M->open values. Answers NULL if the node uses none. */
static inline Value *frame_open_list(const Node *n, Value *fp)
{
    switch (n->kind) {
    case N_CALL_OPEN:
    case N_TAIL_OPEN:
    case N_RETURN_OPEN: return fp + n->a + n->b;
    case N_LIST_OPEN: return fp + n->c + n->b;
    default: return NULL;
    }
}
/* Whether M->open values wait at the node at which control stands: if not, it is a number of
 * what was before. */
static inline bool frame_has_open(const Node *n, const Value *fp)
{
    return node_is_again(n) || frame_open_list(n, (Value *)fp);
}
/* Makes the frame at fp in segment s, which is live up to top, the running one, with `room`
 * slots above top. It is moved if s is not the run's own, or is compact. For frames of natives.
 */
Value *frame_thaw_moved(Machine *M, Segment *s, Value *fp, const Value *top, size_t room);
static inline Value *frame_thaw(Machine *M, Segment *s, Value *fp, const Value *top,
                                size_t room)
{
    if (UNLIKELY(!frame_runs_in(M, s))) return frame_thaw_moved(M, s, fp, top, room);
    frame_enter_segment(M, s);
    return fp;
}

/* Makes the frame of a coroutine that has not run the running one. If it has not lain frozen,
 * it gets a segment of its own, because it may well yield often before the next snapshot. */
Value *frame_start(Machine *M, const Segment *s);
/* Thaws as frame_thaw does, a frame of any size. Answers NULL if there is no memory, and has
 * then changed nothing. */
MUST_CHECK Value *frame_try_thaw(Machine *M, Segment *s, Value *fp, const Value *top,
                                 size_t room);
/* Whether the frames of s, the top one of which is at fp, may go to a compact segment. They may
 * if the segment that they need when they run again can always be had. */
bool frame_may_fold(const Segment *s, const Value *fp);
/* Copies the frames of s, which are live up to its slot `top`, to a compact segment, which is
 * `home` if possible: if it is the run's own, or has these very words. For what frame_may_fold
 * allows, and for the frames of scratch segments. */
Segment *frame_fold(Machine *M, const Segment *s, uint32_t top, Segment *home);
/* To be called when the lowest frame of the running segment has returned. Answers where its
 * base is now, for M->ret to go on from. `reuse` says that no results lie in the segment. */
Value *frame_underflow(Machine *M, bool reuse);
/* What glue_lost goes on with, to which the frame at base has returned. Answers the frame in
 * which the error is, and the node at which that frame is. After a call, that is the node to
 * which the call returns, because the arguments are not there any more. */
Value *frame_lost(Machine *M, Value *base, const Node **n);
/* To be called when control has left s for good. Results may still lie in it. */
void frame_vacate(Machine *M, Segment *s);

/* Makes the native whose frame is at base in s return to M->ret. Answers where base is then,
 * for M->ret to go on from. */
Value *frame_leave_slow(Machine *M, Segment *s, Value *base);
static inline Value *frame_leave(Machine *M, Segment *s, Value *base)
{
    const Node *ret = frame_ret(base);
    if (UNLIKELY(!frame_runs_in(M, s) || ret == &glue_underflow))
        return frame_leave_slow(M, s, base);
    M->ret = ret;
    frame_enter_segment(M, s);
    return base;
}

/* Makes room, and puts count values at fp[at..] as the open list. Answers the frame, which may
 * have been moved, or NULL on overflow. */
MUST_CHECK Value *frame_take_open(Machine *M, Value *fp, unsigned at, const Value *from,
                                  size_t count);

/* How many slots of the frame at fp may be in use. The frame at base returns into it through
 * ret, and the slots in use lie below the header of that frame. Answers 0 if they are
 * nobody's. */
size_t frame_used_below(const Node *ret, const Value *base, const Value *fp);

/* Segment s of co's stack if this run may write to it, else a copy in its place. Answers NULL
 * if there is no memory, which is a shortage. O(size of what lies above and is frozen). */
MEM_TRY Segment *frame_own_segment(Machine *M, Coroutine *co, Segment *s);

/* Slots that the function of a frame may use from fp. */
static inline size_t frame_extent(const Value *fp)
{
    return frame_is_lua(fp) ? proto_frame(frame_proto(fp)) : NATIVE_SLOTS;
}

/* How many slots are in use at a poll at n, with what is handed on there: an open list,
 * arguments, or results. */
size_t frame_used_at(const Machine *M, const Node *n, const Value *fp);

#endif
