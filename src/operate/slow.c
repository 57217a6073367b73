/* SPDX-License-Identifier: MIT */
/*
 * The general form of every operation: coercions, metamethods, errors (manual 2.4,
 * 3.4). A metamethod gets a frame above this function's own, with a glue node to
 * return to that finishes the operation (call.c).
 *
 * Main invariant: a worker may take the address of a local, and answers what to do; its Exec
 * takes none, and jumps.
 */
#include <assert.h>

#include "control/eval.h"
#include "eval/exec.h"
#include "operate/cause.h"
#include "operate/error.h"
#include "operate/operate.h"
#include "state/methods.h"

enum { META_LOOP_MAX = 100 };

/* Operands, decoded. */
static Value operand(const Node *n, Value *fp, Value acc, char letter, unsigned slot)
{
    switch (letter) {
    case 'L': return fp[slot];
    case 'K': return n->k.v;
    case 'U': return frame_closure(fp)->upvalues[slot];
    default: return acc;
    }
}

/* Numeric nodes keep their constant as a bare double. */
static Value operand_number(const Node *n, Value *fp, Value acc, char letter, unsigned slot)
{
    return letter == 'K' ? value_number(n->k.d) : operand(n, fp, acc, letter, slot);
}

/* Has handler(args...) called above this frame; its frame returns to the glue node. */
static Action call_meta(const Node *n, Value *fp, Machine *M, const Node *glue, Value handler,
                        const Value *args, int count)
{
    assert(value_is_valid(handler) && "a handler is a value");
    assert(count <= PUSHED_ROOM && "arguments fit what is pushed");
    Value *nf = frame_push(M, fp, frame_extent(fp), glue, value_object(n));
    nf[AT_FUNCTION] = handler;
    for (int i = 0; i < count; i++) nf[i] = args[i];
    M->call_frame = nf;
    M->call_count = count;
    return ACT_CALL;
}

static Action deliver(Machine *M, Value v)
{
    assert(value_is_valid(v) && "what is delivered is a value");
    M->value = v;
    return ACT_DELIVER;
}

/* Arithmetic -------------------------------------------------------------------- */

double operate_arith(BinaryOp op, double x, double y)
{
    assert(op <= OP_POW && "the operation is one of numbers");
    switch (op) {
    case OP_ADD: return x + y;
    case OP_SUB: return x - y;
    case OP_MUL: return x * y;
    case OP_DIV: return x / y;
    case OP_MOD: return number_mod(x, y);
    default: return number_pow(x, y);
    }
}

static const AstExpr *binary_side(const AstExpr *e, bool left)
{
    if (!e || e->kind != EXPR_BINARY) return NULL;
    e = left ? e->u.binary.left : e->u.binary.right;
    return error_giver(e)->kind == EXPR_STRING
               ? NULL
               : e; /* PUC Lua's constant operands have no name */
}

static NOINLINE Action do_arith(const Node *n, Value *fp, Value acc, Machine *M)
{
    const KindInfo *k = &node_kinds[n->kind];
    assert(k->op >= DO_ADD && k->op <= DO_POW && "a node of arithmetic");
    Value x = operand_number(n, fp, acc, k->left, n->a);
    Value y = operand_number(n, fp, acc, k->right, n->b);
    double dx, dy;
    if (value_to_number(x, &dx) && value_to_number(y, &dy)) {
        acc = value_number(operate_arith((BinaryOp)(k->op - DO_ADD + OP_ADD), dx, dy));
        return deliver(M, acc);
    }
    Meta m = (Meta)(META_ADD + k->op - DO_ADD);
    Value handler = meta_of(M, x, m);
    if (handler == V_NIL) handler = meta_of(M, y, m);
    if (handler == V_NIL) {
        bool left = !value_to_number(x, &dx);
        error_set_type(M, fp, n, "perform arithmetic on",
                       binary_side(error_origin(fp, n), left), left ? x : y);
        cause_set_operator(M, fp, n, ast_binary_names[k->op - DO_ADD + OP_ADD], x, y);
        return ACT_THROW;
    }
    return call_meta(n, fp, M, &glue_value, handler, (Value[]){x, y}, 2);
}

