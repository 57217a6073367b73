/* SPDX-License-Identifier: MIT */
/*
 * Indexing and assignment to fields: t.name, t[i], t[k], and their stores.
 *
 * The fast paths see plain tables: OBJ_TABLE as the whole type byte means that the
 * contents are in the object. A program that takes snapshots lives on remapped ones, whose
 * contents must be in the run's cache. For stores the epoch must be the run's.
 *
 * Main invariant: a store in place is into contents whose epoch is the run's; all else goes to
 * slow.c.
 */
#include <assert.h>

#include "eval/exec.h"
#include "state/methods.h"

#define OBJECT_L fp[n->a]
#define OBJECT_A acc
#define OBJECT_U frame_closure(fp)->upvalues[n->a]

/* Contents of the table that an operand is, if this run may write them; else NULL. */
static inline TableBody *owned_body(Machine *M, Value v)
{
    TableBody *b = heap_table_at_hand(&M->run, v);
    return b && LIKELY(heap_body_owned(&M->run, b)) ? b : NULL;
}

/* The same, of a table that nothing is remembered of; others' writes are to be noticed. */
static inline TableBody *own_body(Machine *M, Value v)
{
    if (UNLIKELY(!value_is_object(v))) return NULL;
    Table *t = value_pointer(v);
    TableBody *b = &t->body;
    uint16_t kind = object_raw_kind(t);
    if (UNLIKELY(kind != OBJECT_KIND(OBJ_TABLE))) {
        bool remapped = kind == OBJECT_KIND(OBJ_TABLE | OBJ_REMAPPED);
        b = remapped ? heap_cached(&M->run, t) : NULL;
    }
    return b && LIKELY(heap_body_owned(&M->run, b)) ? b : NULL;
}
static inline TableBody *owned_body_noticed(Machine *M, Value v)
{
    TableBody *b = owned_body(M, v);
    if (b && table_is_passed(value_pointer(v))) M->run.methods_age++;
    return b;
}

/* Result v of a raw get is final: not nil, or no metatable could say otherwise. */
#define FINISH_GET(dst)                   \
    if (LIKELY(v != V_NIL)) PUT_##dst(v); \
    if (!b->meta) PUT_##dst(V_NIL)

static NOINLINE Value look_inherited(Machine *M, Table *meta, const String *key, uint32_t hash)
{
    return methods_look(&M->run, meta, meta_names[META_INDEX], key, hash);
}

/* The value of a key that a table with this metatable has not itself, where each __index is a
 * table (manual 2.4); TABLE_LOOK: not to be told so easily. */
static inline Value inherited(Machine *M, Table *meta, const String *key, uint32_t hash)
{
    if (!meta) return V_NIL;
    Value v = methods_get(&M->run, meta, key, hash);
    return LIKELY(v != TABLE_LOOK) ? v : look_inherited(M, meta, key, hash);
}

