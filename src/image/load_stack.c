/* SPDX-License-Identifier: MIT */
/*
 * Coroutines of an image: reading. save_stack.c says what is written.
 *
 * Frames are put where running code would have put them, the lowest first, in segments of some
 * size: a small stack is a compact one, as it is when control has left it. What a frame waits
 * for is known when the one above it has been read; then its slots are checked: each that the
 * code may read must be there, and one of a variable in a cell must have a cell.
 *
 * Invariant: the words of a segment that has been made are Values, or what the frame kinds say.
 */
#include "image/frames.h"
#include "image/loader.h"
#include "lib/natives.h"
#include "stack/hook.h"
#include "stack/trace_stack.h"
#include "stack/upvalue.h"

/* Slots of a segment above which no other frame begins: nobody copies more of them than that.
 */
#ifdef MOONLET_DEBUG
enum { SEGMENT_FULL = 200 };
#else
enum { SEGMENT_FULL = 1 << 13 };
#endif

typedef struct StackLoader {
    Loader *L;
    Coroutine *co;
    Segment *below; /* those that are complete, or NULL */
    Value *words;   /* the slots of the one that is not */
    size_t capacity;
    uint32_t depth;   /* Segment.below */
    size_t fp;        /* index of the last frame in words; 0: there is none */
    size_t used;      /* its slots that have been read */
    size_t extent;    /* words that the frames in words may need when they run */
    const Proto *p;   /* its code; NULL: a native's */
    bool record;      /* its slot 0 is what a host function goes on with */
    bool bare;        /* a vararg function that has not begun, so its arguments are in place */
    const Node *last; /* that a hook has seen */
    const Node *ret;  /* of a segment that has just begun: what its lowest frame returns to */
    uint32_t ret_at;  /* and where */
} StackLoader;

/* The function of the last frame: no function at all, if it is a value that could not be
 * called, or stands for a result on its way. */
static Value function_of(const StackLoader *k) { return k->words[k->fp - 1]; }

static void fail(StackLoader *k) { source_fail(&k->L->in); }
static bool failed(const StackLoader *k) { return loader_failed(k->L); }

/* Room ----------------------------------------------------------------------------------- */

/* An image may have so many words of stacks, by its length. */
static bool take_words(Loader *L, size_t n)
{
    if (n > L->stack_words) {
        source_fail(&L->in);
        return false;
    }
    L->stack_words -= n;
    return true;
}

/* Words up to `end` are there, and nil where they are new. */
static bool words_up_to(StackLoader *k, size_t end)
{
    if (end <= k->capacity) return true;
    size_t capacity = end + end / 2 + 32;
    if (end > UINT32_MAX / 2 || !take_words(k->L, capacity - k->capacity)) {
        fail(k);
        return false;
    }
    Value *words = mem_try_alloc(capacity * sizeof *words);
    if (!words) {
        loader_refuse(k->L, "not enough memory");
        return false;
    }
    if (k->capacity) memcpy(words, k->words, k->capacity * sizeof *words);
    k->words = words;
    k->capacity = capacity;
    return true;
}

/* A segment of the words up to `end`. */
static Segment *complete(StackLoader *k, size_t end)
{
    Segment *s = segment_try_new(&k->L->M->run, (uint32_t)end);
    if (!s) {
        loader_refuse(k->L, "not enough memory");
        return NULL;
    }
    memcpy(s->slots, k->words, end * sizeof(Value));
    s->prev = k->below;
    s->ret = k->ret;
    s->prev_frame = k->ret_at;
    s->below = k->depth;
    loader_words_are_in(k->L, s);
    return s;
}

/* The frame at base is the lowest of another segment, as frame_move makes it: gives where it is
 * there. */
static size_t begin_segment(StackLoader *k, size_t base)
{
    const Node *ret = value_pointer(k->words[base + AT_RETURN]);
    Value header[FRAME_HEADER];
    memcpy(header, k->words + base - FRAME_HEADER, sizeof header);
    k->below = complete(k, base);
    k->extent = 0;
    k->depth += (uint32_t)base - FRAME_HEADER;
    k->ret = ret;
    k->ret_at = (uint32_t)base;
    memset(k->words, 0, base * sizeof(Value));
    memcpy(k->words, header, sizeof header);
    k->words[FRAME_HEADER + AT_RETURN] = value_object(&glue_underflow);
    return FRAME_HEADER;
}

/* Nodes ---------------------------------------------------------------------------------- */