static NOINLINE Action do_neg(const Node *n, Value *fp, Value acc, Machine *M)
{
    Value x = operand(n, fp, acc, node_kinds[n->kind].left, n->a);
    double dx;
    if (value_to_number(x, &dx)) return deliver(M, value_number(-dx));
    Value handler = meta_of(M, x, META_UNM);
    if (handler == V_NIL) {
        const AstExpr *e = error_origin(fp, n);
        error_set_type(M, fp, n, "perform arithmetic on", e ? e->u.unary.operand : NULL, x);
        cause_set(M, CAUSE_OPERATOR, "-", &x, 1);
        return ACT_THROW;
    }
    return call_meta(n, fp, M, &glue_value, handler, (Value[]){x, x}, 2);
}

static NOINLINE Action do_len(const Node *n, Value *fp, Value acc, Machine *M)
{
    Value x = operand(n, fp, acc, node_kinds[n->kind].left, n->a);
    if (value_is_string(x)) return deliver(M, value_number((double)value_string(x)->length));
    Value handler = meta_of(M, x, META_LEN);
    if (handler != V_NIL) return call_meta(n, fp, M, &glue_value, handler, (Value[]){x, x}, 2);
    if (value_is_table(x)) {
        acc = value_number((double)table_length(heap_table(&M->run, value_pointer(x))));
        return deliver(M, acc);
    }
    const AstExpr *e = error_origin(fp, n);
    error_set_type(M, fp, n, "get length of", e ? e->u.unary.operand : NULL, x);
    cause_set(M, CAUSE_OPERATOR, "#", &x, 1);
    return ACT_THROW;
}

/* Comparison -------------------------------------------------------------------- */

Value operate_equal_handler(Machine *M, Value x, Value y)
{
    if (!value_is_object(x) || !value_is_object(y)) return V_NIL;
    ObjectType t = object_type(value_pointer(x));
    if (t != object_type(value_pointer(y)) || (t != OBJ_TABLE && t != OBJ_USERDATA))
        return V_NIL;
    Table *mx = run_metatable(&M->run, x), *my = run_metatable(&M->run, y);
    Value hx = meta_of_table(M, mx, META_EQ);
    if (hx == V_NIL || mx == my) return hx;
    Value hy = meta_of_table(M, my, META_EQ);
    return value_equal(hx, hy) ? hx : V_NIL;
}

static NOINLINE Action do_equal(const Node *n, Value *fp, Value acc, Machine *M)
{
    const KindInfo *k = &node_kinds[n->kind];
    assert(k->op == DO_EQ && "a node that compares");
    Value x = operand(n, fp, acc, k->left, n->a);
    Value y = operand(n, fp, acc, k->right, n->b);
    if (value_equal(x, y)) return deliver(M, V_TRUE);
    Value handler = operate_equal_handler(M, x, y);
    if (handler == V_NIL) return deliver(M, V_FALSE);
    return call_meta(n, fp, M, &glue_bool, handler, (Value[]){x, y}, 2);
}

Compared operate_compare(Machine *M, bool or_equal, Value x, Value y, Value *handler)
{
    if (value_is_number(x) && value_is_number(y)) {
        double dx = value_to_double(x), dy = value_to_double(y);
        return (or_equal ? dx <= dy : dx < dy) ? COMPARED_TRUE : COMPARED_FALSE;
    }
    if (value_is_string(x) && value_is_string(y)) {
        int c = string_compare(value_string(x), value_string(y));
        return (or_equal ? c <= 0 : c < 0) ? COMPARED_TRUE : COMPARED_FALSE;
    }
    Meta m = or_equal ? META_LE : META_LT;
    *handler = meta_of(M, x, m);
    if (*handler == V_NIL) *handler = meta_of(M, y, m);
    if (*handler != V_NIL) return COMPARED_CALL;
    if (!or_equal) return COMPARED_ERROR;
    *handler = meta_of(M, y, META_LT);
    if (*handler == V_NIL) *handler = meta_of(M, x, META_LT);
    return *handler != V_NIL ? COMPARED_CALL_NOT : COMPARED_ERROR;
}

