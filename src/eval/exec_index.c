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
#include "eval/places.h"
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
PLACE_INLINE TableBody *own_body(Machine *M, Value v)
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
/* Contents of the table that an operand is, if they may become the run's own; else NULL. */
PLACE_INLINE TableBody *claimable_body(Machine *M, Value v)
{
    TableBody *b = heap_table_at_hand(&M->run, v);
    if (!b || table_is_passed(value_pointer(v)) || table_is_frozen(b)) return NULL;
    return b;
}
/* The same, where others had written last: made the run's own, but for what is for slow.c. */
static inline TableBody *claimed_body(Machine *M, Value v, bool field)
{
    if (!value_is_table(v)) return NULL;
    Table *t = value_pointer(v);
    const TableBody *b = heap_table(&M->run, t);
    if (table_is_frozen(b) || !lacks_meta(M, b->meta, META_NEWINDEX)) return NULL;
    return field ? heap_field_mut(&M->run, t, b) : heap_table_mut(&M->run, t);
}
/* The run's own contents of the table that an operand is, to be written under this key. */
static inline TableBody *owned_body_noticed(Machine *M, Value v, Value key)
{
    TableBody *b = owned_body(M, v);
    bool is_noticed = b && table_is_passed(value_pointer(v)) && value_is_string(key);
    if (is_noticed) methods_notice(&M->run, string_hash(value_string(key)));
    return b;
}
/* Contents of the table that an operand is, made the run's own if they can be, to be written
 * under this key; else NULL. */
static inline TableBody *claimed_to_store(Machine *M, Value v, Value key, bool field)
{
    bool is_noticed = value_is_table(v) && table_is_passed(value_pointer(v));
    TableBody *b = UNLIKELY(is_noticed) ? owned_body_noticed(M, v, key) : NULL;
    return b ? b : claimed_body(M, v, field);
}
static NOINLINE TableBody *claimed_for_FIELD(Machine *M, Value v, Value key)
{
    return claimed_to_store(M, v, key, true);
}
static NOINLINE TableBody *claimed_for_INDEX(Machine *M, Value v, Value key)
{
    return claimed_to_store(M, v, key, false);
}
#define claimed_for_ELEMENT claimed_for_INDEX
#define KEY_FIELD n->k.v
#define KEY_ELEMENT V_NIL
#define KEY_INDEX fp[n->b]

/* Result v of a raw get is final: not nil, or no metatable could say otherwise. */
#define FINISH_GET(dst)                   \
    if (LIKELY(v != V_NIL)) PUT_##dst(v); \
    if (!b->meta) PUT_##dst(V_NIL)

/* Where a node function hands its table's contents on in a register that nobody uses; else they
 * are looked for again. */
#if defined(__x86_64__) && !defined(MOONLET_TRAMPOLINE)
#define GIVEN_BODY(find_) ((TableBody *)unused)
#define HAND_BODY(f_, n_, fp_, acc_, d_) \
    HAND_OVER return (f_)((n_), (fp_), (uintptr_t)b, exec_fourth(), (acc_), M, (d_))
#ifdef __clang__
#define HAND_OVER __attribute__((musttail))
#else
#define HAND_OVER
#endif
#else
#define GIVEN_BODY(find_) (find_)
#define HAND_BODY(f_, n_, fp_, acc_, d_) HAND(f_, n_, fp_, acc_, d_)
#endif
/* What is apart, with its arguments where they are: else gcc moves them to leave out two. */
#ifdef __clang__
#define APART NOINLINE
#else
#define APART __attribute__((noipa))
#endif

static NOINLINE Value look_inherited(Machine *M, Table *meta, const String *key, uint32_t hash)
{
    return methods_look(&M->run, meta, meta_names[META_INDEX], key, hash);
}

/* The value of a key that a table with this metatable has not itself, where each __index is a
 * table (manual 2.4); TABLE_LOOK: not to be told so easily. */
