/* SPDX-License-Identifier: MIT */
/*
 * Coroutines in digests: what stands on their stacks; see content.h.
 *
 * Main invariant: comparing a stack with what it was gives the sum that hashing it anew gives.
 */
#include "digest/content_internal.h"

#include "stack/trace_stack.h"
#include "stack/upvalue.h"

#include <stddef.h>

/* Stacks: words are hashed some at a time, with their types behind them. */
enum { STACK_WORDS = 30 };

typedef struct Stack {
    Content *c;
    uint64_t id;
    uint32_t count, at;
    struct {
        uint64_t head;
        uint64_t words[STACK_WORDS];
        uint8_t types[STACK_WORDS + 2];
    } part;
} Stack;

static void stack_flush(Stack *s)
{
    size_t n = s->count;
    s->part.head = content_head(s->id, ROLE_STACK, 0);
    memmove(&s->part.words[n], s->part.types, n);
    content_put(s->c, sum_of(XXH3_128bits_withSeed(&s->part, 8 + 9 * n, s->at)));
    s->at += s->count;
    s->count = 0;
}

static void stack_word(Stack *s, Word4 w)
{
    if (s->count == STACK_WORDS) stack_flush(s);
    s->part.words[s->count] = w.word;
    s->part.types[s->count++] = (uint8_t)w.type;
}

static void stack_value(Stack *s, Value v)
{
    walk_take(s->c->walk, 1, 0);
    content_refer(s->c, v);
    if (s->c->references) return;
    Word4 w = content_word(s->c, v);
    if (w.type == OBJ_LIGHT)
        content_add_place(s->c, v,
                          content_hash(content_head(s->id, ROLE_LIGHT_VALUE, ROLE_STACK),
                                       s->at + s->count, 0));
    stack_word(s, w);
}

static void stack_live(void *stack, Value *slots, size_t count)
{
    for (size_t i = 0; i < count; i++) stack_value(stack, slots[i]);
}

static void stack_callee(void *stack, Value *fp)
{
    stack_value(stack, upvalue_identity(fp[AT_FUNCTION]));
}

static void stack_unknown(void *stack) { walk_end(((Stack *)stack)->c->walk, WALK_MEMORY); }

/* Where the frames' functions are. */
static void add_nodes(Stack *s, const CoBody *b)
{
    FrameCursor c = frame_cursor(b->segment, b->segment->slots + b->fp, NULL);
    do {
        if (c.at && frame_is_lua(c.fp))
            stack_word(s, (Word4){0, proto_index(frame_proto(c.fp), c.at)});
    } while (frame_down(&c));
}

/* The frames' functions, where they are, and what they hold. */
static void add_stack(Stack *s, const CoBody *b)
{
    StackVisitor visitor = {
        .live = stack_live, .callee = stack_callee, .unknown = stack_unknown, .context = s};
    add_nodes(s, b);
    stack_visit(&visitor, stack_top(b));
    if (s->count) stack_flush(s);
}

void content_add_coroutine(Content *c, const Coroutine *co, const CoBody *b)
{
    uint64_t id = object_id(co);
    content_put(c, content_hash(content_head(id, ROLE_STATUS, 0), b->status, 0));
    if (b->status == CO_FRESH)
        content_add_at(c, id, ROLE_STACK, 0, b->segment->slots[b->fp - 1]);
    if (b->status == CO_SUSPENDED) {
        Stack s = {.c = c, .id = id};
        add_stack(&s, b);
    }
}

/* Changes ------------------------------------------------------------------------------
 *
 * A coroutine that has yielded again at the same place has the same frames as before: each
 * header is equal, and so what one slot is, it was. Then one visit finds the values of both,
 * and only those that differ are looked at. */

typedef struct Pairs {
    const CoBody *old, *now;
    uint64_t met[COMPACT_MAX / 64]; /* slots that are no headers */
    uint32_t count;
    bool alike;
    struct {
        Value old, now;
    } values[COMPACT_MAX];
} Pairs;

static bool is_same_stack(const CoBody *a, const CoBody *b)
{
    return a->segment == b->segment && a->fp == b->fp && a->status == b->status &&
           a->top == b->top;
}

/* Whether it is worth it to look further. */
static bool may_be_alike(const CoBody *a, const CoBody *b)
{
    const Segment *x = a->segment, *y = b->segment;
    return a->status == CO_SUSPENDED && b->status == CO_SUSPENDED && a->fp == b->fp &&
           a->top == b->top && a->top <= COMPACT_MAX && x->prev == y->prev &&
           x->ret == y->ret && x->prev_frame == y->prev_frame;
}

/* Whether all that may count is as it was, without a visit. Yield's arguments have been handed
 * on. */
static bool is_equal(const CoBody *a, const CoBody *b)
{
    bool lua = frame_is_lua(b->segment->slots + b->fp);
    const size_t words = lua ? b->top : b->fp;
    return memcmp(a->segment->slots, b->segment->slots, words * sizeof(Value)) == 0;
}