void operate_compare_error(Machine *M, const Value *fp, const Node *n, Value x, Value y)
{
    const char *tx = value_type_name(x), *ty = value_type_name(y);
    if (strcmp(tx, ty) == 0)
        error_set(M, fp, n, "attempt to compare two %s values", tx);
    else
        error_set(M, fp, n, "attempt to compare %s with %s", tx, ty);
}

static NOINLINE Action do_compare(const Node *n, Value *fp, Value acc, Machine *M)
{
    const KindInfo *k = &node_kinds[n->kind];
    assert((k->op == DO_LT || k->op == DO_LE) && "a node that compares");
    Value x = operand_number(n, fp, acc, k->left, n->a);
    Value y = operand_number(n, fp, acc, k->right, n->b);
    Value handler;
    switch (operate_compare(M, k->op == DO_LE, x, y, &handler)) {
    case COMPARED_TRUE: return deliver(M, V_TRUE);
    case COMPARED_FALSE: return deliver(M, V_FALSE);
    case COMPARED_CALL: return call_meta(n, fp, M, &glue_bool, handler, (Value[]){x, y}, 2);
    case COMPARED_CALL_NOT: return call_meta(n, fp, M, &glue_not, handler, (Value[]){y, x}, 2);
    default: break;
    }
    operate_compare_error(M, fp, n, x, y);
    cause_set_operator(M, fp, n, k->op == DO_LE ? "<=" : "<", x, y);
    return ACT_THROW;
}

/* Indexing ---------------------------------------------------------------------- */

/* The __index of a table's metatable, or nil. */
static Value index_handler(Machine *M, Table *meta)
{
    if (!meta) return V_NIL;
    Value handler = methods_handler(&M->run, meta);
    if (LIKELY(handler != TABLE_LOOK)) return handler;
    handler = meta_of_table(M, meta, META_INDEX);
    if (value_is_function(handler))
        methods_keep_handler(&M->run, meta, meta_names[META_INDEX], handler);
    return handler;
}

Lookup operate_index(Machine *M, Value *object, Value key, Value *out)
{
    for (int loop = 0; loop < META_LOOP_MAX; loop++) {
        Value handler;
        if (value_is_table(*object)) {
            const TableBody *b = heap_table(&M->run, value_pointer(*object));
            *out = table_get(b, key);
            if (*out != V_NIL) return LOOKUP_DONE;
            handler = index_handler(M, b->meta);
            if (handler == V_NIL) return LOOKUP_DONE;
        } else {
            handler = meta_of(M, *object, META_INDEX);
            if (handler == V_NIL) return loop ? LOOKUP_ERROR_INNER : LOOKUP_ERROR;
        }
        if (value_is_function(handler)) {
            *out = handler;
            return LOOKUP_CALL;
        }
        *object = handler;
    }
    return LOOKUP_LOOP;
}

