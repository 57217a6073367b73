/* SPDX-License-Identifier: MIT */
/*
 * What the evaluator's files share: exec functions of every node kind, the slow
 * paths they hand over to, and how operands are fetched and results delivered.
 *
 * A slow path is an Exec for the same node: it decodes the node's operands from its
 * kind, generically. Where a kind has a D operand the fast path boxes it into acc
 * before it hands over, so slow paths treat D as A.
 */
#ifndef MOONLET_EXEC_H
#define MOONLET_EXEC_H

#include "operate/meta.h"
#include "stack/frame.h"
#include "value/number.h"

/* A compiler makes no jumps of calls if it does not optimise, or if it adds checks to the code.
 */
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#undef MOONLET_TRAMPOLINE
#define MOONLET_TRAMPOLINE
#endif

/* What debug builds assert of every frame that control is in: it lies in the running segment.
 */
static inline bool frame_runs(const Machine *M, const Value *fp)
{
    const Segment *s = M->segment;
    return fp >= s->slots + CALL_HEADER && fp <= s->slots + s->size;
}

#ifdef MOONLET_TRAMPOLINE
static inline Flow flow_go(const Node *n, Value *fp, Value acc, Machine *M, double d)
{
    M->fp = fp, M->acc = acc, M->d = d;
    return n;
}
#define GO(n_, fp_, acc_, d_) return flow_go((n_), (fp_), (acc_), M, (d_))
#elif defined(__clang__)
#define GO(n_, fp_, acc_, d_)                                                            \
    do {                                                                                 \
        const Node *go_ = (n_);                                                          \
        __attribute__((musttail)) return go_->exec(go_, (fp_), EXEC_ANY(acc_), M, (d_)); \
    } while (0)
#else
#define GO(n_, fp_, acc_, d_)                                  \
    do {                                                       \
        const Node *go_ = (n_);                                \
        return go_->exec(go_, (fp_), EXEC_ANY(acc_), M, (d_)); \
    } while (0)
#endif

/* Hands over to another function of the same shape, for the same node. */
#ifdef MOONLET_TRAMPOLINE
static inline Flow flow_hand(Exec *f, const Node *n, Value *fp, Value acc, Machine *M, double d)
{
    M->hand = f;
    return flow_go(n, fp, acc, M, d);
}
#define HAND(f_, n_, fp_, acc_, d_) return flow_hand((f_), (n_), (fp_), (acc_), M, (d_))
#elif defined(__clang__)
#define HAND(f_, n_, fp_, acc_, d_) \
    __attribute__((musttail)) return (f_)((n_), (fp_), EXEC_ANY(acc_), M, (d_))
#else
#define HAND(f_, n_, fp_, acc_, d_) return (f_)((n_), (fp_), EXEC_ANY(acc_), M, (d_))
#endif

/* What a worker function wants its Exec to do next. Exec functions take no address of
 * a local: it would forbid the tail jump. Workers may. */
typedef enum Action {
    ACT_NEXT,    /* the next node */
    ACT_DELIVER, /* M->value is the node's value */
    ACT_CALL,    /* call M->call_frame with M->call_count arguments */
    ACT_POLL,    /* execute the node again after a poll */
    ACT_THROW    /* raise M->error */
} Action;

#define ACT(action_)                                                          \
    switch (action_) {                                                        \
    case ACT_NEXT: GO(n + 1, fp, acc, d);                                     \
    case ACT_DELIVER: HAND(eval_deliver, n, fp, M->value, d);                 \
    case ACT_CALL: HAND(call_any, n, M->call_frame, (Value)M->call_count, d); \
    case ACT_POLL: HAND(eval_poll_untaken, n, fp, acc, d);                    \
    default: HAND(eval_throw, n, fp, acc, d);                                 \
    }

/* Leaves a function with one value, with several in M->results. */
#ifdef MOONLET_STRESS
EXEC(stress_return_one); /* control/stress.h */
EXEC(stress_return_many);
#define RETURN_ONE(nf_, v_)                                      \
    do {                                                         \
        Value *nf__ = (nf_);                                     \
        HAND(stress_return_one, frame_ret(nf__), nf__, (v_), d); \
    } while (0)