/* The slot's index in the topmost segment; other segments are the same. */
static bool is_on_top(const Pairs *t, const Value *slot, size_t *index)
{
    *index = ((uintptr_t)slot - (uintptr_t)t->now->segment->slots) / sizeof *slot;
    return (uintptr_t)slot >= (uintptr_t)t->now->segment->slots && *index < t->now->top;
}

static Value before(const Pairs *t, const Value *slot)
{
    size_t i;
    return is_on_top(t, slot, &i) ? t->old->segment->slots[i] : *slot;
}

static void meet(Pairs *t, const Value *slots, size_t count)
{
    size_t i;
    for (size_t k = 0; k < count; k++)
        if (is_on_top(t, slots + k, &i)) t->met[i / 64] |= (uint64_t)1 << i % 64;
}

static void add_pair(Pairs *t, Value old, Value now)
{
    if (t->count == COMPACT_MAX) {
        t->alike = false;
        return;
    }
    t->values[t->count].old = old;
    t->values[t->count++].now = now;
}

static void pairs_live(void *context, Value *slots, size_t count)
{
    Pairs *t = context;
    meet(t, slots, count);
    for (size_t k = 0; k < count; k++) add_pair(t, before(t, slots + k), slots[k]);
}

static void pairs_dead(void *context, Value *slots, size_t count)
{
    meet(context, slots, count);
}

/* What it is depends on what is in it. */
static void pairs_left_over(void *context, Value *slot)
{
    Pairs *t = context;
    if (before(t, slot) != *slot) t->alike = false;
}

/* Takes as many words of glue as the longest header has, if there are so many. */
static void pairs_callee(void *context, Value *fp)
{
    Pairs *t = context;
    size_t at, words = frame_is_called(frame_ret(fp)) ? CALL_HEADER : -AT_HOOK_COUNT;
    if (is_on_top(t, fp - 1, &at) && words > at + 1) words = at + 1;
    for (size_t i = 1; i <= words; i++)
        if (before(t, fp - i) != fp[-(ptrdiff_t)i]) t->alike = false;
    Value callee = upvalue_identity(fp[AT_FUNCTION]);
    add_pair(t, callee, callee);
}

static void pairs_unknown(void *context) { ((Pairs *)context)->alike = false; }

static bool all_met(const Pairs *t)
{
    const Value *old = t->old->segment->slots, *now = t->now->segment->slots;
    for (uint32_t i = 0; i < t->now->top; i++)
        if (old[i] != now[i] && !(t->met[i / 64] >> i % 64 & 1)) return false;
    return true;
}

/* Light userdata count by their places; whether a cell counts depends on where it is. */
static bool is_plain(Value v) { return !value_is(v, OBJ_LIGHT) && !value_is(v, OBJ_CELL); }

static bool all_plain(const Pairs *t)
{
    for (uint32_t i = 0; i < t->count; i++) {
        Value old = t->values[i].old, now = t->values[i].now;
        if (old != now && !(is_plain(old) && is_plain(now))) return false;
    }
    return true;
}

static bool find_pairs(Pairs *t, const CoBody *old, const CoBody *now)
{
    StackVisitor visitor = {.live = pairs_live,
                            .dead = pairs_dead,
                            .left_over = pairs_left_over,
                            .callee = pairs_callee,
                            .unknown = pairs_unknown,
                            .context = t};
    t->old = old;
    t->now = now;
    memset(t->met, 0, sizeof t->met);
    t->count = 0;
    t->alike = true;
    StackTop top = stack_top(now);
    stack_visit(&visitor, top);
    if (!frame_is_lua(top.fp)) /* yield's arguments have been handed on */
        meet(t, top.fp, now->top - now->fp);
    return t->alike && all_met(t) && all_plain(t);
}

/* Answers whether any value has changed. */
static bool refer_to_pairs(Content *c, const Pairs *t)
{
    bool changed = false;
    for (uint32_t i = 0; i < t->count; i++) {
        if (t->values[i].old == t->values[i].now) continue;
        content_refer(c, t->values[i].now);
        c->off = true;
        content_refer(c, t->values[i].old);
        c->off = false;
        changed = true;
    }
    return changed;
}

static void change_pairs(Content *c, uint64_t id, const Pairs *t)
{
    Stack now = {.c = c, .id = id};
    add_nodes(&now, t->now);
    Stack old = now;
    for (uint32_t i = 0; i < t->count; i++) {
        Word4 w = content_word(c, t->values[i].now);
        bool same = t->values[i].old == t->values[i].now;
        stack_word(&now, w);
        c->off = true;
        stack_word(&old, same ? w : content_word(c, t->values[i].old));
        c->off = false;
    }
    if (now.count) stack_flush(&now);
    c->off = true;
    if (old.count) stack_flush(&old);
    c->off = false;
}

bool content_change_coroutine(Content *c, const Coroutine *co, const CoBody *old,
                              const CoBody *now)
{
    if (is_same_stack(old, now)) return true;
    if (!may_be_alike(old, now)) return false;
    if (is_equal(old, now)) return true;
    Pairs t; /* of which most is not needed */
    if (!find_pairs(&t, old, now)) return false;
    walk_take(c->walk, t.count, 0);
    if (refer_to_pairs(c, &t)) change_pairs(c, object_id(co), &t);
    return true;
}