Lookup operate_store(Machine *M, Value *object, Value key, Value v, Value *out)
{
    for (int loop = 0; loop < META_LOOP_MAX; loop++) {
        Value handler;
        if (value_is_table(*object)) {
            Table *t = value_pointer(*object);
            const TableBody *b = heap_table(&M->run, t);
            handler = V_NIL;
            if (b->meta && table_get(b, key) == V_NIL)
                handler = meta_of_table(M, b->meta, META_NEWINDEX);
            if (handler == V_NIL) {
                if (key == V_NIL) return LOOKUP_KEY_NIL;
                if (value_is_number(key) && value_to_double(key) != value_to_double(key))
                    return LOOKUP_KEY_NAN;
                TableBody *own = heap_table_mut(&M->run, t);
                if (heap_is_lost(&M->run, own)) return LOOKUP_FROZEN;
                table_set(own, key, v, M->run.epoch);
                return LOOKUP_DONE;
            }
        } else {
            handler = meta_of(M, *object, META_NEWINDEX);
            if (handler == V_NIL) return loop ? LOOKUP_ERROR_INNER : LOOKUP_ERROR;
        }
        if (value_is_function(handler)) {
            *out = handler;
            return LOOKUP_CALL;
        }
        *object = handler;
    }
    return LOOKUP_LOOP;
}

static const AstExpr *indexed_expr(const Value *fp, const Node *n)
{
    const AstExpr *e = error_origin(fp, n);
    if (!e) return NULL;
    if (e->kind == EXPR_INDEX) return e->u.index.object;
    return e->kind == EXPR_METHOD ? e->u.call.callee : NULL;
}

static const AstExpr *key_expr(const Value *fp, const Node *n)
{
    const AstExpr *e = error_origin(fp, n);
    return e && e->kind == EXPR_INDEX ? e->u.index.key : NULL;
}

static void lookup_error(Machine *M, const Value *fp, const Node *n, Lookup result,
                         Value object, Value key, bool store)
{
    Value about[] = {object, key};
    switch (result) {
    case LOOKUP_ERROR: error_set_type(M, fp, n, "index", indexed_expr(fp, n), object); break;
    case LOOKUP_ERROR_INNER: error_set_type(M, fp, n, "index", NULL, object); break;
    case LOOKUP_KEY_NIL: error_set_at(M, fp, n, key_expr(fp, n), "table index is nil"); break;
    case LOOKUP_KEY_NAN: error_set_at(M, fp, n, key_expr(fp, n), "table index is NaN"); break;
    case LOOKUP_FROZEN: error_set(M, fp, n, FROZEN_TEXT); break;
    default: error_set(M, fp, n, "loop in %s", store ? "settable" : "gettable"); return;
    }
    cause_set(M, CAUSE_INDEX, "", about, 2);
}

static Value key_of(const Node *n, Value *fp, Value acc, uint8_t op, char right)
{
    switch (op) {
    case DO_FIELD:
    case DO_SET_FIELD: return n->k.v;
    case DO_ELEMENT:
    case DO_SET_ELEMENT: return value_number((int32_t)n->aux);
    case DO_SET_INDEX: return fp[n->b];
    default: return operand(n, fp, acc, right, n->b);
    }
}

static NOINLINE Action do_index(const Node *n, Value *fp, Value acc, Machine *M)
{
    const KindInfo *k = &node_kinds[n->kind];
    assert(k->op >= DO_FIELD && k->op <= DO_INDEX && "a node that reads from a table");
    Value object = operand(n, fp, acc, k->left, n->a), out = V_NIL;
    Value key = key_of(n, fp, acc, k->op, k->right);
    Lookup result = operate_index(M, &object, key, &out);
    if (result == LOOKUP_DONE) return deliver(M, out);
    if (result == LOOKUP_CALL)
        return call_meta(n, fp, M, &glue_value, out, (Value[]){object, key}, 2);
    lookup_error(M, fp, n, result, object, key, false);
    return ACT_THROW;
}

