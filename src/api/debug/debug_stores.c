/* SPDX-License-Identifier: MIT */
/*
 * Which nodes may write to what a path leads to, and whether a store does.
 *
 * Main invariant: as long as the chain of a path is known, only stores that touch it change
 * what the path is.
 */
#include "api/debug/debug_path.h"
#include "stack/breaks.h"

/* Nodes -------------------------------------------------------------------------------- */

static bool is_key(const PathKey *k, Value key)
{
    if (k->value == key) return true;
    if (k->number) return value_is_number(key) && value_to_double(key) == k->n;
    return value_is_string(key) && value_string(key)->length == k->length &&
           memcmp(value_string(key)->data, k->text, k->length) == 0;
}

static bool has_key(const DebugPath *p, Value key)
{
    for (int i = p->base == PATH_LOCAL; i < p->count; i++)
        if (is_key(&p->keys[i], key)) return true;
    return false;
}

uint64_t path_key_bits(const DebugPath *p)
{
    uint64_t all = 0;
    for (int i = p->base == PATH_LOCAL; i < p->count; i++) all |= breaks_key(p->keys[i].value);
    return all;
}

static bool is_named(const DebugPath *p, const String *name)
{
    const PathKey *k = &p->keys[0];
    return name && name->length == k->length && memcmp(name->data, k->text, k->length) == 0;
}

static void find_slots(DebugPath *p, const Proto *proto)
{
    p->proto = proto;
    p->slot_count = 0;
    for (uint32_t i = 0; i < proto->local_count && p->slot_count <= PATH_SLOTS_MAX; i++) {
        if (!is_named(p, proto->locals[i].name)) continue;
        if (p->slot_count < PATH_SLOTS_MAX) p->slots[p->slot_count] = proto->locals[i].slot;
        p->slot_count++;
    }
}

static bool may_write(const DebugPath *p, const Node *n)
{
    for (int i = 0; i < p->slot_count; i++)
        if (node_may_write(n, p->slots[i])) return true;
    return false;
}

/* Breaks are wanted before what may write a local variable, before the call whose result does,
 * and after it. */
static unsigned local_wants(DebugPath *p, const Proto *proto, uint32_t i)
{
    const Node *n = &proto->nodes[i];
    if (!p->function || !debug_same_function(proto->source, p->function)) return 0;
    if (p->proto != proto) find_slots(p, proto);
    if (p->slot_count > PATH_SLOTS_MAX)
        return proto_line(proto, i) ? BREAK_LINE | BREAK_ENTRY : 0;
    unsigned entry = i == breaks_first_line(proto) ? BREAK_LINE | BREAK_ENTRY : 0;
    bool result = i + 1 < proto->node_count && frame_is_called(n + 1) && may_write(p, n + 1);
    if (result || may_write(p, n) || (i && may_write(p, n - 1))) return entry | BREAK_STORE;
    return entry;
}

unsigned path_wants_lines(const DebugPath *p, const Proto *proto, uint32_t i)
{
    if (p->base != PATH_LOCAL || !p->function || !proto_line(proto, i)) return 0;
    if (!debug_same_function(proto->source, p->function)) return 0;
    return i == breaks_first_line(proto) ? BREAK_LINE | BREAK_ENTRY : BREAK_LINE;
}

static bool is_store(const DebugPath *p, const Node *n)
{
    if (n->kind == N_SET_UPCELL || n->kind == N_SET_CELL) return p->base == PATH_OBJECT;
    switch (node_kinds[n->kind].op) {
    case DO_SET_FIELD: return has_key(p, n->k.v);
    case DO_SET_ELEMENT: return has_key(p, value_number((int32_t)n->aux));
    case DO_SET_INDEX: return true;
    default: return false;
    }
}

unsigned path_wants(DebugPath *p, const Proto *proto, uint32_t i)
{
    const Node *n = &proto->nodes[i];
    unsigned all = p->base == PATH_LOCAL ? local_wants(p, proto, i) : 0;
    if (p->base == PATH_LOCAL && p->count == 1) return all;
    if (is_store(p, n)) all |= BREAK_STORE;
    if (i && is_store(p, n - 1)) all |= BREAK_AFTER;
    return all;
}

/* Stores ------------------------------------------------------------------------------- */

/* A metatable may say that it is another table which gets it. */
static bool may_go_on(Run *R, const void *object, Value key)
{
    if (object_type(object) != OBJ_TABLE) return false;
    const TableBody *b = heap_table(R, object);
    return b->meta && table_get(b, key) == V_NIL;
}

bool path_touches(DebugPath *p, Machine *M, uint64_t replay, const void *object, Value key)
{
    PathChain *c = &p->chain;
    if (!c->known || c->replay != replay || c->view != M->run.view) return true;
    bool touched = !object || object == c->cell;
    for (int i = 0; i < c->count && !touched; i++)
        touched = c->at[i] == object && (key == V_NIL || is_key(&p->keys[c->first + i], key));
    if (!touched && key != V_NIL && has_key(p, key)) touched = may_go_on(&M->run, object, key);
    if (touched) c->known = false;
    return touched;
}

/* States ------------------------------------------------------------------------------- */

/* What is frozen and lies at the same place is the same, and nothing was written to it. */
static bool is_same_entry(const TableBody *a, const TableBody *b, Value key)
{
    if (a == b || (a->array.root == b->array.root && a->array_size == b->array_size &&
                   a->hash.root == b->hash.root))
        return true;
    if (!value_is_string(key)) return false;
    const Value *x = table_find_hashed(a, key, string_hash(value_string(key)));
    return x && x == table_find_hashed(b, key, string_hash(value_string(key)));
}

bool path_is_untouched(const DebugPath *p, const State *before, const State *after)
{
    if (p->base != PATH_GLOBAL || before->base->world->globals != after->base->world->globals)
        return false;
    Machine *A = machine_begin(before), *B = machine_begin(after);
    Value v = value_object(before->base->world->globals);
    bool same = true;
    for (int i = 0; i < p->count && same && value_is_table(v); i++) {
        const TableBody *a = heap_table(&A->run, value_pointer(v));
        const TableBody *b = heap_table(&B->run, value_pointer(v));
        same = is_same_entry(a, b, p->keys[i].value);
        v = table_get(a, p->keys[i].value);
    }
    machine_end(B);
    machine_end(A);
    return same;
}
