/* SPDX-License-Identifier: MIT */
/*
 * Indexing and assignment to fields: t.name, t[i], t[k], and their stores.
 *
 * The fast paths see only plain tables: OBJ_TABLE as the whole type byte means that
 * the contents are in the object, and for stores the epoch must be the run's.
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

/* Result v of a raw get is final: not nil, or no metatable could say otherwise. */
#define FINISH_GET(dst)                   \
    if (LIKELY(v != V_NIL)) PUT_##dst(v); \
    if (!t->body.meta) PUT_##dst(V_NIL)

#define X_FIELD(o, dst)                                           \
    EXEC(exec_FIELD_##o##_##dst)                                  \
    {                                                             \
        Table *t = plain_table(OBJECT_##o);                       \
        if (LIKELY(t != NULL)) {                                  \
            Value v = table_get_string(&t->body, n->k.p, n->aux); \
            FINISH_GET(dst);                                      \
        }                                                         \
        HAND(slow_index, n, fp, acc, d);                          \
    }
KINDS_FIELD(X_FIELD)
#undef X_FIELD

#define X_ITEM(o, dst)                                 \
    EXEC(exec_ITEM_##o##_##dst)                        \
    {                                                  \
        Table *t = plain_table(OBJECT_##o);            \
        if (LIKELY(t != NULL)) {                       \
            Value v = table_get_int(&t->body, n->aux); \
            FINISH_GET(dst);                           \
        }                                              \
        HAND(slow_index, n, fp, acc, d);               \
    }
KINDS_FIELD(X_ITEM)
#undef X_ITEM

/* (int64_t)x is undefined outside the range; indices of arrays are well inside. */
static inline bool index_in_range(double x) { return x >= 0 && x < 2147483648.0; }

static inline Value index_double(const Table *t, double x)
{
    if (LIKELY(index_in_range(x))) {
        int64_t i = (int64_t)x;
        if (LIKELY((double)i == x)) return table_get_int(&t->body, i);
    }
    return table_get(&t->body, value_number(x));
}

static inline Value index_value(const Table *t, Value k)
{
    return LIKELY(value_is_number(k)) ? index_double(t, value_to_double(k))
                                      : table_get(&t->body, k);
}

#define INDEX_WITH_L index_value(t, fp[n->b])
#define INDEX_WITH_A index_value(t, acc)
#define INDEX_WITH_D index_double(t, d)

#define X_INDEX(o, key, dst)                     \
    EXEC(exec_INDEX_##o##key##_##dst)            \
    {                                            \
        Table *t = plain_table(OBJECT_##o);      \
        if (LIKELY(t != NULL)) {                 \
            Value v = INDEX_WITH_##key;          \
            FINISH_GET(dst);                     \
        }                                        \
        HAND(slow_index, n, fp, BOXED_##key, d); \
    }
KINDS_INDEX(X_INDEX)
#undef X_INDEX

#define STORED_L fp[n->c]
#define STORED_A acc
#define STORED_D value_number(d)

/* An existing field of an owned table is overwritten; a new one is added when there
 * is no metatable to ask. */
#define X_STORE(o, val)                                                          \
    EXEC(exec_SET_FIELD_##o##_##val)                                             \
    {                                                                            \
        Table *t = owned_table(R, OBJECT_##o);                                   \
        if (LIKELY(t != NULL)) {                                                 \
            Value v = STORED_##val;                                              \
            Value *slot = table_slot_string(&t->body, n->k.p, n->aux, R->epoch); \
            if (LIKELY(slot && v != V_NIL)) {                                    \
                *slot = v;                                                       \
                GO(n + 1, fp, acc, d);                                           \
            }                                                                    \
            if (slot || !t->body.meta) {                                         \
                table_set_string(&t->body, n->k.p, v, R->epoch);                 \
                GO(n + 1, fp, acc, d);                                           \
            }                                                                    \
        }                                                                        \
        HAND(slow_store, n, fp, BOXED_##val, d);                                 \
    }                                                                            \
    EXEC(exec_SET_ITEM_##o##_##val)                                              \
    {                                                                            \
        Table *t = owned_table(R, OBJECT_##o);                                   \
        if (LIKELY(t && !t->body.meta)) {                                        \
            table_set_int(&t->body, n->aux, STORED_##val, R->epoch);             \
            GO(n + 1, fp, acc, d);                                               \
        }                                                                        \
        HAND(slow_store, n, fp, BOXED_##val, d);                                 \
    }                                                                            \
    EXEC(exec_SET_INDEX_##o##_##val)                                             \
    {                                                                            \
        Table *t = owned_table(R, OBJECT_##o);                                   \
        Value k = fp[n->b];                                                      \
        if (LIKELY(t && !t->body.meta && value_is_number(k))) {                  \
            double x = value_to_double(k);                                       \
            if (LIKELY(index_in_range(x) && (double)(int64_t)x == x)) {          \
                table_set_int(&t->body, (int64_t)x, STORED_##val, R->epoch);     \
                GO(n + 1, fp, acc, d);                                           \
            }                                                                    \
        }                                                                        \
        HAND(slow_store, n, fp, BOXED_##val, d);                                 \
    }
KINDS_STORE(X_STORE)
#undef X_STORE

/* object:name(...): the method to slot b-1 and the object to slot b, where the call's
 * frame begins. */
#define SELF_BODY(o)                                              \
    {                                                             \
        Value object = OBJECT_##o;                                \
        Table *t = plain_table(object);                           \
        if (LIKELY(t != NULL)) {                                  \
            Value v = table_get_string(&t->body, n->k.p, n->aux); \
            if (LIKELY(v != V_NIL)) {                             \
                fp[n->b - 1] = v;                                 \
                fp[n->b] = object;                                \
                GO(n + 1, fp, acc, d);                            \
            }                                                     \
        }                                                         \
        HAND(slow_self, n, fp, acc, d);                           \
    }

EXEC(exec_SELF_L) SELF_BODY(L) EXEC(exec_SELF_A) SELF_BODY(A) EXEC(exec_SELF_U) SELF_BODY(U)