static NOINLINE Action do_store(const Node *n, Value *fp, Value acc, Machine *M)
{
    const KindInfo *k = &node_kinds[n->kind];
    assert(k->op >= DO_SET_FIELD && k->op <= DO_SET_INDEX && "a node that writes to a table");
    Value object = operand(n, fp, acc, k->left, n->a), out = V_NIL;
    Value key = key_of(n, fp, acc, k->op, 0);
    Value v = operand(n, fp, acc, k->right, n->c);
    Lookup result = operate_store(M, &object, key, v, &out);
    if (result == LOOKUP_DONE) return ACT_NEXT;
    if (result == LOOKUP_CALL)
        return call_meta(n, fp, M, &glue_none, out, (Value[]){object, key, v}, 3);
    lookup_error(M, fp, n, result, object, key, true);
    return ACT_THROW;
}

static NOINLINE Action do_newindex(const Node *n, Value *fp, Value acc, Machine *M)
{
    const KindInfo *k = &node_kinds[n->kind];
    Value object = operand(n, fp, acc, k->left, n->a), key = key_of(n, fp, acc, k->op, 0);
    Value v = operand(n, fp, acc, k->right, n->c);
    return call_meta(n, fp, M, &glue_none, M->value, (Value[]){object, key, v}, 3);
}

static NOINLINE Action do_self(const Node *n, Value *fp, Value acc, Machine *M)
{
    char letter = n->kind == N_SELF_L ? 'L' : n->kind == N_SELF_U ? 'U' : 'A';
    Value self = operand(n, fp, acc, letter, n->a), object = self, out = V_NIL;
    fp[n->b] = self;
    Lookup result = operate_index(M, &object, n->k.v, &out);
    if (result == LOOKUP_DONE) return deliver(M, out);
    if (result == LOOKUP_CALL)
        return call_meta(n, fp, M, &glue_value, out, (Value[]){object, n->k.v}, 2);
    lookup_error(M, fp, n, result, object, n->k.v, false);
    return ACT_THROW;
}

/* Concatenation ------------------------------------------------------------------ */

/* Whether the digits of a number are quickly found: of one with a fraction, or a large one,
 * they take as long as a step of other work. */
static inline bool is_short_integer(double d)
{
    return d >= -1e9 && d <= 1e9 && d == (double)(int32_t)d;
}

/* Bytes of a string or number; NULL for what has none. */
static inline __attribute__((always_inline)) const char *piece(Value v,
                                                               char buf[NUMBER_TEXT_MAX],
                                                               size_t *length)
{
    if (value_is_number(v)) {
        double d = value_to_double(v);
        if (!is_short_integer(d)) mem_work_pay(MEM_WORK_STEP);
        *length = number_format(d, buf);
        return buf;
    }
    if (!value_is_string(v)) return NULL;
    *length = value_string(v)->length;
    return value_string(v)->data;
}

static bool has_piece(Value v) { return value_is_number(v) || value_is_string(v); }

/* The piece that the others are put around, if one is far longer than all others together;
 * else 0. Only lengths decide: who has room around a string must not be seen in what is paid.
 */
enum { CORE_MIN = 1024, CORE_TIMES = 8 };
static NOINLINE size_t core_of(const Value *v, size_t count)
{
    size_t core = 0, longest = 0, total = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = value_is_string(v[i]) ? value_string(v[i])->length : NUMBER_TEXT_MAX;
        total += length;
        if (length > longest) longest = length, core = i;
    }
    return longest >= CORE_MIN && longest / CORE_TIMES >= total - longest ? core : 0;
}

static String *join_around(const Value *v, size_t core, size_t count, size_t max);

/* What is as long may be given up: it waits until somebody has said so (concat_long). */
static inline bool is_too_long_yet(size_t length)
{
    return UNLIKELY(length > MEM_LONG) && !mem_look.given_up;
}

static NOINLINE String *join_large(const Value *v, size_t count, size_t max, size_t total)
{
    char buf[NUMBER_TEXT_MAX], *out;
    size_t length = 0, core = core_of(v, count);
    if (is_too_long_yet(total)) return NULL;
    if (core > 0) return join_around(v, core, count, max);
    String *s = string_reserve(total, &out);
    for (size_t i = 0; s && i < count; i++, out += length) {
        const char *p = piece(v[i], buf, &length);
        if (!mem_copy_wanted(out, p, length)) return string_give_back(s, total), NULL;
    }
    return s;
}

