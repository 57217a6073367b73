/* SPDX-License-Identifier: MIT */
/*
 * Glue of an image: reading nodes, and what lies between a frame and the one below it.
 *
 * Main invariant: a header that is let through is one that running code could have made there.
 * The evaluator does not look again when it returns to it.
 */
#include "image/load/stack_loader.h"
#include "stack/hook.h"

/* Nodes ---------------------------------------------------------------------------------- */

const Node *stack_load_node(StackLoader *k)
{
    uint64_t code = source_number(&k->L->in);
    if (code == NODE_CALL_AGAIN) return &node_call_again;
    if (code == NODE_NATIVE_AGAIN && value_is(stack_function(k), OBJ_NATIVE))
        return &node_native_again;
    if (code == NODE_RETURN_AGAIN) return &node_return_again;
    if (code == NODE_THROW_AGAIN && value_is_function(stack_function(k)))
        return &node_throw_again;
    if (code == NODE_SUSPENDED && !k->p) return &node_suspended;
    if (code == NODE_NOWHERE) return NULL;
    uint64_t i = code - NODE_FIRST;
    if (!k->p || i >= k->p->node_count) {
        stack_fail(k);
        return NULL;
    }
    const Node *n = &k->p->nodes[i];
    return k->hooked ? hook_twin_node(k->p, n) : n;
}

/* Where a call at the node has its frame, or 0 if it is no call. */
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

const Node *stack_load_return(StackLoader *k)
{
    const Node *n = stack_load_node(k);
    if (n && is_return(k->p, n)) return n;
    stack_fail(k);
    return NULL;
}

/* Whether glue that goes on there can do so at a node of a function. */
static bool can_go_on(FrameGoes at, const Node *n)
{
    unsigned op = node_kinds[n->kind].op;
    bool self = n->kind == N_SELF_L || n->kind == N_SELF_A || n->kind == N_SELF_U;
    switch (at) {
    case GOES_VALUES:
        return !frame_is_called(n) && (self || node_kinds[n->kind].dest != DEST_NONE);
    case GOES_STORES: return op >= DO_SET_FIELD && op <= DO_SET_INDEX;
    case GOES_CONCATS: return n->kind == N_CONCAT_A || n->kind == N_CONCAT_S;
    case GOES_STOPS:
    case GOES_EVENTS: return !frame_is_called(n);
    case GOES_ERRORS: return true; /* it does not: the error does */
    case GOES_NOWHERE: break;
    }
    return false;
}

static const Node *load_payload_node(StackLoader *k, const Node *glue)
{
    const Node *n = stack_load_node(k);
    FrameGoes at = (FrameGoes)frame_kinds[glue->kind].at;
    if (!n && at == GOES_ERRORS) return &glue_native; /* none of its own has failed */
    if (!n && !k->p && at == GOES_EVENTS) return &glue_hook;
    if (n && k->p && at == GOES_EVENTS && is_return(k->p, n)) return n;
    bool stopped = n && node_is_again(n);
    bool good = stopped ? at == GOES_STOPS || at == GOES_ERRORS : n && k->p && can_go_on(at, n);
    if (!good) stack_fail(k);
    return good ? n : NULL;
}

/* A word that is a State, as soon as all states have been read; `place` is where it will be. */
static Value load_world(StackLoader *k, const Value *place)
{
    uint64_t number = source_number(&k->L->in);
    if (number > UINT32_MAX) stack_fail(k);
    loader_fix_word(
        k->L, (WordFixup){.slot = (uint32_t)(place - k->words), .number = (uint32_t)number});
    return V_NIL;
}

/* The word of a header that says what to go on with; `place` is where it will be. */
static Value load_payload(StackLoader *k, const Node *glue, const Value *place)
{
    Loader *L = k->L;
    uint64_t number;
    switch ((FramePayload)frame_kinds[glue->kind].payload) {
    case PAYLOAD_NODE: return value_object(load_payload_node(k, glue));
    case PAYLOAD_CONTINUATION:
        return load_continuation(L, glue, k->words + k->fp, k->used, k->record);
    case PAYLOAD_PCALLS:
        number = source_number(&L->in);
        if (number > UINT32_MAX) stack_fail(k);
        return number;
    case PAYLOAD_WORLD: return load_world(k, place);
    case PAYLOAD_NOTHING: break;
    }
    return V_NIL;
}

