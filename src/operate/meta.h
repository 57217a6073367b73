/* SPDX-License-Identifier: MIT */
/*
 * Metamethods: their names and how they are looked up (manual 2.4).
 *
 * That a metatable lacks a metamethod is cached in its body's flags (TABLE_ABSENT), bit m
 * for metamethod m; any assignment to the table of a new key clears them.
 */
#ifndef MOONLET_META_H
#define MOONLET_META_H

#include "stack/machine.h"

/* X(enumerator, name). The order of the arithmetic ones is that of BinaryOp. */
#define META_METHODS(X)         \
    X(INDEX, "__index")         \
    X(NEWINDEX, "__newindex")   \
    X(CALL, "__call")           \
    X(EQ, "__eq")               \
    X(LEN, "__len")             \
    X(GC, "__gc")               \
    X(MODE, "__mode")           \
    X(ADD, "__add")             \
    X(SUB, "__sub")             \
    X(MUL, "__mul")             \
    X(DIV, "__div")             \
    X(MOD, "__mod")             \
    X(POW, "__pow")             \
    X(CONCAT, "__concat")       \
    X(UNM, "__unm")             \
    X(LT, "__lt")               \
    X(LE, "__le")               \
    X(METATABLE, "__metatable") \
    X(TOSTRING, "__tostring")   \
    X(PAIRS, "__pairs")         \
    X(IPAIRS, "__ipairs")

typedef enum Meta {
#define X_META(id, name) META_##id,
    META_METHODS(X_META)
#undef X_META
        META_COUNT
} Meta;

/* Interned names, filled by meta_init. */
extern String *meta_names[META_COUNT];
/* To be called once per process, before anything runs. It is idempotent and thread-safe. */
void meta_init(void);

/* The metamethod m of a metatable. It is nil if there is none, or if meta is NULL. */
Value meta_of_table_slow(Machine *M, const Table *meta, Meta m);
static inline Value meta_of_table(Machine *M, const Table *meta, Meta m)
{
    if (!meta) return V_NIL;
    const TableBody *b = heap_table(&M->run, meta);
    if (__atomic_load_n(&b->flags, __ATOMIC_RELAXED) & ((uint32_t)1 << m)) return V_NIL;
    return meta_of_table_slow(M, meta, m);
}
/* The metamethod m of a value. */
static inline Value meta_of(Machine *M, Value v, Meta m)
{
    return meta_of_table(M, run_metatable(&M->run, v), m);
}

#endif