/* Joins v[0..count), all strings or numbers. Answers NULL where there is no memory. */
static String *join(const Value *v, size_t count, size_t max)
{
    assert(count > 0 && "there is something to join");
    char buf[NUMBER_TEXT_MAX], *out;
    size_t total = 0, length = 0;
    for (size_t i = 0; i < count; i++) {
        piece(v[i], buf, &length);
        total += length;
        if (total > max) return NULL;
    }
    if (UNLIKELY(total >= CORE_MIN)) return join_large(v, count, max, total);
    String *s = string_reserve(total, &out);
    if (!s) return NULL;
    for (size_t i = 0; i < count; i++) {
        const char *p = piece(v[i], buf, &length);
        mem_copy(out, p, length);
        out += length;
    }
    return s;
}

/* The bytes of v[0..count) joined, or NULL where there is no memory. */
static const char *joined(const Value *v, size_t count, size_t max, char buf[NUMBER_TEXT_MAX],
                          size_t *length)
{
    if (count == 1) return piece(*v, buf, length);
    String *s = count ? join(v, count, max) : NULL;
    *length = s ? s->length : 0;
    return s ? s->data : count ? NULL : "";
}

/* Joins as join does, in the room around v[core], where there is some. */
static NOINLINE String *join_around(const Value *v, size_t core, size_t count, size_t max)
{
    char left[NUMBER_TEXT_MAX], right[NUMBER_TEXT_MAX];
    size_t n = 0, m = 0;
    const String *s = value_string(v[core]);
    const char *before = joined(v, core, max, left, &n);
    const char *after = joined(v + core + 1, count - core - 1, max, right, &m);
    if (!before || !after || n + s->length + m > max) return NULL;
    return string_surround(before, n, s, after, m);
}

/* Joins as join does, growing the first one in place where it can be appended to. */
static inline __attribute__((always_inline)) String *concat_run(Machine *M, const Value *v,
                                                                size_t count)
{
    assert(count > 1 && "there are pieces to join");
    size_t max = machine_string_room(M), length = 0;
    if (!value_is_string(v[0])) return join(v, count, max);
    const String *first = value_string(v[0]);
    if (is_too_long_yet(first->length)) return NULL;
    if (count > 2) {
        bool grows = first->length >= 256 && !core_of(v, count);
        return grows ? join_around(v, 0, count, max) : join(v, count, max);
    }
    char buf[NUMBER_TEXT_MAX];
    const char *p = piece(v[1], buf, &length);
    if (first->length + length > max) return NULL;
    if (is_too_long_yet(length)) return NULL;
    if (UNLIKELY(length >= CORE_MIN && core_of(v, 2)))
        return string_surround(first->data, first->length, value_string(v[1]), "", 0);
    return string_concat(first, p, length);
}

/* What stands in slot i of a concatenation of count; a metamethod's result is called by
 * the operand whose place it has taken. */
static const AstExpr *concat_operand(const AstExpr *e, size_t i, size_t count, bool given)
{
    for (; i > 0 && count > 2 && e; i--, count--) e = binary_side(e, false);
    if (!e || e->kind != EXPR_BINARY) return NULL;
    return given ? binary_side(e, i == 0) : e->u.binary.left;
}

static Action concat_meta(const Node *n, Value *fp, Machine *M, Value *slots, size_t left)
{
    assert(left >= 2 && "there are two operands");
    Value x = slots[left - 2], y = slots[left - 1];
    Value handler = meta_of(M, x, META_CONCAT);
    if (handler == V_NIL) handler = meta_of(M, y, META_CONCAT);
    if (handler != V_NIL) return call_meta(n, fp, M, &glue_concat, handler, (Value[]){x, y}, 2);
    bool second = has_piece(x);
    const AstExpr *e = concat_operand(error_origin(fp, n), left - (second ? 1 : 2), n->b,
                                      !second || left == n->b);
    error_set_type(M, fp, n, "concatenate", e, second ? y : x);
    cause_set(M, CAUSE_OPERATOR, "..", (Value[]){x, y}, 2);
    return ACT_THROW;
}