/* Headers -------------------------------------------------------------------------------- */

/* How far above its owner a frame of glue begins, or 0 where it is refused. */
static size_t load_distance(StackLoader *k, const Node *glue)
{
    const FrameKind *kind = &frame_kinds[glue->kind];
    uint64_t distance = source_number(&k->L->in);
    if (distance >= k->used + kind->header && distance < UINT32_MAX / 2)
        return (size_t)distance;
    stack_fail(k);
    return 0;
}

/* Whether the glue may have been pushed for the frame that is being loaded. */
static bool is_owner(const StackLoader *k, const Node *glue)
{
    FrameOf of = (FrameOf)frame_kinds[glue->kind].of;
    if (!value_is_function(stack_function(k))) return of == OF_ANYBODY;
    switch (of) {
    case OF_NOBODY: return false;
    case OF_LUA: return k->p != NULL;
    case OF_NATIVES: return !k->p;
    case OF_ITS: return !k->p && load_has_glue(stack_function(k), glue);
    case OF_FUNCTIONS:
    case OF_ANYBODY: return true;
    }
    return false;
}

/* The operands that are left of a concatenation, whose result so far is on its way. */
static void load_operands(StackLoader *k, const Node *n, size_t distance)
{
    uint64_t left = source_number(&k->L->in);
    if (left < 2 || left > n->b ||
        (size_t)n->a + n->b + frame_kinds[N_GLUE_CONCAT].header >= distance)
        stack_fail(k);
    else
        k->words[k->fp + n->a + n->b] = value_number((double)left);
}

uint32_t stack_load_open(StackLoader *k, const Node *n)
{
    Value *fp = k->words + k->fp;
    uint64_t open = source_number(&k->L->in);
    const Value *list = !n ? NULL : node_is_again(n) ? fp : frame_open_list(n, fp);
    if (open <= (list ? k->used - (size_t)(list - fp) : 0) && (!list || list <= fp + k->used))
        return (uint32_t)open;
    stack_fail(k);
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
    if (!value_is_number(d) || !is_moment(k, moment, n, distance, count)) stack_fail(k);
    if (stack_failed(k)) return;
    bool block = moment == HOOK_AFTER_NATIVE || moment == HOOK_AFTER_CALL;
    at[AT_HOOK_VALUE] = block ? load_kept(k, count) : load_value(L);
    at[AT_HOOK_COUNT] = value_number((double)count);
    at[AT_HOOK_NUMBER] = d;
    at[AT_HOOK_STAGE] = value_number(stage);
}

/* What the header has that no other column of its kind's row tells. */
static void load_extra(StackLoader *k, const Node *glue, Value *at, size_t distance)
{
    switch ((FrameExtra)frame_kinds[glue->kind].extra) {
    case EXTRA_OPERANDS: load_operands(k, frame_payload_node(at), distance); break;
    case EXTRA_HOOK: load_hook_frame(k, at, distance); break;
    case EXTRA_POLL:
        at[AT_POLL_OPEN] = value_number((double)stack_load_open(k, frame_payload_node(at)));
        at[AT_POLL_OFF] = value_boolean(source_byte(&k->L->in) != 0);
        break;
    case EXTRA_WORLDS:
        at[AT_WORLD] = load_world(k, &at[AT_WORLD]);
        at[AT_INNER] = V_NIL;
        if (source_byte(&k->L->in)) at[AT_INNER] = load_world(k, &at[AT_INNER]);
        break;
    case EXTRA_NOTHING:
    case EXTRA_TICKET: break;
    }
}

size_t stack_load_glue(StackLoader *k, const Node *glue)
{
    if (!is_owner(k, glue)) {
        stack_fail(k);
        return 0;
    }
    size_t distance = load_distance(k, glue), base = k->fp + distance;
    if (stack_failed(k) || !stack_words_up_to(k, base + 1)) return 0;
    Value *at = k->words + base;
    at[AT_DISTANCE] = distance;
    at[AT_RETURN] = value_object(k->hooked ? hook_return(glue, NULL) : glue);
    at[AT_PAYLOAD] = load_payload(k, glue, &at[AT_PAYLOAD]);
    if (!stack_failed(k)) load_extra(k, glue, at, distance);
    return stack_failed(k) ? 0 : base;
}