/* A node of the last frame's function, or before a call or a return; NULL: nowhere. */
static const Node *load_node(StackLoader *k)
{
    uint64_t code = source_number(&k->L->in);
    if (code == NODE_CALL_AGAIN) return &node_call_again;
    if (code == NODE_NATIVE_AGAIN && value_is(function_of(k), OBJ_NATIVE))
        return &node_native_again;
    if (code == NODE_RETURN_AGAIN) return &node_return_again;
    if (code == NODE_THROW_AGAIN && value_is_function(function_of(k))) return &node_throw_again;
    if (code == NODE_SUSPENDED && !k->p) return &node_suspended;
    if (code == NODE_NOWHERE) return NULL;
    uint64_t i = (code - NODE_FIRST) / 2;
    if (!k->p || i >= k->p->node_count) {
        fail(k);
        return NULL;
    }
    const Node *n = &k->p->nodes[i];
    return (code - NODE_FIRST) & 1 ? hook_twin_node(k->p, n) : n;
}

/* Where a call at the node has its frame; 0: it is no call. */
static uint32_t callee_slot(const Node *n)
{
    switch (n->kind) {
    case N_CALL_0:
    case N_CALL_1:
    case N_CALL_2:
    case N_CALL_3:
    case N_CALL_N:
    case N_CALL_OPEN:
    case N_TAIL_N:
    case N_TAIL_OPEN: return n->a;
    case N_ITER_CALL: return n->aux;
    default: return 0;
    }
}

/* Whether it is the node that a call of the function returns to. */
static bool is_return(const Proto *p, const Node *n)
{
    return p && !node_is_again(n) && frame_is_called(n) && proto_index(p, n) > 0 &&
           callee_slot(n - 1) == n->a && n->a >= 2;
}

/* The node of a call's return. */
static const Node *load_return(StackLoader *k)
{
    const Node *n = load_node(k);
    if (n && is_return(k->p, n)) return n;
    fail(k);
    return NULL;
}

/* Whether glue of this kind can go on at a node of a function. */
static bool can_go_on(const Node *glue, const Node *n)
{
    unsigned op = node_kinds[n->kind].op;
    bool self = n->kind == N_SELF_L || n->kind == N_SELF_A || n->kind == N_SELF_U;
    switch (glue->kind) {
    case N_GLUE_VALUE:
    case N_GLUE_BOOL:
    case N_GLUE_NOT:
        return !frame_is_called(n) && (self || node_kinds[n->kind].dest != DEST_NONE);
    case N_GLUE_NONE: return op >= DO_SET_FIELD && op <= DO_SET_INDEX;
    case N_GLUE_CONCAT: return n->kind == N_CONCAT_A || n->kind == N_CONCAT_S;
    case N_GLUE_HANDLER: return true; /* it does not: the error does */
    default: return !frame_is_called(n);
    }
}

static const Node *load_payload_node(StackLoader *k, const Node *glue)
{
    const Node *n = load_node(k);
    if (!n && glue->kind == N_GLUE_HANDLER)
        return &glue_native; /* none of its own has failed */
    if (!n && !k->p && glue->kind == N_GLUE_HOOK) return &glue_hook;
    if (n && k->p && glue->kind == N_GLUE_HOOK && is_return(k->p, n)) return n;
    bool again = n && node_is_again(n);
    bool beside = glue->kind == N_GLUE_POLL || glue->kind == N_GLUE_HANDLER;
    bool good = again ? beside : n && k->p && can_go_on(glue, n);
    if (!good) fail(k);
    return good ? n : NULL;
}

/* The word of a header that says what to go on with; `place` is where it will be. */
static Value load_payload(StackLoader *k, const Node *glue, const Value *place)
{
    Loader *L = k->L;
    uint64_t number;
    switch ((FramePayload)frame_kinds[glue->kind].payload) {
    case PAYLOAD_NODE: return value_object(load_payload_node(k, glue));
    case PAYLOAD_CONTINUATION:
        return load_continuation(L, k->words + k->fp, k->used, k->record);
    case PAYLOAD_PCALLS:
        number = source_number(&L->in);
        if (number > UINT32_MAX) fail(k);
        return number;
    case PAYLOAD_WORLD:
        number = source_number(&L->in);
        if (number > UINT32_MAX) fail(k);
        loader_fix_word(
            L, (WordFixup){.slot = (uint32_t)(place - k->words), .number = (uint32_t)number});
        return V_NIL;
    case PAYLOAD_NOTHING: break;
    }
    return V_NIL;
}