/* Joins what is long, unless the run is to stop: then it gives up, and all is as if it had not
 * begun. Answers NULL also where there is no memory. */
static NOINLINE String *concat_long(Machine *M, const Value *v, size_t count, bool *given_up)
{
    int64_t spent = machine_spent(M);
    uint64_t counted = mem_counted;
    mem_look.given_up = given_up;
    String *s = concat_run(M, v, count);
    mem_look.given_up = NULL;
    if (!*given_up) return s;
    machine_set_spent(M, spent);
    mem_counted = counted;
    return NULL;
}

/* Too long: an error; or a stop. Or the run is to stop anyway. Then all pieces are there to
 * begin again. */
static Action concat_failed(const Node *n, Value *slots, Machine *M, size_t left, bool given_up)
{
    bool limited = M->limits.string_limited && !mem_short;
    if (!given_up) error_set_memory(M);
    if (!given_up && !limited) return ACT_THROW;
    if (!given_up) M->stop = STOP_STRING;
    for (; left < n->b; left++) slots[left] = string_value(string_intern("", 0));
    return given_up ? ACT_POLL : ACT_THROW;
}

/* Joins from the right, as far as there are strings, in slots a .. a+left-1; slot a+b
 * remembers `left` while a metamethod runs. */
Action operate_concat(const Node *n, Value *fp, Machine *M, size_t left)
{
    assert(left > 0 && left <= n->b && "operands that are left are of this node");
    Value *slots = fp + n->a;
    while (left > 1) {
        size_t run = 0;
        while (run < left && has_piece(slots[left - 1 - run])) run++;
        if (run < 2) {
            slots[n->b] = value_number((double)left);
            return concat_meta(n, fp, M, slots, left);
        }
        bool given_up = false;
        String *s = concat_run(M, slots + left - run, run);
        if (UNLIKELY(!s)) s = concat_long(M, slots + left - run, run, &given_up);
        if (!s) return concat_failed(n, slots, M, left, given_up);
        left = left - run + 1;
        slots[left - 1] = string_value(s);
    }
    return deliver(M, slots[0]);
}

/* The Execs: workers may take addresses of locals, which would forbid a tail jump. Work on
 * long strings may have used up the fuel. If it has not, there is no poll, for who comes here
 * may only have found a cold cache: where a run stops must not depend on that. */
#define ACT_PAID(action_)                                        \
    int64_t fuel_ = M->fuel;                                     \
    Action paid_ = (action_);                                    \
    bool polls_ = M->fuel < fuel_ || M->urgent;                  \
    if (UNLIKELY(M->fuel < 0) && polls_ && paid_ == ACT_DELIVER) \
        HAND(eval_poll_value, n, fp, M->value, d);               \
    ACT(paid_)
#define SLOW(name) \
    COLD EXEC(slow_##name) { ACT_PAID(do_##name(n, fp, acc, M)); }
SLOW(arith)
SLOW(neg)
SLOW(len)
SLOW(equal)
SLOW(compare)
SLOW(index)
SLOW(newindex)
SLOW(self)

COLD EXEC(slow_store)
{
    Action action = do_store(n, fp, acc, M);
    if (UNLIKELY(M->urgent) && action == ACT_NEXT) HAND(eval_poll_next, n + 1, fp, acc, d);
    ACT_PAID(action);
}

EXEC(slow_concat)
{
    if (UNLIKELY(M->urgent)) HAND(eval_poll_untaken, n, fp, acc, d);
    ACT_PAID(operate_concat(n, fp, M, n->b));
}