#define RETURN_MANY(nf_)                                           \
    do {                                                           \
        Value *nf__ = (nf_);                                       \
        HAND(stress_return_many, frame_ret(nf__), nf__, V_NIL, d); \
    } while (0)
#else
#define RETURN_ONE(nf_, v_)                 \
    do {                                    \
        Value *nf__ = (nf_);                \
        GO(frame_ret(nf__), nf__, (v_), d); \
    } while (0)
#define RETURN_MANY(nf_)                            \
    do {                                            \
        Value *nf__ = (nf_);                        \
        const Node *ret__ = frame_ret(nf__);        \
        HAND(ret__->k.many, ret__, nf__, V_NIL, d); \
    } while (0)
#endif

/* Every exec function by its kind's name. */
#define X_ARITH(op, l, r, dst) EXEC(exec_##op##_##l##r##_##dst);
KINDS_ARITH(X_ARITH)
#undef X_ARITH
#define X_COMPARE(op, l, r, s) EXEC(exec_##op##_##l##r##_##s);
KINDS_COMPARE(X_COMPARE)
#undef X_COMPARE
#define X_EQUAL(l, r, s) EXEC(exec_EQ_##l##r##_##s);
KINDS_EQUAL(X_EQUAL)
#undef X_EQUAL
#define X_NEG(o, dst) EXEC(exec_NEG_##o##_##dst);
KINDS_NEG(X_NEG)
#undef X_NEG
#define X_LEN(o, dst) EXEC(exec_LEN_##o##_##dst);
KINDS_LEN(X_LEN)
#undef X_LEN
#define X_FIELD(o, dst) EXEC(exec_FIELD_##o##_##dst);
KINDS_FIELD(X_FIELD)
#undef X_FIELD
#define X_ELEMENT(o, dst) EXEC(exec_ELEMENT_##o##_##dst);
KINDS_FIELD(X_ELEMENT)
#undef X_ELEMENT
#define X_INDEX(o, k, dst) EXEC(exec_INDEX_##o##k##_##dst);
KINDS_INDEX(X_INDEX)
#undef X_INDEX
#define X_STORE(o, v)                 \
    EXEC(exec_SET_FIELD_##o##_##v);   \
    EXEC(exec_SET_ELEMENT_##o##_##v); \
    EXEC(exec_SET_INDEX_##o##_##v);
KINDS_STORE(X_STORE)
#undef X_STORE
#define X_OTHER(name, dst) EXEC(exec_##name);
KINDS_OTHER(X_OTHER)
#undef X_OTHER
#define X_GLUE(name, ...) EXEC(exec_##name);
KINDS_GLUE(X_GLUE)
#undef X_GLUE

/* k.many of the nodes that frames return to. */
#define X_MANY(name, ...) EXEC(many_##name);
KINDS_RETURNED_TO(X_MANY)
KINDS_GLUE(X_MANY)
#undef X_MANY

/* Slow paths and shared steps. */
EXEC(slow_arith);
EXEC(slow_compare);
EXEC(slow_equal);
EXEC(slow_neg);
EXEC(slow_len);
EXEC(slow_index); /* FIELD, ELEMENT, INDEX */
EXEC(slow_store); /* SET_FIELD, SET_ELEMENT, SET_INDEX */
/* Calls M->value with what a node of slow_store stores; acc is the value, if it is no local. */
EXEC(slow_newindex);
EXEC(slow_self);
EXEC(slow_concat);
EXEC(slow_for_prep);
EXEC(slow_iter_call);
/* Calls the function of the frame fp with acc (a plain integer, not a Value) arguments at fp;
 * the node to return to is already set. n is for error messages only: the node of the call. */
EXEC(call_any);
EXEC(call_native);
/* Replaces what is called in the frame fp, and is no function, by its __call (manual 2.4). The
 * value itself becomes the first of now count + 1 arguments, for which there is room in the
 * slack. Answers false if it has no __call. */
bool call_resolve(Machine *M, Value *fp, size_t count);
/* Polls, when there is no fuel: refills, answers an interrupt, or pauses. Then n is executed
 * again. One unit of fuel was taken for that before, and is given back. */
EXEC(eval_poll);
/* Polls where no fuel was taken. */
EXEC(eval_poll_untaken);
/* Polls before a node that has not been executed, and that needs neither acc nor d. */
EXEC(eval_poll_next);
/* Polls before the call of the function of fp with acc arguments, and then makes the call. */
EXEC(eval_poll_call);
/* Executes node n again, which has polled or been stopped, without the events of which hooks
 * have been told before. */
EXEC(eval_again);
/* Poll before acc is delivered as the value of node n, and before M->error is thrown by the
 * native at fp. */
EXEC(eval_poll_value);
EXEC(eval_poll_throw);
/* Raises "not enough memory" from node n. */
EXEC(eval_no_memory);
/* Goes on with acc as the value of node n, wherever n's destination is. */
EXEC(eval_deliver);
/* Raises M->error from node n. */
EXEC(eval_throw);
/* Lets an error go on that has been raised before. */
EXEC(eval_throw_on);
/* Pauses at node n, for M->stop. If a C function waits below, it raises an error that nothing
 * catches instead. */
EXEC(eval_stop);
EXEC(eval_stop_watched); /* where a watch ends the run, to be looked at */
/* Pauses before the call of the function of fp with acc arguments. The call is then made again.
 */
EXEC(eval_stop_call);
/* Pauses in the native of the frame fp, which then begins again. */
EXEC(eval_stop_native);
/* What the nodes do at which a program has been stopped (stack/frame.h). */
EXEC(eval_call_again);
EXEC(eval_native_again);
EXEC(eval_return_again);
EXEC(eval_throw_again);
/* Pauses, if there are no steps, before the native that waits for the frame fp goes on. */
EXEC(eval_suspend);
/* Pauses before M->results are handed to the native that called the frame fp. */
EXEC(eval_stop_return);
/* Polls before a native's M->results are handed on from its frame fp. */
EXEC(eval_poll_return);
/* Raises "stack overflow" for the call of the function of fp with acc arguments. */
EXEC(eval_overflow_call);
/* Raises M->error from where the frame at fp was to be called, whose function never began. */
EXEC(call_throw);
/* Raises "stack overflow" from node n. */
EXEC(eval_overflow_node);
/* Raises "stack overflow". */
EXEC(eval_overflow);
/* Goes on with what a native has answered (acc, as an int), if that is not one result. */
EXEC(native_finish);

/* What each kind does; and what it does with another number of values than one, if frames
 * return to it. */
extern Exec *const node_execs[N_KINDS];
extern Exec *const node_many[N_KINDS];
/* Gives these to the linker and to the stack. Once per process, before anything runs. */
void nodes_init(void);

/* Whether a table of this metatable is known to have no metamethod m. */
static inline bool lacks_meta(const Machine *M, const Table *meta, Meta m)
{
    if (!meta) return true;
    const TableBody *b = heap_table_at_hand(&M->run, value_object(meta));
    return b && (table_flags(b) >> m & 1);
}

/* Makes v[from..to) nil, which are one to three, mostly. The empty asm keeps the compiler from
 * making it a call of memset, for which a leaf would have to save all registers. */
static inline void fill_nil(Value *v, uint32_t from, uint32_t to)
{
    for (; UNLIKELY(from < to); from++) {
        v[from] = V_NIL;
        __asm__("" : "+r"(from));
    }
}

/* x without its fraction, or the least integer where that is none of 32 bits. C leaves open
 * what the conversion of such gives, and the processor does not: no range is to be looked at
 * first. */
static inline int32_t index_of(double x)
{
#ifdef __SSE2__
    int32_t i;
    __asm__("cvttsd2si %1, %0" : "=r"(i) : "x"(x));
    return i;
#else
    return x > -2147483649.0 && x < 2147483648.0 ? (int32_t)x : INT32_MIN;
#endif
}

/* a % b of integers, where that is known at once to be one's: a division of integers is the
 * shorter way. */
static inline bool arith_mod_whole(double a, double b, double *z)
{
    int32_t x = index_of(a), y = index_of(b);
    if (x < 0 || y <= 0 || x != a || y != b) return false;
    *z = (double)(int32_t)((uint32_t)x % (uint32_t)y);
    return true;
}

/* Whether arith_mod_quick can do a % b: the integer part of the quotient is exact. */
static inline bool arith_mod_is_quick(double a, double b)
{
    double q = a / b;
    return q > -4503599627370496.0 && q < 4503599627370496.0;
}
static inline double arith_mod_quick(double a, double b)
{
    double q = a / b, t = (double)(int64_t)q;
    if (t > q) t -= 1;
    return a - t * b + 0.0; /* -0 becomes 0 */
}

/* A number to memory, and one from there that is known to be one. What is written is soon read
 * again: its bits stay among the doubles' registers, as the way to the others takes some
 * cycles. (To read a value so that may be no number takes a second access for the test, which
 * costs more than it saves.) */
#if defined(__SSE2__) && !defined(__AVX__)
static const struct ValueOffset {
    _Alignas(16) uint64_t each[2];
} value_offsets = {{VALUE_DOUBLE_OFFSET, VALUE_DOUBLE_OFFSET}};

static inline void value_store(Value *v, double d)
{
    __asm__("paddq %1, %0" : "+x"(d) : "m"(value_offsets));
    memcpy(v, &d, sizeof d);
}
static inline double value_load(const Value *v)
{
    double d;
    memcpy(&d, v, sizeof d);
    __asm__("psubq %1, %0" : "+x"(d) : "m"(value_offsets));
    return d;
}
#else
static inline void value_store(Value *v, double d) { *v = value_box(d); }
static inline double value_load(const Value *v) { return value_to_double(*v); }
#endif

/* FETCH_<side>_<operand>(x): double x, or jump to `slow`. */
#define FETCH_SLOT_(x, slot)                               \
    double x;                                              \
    {                                                      \
        if (UNLIKELY(!value_unbox((slot), &x))) goto slow; \
    }
#define FETCH_left_L(x) FETCH_SLOT_(x, fp[n->a])
#define FETCH_right_L(x) FETCH_SLOT_(x, fp[n->b])
#define FETCH_left_A(x) FETCH_SLOT_(x, acc)
#define FETCH_right_A(x) FETCH_SLOT_(x, acc)
#define FETCH_left_K(x) double x = n->k.d;
#define FETCH_right_K(x) double x = n->k.d;
#define FETCH_left_D(x) double x = d;
#define FETCH_right_D(x) double x = d;

/* The accumulator as a slow path wants it. */
#define BOXED_LL acc
#define BOXED_LK acc
#define BOXED_KL acc
#define BOXED_LA acc
#define BOXED_AL acc
#define BOXED_AK acc
#define BOXED_KA acc
#define BOXED_LD value_number(d)
#define BOXED_DL value_number(d)
#define BOXED_DK value_number(d)
#define BOXED_KD value_number(d)
#define BOXED_L acc
#define BOXED_A acc
#define BOXED_D value_number(d)

/* DELIVER_<dest>(z): a double result; PUT_<dest>(v): a boxed one. */
#define DELIVER_A(z) GO(n + 1, fp, value_box(z), d)
#define DELIVER_D(z) GO(n + 1, fp, acc, z)
#define DELIVER_S(z)                 \
    do {                             \
        value_store(&fp[n->c], (z)); \
        GO(n + 1, fp, acc, d);       \
    } while (0)
#define PUT_A(v) GO(n + 1, fp, (v), d)
#define PUT_S(v)               \
    do {                       \
        fp[n->c] = (v);        \
        GO(n + 1, fp, acc, d); \
    } while (0)

/* BRANCH_<sense>(condition) */
#define BRANCH_F(x)                    \
    do {                               \
        if (x) GO(n + 1, fp, acc, d);  \
        GO(n + n->target, fp, acc, d); \
    } while (0)
#define BRANCH_T(x)                           \
    do {                                      \
        if (x) GO(n + n->target, fp, acc, d); \
        GO(n + 1, fp, acc, d);                \
    } while (0)

#define SLOW_LABEL \
    slow:          \
    __attribute__((unused))

#endif