/* Headers -------------------------------------------------------------------------------- */

/* How far above its owner a frame of glue begins; 0: refused. */
static size_t load_distance(StackLoader *k, const Node *glue)
{
    const FrameKind *kind = &frame_kinds[glue->kind];
    uint64_t distance = source_number(&k->L->in);
    if (distance >= k->used + kind->header && distance < UINT32_MAX / 2)
        return (size_t)distance;
    fail(k);
    return 0;
}

/* The natives whose frames wait with glue of their own. */
static bool is_owner(const StackLoader *k, const Node *glue)
{
    const char *name = NULL;
    if (!value_is_function(function_of(k))) return glue->kind == N_GLUE_HANDLER;
    switch (glue->kind) {
    case N_GLUE_PCALL: name = "pcall"; break;
    case N_GLUE_XPCALL: name = "xpcall"; break;
    case N_GLUE_FORK: name = "state.fork"; break;
    case N_GLUE_TRY: name = "state.try"; break;
    case N_GLUE_NATIVE:
    case N_GLUE_ANSWER: return !k->p;
    case N_GLUE_HANDLER:
    case N_GLUE_HOOK:
    case N_GLUE_POLL: return true;
    default: return k->p != NULL; /* an operation's */
    }
    return !k->p && load_is_native(k->words[k->fp - 1], name);
}

/* The operands that are left of a concatenation, whose result so far is on its way. */
static void load_operands(StackLoader *k, const Node *n, size_t distance)
{
    uint64_t left = source_number(&k->L->in);
    if (left < 2 || left > n->b ||
        (size_t)n->a + n->b + frame_kinds[N_GLUE_CONCAT].header >= distance)
        fail(k);
    else
        k->words[k->fp + n->a + n->b] = value_number((double)left);
}

/* How many values of an open list, arguments or results the frame has at the node. */
static uint32_t load_open(StackLoader *k, const Node *n)
{
    Value *fp = k->words + k->fp;
    uint64_t open = source_number(&k->L->in);
    const Value *list = !n ? NULL : node_is_again(n) ? fp : frame_open_list(n, fp);
    if (open <= (list ? k->used - (size_t)(list - fp) : 0) && (!list || list <= fp + k->used))
        return (uint32_t)open;
    fail(k);
    return 0;
}

/* What has been put aside in a block of its own, count values: gives the block. */
static Value load_kept(StackLoader *k, size_t count)
{
    Value *kept = mem_try_alloc((count + 1) * sizeof *kept);
    if (!kept) {
        loader_refuse(k->L, "not enough memory");
        return V_NIL;
    }
    for (size_t i = 0; i < count; i++) kept[i] = load_value(k->L);
    return value_object(kept);
}

/* Whether a hook's function can have been called at this moment, with so much kept. */
static bool is_moment(StackLoader *k, HookMoment moment, const Node *n, size_t distance,
                      size_t count)
{
    const size_t header = frame_kinds[N_GLUE_HOOK].header;
    switch (moment) {
    case HOOK_AT_NODE: {
        Value *fp = k->words + k->fp, *list = k->p ? frame_open_list(n, fp) : NULL;
        size_t room = list && list <= fp + k->used ? (size_t)(fp + k->used - list) : 0;
        return k->p && !frame_is_called(n) && count <= room;
    }
    case HOOK_AT_CALL: return !k->p && distance == count + header;
    case HOOK_AFTER_NATIVE: return !k->p && distance == header;
    case HOOK_AFTER_CALL: return is_return(k->p, n);
    default: return false;
    }
}

/* The words below a hook's frame: hook.h has the picture. */
static void load_hook_frame(StackLoader *k, Value *at, size_t distance)
{
    Loader *L = k->L;
    const Node *n = frame_payload_node(at);
    unsigned stage = source_byte(&L->in);
    Value d = load_value(L);
    size_t count = source_count(&L->in, 1);
    HookMoment moment = hook_moment(stage);
    if (!value_is_number(d) || !is_moment(k, moment, n, distance, count)) fail(k);
    if (failed(k)) return;
    bool block = moment == HOOK_AFTER_NATIVE || moment == HOOK_AFTER_CALL;
    at[AT_HOOK_VALUE] = block ? load_kept(k, count) : load_value(L);
    at[AT_HOOK_COUNT] = value_number((double)count);
    at[AT_HOOK_NUMBER] = d;
    at[AT_HOOK_STAGE] = value_number(stage);
}

