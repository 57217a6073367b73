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
#include "image/load/stack_loader.h"
#include "stack/hook.h"
#include "stack/trace_stack.h"
#include "stack/upvalue.h"

/* Slots of a segment above which no other frame begins: nobody copies more of them than that.
 */
#if defined(MOONLET_DEBUG) || defined(MOONLET_SEE_FIELDS) /* so that small tests have several \
                                                           */
enum { SEGMENT_FULL = 200 };
#else
enum { SEGMENT_FULL = 1 << 13 };
#endif

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

bool stack_words_up_to(StackLoader *k, size_t end)
{
    if (end <= k->capacity) return true;
    size_t capacity = end + end / 2 + 32;
    if (end > UINT32_MAX / 2 || !take_words(k->L, capacity - k->capacity)) {
        stack_fail(k);
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

/* Frames ----------------------------------------------------------------------------------- */

/* How many slots the frame's code has in use where it goes on at the node; 0: it has not begun.
 */
static size_t slots_in_use(const StackLoader *k, const Node *at)
{
    bool begun = at && !node_is_again(at);
    uint32_t index = k->p && begun ? proto_index(k->p, at) : UINT32_MAX;
    return index == UINT32_MAX ? 0 : proto_top(k->p, index);
}

/* The frame's slots are as the code needs them that goes on at the node: those of variables in
 * cells have one, and no others. */
static void check_slots(StackLoader *k, const Node *at)
{
    size_t top = slots_in_use(k, at);
    if (k->bare && at && !node_is_again(at)) stack_fail(k);
    for (size_t i = 0; i < top || i < k->used; i++) {
        bool cell = i < k->used && value_is(k->words[k->fp + i], OBJ_CELL);
        bool needed =
            i < top && trace_holds_value(k->p, at, i) && trace_needs_cell(k->p, at, i);
        if (cell != needed) stack_fail(k);
    }
}

/* Words that are values or nobody's; gives their number. */
static size_t load_words(StackLoader *k, size_t at)
{
    size_t n = source_count(&k->L->in, 1);
    if (!stack_words_up_to(k, at + n + 1)) return 0;
    ByteSource *in = &k->L->in;
    for (size_t i = 0; i < n && !stack_failed(k); i++) {
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
    if (stack_failed(k)) return;
    k->words[fp - 1] = f;
    if (!value_is(f, OBJ_CLOSURE)) return;
    const Closure *c = value_pointer(f);
    bool other = source_byte(&L->in) != 0;
    k->p = other ? loader_proto(L) : c->proto;
    if (!k->p || k->p->source != c->proto->source ||
        k->p->upvalue_count != c->proto->upvalue_count)
        stack_fail(k);
}

/* Words between a frame's base and its own: the mark of a tail call, arguments. */
static size_t load_inset(StackLoader *k, size_t base, unsigned bits)
{
    size_t fp = base;
    Value f = k->words[base - 1];
    bool vararg = bits & FRAME_VARARGS;
    if (vararg && !(k->p && k->p->vararg)) stack_fail(k);
    k->bare = !vararg && k->p && k->p->vararg;
    if (stack_failed(k) || !stack_words_up_to(k, base + 8)) return base;
    if (bits & FRAME_TAIL) {
        fp += SHIFT_HEADER;
        k->words[fp + AT_SHIFT] = SHIFT_HEADER;
        k->words[fp + AT_RETURN] = value_object(&glue_tail);
        k->words[fp - 1] = f;
    }
    if (!vararg) return fp;
    size_t extra = load_words(k, fp + k->p->params),
           shift = k->p->params + extra + SHIFT_HEADER;
    if (!stack_words_up_to(k, fp + shift + 1)) return base;
    for (size_t i = 0; i < extra; i++)
        if (value_is(k->words[fp + k->p->params + i], OBJ_CELL)) stack_fail(k);
    fp += shift;
    k->words[fp + AT_SHIFT] = shift;
    k->words[fp + AT_RETURN] = value_object(&glue_vararg);
    k->words[fp - 1] = f;
    return fp;
}

/* Whether a run may end where the coroutine does: it is the main one, or that of a program
 * which ran beside a paused one. Nobody can resume it. */
static bool may_halt(const StackLoader *k)
{
    CoStatus status = heap_coroutine(&k->L->M->run, k->co)->status;
    return k->co == k->L->M->run.world->main || (status != CO_FRESH && status != CO_SUSPENDED);
}

/* The lowest frame's base. */
static size_t load_lowest(StackLoader *k, unsigned code)
{
    const Node *glue = frame_glue(code);
    if (glue != &glue_base && !(glue == &glue_halt && may_halt(k))) stack_fail(k);
    if (stack_failed(k) || !stack_words_up_to(k, FRAME_HEADER + 1)) {
        stack_fail(k);
        return 0;
    }
    k->words[FRAME_HEADER + AT_RETURN] =
        value_object(k->hooked ? hook_return(glue, NULL) : glue);
    return FRAME_HEADER;
}

static size_t load_called(StackLoader *k)
{
    const Node *ret = stack_load_return(k);
    if (!ret || ret->a < k->used + 2 || !stack_words_up_to(k, k->fp + ret->a + 1)) {
        stack_fail(k);
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
        stack_fail(k);
    else
        k->last = &k->p->nodes[i];
}

static void load_frame(StackLoader *k)
{
    unsigned code = source_byte(&k->L->in), bits = source_byte(&k->L->in);
    size_t base;
    if (!k->fp)
        base = load_lowest(k, code);
    else if (code == FRAME_CODE_CALLED)
        base = load_called(k);
    else if (frame_glue(code) && frame_kinds[frame_glue(code)->kind].owner == OWNER_BELOW)
        base = stack_load_glue(k, frame_glue(code));
    else
        base = 0;
    if (!base || stack_failed(k) || bits > FRAME_BITS) {
        stack_fail(k);
        return;
    }
    if (k->fp) check_slots(k, waits_at(k, base));
    bool parts = base > SEGMENT_FULL;
    if (parts) base = begin_segment(k, base);
    if (stack_failed(k)) return;
    load_function(k, base);
    if (parts) /* what has returned into a segment is looked at there */
        k->below->slots[k->ret_at - 1] = k->words[base - 1];
    if (bits & FRAME_LAST && !stack_failed(k)) load_last(k);
    size_t fp = load_inset(k, base, bits);
    if (stack_failed(k)) return;
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
    if (fresh && !compact) stack_fail(k);
    Segment *s = stack_failed(k) ? NULL : complete(k, b->top);
    if (!s || !compact) return s;
    s->kind = SEGMENT_COMPACT;
    s->roomy = roomy && !fresh;
    return s;
}

/* Whether what goes on there is a native, or its continuation, that may have paid for its work.
 */
static bool can_have_paid(const StackLoader *k, const Node *n)
{
    Value f = stack_function(k);
    const Node *ret = value_pointer(k->words[k->fp + AT_RETURN]);
    if (n == &node_return_again) return ret->kind == N_GLUE_NATIVE;
    return (n == &node_call_again || n == &node_native_again) && value_is(f, OBJ_NATIVE) &&
           !(((const Native *)value_pointer(f))->h.flags & NATIVE_CONTROL);
}

/* Whether the top frame may be at no node. What has died may not have begun. */
static bool may_be_nowhere(const StackLoader *k, const CoBody *b)
{
    if (b->status == CO_DEAD) return true;
    Value f = stack_function(k);
    return b->status == CO_FRESH ? value_is_function(f) : value_is(f, OBJ_NATIVE);
}

/* Where the top frame goes on, and how much of it is live. */
static void load_top(StackLoader *k, CoBody *b)
{
    Loader *L = k->L;
    const Node *n = stack_load_node(k);
    uint64_t top = source_number(&L->in);
    bool paused = b->status == CO_PAUSED || b->status == CO_DEAD;
    bool returns = n && !node_is_again(n) && frame_is_called(n); /* only an error is there */
    if (n && (!paused || (returns && b->status != CO_DEAD))) stack_fail(k);
    if (!n && !may_be_nowhere(k, b)) stack_fail(k);
    if (top < k->used || top < slots_in_use(k, n) || top > UINT32_MAX / 4 || stack_failed(k) ||
        !stack_words_up_to(k, k->fp + top)) {
        stack_fail(k);
        return;
    }
    check_slots(k, n);
    b->open = stack_load_open(k, n);
    if (b->paid && !can_have_paid(k, n)) stack_fail(k);
    if (n == &node_throw_again && b->open != 1) stack_fail(k);
    if (!n && b->status == CO_PAUSED && top > NATIVE_SLOTS) stack_fail(k);
    b->node = n;
    b->fp = (uint32_t)k->fp;
    b->top = (uint32_t)(k->fp + top);
    b->segment = top_segment(k, b);
}

/* More than any process has. */
#define MADE_MAX ((uint64_t)1 << 46)

/* How far a compilation had come: whoever makes it again sees to it that it is not too far. */
static void load_made(Loader *L, CoBody *b, uint64_t made)
{
    if (b->status != CO_PAUSED || made > MADE_MAX) source_fail(&L->in);
    b->progress = mem_new(sizeof *b->progress);
    *b->progress = (NativeProgress){.made = made};
}

static void load_stack(Loader *L, Coroutine *c, CoBody *b, HookState *hook)
{
    StackLoader k = {.L = L, .co = c, .hooked = hook && hook->hook->mask};
    uint64_t depth = source_number(&L->in), pcalls = source_number(&L->in);
    uint64_t debt = source_number(&L->in), paid = source_number(&L->in);
    uint64_t made = source_number(&L->in);
    size_t count = source_count(&L->in, 3);
    if ((depth | pcalls | debt | paid) > UINT32_MAX || !count) source_fail(&L->in);
    b->depth = (uint32_t)depth;
    b->pcalls = (uint32_t)pcalls;
    b->debt = (uint32_t)debt;
    b->paid = (uint32_t)paid;
    if (made) load_made(L, b, made);
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
    bool stack = bits >> 2 & 1;
    if (stack && b->status != CO_FRESH && !L->frames) source_fail(&L->in);
    bool live = b->status != CO_DEAD && b->status != CO_RUNNING;
    if (stack)
        load_stack(L, c, b, hook);
    else if (live)
        source_fail(&L->in);
}
