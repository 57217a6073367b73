/* SPDX-License-Identifier: MIT */
/*
 * Loads, stores, captured variables, branches, constructors.
 *
 * Main invariant: a captured variable that may still change is reached through its cell alone,
 * and a jump backwards pays a step.
 */
#include <assert.h>

#include "eval/exec.h"
#include "link/link.h"
#include "operate/error.h"
#include "operate/operate.h"
#include "table/table_shape.h"
#include "tree/packed.h"

EXEC(exec_CONST_A) { GO(n + 1, fp, n->k.v, d); }
EXEC(exec_CONST_D) { GO(n + 1, fp, acc, n->k.d); }
EXEC(exec_CONST_S) { PUT_S(n->k.v); }
EXEC(exec_NIL_N)
{
    fill_nil(fp + n->c, 0, n->b);
    GO(n + 1, fp, acc, d);
}
EXEC(exec_LOCAL_A) { GO(n + 1, fp, fp[n->a], d); }
EXEC(exec_MOVE) { PUT_S(fp[n->a]); }
EXEC(exec_STORE_A) { PUT_S(acc); }
EXEC(exec_STORE_D) { PUT_S(value_number(d)); }

static inline Value upvalue_of(Value *fp, unsigned i) { return frame_closure(fp)->upvalues[i]; }

EXEC(exec_UPVALUE_A) { GO(n + 1, fp, upvalue_of(fp, n->a), d); }
EXEC(exec_UPVALUE_S) { PUT_S(upvalue_of(fp, n->a)); }

static inline bool cell_is_plain(Value cell)
{
    return object_raw_type(value_pointer(cell)) == OBJ_CELL;
}

