/* SPDX-License-Identifier: MIT */
/*
 * Indexing and assignment to fields: t.name, t[i], t[k], and their stores.
 *
 * The fast paths see only plain tables: OBJ_TABLE as the whole type byte means that
 * the contents are in the object, and for stores the epoch must be the run's. Behind them
 * come the same for remapped tables, whose contents must be in the run's cache (old_*: a
 * program that takes snapshots lives on these); only then the slow paths.
 */
#include "eval/exec.h"

static inline Closure *frame_closure(Value *fp) { return value_pointer(fp[-1]); }

#define OBJECT_L fp[n->a]
#define OBJECT_A acc
#define OBJECT_U frame_closure(fp)->upvalues[n->a]

/* The table an operand is, if its contents are in the object; else NULL. */
static inline Table *plain_table(Value v)
{
    if (UNLIKELY(!value_is_object(v))) return NULL;
    Table *t = value_pointer(v);
    return LIKELY(object_raw_type(t) == OBJ_TABLE) ? t : NULL;
}

/* The same if this run may also write it in place. */
static inline Table *owned_table(Run *R, Value v)
{
    if (UNLIKELY(!value_is_object(v))) return NULL;
    Table *t = value_pointer(v);
    return LIKELY(object_raw_type(t) == OBJ_TABLE && HEAP_OWNS(R, t)) ? t : NULL;
}

/* The contents of a remapped table, if they are in the cache; else NULL. */
static inline TableBody *old_body(Run *R, Value v)
{
    if (UNLIKELY(!value_is_object(v))) return NULL;
    void *t = value_pointer(v);
    return object_raw_type(t) == (OBJ_TABLE | OBJ_REMAPPED) ? heap_cached(R, t) : NULL;
}

/* The same if this run may also write it in place. */
static inline TableBody *old_owned_body(Run *R, Value v)
{
    TableBody *b = old_body(R, v);
    return b && heap_body_owned(R, b) ? b : NULL;
}

/* Result v of a raw get is final: not nil, or no metatable could say otherwise. */
#define FINISH_GET(dst, meta_)            \
    if (LIKELY(v != V_NIL)) PUT_##dst(v); \
    if (!(meta_)) PUT_##dst(V_NIL)