PLACE_INLINE Value inherited_known(const Machine *M, const Table *meta, const String *key,
                                   uint32_t hash)
{
    return meta ? methods_get(&M->run, meta, key, hash) : V_NIL;
}
static inline Value inherited(Machine *M, Table *meta, const String *key, uint32_t hash)
{
    Value v = inherited_known(M, meta, key, hash);
    if (LIKELY(v != TABLE_LOOK) || methods_handler(&M->run, meta) != TABLE_LOOK) return v;
    return look_inherited(M, meta, key, hash);
}

/* What takes a call is apart, so that the common cases stay leaves. */
#define FIELD_NODES(o, dst, place_)                                                       \
    static COLD EXEC(look_FIELD_##o##_##dst)                                              \
    {                                                                                     \
        const TableBody *b = heap_table_at_hand(&M->run, OBJECT_##o);                     \
        Value v = table_get_hashed(b, n->k.v, field_hash(n));                             \
        FINISH_GET(dst);                                                                  \
        HAND(slow_index, n, fp, acc, d);                                                  \
    }                                                                                     \
    static NOINLINE EXEC(inherit_FIELD_##o##_##dst)                                       \
    {                                                                                     \
        const TableBody *b = heap_table_at_hand(&M->run, OBJECT_##o);                     \
        Value v = table_peek_patched(b, n->k.p, field_hash(n));                           \
        assert((v == TABLE_LOOK || v == table_get_hashed(b, n->k.v, field_hash(n))) &&    \
               "a peek sees what a look does, or says that it does not know");            \
        if (UNLIKELY(v == TABLE_LOOK)) HAND(look_FIELD_##o##_##dst, n, fp, acc, d);       \
        if (v == V_NIL) v = inherited(M, b->meta, n->k.p, field_hash(n));                 \
        if (UNLIKELY(v == TABLE_LOOK)) HAND(slow_index, n, fp, acc, d);                   \
        PUT_##dst(v);                                                                     \
    }                                                                                     \
    static APART EXEC(equal_FIELD_##o##_##dst)                                            \
    {                                                                                     \
        const TableBody *b = GIVEN_BODY(heap_table_at_hand(&M->run, OBJECT_##o));         \
        const HamtEntry *e = find_equal(n, b, ANY);                                       \
        if (LIKELY(e != NULL)) PUT_##dst(e->value);                                       \
        HAND(inherit_FIELD_##o##_##dst, n, fp, acc, d);                                   \
    }                                                                                     \
    static APART EXEC(peek_FIELD_##o##_##dst)                                             \
    {                                                                                     \
        const TableBody *b = GIVEN_BODY(heap_table_at_hand(&M->run, OBJECT_##o));         \
        Value v = table_peek_string(b, n->k.p, field_hash(n));                            \
        if (v == V_NIL) v = inherited_known(M, b->meta, n->k.p, field_hash(n));           \
        if (UNLIKELY(v == TABLE_LOOK)) HAND_BODY(equal_FIELD_##o##_##dst, n, fp, acc, d); \
        PUT_##dst(v);                                                                     \
    }                                                                                     \
    static APART EXEC(seek_FIELD_##o##_##dst)                                             \
    {                                                                                     \
        const TableBody *b = GIVEN_BODY(heap_table_at_hand(&M->run, OBJECT_##o));         \
        const HamtEntry *e = FIELD_SEEK_##o(M, n, b, ANY);                                \
        if (LIKELY(e != NULL)) PUT_##dst(e->value);                                       \
        HAND_BODY(peek_FIELD_##o##_##dst, n, fp, acc, d);                                 \
    }                                                                                     \
    EXEC(exec_FIELD_##o##_##dst)                                                          \
    {                                                                                     \
        const TableBody *b = heap_table_at_hand(&M->run, OBJECT_##o);                     \
        if (UNLIKELY(!b)) HAND(slow_index, n, fp, acc, d);                                \
        const HamtEntry *e = place_(n, b, ANY);                                           \
        if (LIKELY(e != NULL)) PUT_##dst(e->value);                                       \
        HAND_BODY(seek_FIELD_##o##_##dst, n, fp, acc, d);                                 \
    }
#define X_FIELD(o, dst) FIELD_NODES(o, dst, FIELD_PLACE_##o)
KINDS_FIELD(X_FIELD)
#undef X_FIELD

/* A node that gets get_ from the contents b of a table; peek_: nil, or the same from where
 * most of them have it; trie_: the same where the array is a trie, as after a snapshot. acc_:
 * the accumulator, if the node has it for an operand. */
#define GET_NODE(name, object_, boxed_, acc_, dst, peek_, trie_, get_)         \
    static APART EXEC(full_##name)                                             \
    {                                                                          \
        const TableBody *b = heap_table_at_hand(&M->run, object_);             \
        Value v = get_;                                                        \
        FINISH_GET(dst);                                                       \
        HAND(slow_index, n, fp, boxed_, d);                                    \
    }                                                                          \
    static APART EXEC(from_trie_##name)                                        \
    {                                                                          \
        const TableBody *b = GIVEN_BODY(heap_table_at_hand(&M->run, object_)); \
        Value v = trie_;                                                       \
        if (LIKELY(v != V_NIL)) PUT_##dst(v);                                  \
        HAND(full_##name, n, fp, acc_, d);                                     \
    }                                                                          \
    EXEC(exec_##name)                                                          \
    {                                                                          \
        const TableBody *b = heap_table_at_hand(&M->run, object_);             \
        if (UNLIKELY(!b)) HAND(slow_index, n, fp, boxed_, d);                  \
        bool in_trie = false;                                                  \
        Value v = peek_;                                                       \
        if (LIKELY(v != V_NIL)) PUT_##dst(v);                                  \
        if (UNLIKELY(in_trie)) HAND_BODY(from_trie_##name, n, fp, acc_, d);    \
        HAND(full_##name, n, fp, acc_, d);                                     \
    }

/* The accumulator where the node needs it: else the value found may take its register. */
#define NEEDED_L V_NIL
#define NEEDED_U V_NIL
#define NEEDED_A acc
#define NEEDED_LL V_NIL
#define NEEDED_LD V_NIL
#define NEEDED_LA acc
#define NEEDED_UL V_NIL
#define NEEDED_UD V_NIL
#define NEEDED_UA acc
#define NEEDED_AL acc

#define X_ELEMENT(o, dst)                                                     \
    GET_NODE(ELEMENT_##o##_##dst, OBJECT_##o, acc, NEEDED_##o, dst,           \
             table_peek_int(b, n->aux, &in_trie), table_peek_trie(b, n->aux), \
             table_get_int(b, n->aux))
KINDS_FIELD(X_ELEMENT)
#undef X_ELEMENT

static inline Value index_double(const TableBody *b, double x)
{
    int32_t i = index_of(x);
    return LIKELY(i == x) ? table_get_int(b, i) : table_get(b, value_number(x));
}

static NOINLINE Value index_other(const TableBody *b, Value k)
{
    if (UNLIKELY(!value_is_string(k))) return table_get(b, k);
    string_pay_key(value_string(k));
    return table_get_string(b, value_string(k), string_hash(value_string(k)));
}
PLACE_INLINE Value index_value(const TableBody *b, Value k)
{
    double x;
    return value_unbox(k, &x) ? index_double(b, x) : index_other(b, k);
}

/* A fraction makes an index too small, and NaN is above nothing; negative ones are in no array.
 */
static inline bool index_is(int32_t i, double x) { return i >= x; }

static inline Value peek_double(const TableBody *b, double x, bool *in_trie)
{
    int32_t i = index_of(x);
    return LIKELY(index_is(i, x)) ? table_peek_int(b, i, in_trie) : V_NIL;
}

static inline Value peek_value(const TableBody *b, Value k, bool *in_trie)
{
    double x;
    return LIKELY(value_unbox(k, &x)) ? peek_double(b, x, in_trie) : V_NIL;
}

static inline Value trie_double(const TableBody *b, double x)
{
    int32_t i = index_of(x);
    return LIKELY(index_is(i, x)) ? table_peek_trie(b, i) : V_NIL;
}

static inline Value trie_value(const TableBody *b, Value k)
{
    double x;
    return LIKELY(value_unbox(k, &x)) ? trie_double(b, x) : V_NIL;
}

#define INDEX_WITH_L(number_, value_, ...) value_(b, fp[n->b], ##__VA_ARGS__)
#define INDEX_WITH_A(number_, value_, ...) value_(b, acc, ##__VA_ARGS__)
#define INDEX_WITH_D(number_, value_, ...) number_(b, d, ##__VA_ARGS__)

#define X_INDEX(o, key, dst)                                                        \
    GET_NODE(INDEX_##o##key##_##dst, OBJECT_##o, BOXED_##key, NEEDED_##o##key, dst, \
             INDEX_WITH_##key(peek_double, peek_value, &in_trie),                   \
             INDEX_WITH_##key(trie_double, trie_value),                             \
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

/* All but nil and NaN. */
static inline bool is_key(Value k) { return k != V_NIL && value_equal(k, k); }

/* One step of `through`: V_NIL where it is not so simple; V_FALSE where the next table is to be
 * asked in its turn, which `from` is then. */
PLACE_INLINE Value through_one(Machine *M, const TableBody **from, Value key, const String *s,
                               uint32_t hash, Value v)
{
    const TableBody *a = *from;
    const String *name = meta_names[META_NEWINDEX];
    const TableBody *m = a->meta ? heap_table_at_hand(&M->run, value_object(a->meta)) : NULL;
    Value other = m ? table_peek_string(m, name, string_hash_known(name)) : V_NIL;
    TableBody *b = owned_body_noticed(M, other, key);
    if (!b && !value_is_function(other)) return V_NIL;
    if ((s ? table_get_string(a, s, hash) : table_get(a, key)) != V_NIL) return V_NIL;
    if (!b) return other;
    Value *slot =
        s ? table_slot_string(b, s, hash, M->run.epoch) : table_slot(b, key, M->run.epoch);
    if (LIKELY(slot && v != V_NIL)) {
        *slot = v;
        return V_TRUE;
    }
    *from = b;
    if (!slot && !lacks_meta(M, b->meta, META_NEWINDEX)) return V_FALSE;
    table_set(b, key, v, M->run.epoch);
    return V_TRUE;
}

/* A store into a table without such a key that goes by the metatable's __newindex. Answers
 * V_TRUE when it is done, which is into a table; the function that is to be called, which the
 * first table has; or V_NIL where it is not so simple, or somebody is to pay for the key. s:
 * the key, if it is a string.
 */
PLACE_INLINE Value through(Machine *M, const TableBody *from, Value key, const String *s,
                           Value v)
{
    enum { TABLES_MAX = 50 };
    if (s && s->length > STRING_PAID) return V_NIL;
    uint32_t hash = s ? string_hash(s) : 0;
    Value how = through_one(M, &from, key, s, hash, v);
    if (LIKELY(how != V_FALSE)) return how;
    for (int i = 0; i < TABLES_MAX && how == V_FALSE; i++)
        how = through_one(M, &from, key, s, hash, v);
    return how == V_TRUE ? V_TRUE : V_NIL;
}
static NOINLINE Value store_through_index(Machine *M, const TableBody *from, Value k, Value v)
{
    if (!is_key(k)) return V_NIL;
    return through(M, from, k, value_is_string(k) ? value_string(k) : NULL, v);
}
static NOINLINE Value store_through_field(Machine *M, const TableBody *from, Value k, Value v)
{
    const String *s = value_string(k);
    assert(s && "the key of a field is a string");
    return through(M, from, k, s, v);
}
#define STORE_THROUGH(how_, boxed_)                  \
    do {                                             \
        Value how = (how_);                          \
        if (how == V_TRUE) STORED();                 \
        if (LIKELY(how != V_NIL)) {                  \
            M->value = how;                          \
            HAND(slow_newindex, n, fp, (boxed_), d); \
        }                                            \
    } while (0)

/* An existing field of an owned table is overwritten; a new one is added when there
 * is no __newindex to ask. Where there is a patch it takes a search to tell which, so that the
 * latter is tried first. b: the contents. */
#define STORE_FIELD(v_, through_)                                                \
    do {                                                                         \
        Value v = (v_);                                                          \
        if (table_is_patched(b) && !b->meta && v != V_NIL) {                     \
            table_set_patched(b, n->k.p, field_hash(n), v, M->run.epoch);        \
            STORED();                                                            \
        }                                                                        \
        if (v == V_NIL && !b->meta) {                                            \
            table_set_string(b, n->k.p, v, M->run.epoch);                        \
            STORED();                                                            \
        }                                                                        \
        Value *slot = table_slot_string(b, n->k.p, field_hash(n), M->run.epoch); \
        if (LIKELY(slot && v != V_NIL)) {                                        \
            *slot = v;                                                           \
            GO(n + 1, fp, acc, d);                                               \
        }                                                                        \
        if (slot || lacks_meta(M, b->meta, META_NEWINDEX)) {                     \
            table_set_string(b, n->k.p, v, M->run.epoch);                        \
            STORED();                                                            \
        }                                                                        \
    } while (0)
#define STORE_ELEMENT(v_, through_)                      \
    if (LIKELY(lacks_meta(M, b->meta, META_NEWINDEX))) { \
        table_set_int(b, n->aux, (v_), M->run.epoch);    \
        STORED();                                        \
    }
#define STORE_INDEX(v_, through_)                             \
    do {                                                      \
        Value k = fp[n->b];                                   \
        double x;                                             \
        if (UNLIKELY(!lacks_meta(M, b->meta, META_NEWINDEX))) \
            HAND_BODY(through_, n, fp, acc, d);               \
        if (LIKELY(value_unbox(k, &x))) {                     \
            int32_t i = index_of(x);                          \
            if (LIKELY(i == x)) {                             \
                table_set_int(b, i, (v_), M->run.epoch);      \
                STORED();                                     \
            }                                                 \
        }                                                     \
        if (LIKELY(is_key(k))) {                              \
            table_set(b, k, (v_), M->run.epoch);              \
            STORED();                                         \
        }                                                     \
    } while (0)

/* What is most common takes no call: another value for a key that is there, in a node of
 * this epoch. */
#define OVERWRITE_ENTRY(e_, v_)                                             \
    do {                                                                    \
        Value v = (v_);                                                     \
        HamtEntry *at = (e_);                                               \
        if (LIKELY(at && table_owns_root(b, M->run.epoch) && v != V_NIL)) { \
            at->value = v;                                                  \
            GO(n + 1, fp, acc, d);                                          \
        }                                                                   \
    } while (0)
/* ... or the item behind the last one, or nil for that, which moves the border. */
static inline bool moves_border(TableBody *b, Value *slot, uint32_t i, Value v)
{
    bool fills = v != V_NIL;
    if (b->hash.border != i - fills || (fills && b->meta)) return false;
    *slot = v;
    b->hash.border = i - !fills;
    return true;
}
#define OVERWRITE_AT(i_, v_)                                                     \
    do {                                                                         \
        Value v = (v_), *slot = table_own_element(b, (i_), M->run.epoch);        \
        if (LIKELY(slot != NULL)) {                                              \
            if (LIKELY(*slot != V_NIL && v != V_NIL)) {                          \
                *slot = v;                                                       \
                GO(n + 1, fp, acc, d);                                           \
            }                                                                    \
            if (moves_border(b, slot, (uint32_t)(i_), v)) GO(n + 1, fp, acc, d); \
        }                                                                        \
    } while (0)
/* A field of the run's own contents that is new, or becomes nil, where no __newindex is asked.
 * Answers false where that is not done at once. */
PLACE_INLINE bool comes_or_goes(const Machine *M, const Node *n, TableBody *b, Value v)
{
    if (v == V_NIL) return table_take_at_root(b, n->k.p, field_hash(n), M->run.epoch);
    return table_add_at_root(b, n->k.p, field_hash(n), v, M->run.epoch);
}
/* Where the place was another one: a field that is there all the same. Or one that comes, or
 * goes. */
#define SEEK_NODE(o, val)                                                                     \
    static APART EXEC(put_FIELD_##o##_##val);                                                 \
    static APART EXEC(through_FIELD_##o##_##val)                                              \
    {                                                                                         \
        TableBody *b = GIVEN_BODY(own_body(M, OBJECT_##o));                                   \
        STORE_THROUGH(store_through_field(M, b, n->k.v, STORED_##val), BOXED_##val);          \
        HAND_BODY(put_FIELD_##o##_##val, n, fp, acc, d);                                      \
    }                                                                                         \
    static APART EXEC(change_FIELD_##o##_##val)                                               \
    {                                                                                         \
        TableBody *b = GIVEN_BODY(own_body(M, OBJECT_##o));                                   \
        bool asks = !lacks_meta(M, b->meta, META_NEWINDEX);                                   \
        bool done = (!asks || STORED_##val == V_NIL) && comes_or_goes(M, n, b, STORED_##val); \
        if (LIKELY(done)) STORED();                                                           \
        if (UNLIKELY(asks)) HAND_BODY(through_FIELD_##o##_##val, n, fp, acc, d);              \
        HAND_BODY(put_FIELD_##o##_##val, n, fp, acc, d);                                      \
    }                                                                                         \
    static APART EXEC(equal_SET_FIELD_##o##_##val)                                            \
    {                                                                                         \
        TableBody *b = GIVEN_BODY(own_body(M, OBJECT_##o));                                   \
        OVERWRITE_ENTRY(find_equal(n, b, M->run.epoch), STORED_##val);                        \
        HAND_BODY(put_FIELD_##o##_##val, n, fp, acc, d);                                      \
    }                                                                                         \
    static APART EXEC(seek_SET_FIELD_##o##_##val)                                             \
    {                                                                                         \
        TableBody *b = GIVEN_BODY(own_body(M, OBJECT_##o));                                   \
        OVERWRITE_ENTRY(store_seek_##o(M, n, b), STORED_##val);                               \
        if (UNLIKELY(may_have_equal(n, b)))                                                   \
            HAND_BODY(equal_SET_FIELD_##o##_##val, n, fp, acc, d);                            \
        HAND_BODY(change_FIELD_##o##_##val, n, fp, acc, d);                                   \
    }
/* The first store of the epoch to a table that has the key: nobody is to be asked. */
#define FIRST_NODE(o, val)                                                              \
    static APART EXEC(first_FIELD_##o##_##val)                                          \
    {                                                                                   \
        TableBody *b = claimable_body(M, OBJECT_##o);                                   \
        const HamtEntry *e = b && STORED_##val != V_NIL ? store_place_##o(n, b) : NULL; \
        if (LIKELY(e != NULL)) {                                                        \
            b = heap_field_mut(&M->run, value_pointer(OBJECT_##o), b);                  \
            OVERWRITE_ENTRY(store_place_##o(n, b), STORED_##val);                       \
        }                                                                               \
        b = NULL;                                                                       \
        HAND_BODY(put_FIELD_##o##_##val, n, fp, acc, d);                                \
    }
#define OVERWRITE_FIELD(o, val)                                \
    HamtEntry *e = store_place_##o(n, b);                      \
    OVERWRITE_ENTRY(e, STORED_##val);                          \
    if (e) HAND_BODY(change_FIELD_##o##_##val, n, fp, acc, d); \
    HAND_BODY(seek_SET_FIELD_##o##_##val, n, fp, acc, d)
/* Where to go on with contents that are not the run's own. */
#define FIRST_FIELD(o, val) HAND(first_FIELD_##o##_##val, n, fp, acc, d)
#define FIRST_ELEMENT(o, val)
#define FIRST_INDEX(o, val)
#define OVERWRITE_ELEMENT(o, val) OVERWRITE_AT((int32_t)n->aux, STORED_##val)
#define OVERWRITE_INDEX(o, val)                                        \
    do {                                                               \
        double x;                                                      \
        if (LIKELY(value_unbox(fp[n->b], &x))) {                       \
            int32_t i = index_of(x);                                   \
            if (LIKELY(index_is(i, x))) OVERWRITE_AT(i, STORED_##val); \
        }                                                              \
    } while (0)

#define STORE_NODE(kind_, o, val)                                                          \
    static APART EXEC(put_##kind_##_##o##_##val)                                           \
    {                                                                                      \
        TableBody *b = GIVEN_BODY(NULL);                                                   \
        if (!b) b = claimed_for_##kind_(M, OBJECT_##o, KEY_##kind_);                       \
        if (UNLIKELY(!b)) HAND(slow_store, n, fp, BOXED_##val, d);                         \
        assert(heap_body_owned(&M->run, b) &&                                              \
               "stores in place are into this epoch's contents");                          \
        STORE_##kind_(STORED_##val, through_##kind_##_##o##_##val);                        \
        HAND(slow_store, n, fp, BOXED_##val, d);                                           \
    }                                                                                      \
    EXEC(exec_SET_##kind_##_##o##_##val)                                                   \
    {                                                                                      \
        TableBody *b = own_body(M, OBJECT_##o);                                            \
        assert((!b || !table_is_frozen(b)) && "contents that are read-only are nobody's"); \
        if (LIKELY(b != NULL)) {                                                           \
            OVERWRITE_##kind_(o, val);                                                     \
        } else {                                                                           \
            FIRST_##kind_(o, val);                                                         \
        }                                                                                  \
        HAND_BODY(put_##kind_##_##o##_##val, n, fp, acc, d);                               \
    }
/* Where there is a __newindex to ask for a new key. */
#define THROUGH_NODE(o, val)                                                           \
    static APART EXEC(through_INDEX_##o##_##val)                                       \
    {                                                                                  \
        TableBody *b = GIVEN_BODY(owned_body(M, OBJECT_##o));                          \
        STORE_THROUGH(store_through_index(M, b, fp[n->b], STORED_##val), BOXED_##val); \
        HAND(slow_store, n, fp, BOXED_##val, d);                                       \
    }
#define X_STORE(o, val)         \
    SEEK_NODE(o, val)           \
    FIRST_NODE(o, val)          \
    THROUGH_NODE(o, val)        \
    STORE_NODE(FIELD, o, val)   \
    STORE_NODE(ELEMENT, o, val) \
    STORE_NODE(INDEX, o, val)
KINDS_STORE(X_STORE)
#undef X_STORE

/* The first entry that may have the key, or NULL; and whether that one, which has another key,
 * tells that no entry has it. */
#ifdef MOONLET_MUTABLE
PLACE_INLINE const HamtEntry *first_entry(const TableBody *b, const String *key, uint32_t hash)
{
    return table_entry_at_root(b, key, hash);
}
static inline bool is_absent(const TableBody *b, const HamtEntry *e, uint32_t hash)
{
    return (void)b, (void)e, (void)hash, false;
}
#else
PLACE_INLINE const HamtEntry *first_entry(const TableBody *b, const String *key, uint32_t hash)
{
    (void)key;
    return table_entry(b->hash.root, hash);
}
PLACE_INLINE bool is_absent(const TableBody *b, const HamtEntry *e, uint32_t hash)
{
    if (!e) return !hamt_is_patch(b->hash.root);
    return e->key && table_peek_other(e->key, hash) == V_NIL;
}
#endif

/* object:name(...): the method to slot b-1 and the object to slot b, where the call's
 * frame begins. */
#define SELF_FOUND(v_)                                                    \
    do {                                                                  \
        fp[n->b - 1] = (v_);                                              \
        __asm__("" ::: "memory"); /* two stores: sooner than their one */ \
        fp[n->b] = object;                                                \
        GO(n + 1, fp, acc, d);                                            \
    } while (0)
/* The method of an object with this metatable that has it not itself, if it was met lately. */
#define SELF_INHERITED(o, meta_)                                    \
    do {                                                            \
        Value method = inherited_known(M, (meta_), n->k.p, n->aux); \
        if (UNLIKELY(method == V_NIL || method == TABLE_LOOK))      \
            HAND(inherit_SELF_##o, n, fp, acc, d);                  \
        SELF_FOUND(method);                                         \
    } while (0)
#define SELF_NODE(o)                                                                         \
    static APART EXEC(inherit_SELF_##o)                                                      \
    {                                                                                        \
        Value object = OBJECT_##o;                                                           \
        const TableBody *b = heap_table_at_hand(&M->run, object);                            \
        if (UNLIKELY(!b && !value_is_string(object))) HAND(slow_self, n, fp, acc, d);        \
        Table *meta = b ? b->meta : M->run.world->type_meta[TYPE_STRING];                    \
        Value v = inherited(M, meta, n->k.p, n->aux);                                        \
        if (UNLIKELY(v == V_NIL || v == TABLE_LOOK)) HAND(slow_self, n, fp, acc, d);         \
        SELF_FOUND(v);                                                                       \
    }                                                                                        \
    static APART EXEC(string_SELF_##o)                                                       \
    {                                                                                        \
        Value object = OBJECT_##o;                                                           \
        if (UNLIKELY(!value_is_string(object))) HAND(slow_self, n, fp, acc, d);              \
        SELF_INHERITED(o, M->run.world->type_meta[TYPE_STRING]);                             \
    }                                                                                        \
    static APART EXEC(peek_SELF_##o)                                                         \
    {                                                                                        \
        Value object = OBJECT_##o;                                                           \
        const TableBody *b = heap_table_at_hand(&M->run, object);                            \
        Value v = table_peek_string(b, n->k.p, n->aux);                                      \
        if (v == V_NIL) SELF_INHERITED(o, b->meta);                                          \
        if (UNLIKELY(v == TABLE_LOOK)) HAND(slow_self, n, fp, acc, d);                       \
        SELF_FOUND(v);                                                                       \
    }                                                                                        \
    EXEC(exec_SELF_##o)                                                                      \
    {                                                                                        \
        assert(n->aux == string_hash(n->k.p) && "a node has the hash of its method's name"); \
        Value object = OBJECT_##o;                                                           \
        const TableBody *b = heap_table_at_hand(&M->run, object);                            \
        if (UNLIKELY(!b)) HAND(string_SELF_##o, n, fp, acc, d);                              \
        const HamtEntry *e = first_entry(b, n->k.p, n->aux);                                 \
        if (e && e->key == n->k.v) SELF_FOUND(e->value);                                     \
        if (LIKELY(is_absent(b, e, n->aux))) SELF_INHERITED(o, b->meta);                     \
        HAND(peek_SELF_##o, n, fp, acc, d);                                                  \
    }
SELF_NODE(L)
SELF_NODE(A)
SELF_NODE(U)