/* What takes a call is out of line, so that the common case stays a leaf. */
#define CELL_NODE(name, cell_, put_)                                                         \
    static NOINLINE EXEC(remapped_##name)                                                    \
    {                                                                                        \
        Value v = heap_cell(&M->run, value_pointer(cell_));                                  \
        put_(v);                                                                             \
    }                                                                                        \
    EXEC(exec_##name)                                                                        \
    {                                                                                        \
        Value cell = (cell_);                                                                \
        assert(value_is(cell, OBJ_CELL) && "a captured variable that changes is in a cell"); \
        if (UNLIKELY(!cell_is_plain(cell))) HAND(remapped_##name, n, fp, acc, d);            \
        put_(((Cell *)value_pointer(cell))->value);                                          \
    }
CELL_NODE(UPCELL_A, upvalue_of(fp, n->a), PUT_A)
CELL_NODE(UPCELL_S, upvalue_of(fp, n->a), PUT_S)
CELL_NODE(CELL_A, fp[n->a], PUT_A)
CELL_NODE(CELL_S, fp[n->a], PUT_S)

static COLD EXEC(slow_cell_write)
{
    Value cell = M->value;
    *heap_cell_mut(&M->run, value_pointer(cell)) = acc;
    GO(n + 1, fp, acc, d);
}

#define WRITE_CELL(cell_)                                                                    \
    do {                                                                                     \
        Value cell = (cell_);                                                                \
        Cell *c = value_pointer(cell);                                                       \
        assert(value_is(cell, OBJ_CELL) && "a captured variable that changes is in a cell"); \
        if (UNLIKELY(!HEAP_OWNS(&M->run, c))) {                                              \
            M->value = cell;                                                                 \
            HAND(slow_cell_write, n, fp, acc, d);                                            \
        }                                                                                    \
        c->value = acc;                                                                      \
        GO(n + 1, fp, acc, d);                                                               \
    } while (0)

EXEC(exec_SET_UPCELL) { WRITE_CELL(upvalue_of(fp, n->a)); }
EXEC(exec_SET_CELL) { WRITE_CELL(fp[n->a]); }

EXEC(exec_NEW_CELL)
{
    assert(value_is_valid(acc) && "what a cell begins with is a value");
    fp[n->c] = value_object(run_new_cell(&M->run, acc));
    GO(n + 1, fp, acc, d);
}
EXEC(exec_WRAP_CELL)
{
    fp[n->c] = value_object(run_new_cell(&M->run, fp[n->a]));
    GO(n + 1, fp, acc, d);
}

/* Where a node of the function branches to. */
static inline const Node *target(const Node *n, const Value *fp)
{
    assert(proto_index(frame_proto(fp), n + n->target) != UINT32_MAX &&
           "branches stay in their function");
    return n + n->target;
}

EXEC(exec_JUMP) { GO(target(n, fp), fp, acc, d); }
EXEC(exec_POLL)
{
    if (UNLIKELY(--M->fuel < 0)) HAND(eval_poll, n, fp, acc, d);
    GO(n + 1, fp, acc, d);
}
EXEC(exec_PAY)
{
    M->fuel -= n->a;
    GO(n + 1, fp, acc, d);
}
EXEC(exec_LOOP)
{
    assert(n->target <= 0 && "a loop goes back, which is what takes a step");
    if (UNLIKELY(--M->fuel < 0)) HAND(eval_poll, n, fp, acc, d);
    GO(target(n, fp), fp, acc, d);
}

EXEC(exec_TEST_L_F) { BRANCH_F(!value_is_false(fp[n->a])); }
EXEC(exec_TEST_L_T) { BRANCH_T(!value_is_false(fp[n->a])); }
EXEC(exec_TEST_A_F) { BRANCH_F(!value_is_false(acc)); }
EXEC(exec_TEST_A_T) { BRANCH_T(!value_is_false(acc)); }
EXEC(exec_KEEP_F) { BRANCH_F(!value_is_false(acc)); }
EXEC(exec_KEEP_T) { BRANCH_T(!value_is_false(acc)); }
EXEC(exec_NOT_A) { GO(n + 1, fp, value_boolean(value_is_false(acc)), d); }
EXEC(exec_NOT_L) { GO(n + 1, fp, value_boolean(value_is_false(fp[n->a])), d); }

/* The length of strings and of tables without __len; the rest is the slow path. */
#define LEN_OF_L fp[n->a]
#define LEN_OF_A acc
#define X_LEN(o, dst)                                                                      \
    EXEC(exec_LEN_##o##_##dst)                                                             \
    {                                                                                      \
        Value x = LEN_OF_##o;                                                              \
        const TableBody *b = heap_table_at_hand(&M->run, x);                               \
        if (b && lacks_meta(M, b->meta, META_LEN)) DELIVER_##dst((double)table_length(b)); \
        if (value_is_object(x) && object_raw_type(value_pointer(x)) == OBJ_STRING)         \
            DELIVER_##dst((double)value_string(x)->length);                                \
        HAND(slow_len, n, fp, acc, d);                                                     \
    }
KINDS_LEN(X_LEN)
#undef X_LEN

EXEC(exec_TABLE)
{
    if (UNLIKELY(M->urgent)) HAND(eval_poll_untaken, n, fp, acc, d);
    Table *t = run_new_table(&M->run);
    if (n->aux || n->k.v) table_begin(&t->body, n->aux, (uint32_t)n->k.v, M->run.epoch);
    PUT_S(value_object(t));
}

/* A hook may have frozen a table that is being made; and what an image says lies in its slot
 * may be anything. */
static COLD EXEC(list_frozen)
{
    error_set(M, fp, n, value_is_table(fp[n->a]) ? FROZEN_TEXT : "attempt to fill no table");
    HAND(eval_throw, n, fp, acc, d);
}

/* A list for which there is to be room before it is made. */
enum { LIST_SMALL = 1000 };

static NOINLINE bool list_room(Machine *M, const Node *n, Value *fp)
{
    TableBody *b = heap_table_mut(&M->run, value_pointer(fp[n->a]));
    if (heap_is_lost(&M->run, b)) return true; /* that is another error */
    return table_list_room(b, n->aux - 1 + n->b + (size_t)M->open, M->run.epoch);
}

EXEC(exec_SET_LIST)
{
    if (UNLIKELY(!value_is_table(fp[n->a]))) HAND(list_frozen, n, fp, acc, d);
    TableBody *b = heap_table_mut(&M->run, value_pointer(fp[n->a]));
    if (UNLIKELY(heap_is_lost(&M->run, b))) HAND(list_frozen, n, fp, acc, d);
    table_set_list(b, n->aux, fp + n->c, n->b, M->run.epoch);
    GO(n + 1, fp, acc, d);
}

EXEC(exec_LIST_OPEN)
{
    if (UNLIKELY(!value_is_table(fp[n->a]))) HAND(list_frozen, n, fp, acc, d);
    if (UNLIKELY(M->open > LIST_SMALL) && !list_room(M, n, fp))
        HAND(eval_no_memory, n, fp, acc, d);
    TableBody *b = heap_table_mut(&M->run, value_pointer(fp[n->a]));
    if (UNLIKELY(heap_is_lost(&M->run, b))) HAND(list_frozen, n, fp, acc, d);
    table_set_list(b, n->aux, fp + n->c, n->b + (size_t)M->open, M->run.epoch);
    GO(n + 1, fp, acc, d);
}

static Value packed_value(Run *run, const AstPacked *p);

/* Names one by one, then the elements, as constructors do it. It nests PACKED_MAX deep at most.
 */
static NOINLINE void set_packed(Run *run, TableBody *b, const AstPacked *p, unsigned count)
{
    Value elements[PACKED_MAX];
    unsigned waiting = 0;
    for (; count > 0; count--, p += p->total + 1) {
        Value v = packed_value(run, p);
        if (p->key)
            table_set_string(b, p->key, v, run->epoch);
        else
            elements[waiting++] = v;
    }
    if (waiting) table_set_list(b, 1, elements, waiting, run->epoch);
}

static Value packed_value(Run *run, const AstPacked *p)
{
    if (p->kind == EXPR_UNARY) return value_number(-value_to_double(p->value));
    if (p->kind != EXPR_TABLE) return p->value;
    Table *t = run_new_table(run);
    uint32_t elements = table_size_rounded(p->elements), named = table_size_rounded(p->named);
    if (elements || named) table_begin(&t->body, elements, named, run->epoch);
    set_packed(run, &t->body, p + 1, p->elements + p->named);
    return value_object(t);
}

static NOINLINE EXEC(named_one_by_one)
{
    if (UNLIKELY(!value_is_table(fp[n->a]))) HAND(list_frozen, n, fp, acc, d);
    TableBody *b = heap_table_mut(&M->run, value_pointer(fp[n->a]));
    if (UNLIKELY(heap_is_lost(&M->run, b))) HAND(list_frozen, n, fp, acc, d);
    table_shape_set(b, n->k.p, fp + n->c, M->run.epoch);
    if (UNLIKELY(M->urgent)) HAND(eval_poll_next, n + 1, fp, acc, d);
    GO(n + 1, fp, acc, d);
}

/* Mostly nothing has come between the table's making and this. */
EXEC(exec_SET_NAMED)
{
    Value made = fp[n->a];
    const Table *t = value_pointer(made);
    bool plain = value_is_object(made) && object_raw_kind(t) == OBJECT_KIND(OBJ_TABLE) &&
                 heap_body_owned(&M->run, &t->body) && table_shape_fits(&t->body);
    for (uint32_t i = 0; i < n->b; i++) plain &= fp[n->c + i] != V_NIL;
    if (UNLIKELY(!plain)) HAND(named_one_by_one, n, fp, acc, d);
    table_shape_fill((TableBody *)&t->body, n->k.p, fp + n->c, M->run.epoch);
    if (UNLIKELY(M->urgent)) HAND(eval_poll_next, n + 1, fp, acc, d);
    GO(n + 1, fp, acc, d);
}

EXEC(exec_SET_PACKED)
{
    if (UNLIKELY(!value_is_table(fp[n->a]))) HAND(list_frozen, n, fp, acc, d);
    TableBody *b = heap_table_mut(&M->run, value_pointer(fp[n->a]));
    if (UNLIKELY(heap_is_lost(&M->run, b))) HAND(list_frozen, n, fp, acc, d);
    set_packed(&M->run, b, n->k.p, n->b + n->c);
    if (UNLIKELY(M->urgent)) HAND(eval_poll_next, n + 1, fp, acc, d);
    GO(n + 1, fp, acc, d);
}

EXEC(exec_CLOSURE)
{
    if (UNLIKELY(M->urgent)) HAND(eval_poll_untaken, n, fp, acc, d);
    const Proto *p = n->k.p;
    Closure *c = run_new_closure(p->upvalue_count);
    object_init(&c->h, OBJ_CLOSURE, run_new_id(&M->run));
    c->h.flags = (uint8_t)p->upvalue_count;
    c->proto = p;
    for (uint32_t i = 0; i < p->upvalue_count; i++) {
        const ProtoUpvalue *u = &p->upvalues[i];
        c->upvalues[i] = u->source == UP_LOCAL    ? fp[u->index]
                         : u->source == UP_PARENT ? upvalue_of(fp, u->index)
                                                  : value_object(c);
    }
    GO(n + 1, fp, value_object(c), d);
}

EXEC(exec_CONCAT_A) { HAND(slow_concat, n, fp, acc, d); }
EXEC(exec_CONCAT_S) { HAND(slow_concat, n, fp, acc, d); }