/* A node that gets get_ from the contents b of a table. */
#define GET_NODES(name, object_, boxed_, dst, get_) \
    static EXEC(old_##name)                         \
    {                                               \
        const TableBody *b = old_body(R, object_);  \
        if (LIKELY(b != NULL)) {                    \
            Value v = get_;                         \
            FINISH_GET(dst, b->meta);               \
        }                                           \
        HAND(slow_index, n, fp, boxed_, d);         \
    }                                               \
    EXEC(exec_##name)                               \
    {                                               \
        Table *t = plain_table(object_);            \
        if (LIKELY(t != NULL)) {                    \
            const TableBody *b = &t->body;          \
            Value v = get_;                         \
            FINISH_GET(dst, b->meta);               \
        }                                           \
        HAND(old_##name, n, fp, acc, d);            \
    }

#define X_FIELD(o, dst) \
    GET_NODES(FIELD_##o##_##dst, OBJECT_##o, acc, dst, table_get_string(b, n->k.p, n->aux))
KINDS_FIELD(X_FIELD)
#undef X_FIELD

#define X_ITEM(o, dst) \
    GET_NODES(ITEM_##o##_##dst, OBJECT_##o, acc, dst, table_get_int(b, n->aux))
KINDS_FIELD(X_ITEM)
#undef X_ITEM

/* (int64_t)x is undefined outside the range; indices of arrays are well inside. */
static inline bool index_in_range(double x) { return x >= 0 && x < 2147483648.0; }

static inline Value index_double(const TableBody *b, double x)
{
    if (LIKELY(index_in_range(x))) {
        int64_t i = (int64_t)x;
        if (LIKELY((double)i == x)) return table_get_int(b, i);
    }
    return table_get(b, value_number(x));
}

static inline Value index_value(const TableBody *b, Value k)
{
    return LIKELY(value_is_number(k)) ? index_double(b, value_to_double(k)) : table_get(b, k);
}

#define INDEX_WITH_L index_value(b, fp[n->b])
#define INDEX_WITH_A index_value(b, acc)
#define INDEX_WITH_D index_double(b, d)

#define X_INDEX(o, key, dst) \
    GET_NODES(INDEX_##o##key##_##dst, OBJECT_##o, BOXED_##key, dst, INDEX_WITH_##key)
KINDS_INDEX(X_INDEX)
#undef X_INDEX

#define STORED_L fp[n->c]
#define STORED_A acc
#define STORED_D value_number(d)

/* An existing field of an owned table is overwritten; a new one is added when there
 * is no metatable to ask. b: the contents. */
#define STORE_FIELD(v_)                                               \
    do {                                                              \
        Value v = (v_);                                               \
        Value *slot = table_slot_string(b, n->k.p, n->aux, R->epoch); \
        if (LIKELY(slot && v != V_NIL)) {                             \
            *slot = v;                                                \
            GO(n + 1, fp, acc, d);                                    \
        }                                                             \
        if (slot || !b->meta) {                                       \
            table_set_string(b, n->k.p, v, R->epoch);                 \
            GO(n + 1, fp, acc, d);                                    \
        }                                                             \
    } while (0)
#define STORE_ITEM(v_)                            \
    if (LIKELY(!b->meta)) {                       \
        table_set_int(b, n->aux, (v_), R->epoch); \
        GO(n + 1, fp, acc, d);                    \
    }
#define STORE_INDEX(v_)                                                 \
    do {                                                                \
        Value k = fp[n->b];                                             \
        if (LIKELY(!b->meta && value_is_number(k))) {                   \
            double x = value_to_double(k);                              \
            if (LIKELY(index_in_range(x) && (double)(int64_t)x == x)) { \
                table_set_int(b, (int64_t)x, (v_), R->epoch);           \
                GO(n + 1, fp, acc, d);                                  \
            }                                                           \
        }                                                               \
    } while (0)

#define STORE_NODES(kind_, o, val)                          \
    static EXEC(old_SET_##kind_##_##o##_##val)              \
    {                                                       \
        TableBody *b = old_owned_body(R, OBJECT_##o);       \
        if (LIKELY(b != NULL)) STORE_##kind_(STORED_##val); \
        HAND(slow_store, n, fp, BOXED_##val, d);            \
    }                                                       \
    EXEC(exec_SET_##kind_##_##o##_##val)                    \
    {                                                       \
        Table *t = owned_table(R, OBJECT_##o);              \
        if (LIKELY(t != NULL)) {                            \
            TableBody *b = &t->body;                        \
            STORE_##kind_(STORED_##val);                    \
        }                                                   \
        HAND(old_SET_##kind_##_##o##_##val, n, fp, acc, d); \
    }
#define X_STORE(o, val)        \
    STORE_NODES(FIELD, o, val) \
    STORE_NODES(ITEM, o, val)  \
    STORE_NODES(INDEX, o, val)
KINDS_STORE(X_STORE)
#undef X_STORE

/* object:name(...): the method to slot b-1 and the object to slot b, where the call's
 * frame begins. */
#define SELF_FOUND(b_)                                \
    Value v = table_get_string((b_), n->k.p, n->aux); \
    if (LIKELY(v != V_NIL)) {                         \
        fp[n->b - 1] = v;                             \
        fp[n->b] = object;                            \
        GO(n + 1, fp, acc, d);                        \
    }
#define SELF_NODES(o)                       \
    static EXEC(old_SELF_##o)               \
    {                                       \
        Value object = OBJECT_##o;          \
        TableBody *b = old_body(R, object); \
        if (LIKELY(b != NULL)) {            \
            SELF_FOUND(b)                   \
        }                                   \
        HAND(slow_self, n, fp, acc, d);     \
    }                                       \
    EXEC(exec_SELF_##o)                     \
    {                                       \
        Value object = OBJECT_##o;          \
        Table *t = plain_table(object);     \
        if (LIKELY(t != NULL)) {            \
            SELF_FOUND(&t->body)            \
        }                                   \
        HAND(old_SELF_##o, n, fp, acc, d);  \
    }
SELF_NODES(L)
SELF_NODES(A)
SELF_NODES(U)
