/* SPDX-License-Identifier: MIT */
/*
 * Functions, captured variables and userdata: the other heap objects.
 *
 *   Closure  [hdr|proto|upvalue 0|upvalue 1|...]   immutable once made
 *   Native   [hdr|fn|name|count|upvalue 0|...]     immutable once made
 *   Cell     [hdr|epoch|value]                     identity, versioned
 *   Userdata [hdr|epoch|body|type|size|data]       identity; body versioned
 *
 * An upvalue word holds the captured value itself when the variable never changes
 * after capture, else the variable's Cell.
 */
#ifndef MOONLET_FUNCTION_H
#define MOONLET_FUNCTION_H

#include "value/value.h"

struct Proto;
struct Table;   /* table/table.h */
struct Machine; /* stack/machine.h */

typedef struct Closure {
    Object h; /* flags: the number of upvalues */
    const struct Proto *proto;
    Value upvalues[];
} Closure;

/* A bit in h.id_high: the closure is a stand-in, which one state runs instead of another
 * closure. That one is behind the last upvalue (stack/upvalue.h). */
enum { CLOSURE_STAND_IN = 0x8000 };

/* The closure that the program knows. */
static inline const Closure *closure_identity(const Closure *c)
{
    return c->h.id_high & CLOSURE_STAND_IN ? value_pointer(c->upvalues[c->h.flags]) : c;
}

/* A library function (native/native.h says how it is called and what it answers). */
typedef int NativeFn(struct Machine *M, Value *a, int n);

/* Object.flags of a Native. */
enum {
    /* fn is really an Exec (node/node.h) that moves control itself: pcall, resume */
    NATIVE_CONTROL = 1,
    /* no program sees the last upvalue, which fn calls */
    NATIVE_HIDES = 2,
    /* its frames are no levels for who looks at the stack, and hooks are not told of it */
    NATIVE_UNSEEN = 4
};

typedef struct Native {
    Object h;
    NativeFn *fn;
    const char *name; /* static storage; for messages and images */
    uint32_t count;
    Value upvalues[];
} Native;

typedef struct Cell {
    Object h;
    uint64_t epoch;
    Value value;
} Cell;

typedef struct UserdataBody {
    struct Table *meta;
    Value user;         /* debug.setuservalue */
    void *own;          /* bytes of which each state has its own, or NULL */
    uint64_t own_epoch; /* which has made them: no other writes there */
    /* 0; or a finalizer was given (trace/finalize.c), and perhaps taken back */
    enum UserdataFinalizer { FINALIZER_GIVEN = 1, FINALIZER_TAKEN_BACK } finalizer;
} UserdataBody;

struct Userdata;
struct Machine;
typedef void UserdataAddFn(void *to, const void *bytes, size_t size);

/* What those who made a userdata do for it. */
typedef struct UserdataKind {
    /* Tells which of its bytes, as a state has them there, count where states are compared. */
    void (*contents)(const struct Userdata *u, const void *bytes, UserdataAddFn *add, void *to);
    /* Answers whether this is the call of the finalizer, for a userdata that all states share,
     * whose finalizer is to be called once, when none has it any more. If it is NULL, each
     * state calls the finalizer. */
    bool (*finalizes)(struct Machine *M, struct Userdata *u);
} UserdataKind;

typedef struct Userdata {
    Object h;
    uint64_t epoch;
    UserdataBody body;
    const void *tag; /* who made it: the address of a type descriptor */
    size_t size;
    void *data;
    const UserdataKind *kind; /* NULL: nothing of its bytes counts */
} Userdata;

#endif