/* What comes between a frame and the one below it, up to the words of its header: where the
 * frame's base is. 0: refused. */
static size_t load_glue(StackLoader *k, const Node *glue, unsigned bits)
{
    if (!is_owner(k, glue)) {
        fail(k);
        return 0;
    }
    size_t distance = load_distance(k, glue), base = k->fp + distance;
    if (failed(k) || !words_up_to(k, base + 1)) return 0;
    Value *at = k->words + base;
    at[AT_DISTANCE] = distance;
    at[AT_RETURN] = value_object(bits & FRAME_TWIN ? hook_return(glue, NULL) : glue);
    at[AT_PAYLOAD] = load_payload(k, glue, &at[AT_PAYLOAD]);
    if (glue->kind == N_GLUE_CONCAT && !failed(k))
        load_operands(k, frame_payload_node(at), distance);
    if (glue->kind == N_GLUE_HOOK && !failed(k)) load_hook_frame(k, at, distance);
    if (glue->kind == N_GLUE_POLL && !failed(k)) {
        at[AT_POLL_OPEN] = value_number((double)load_open(k, frame_payload_node(at)));
        at[AT_POLL_OFF] = value_boolean(source_byte(&k->L->in) != 0);
    }
    return failed(k) ? 0 : base;
}

/* Frames ----------------------------------------------------------------------------------- */

/* The frame's slots are as the code needs them that goes on at the node: those of variables in
 * cells have one, and no others. */
static void check_slots(StackLoader *k, const Node *at)
{
    bool begun = at && !node_is_again(at);
    uint32_t index = k->p && begun ? proto_index(k->p, at) : UINT32_MAX;
    if (k->bare && begun) fail(k);
    size_t top = index == UINT32_MAX ? 0 : k->p->tops[index];
    for (size_t i = 0; i < top || i < k->used; i++) {
        bool cell = i < k->used && value_is(k->words[k->fp + i], OBJ_CELL);
        bool needed =
            i < top && trace_holds_value(k->p, at, i) && trace_needs_cell(k->p, at, i);
        if (cell != needed) fail(k);
    }
}

/* Words that are values or nobody's; gives their number. */
static size_t load_words(StackLoader *k, size_t at)
{
    size_t n = source_count(&k->L->in, 1);
    if (!words_up_to(k, at + n + 1)) return 0;
    ByteSource *in = &k->L->in;
    for (size_t i = 0; i < n && !failed(k); i++) {
        bool record = i == 0 && !k->p && in->at < in->end && *in->at == TAG_RECORD;
        if (record) in->at++;
        k->words[at + i] = record ? load_host_record(k->L) : load_word(k->L);
        k->record |= record;
    }
    return n;
}

/* The function of the frame at fp, or what is there instead, and the code that it runs. */
static void load_function(StackLoader *k, size_t fp)
{
    Loader *L = k->L;
    Value f = load_value(L);
    k->p = NULL;
    if (failed(k)) return;
    k->words[fp - 1] = f;
    if (!value_is(f, OBJ_CLOSURE)) return;
    const Closure *c = value_pointer(f);
    bool other = source_byte(&L->in) != 0;
    k->p = other ? loader_proto(L) : c->proto;
    if (!k->p || k->p->source != c->proto->source ||
        k->p->upvalue_count != c->proto->upvalue_count)
        fail(k);
}

/* Words between a frame's base and its own: the mark of a tail call, arguments. */
static size_t load_inset(StackLoader *k, size_t base, unsigned bits)
{
    size_t fp = base;
    Value f = k->words[base - 1];
    bool vararg = bits & FRAME_VARARGS;
    if (vararg && !(k->p && k->p->vararg)) fail(k);
    k->bare = !vararg && k->p && k->p->vararg;
    if (failed(k) || !words_up_to(k, base + 8)) return base;
    if (bits & FRAME_TAIL) {
        fp += SHIFT_HEADER;
        k->words[fp + AT_SHIFT] = SHIFT_HEADER;
        k->words[fp + AT_RETURN] = value_object(&glue_tail);
        k->words[fp - 1] = f;
    }
    if (!vararg) return fp;
    size_t extra = load_words(k, fp + k->p->params),
           shift = k->p->params + extra + SHIFT_HEADER;
    if (!words_up_to(k, fp + shift + 1)) return base;
    for (size_t i = 0; i < extra; i++)
        if (value_is(k->words[fp + k->p->params + i], OBJ_CELL)) fail(k);
    fp += shift;
    k->words[fp + AT_SHIFT] = shift;
    k->words[fp + AT_RETURN] = value_object(&glue_vararg);
    k->words[fp - 1] = f;
    return fp;
}

