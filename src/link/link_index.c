/* SPDX-License-Identifier: MIT */
/*
 * The linker: indexing.
 *
 * Main invariant: object and key are evaluated before what changes either of them.
 */
#include <math.h>

#include "link/link_internal.h"

bool link_integer_key(const AstExpr *e, uint32_t *out)
{
    double x;
    if (!link_fold_number(e, &x) || !(x >= 1 && x <= 1e9) || x != floor(x)) return false;
    *out = (uint32_t)x;
    return true;
}

bool link_is_string(const AstExpr *e) { return e->kind == EXPR_STRING; }

bool link_plain_upvalue(const Linker *L, const AstExpr *e, unsigned *index)
{
    if (e->kind != EXPR_UPVALUE || upvalue_is_cell(L, e->u.upvalue)) return false;
    *index = (unsigned)e->u.upvalue;
    return true;
}

void link_set_field_key(Node *n, const String *s)
{
    string_hash(s); /* is known from here on */
    n->k.v = string_value(s);
    n->place = 0;
}

int link_object_operand(Linker *L, const AstExpr *e, unsigned *at)
{
    if (link_is_plain_local(L, e, at)) return 0;
    if (link_plain_upvalue(L, e, at)) return 2;
    link_indexed_operand(L, e);
    *at = 0;
    return 1;
}

/* object: as link_object_operand gives it. */
static void index_constant(Linker *L, const AstExpr *e, int object, unsigned at, Dest d)
{
    const AstExpr *key = e->u.index.key;
    uint32_t element = 0;
    bool field = link_is_string(key);
    if (!field) link_integer_key(key, &element);
    NodeKind first = field ? N_FIELD_L_A : N_ELEMENT_L_A;
    uint32_t i = link_emit_dest2(L, first + (NodeKind)(object * 2), d);
    L->nodes[i].a = (uint16_t)at;
    if (field)
        link_set_field_key(&L->nodes[i], key->u.string);
    else
        L->nodes[i].aux = element;
}

/* group: where the object is, L U A. The INDEX family is LL LA LD UL UA UD AL. */
static void index_emit(Linker *L, const AstExpr *key, bool key_local, unsigned key_at,
                       int group, unsigned at, Dest d)
{
    Value v;
    int with = 0;
    if (!key_local && link_constant(key, &v)) {
        key_at = link_into_temp(L, key).slot;
        key_local = true;
    }
    if (!key_local) with = link_into_accumulator(L, key, true).letter == 'D' ? 2 : 1;
    uint32_t i = link_emit_dest2(L, N_INDEX_LL_A + (NodeKind)(group * 6 + with * 2), d);
    L->nodes[i].a = (uint16_t)at;
    L->nodes[i].b = (uint16_t)key_at;
}

/* object[key], neither constant. */
static void index_general(Linker *L, const AstExpr *e, Dest d)
{
    const AstExpr *object = e->u.index.object, *key = e->u.index.key;
    unsigned at = 0, key_at = 0;
    int group;
    bool key_local = link_is_plain_local(L, key, &key_at);
    if (link_is_plain_local(L, object, &at)) {
        group = 0;
    } else if (link_plain_upvalue(L, object, &at)) {
        group = 1;
    } else if (key_local) {
        link_indexed_operand(L, object);
        group = 2;
    } else if (link_is_cell(L, object) && key->kind != EXPR_UPVALUE) {
        key_at = link_into_temp(L, key).slot; /* it may change the object */
        key_local = true;
        link_indexed_operand(L, object);
        group = 2;
    } else {
        at = link_into_temp(L, object).slot;
        group = 0;
    }
    index_emit(L, key, key_local, key_at, group, at, d);
}

static bool is_constant_key(const AstExpr *key)
{
    uint32_t element;
    return link_is_string(key) || link_integer_key(key, &element);
}

void link_indexing(Linker *L, const AstExpr *e, Dest d)
{
    unsigned at;
    if (is_constant_key(e->u.index.key)) {
        int object = link_object_operand(L, e->u.index.object, &at);
        index_constant(L, e, object, at, d);
    } else {
        index_general(L, e, d);
    }
}

void link_index_begin(Linker *L, const AstExpr *e, Dest d, Dest *object)
{
    unsigned key_at;
    bool acc =
        is_constant_key(e->u.index.key) || link_is_plain_local(L, e->u.index.key, &key_at);
    *object = acc ? link_to_acc : link_temp_for(L, d);
}

void link_index_end(Linker *L, const AstExpr *e, Dest object, Dest d)
{
    const AstExpr *key = e->u.index.key;
    unsigned key_at = 0;
    if (is_constant_key(key)) {
        index_constant(L, e, 1, 0, d);
        return;
    }
    bool key_local = link_is_plain_local(L, key, &key_at);
    index_emit(L, key, key_local, key_at, object.kind == 'A' ? 2 : 0, object.slot, d);
}