/* What takes a call is apart, so that the common case stays a leaf. */
#define FIELD_NODES(o, dst, quick_)                                                 \
    static COLD EXEC(look_FIELD_##o##_##dst)                                        \
    {                                                                               \
        const TableBody *b = heap_table_at_hand(&M->run, OBJECT_##o);               \
        Value v = table_get_hashed(b, n->k.v, n->aux);                              \
        FINISH_GET(dst);                                                            \
        HAND(slow_index, n, fp, acc, d);                                            \
    }                                                                               \
    static NOINLINE EXEC(peek_FIELD_##o##_##dst)                                    \
    {                                                                               \
        const TableBody *b = heap_table_at_hand(&M->run, OBJECT_##o);               \
        Value v = table_peek_patched(b, n->k.p, n->aux);                            \
        assert((v == TABLE_LOOK || v == table_get_hashed(b, n->k.v, n->aux)) &&     \
               "a peek sees what a look does, or says that it does not know");      \
        if (v == V_NIL) v = inherited(M, b->meta, n->k.p, n->aux);                  \
        if (UNLIKELY(v == TABLE_LOOK)) HAND(look_FIELD_##o##_##dst, n, fp, acc, d); \
        PUT_##dst(v);                                                               \
    }                                                                               \
    EXEC(exec_FIELD_##o##_##dst)                                                    \
    {                                                                               \
        assert(n->aux == string_hash(n->k.p) && "a node has the hash of its key");  \
        const TableBody *b = heap_table_at_hand(&M->run, OBJECT_##o);               \
        if (UNLIKELY(!b)) HAND(slow_index, n, fp, acc, d);                          \
        quick_(dst);                                                                \
        HAND(peek_FIELD_##o##_##dst, n, fp, acc, d);                                \
    }

/* Most objects have few fields, which are at their root; a program's globals are many. */
#define AT_ROOT(dst)                                                 \
    do {                                                             \
        const HamtEntry *e = table_entry_at_root(b, n->k.p, n->aux); \
        if (LIKELY(e != NULL)) PUT_##dst(e->value);                  \
    } while (0)
#define AT_TWO_LEVELS(dst)                                            \
    do {                                                              \
        Value v = table_peek_string(b, n->k.p, n->aux);               \
        if (LIKELY(v != TABLE_LOOK && v != V_NIL)) PUT_##dst(v);      \
        if (v == TABLE_LOOK) HAND(look_FIELD_U_##dst, n, fp, acc, d); \
    } while (0)
#define FIELD_QUICK_L AT_ROOT
#define FIELD_QUICK_A AT_ROOT
#define FIELD_QUICK_U AT_TWO_LEVELS
#define X_FIELD(o, dst) FIELD_NODES(o, dst, FIELD_QUICK_##o)
KINDS_FIELD(X_FIELD)
#undef X_FIELD

/* A node that gets get_ from the contents b of a table; peek_: nil, or the same from where
 * most of them have it. */
#define GET_NODE(name, object_, boxed_, dst, peek_, get_)          \
    static NOINLINE EXEC(full_##name)                              \
    {                                                              \
        const TableBody *b = heap_table_at_hand(&M->run, object_); \
        Value v = get_;                                            \
        FINISH_GET(dst);                                           \
        HAND(slow_index, n, fp, boxed_, d);                        \
    }                                                              \
    EXEC(exec_##name)                                              \
    {                                                              \
        const TableBody *b = heap_table_at_hand(&M->run, object_); \
        if (UNLIKELY(!b)) HAND(slow_index, n, fp, boxed_, d);      \
        Value v = peek_;                                           \
        if (LIKELY(v != V_NIL)) PUT_##dst(v);                      \
        HAND(full_##name, n, fp, acc, d);                          \
    }

#define X_ELEMENT(o, dst)                                                          \
    GET_NODE(ELEMENT_##o##_##dst, OBJECT_##o, acc, dst, table_peek_int(b, n->aux), \
             table_get_int(b, n->aux))
KINDS_FIELD(X_ELEMENT)
#undef X_ELEMENT

static inline Value index_double(const TableBody *b, double x)
{
    int32_t i = index_of(x);
    return LIKELY(i == x) ? table_get_int(b, i) : table_get(b, value_number(x));
}

static inline Value index_value(const TableBody *b, Value k)
{
    double x;
    return LIKELY(value_unbox(k, &x)) ? index_double(b, x) : table_get(b, k);
}

/* A fraction makes an index too small, and NaN is above nothing; negative ones are in no array.
 */
static inline bool index_is(int32_t i, double x) { return i >= x; }

static inline Value peek_double(const TableBody *b, double x)
{
    int32_t i = index_of(x);
    return LIKELY(index_is(i, x)) ? table_peek_int(b, i) : V_NIL;
}

static inline Value peek_value(const TableBody *b, Value k)
{
    double x;
    return LIKELY(value_unbox(k, &x)) ? peek_double(b, x) : V_NIL;
}

#define INDEX_WITH_L(number_, value_) value_(b, fp[n->b])
#define INDEX_WITH_A(number_, value_) value_(b, acc)
#define INDEX_WITH_D(number_, value_) number_(b, d)

#define X_INDEX(o, key, dst)                                       \
    GET_NODE(INDEX_##o##key##_##dst, OBJECT_##o, BOXED_##key, dst, \
             INDEX_WITH_##key(peek_double, peek_value),            \
             INDEX_WITH_##key(index_double, index_value))
KINDS_INDEX(X_INDEX)
#undef X_INDEX

#define STORED_L fp[n->c]
#define STORED_A acc
#define STORED_D value_number(d)

/* What has been added to a table takes memory. */
#define STORED()                                                          \
    do {                                                                  \
        if (UNLIKELY(M->urgent)) HAND(eval_poll_next, n + 1, fp, acc, d); \
        GO(n + 1, fp, acc, d);                                            \
    } while (0)

/* An existing field of an owned table is overwritten; a new one is added when there
 * is no metatable to ask. Where there is a patch it takes a search to tell which, so that the
 * latter is tried first. b: the contents. */
#define STORE_FIELD(v_)                                                            \
    do {                                                                           \
        Value v = (v_);                                                            \
        assert(n->aux == string_hash(n->k.p) && "a node has the hash of its key"); \
        if (table_is_patched(b) && !b->meta && v != V_NIL) {                       \
            table_set_patched(b, n->k.p, n->aux, v, M->run.epoch);                 \
            STORED();                                                              \
        }                                                                          \
        Value *slot = table_slot_string(b, n->k.p, n->aux, M->run.epoch);          \
        if (LIKELY(slot && v != V_NIL)) {                                          \
            *slot = v;                                                             \
            GO(n + 1, fp, acc, d);                                                 \
        }                                                                          \
        if (slot || !b->meta) {                                                    \
            table_set_string(b, n->k.p, v, M->run.epoch);                          \
            STORED();                                                              \
        }                                                                          \
    } while (0)
#define STORE_ELEMENT(v_)                             \
    if (LIKELY(!b->meta)) {                           \
        table_set_int(b, n->aux, (v_), M->run.epoch); \
        STORED();                                     \
    }
/* All but nil and NaN. */
static inline bool is_key(Value k) { return k != V_NIL && value_equal(k, k); }

#define STORE_INDEX(v_)                                  \
    do {                                                 \
        Value k = fp[n->b];                              \
        double x;                                        \
        if (LIKELY(!b->meta && value_unbox(k, &x))) {    \
            int32_t i = index_of(x);                     \
            if (LIKELY(i == x)) {                        \
                table_set_int(b, i, (v_), M->run.epoch); \
                STORED();                                \
            }                                            \
        }                                                \
        if (LIKELY(!b->meta && is_key(k))) {             \
            table_set(b, k, (v_), M->run.epoch);         \
            STORED();                                    \
        }                                                \
    } while (0)

/* What is most common takes no call: another value for a key that is there, in a node of
 * this epoch. */
#define OVERWRITE_FIELD(v_)                                                \
    do {                                                                   \
        Value v = (v_);                                                    \
        HamtEntry *e = table_entry_at_root(b, n->k.p, n->aux);             \
        if (LIKELY(e && table_owns_root(b, M->run.epoch) && v != V_NIL)) { \
            e->value = v;                                                  \
            GO(n + 1, fp, acc, d);                                         \
        }                                                                  \
    } while (0)
#define OVERWRITE_AT(i_, v_)                                              \
    do {                                                                  \
        Value v = (v_), *slot = table_own_element(b, (i_), M->run.epoch); \
        if (LIKELY(slot && *slot != V_NIL && v != V_NIL)) {               \
            *slot = v;                                                    \
            GO(n + 1, fp, acc, d);                                        \
        }                                                                 \
    } while (0)
#define OVERWRITE_ELEMENT(v_) OVERWRITE_AT((int32_t)n->aux, v_)
#define OVERWRITE_INDEX(v_)                                  \
    do {                                                     \
        double x;                                            \
        if (LIKELY(value_unbox(fp[n->b], &x))) {             \
            int32_t i = index_of(x);                         \
            if (LIKELY(index_is(i, x))) OVERWRITE_AT(i, v_); \
        }                                                    \
    } while (0)

#define STORE_NODE(kind_, o, val)                                                          \
    static NOINLINE EXEC(put_##kind_##_##o##_##val)                                        \
    {                                                                                      \
        TableBody *b = owned_body_noticed(M, OBJECT_##o);                                  \
        if (UNLIKELY(!b)) HAND(slow_store, n, fp, BOXED_##val, d);                         \
        assert(heap_body_owned(&M->run, b) &&                                              \
               "stores in place are into this epoch's contents");                          \
        STORE_##kind_(STORED_##val);                                                       \
        HAND(slow_store, n, fp, BOXED_##val, d);                                           \
    }                                                                                      \
    EXEC(exec_SET_##kind_##_##o##_##val)                                                   \
    {                                                                                      \
        TableBody *b = own_body(M, OBJECT_##o);                                            \
        assert((!b || !table_is_frozen(b)) && "contents that are read-only are nobody's"); \
        if (LIKELY(b != NULL)) OVERWRITE_##kind_(STORED_##val);                            \
        HAND(put_##kind_##_##o##_##val, n, fp, acc, d);                                    \
    }
#define X_STORE(o, val)         \
    STORE_NODE(FIELD, o, val)   \
    STORE_NODE(ELEMENT, o, val) \
    STORE_NODE(INDEX, o, val)
KINDS_STORE(X_STORE)
#undef X_STORE

/* object:name(...): the method to slot b-1 and the object to slot b, where the call's
 * frame begins. */
#define SELF_FOUND(v_)         \
    do {                       \
        fp[n->b - 1] = (v_);   \
        fp[n->b] = object;     \
        GO(n + 1, fp, acc, d); \
    } while (0)
#define SELF_NODE(o)                                                                         \
    static NOINLINE EXEC(inherit_SELF_##o)                                                   \
    {                                                                                        \
        Value object = OBJECT_##o;                                                           \
        const TableBody *b = heap_table_at_hand(&M->run, object);                            \
        if (UNLIKELY(!b && !value_is_string(object))) HAND(slow_self, n, fp, acc, d);        \
        Table *meta = b ? b->meta : M->run.world->type_meta[TYPE_STRING];                    \
        Value v = inherited(M, meta, n->k.p, n->aux);                                        \
        if (UNLIKELY(v == V_NIL || v == TABLE_LOOK)) HAND(slow_self, n, fp, acc, d);         \
        SELF_FOUND(v);                                                                       \
    }                                                                                        \
    EXEC(exec_SELF_##o)                                                                      \
    {                                                                                        \
        assert(n->aux == string_hash(n->k.p) && "a node has the hash of its method's name"); \
        Value object = OBJECT_##o;                                                           \
        const TableBody *b = heap_table_at_hand(&M->run, object);                            \
        if (UNLIKELY(!b)) HAND(inherit_SELF_##o, n, fp, acc, d);                             \
        Value v = table_peek_string(b, n->k.p, n->aux);                                      \
        if (v == V_NIL) HAND(inherit_SELF_##o, n, fp, acc, d);                               \
        if (UNLIKELY(v == TABLE_LOOK)) HAND(slow_self, n, fp, acc, d);                       \
        SELF_FOUND(v);                                                                       \
    }
SELF_NODE(L)
SELF_NODE(A)
SELF_NODE(U)