/* The lowest frame's base. */
static size_t load_lowest(StackLoader *k, unsigned code, unsigned bits)
{
    const Node *glue = frame_glue(code);
    bool main = k->co == k->L->M->run.world->main;
    if (glue != (main ? &glue_halt : &glue_base) && glue != &glue_base) fail(k);
    if (failed(k) || !words_up_to(k, FRAME_HEADER + 1)) {
        fail(k);
        return 0;
    }
    k->words[FRAME_HEADER + AT_RETURN] =
        value_object(bits & FRAME_TWIN ? hook_return(glue, NULL) : glue);
    return FRAME_HEADER;
}

static size_t load_called(StackLoader *k)
{
    const Node *ret = load_return(k);
    if (!ret || ret->a < k->used + 2 || !words_up_to(k, k->fp + ret->a + 1)) {
        fail(k);
        return 0;
    }
    k->words[k->fp + ret->a + AT_RETURN] = value_object(ret);
    return k->fp + ret->a;
}

/* The node that a frame is at, as the header at base of the one above it says. */
static const Node *waits_at(const StackLoader *k, size_t base)
{
    const Node *ret = value_pointer(k->words[base + AT_RETURN]);
    const FrameKind *kind = &frame_kinds[ret->kind];
    if (kind->owner == OWNER_CALLER) return ret - 1;
    return kind->payload == PAYLOAD_NODE ? frame_payload_node(k->words + base) : NULL;
}

/* The frame's function as its code sees it, if that is not as the program does. */
static void fix_function(StackLoader *k, size_t fp)
{
    const Closure *c = value_pointer(k->words[fp - 1]);
    if (c->proto == k->p) return;
    loader_fix_word(k->L, (WordFixup){.slot = (uint32_t)fp - 1, .proto = k->p});
}

/* The node of the frame's function that a hook has last seen. */
static void load_last(StackLoader *k)
{
    uint64_t i = source_number(&k->L->in);
    if (!k->p || i >= k->p->node_count)
        fail(k);
    else
        k->last = &k->p->nodes[i];
}

static void load_frame(StackLoader *k)
{
    unsigned code = source_byte(&k->L->in), bits = source_byte(&k->L->in);
    size_t base;
    if (!k->fp)
        base = load_lowest(k, code, bits);
    else if (code == FRAME_CODE_CALLED)
        base = load_called(k);
    else if (frame_glue(code) && frame_kinds[frame_glue(code)->kind].owner == OWNER_BELOW)
        base = load_glue(k, frame_glue(code), bits);
    else
        base = 0;
    if (!base || failed(k) || bits > FRAME_BITS) {
        fail(k);
        return;
    }
    if (k->fp) check_slots(k, waits_at(k, base));
    bool parts = base > SEGMENT_FULL;
    if (parts) base = begin_segment(k, base);
    if (failed(k)) return;
    load_function(k, base);
    if (parts) /* what has returned into a segment is looked at there */
        k->below->slots[k->ret_at - 1] = k->words[base - 1];
    if (bits & FRAME_LAST && !failed(k)) load_last(k);
    size_t fp = load_inset(k, base, bits);
    if (failed(k)) return;
    if (k->p) fix_function(k, fp);
    k->fp = fp;
    size_t extent = fp + (k->p ? proto_frame(k->p) : NATIVE_SLOTS);
    if (extent > k->extent) k->extent = extent;
    k->record = false;
    k->used = load_words(k, fp);
}

/* The segment of all frames, or of the last ones. A compact one is unfolded to another in which
 * they run, which can always be had. */
static Segment *top_segment(StackLoader *k, const CoBody *b)
{
    bool fresh = b->status == CO_FRESH, roomy = k->extent > SCRATCH_SLOTS - STACK_SLACK;
    bool compact = b->top <= COMPACT_MAX && (fresh || k->extent <= SEGMENT_SURE_MAX);
    if (fresh && !compact) fail(k);
    Segment *s = failed(k) ? NULL : complete(k, b->top);
    if (!s || !compact) return s;
    s->kind = SEGMENT_COMPACT;
    s->roomy = roomy && !fresh;
    return s;
}

/* Whether what goes on there is a native, or its continuation, that may have paid for its work.
 */
