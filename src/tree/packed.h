/* SPDX-License-Identifier: MIT */
/*
 * Constructors in which all is constant, as data files are made of, packed: 24 bytes for a
 * field instead of 80, and one node of the evaluator for all fields.
 *
 *    {x = 1, {2}}   AstExpr [packed, elements 1, named 1, total 3] --> [x = 1, {}, total 1, 2]
 *
 * Packed are 1 to PACKED_MAX fields, those of inner tables counted, all on one line, that of
 * the `}`: names with values, and elements. Each value is nil, a boolean, a number, a string, a
 * number with a minus just before it, or a table that is packed or empty.
 *
 * Main invariant: whether a table is packed depends on what is in it, and not on how the tree
 * was made.
 */
#ifndef MOONLET_PACKED_H
#define MOONLET_PACKED_H

#include "tree/tree.h"

enum { PACKED_MAX = 50 };

/* Packs e, a table whose fields were made since the mark, if it can be. */
void packed_take(Tree *t, AstExpr *e, TreeMark mark);

/* One field as the tree would have it else. Its expressions last until the next is asked for.
 */
typedef struct PackedField {
    const AstPacked *at;
    int left; /* fields behind it */
    int line;
    AstField field;
    AstExpr key, value, operand;
} PackedField;

/* These go through all fields of a table, packed or not:
 *   for (const AstField *f = packed_first(e, &v); f; f = packed_next(e, f, &v)) */
const AstField *packed_field(PackedField *v);
static inline const AstField *packed_first(const AstExpr *e, PackedField *v)
{
    if (!e->u.table.is_packed) return e->u.table.fields;
    v->at = e->u.table.packed;
    v->left = e->u.table.elements + e->u.table.named;
    v->line = e->u.table.end_line;
    return packed_field(v);
}
static inline const AstField *packed_next(const AstExpr *e, const AstField *f, PackedField *v)
{
    if (!e->u.table.is_packed) return f->next;
    v->at += v->at->total + 1;
    v->left--;
    return packed_field(v);
}

/* Is e one of the expressions of *v, and gone when that is? */
static inline bool packed_has(const PackedField *v, const AstExpr *e)
{
    return e == &v->key || e == &v->value || e == &v->operand;
}

#endif