static bool can_have_paid(const StackLoader *k, const Node *n)
{
    Value f = function_of(k);
    const Node *ret = value_pointer(k->words[k->fp + AT_RETURN]);
    if (n == &node_return_again) return ret->kind == N_GLUE_NATIVE;
    return (n == &node_call_again || n == &node_native_again) && value_is(f, OBJ_NATIVE) &&
           !(((const Native *)value_pointer(f))->h.flags & NATIVE_CONTROL);
}

/* Whether the top frame may be at no node. What has died may not have begun. */
static bool may_be_nowhere(const StackLoader *k, const CoBody *b)
{
    if (b->status == CO_DEAD) return true;
    Value f = function_of(k);
    return b->status == CO_FRESH ? value_is_function(f) : value_is(f, OBJ_NATIVE);
}

/* Where the top frame goes on, and how much of it is live. */
static void load_top(StackLoader *k, CoBody *b)
{
    Loader *L = k->L;
    const Node *n = load_node(k);
    uint64_t top = source_number(&L->in);
    bool paused = b->status == CO_PAUSED || b->status == CO_DEAD;
    bool returns = n && !node_is_again(n) && frame_is_called(n); /* only an error is there */
    if (n && (!paused || (returns && b->status != CO_DEAD))) fail(k);
    if (!n && !may_be_nowhere(k, b)) fail(k);
    if (top < k->used || top > UINT32_MAX / 4 || failed(k) || !words_up_to(k, k->fp + top)) {
        fail(k);
        return;
    }
    check_slots(k, n);
    b->open = load_open(k, n);
    if (b->paid && !can_have_paid(k, n)) fail(k);
    if (n == &node_throw_again && b->open != 1) fail(k);
    if (!n && b->status == CO_PAUSED && top > NATIVE_SLOTS) fail(k);
    b->node = n;
    b->fp = (uint32_t)k->fp;
    b->top = (uint32_t)(k->fp + top);
    b->segment = top_segment(k, b);
}

static void load_stack(Loader *L, Coroutine *c, CoBody *b, HookState *hook)
{
    StackLoader k = {.L = L, .co = c};
    uint64_t depth = source_number(&L->in), pcalls = source_number(&L->in);
    uint64_t debt = source_number(&L->in), paid = source_number(&L->in);
    size_t count = source_count(&L->in, 3);
    if ((depth | pcalls | debt | paid) > UINT32_MAX || !count) source_fail(&L->in);
    b->depth = (uint32_t)depth;
    b->pcalls = (uint32_t)pcalls;
    b->debt = (uint32_t)debt;
    b->paid = (uint32_t)paid;
    for (size_t i = 0; i < count && !loader_failed(L); i++) load_frame(&k);
    if (!loader_failed(L)) load_top(&k, b);
    if (k.last && hook) hook->last = k.last;
}

static HookState *load_hook(Loader *L)
{
    if (!source_byte(&L->in)) return NULL;
    Hook *hook = mem_alloc(sizeof *hook);
    HookState *h = mem_alloc(sizeof *h);
    hook->function = load_value(L);
    uint64_t mask = source_number(&L->in), count = source_number(&L->in),
             left = source_number(&L->in);
    if (mask > 15 || count > UINT32_MAX || left > UINT32_MAX) source_fail(&L->in);
    if (hook->function != V_NIL && !value_is_function(hook->function)) source_fail(&L->in);
    hook->mask = (uint32_t)mask;
    hook->count = (uint32_t)count;
    bool none = hook->function == V_NIL && !mask && !count; /* others inherit the mask alone */
    *h = (HookState){.hook = none ? &hook_none : hook, .left = (uint32_t)left};
    h->busy = source_byte(&L->in) != 0;
    return h;
}

void load_coroutine(Loader *L, Coroutine *c)
{
    CoBody *b = heap_coroutine_mut(&L->M->run, c);
    *b = (CoBody){.status = source_byte(&L->in)};
    unsigned bits = source_byte(&L->in);
    if (b->status > CO_DEAD || bits > 15) source_fail(&L->in);
    b->wrapped = bits & 1;
    b->failed = bits >> 1 & 1;
    b->error_room = bits >> 3 & 1;
    b->resumer = load_object(L, OBJ_COROUTINE, true);
    HookState *hook = load_hook(L);
    b->hook = hook;
    bool live = b->status != CO_DEAD && b->status != CO_RUNNING;
    if (bits >> 2 & 1)
        load_stack(L, c, b, hook);
    else if (live)
        source_fail(&L->in);
}
