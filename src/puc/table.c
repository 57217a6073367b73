/* SPDX-License-Identifier: MIT */
/*
 * Lua's C interface: tables, metatables and userdata, and operations on values (manual 4.8).
 *
 * Main invariant: a pointer into the stack is not kept across what may call Lua.
 */
#include "puc/puc.h"
#include "puc/record/note.h"

#include <stdlib.h>

/* Reading -------------------------------------------------------------------------------- */

/* object[key], with metamethods. */
static Value get(lua_State *L, Value object, Value key)
{
    Value out = V_NIL;
    Machine *M = L->M;
    switch (operate_index(M, &object, key, &out)) {
    case LOOKUP_DONE: return out;
    case LOOKUP_CALL: return puc_call_value(L, out, (Value[]){object, key}, 2);
    case LOOKUP_LOOP: puc_throw_text(L, "loop in gettable");
    default: puc_throw_type(L, "index", object);
    }
}

static Value key_of(lua_State *L, const char *k) { return puc_string(L, k, strlen(k)); }

/* A key for a look-up in this function, which nobody keeps: there is no new string. */
static String passing_key(const char *k)
{
    String key = {.length = strlen(k), .data = k};
    object_init(&key.h, OBJ_STRING, 0);
    key.h.id_low = string_hash_bytes(k, key.length);
    return key;
}

Value puc_get_raw(Run *R, const Table *t, const char *k)
{
    String key = passing_key(k);
    return table_get_string(heap_table(R, t), &key, key.h.id_low);
}

static Value get_named(lua_State *L, Value object, const char *k)
{
    if (LIKELY(value_is_table(object))) {
        const TableBody *b = heap_table(&L->M->run, value_pointer(object));
        String key = passing_key(k);
        Value v = table_get_string(b, &key, key.h.id_low);
        if (v != V_NIL || !b->meta) return v;
    }
    return get(L, object, key_of(L, k));
}

void lua_getglobal(lua_State *L, const char *var)
{
    NOTE(L, NOTE_GETGLOBAL, var);
    Value v = get_named(L, value_object(L->M->run.world->globals), var);
    puc_push(L, v);
}

void lua_getfield(lua_State *L, int idx, const char *k)
{
    NOTE(L, NOTE_GETFIELD, idx, k);
    Value v = get_named(L, puc_value(L, idx), k);
    puc_push(L, v);
}

void lua_gettable(lua_State *L, int idx)
{
    NOTE(L, NOTE_GETTABLE, idx);
    Value v = get(L, puc_value(L, idx), L->top[-1]);
    L->top[-1] = v;
}

/* The table at an index; what is none there is the C code's fault, in PUC Lua undefined. */
static Table *table_at(lua_State *L, int idx)
{
    Value v = puc_value(L, idx);
    if (UNLIKELY(!value_is_table(v))) puc_throw_text(L, "table expected");
    return value_pointer(v);
}

void lua_rawget(lua_State *L, int idx)
{
    NOTE(L, NOTE_RAWGET, idx);
    L->top[-1] = run_get(&L->M->run, table_at(L, idx), L->top[-1]);
}

void lua_rawgeti(lua_State *L, int idx, int n)
{
    NOTE(L, NOTE_RAWGETI, idx, n);
    Value v = table_get_int(heap_table(&L->M->run, table_at(L, idx)), n);
    puc_push(L, v);
}

Value puc_light(const void *p)
{
    Light *l = mem_new(sizeof *l);
    object_init(&l->h, OBJ_LIGHT, 0);
    l->pointer = (void *)(uintptr_t)p;
    return value_object(l);
}

void lua_rawgetp(lua_State *L, int idx, const void *p)
{
    NOTE(L, NOTE_RAWGETP, idx, p);
    Value v = run_get(&L->M->run, table_at(L, idx), puc_light(p));
    puc_push(L, v);
}

int lua_next(lua_State *L, int idx)
{
    NOTE(L, NOTE_NEXT, idx);
    Value before = L->top[-1], key = before, value;
    const TableBody *b = heap_table(&L->M->run, table_at(L, idx));
    if (before != V_NIL && UNLIKELY(!table_may_have_had(b, before)))
        puc_throw_text(L, "invalid key to 'next'");
    if (UNLIKELY(!table_next(b, &key, &value))) {
        L->top--;
        return 0;
    }
    L->top[-1] = key;
    puc_push(L, value);
    return 1;
}

/* Writing -------------------------------------------------------------------------------- */

static _Noreturn void throw_frozen(lua_State *L)
{
    native_frozen(L->M);
    puc_throw(L);
}

static void set(lua_State *L, Value object, Value key, Value v)
{
    Value out = V_NIL;
    Machine *M = L->M;
    switch (operate_store(M, &object, key, v, &out)) {
    case LOOKUP_DONE: return;
    case LOOKUP_CALL:
        puc_push(L, out);
        puc_push(L, object);
        puc_push(L, key);
        puc_push(L, v);
        if (puc_call(L, 3, 0, V_NIL) != RUN_OK) puc_throw(L);
        return;
    case LOOKUP_LOOP: puc_throw_text(L, "loop in settable");
    case LOOKUP_KEY_NIL: puc_throw_text(L, "table index is nil");
    case LOOKUP_KEY_NAN: puc_throw_text(L, "table index is NaN");
    case LOOKUP_FROZEN: throw_frozen(L);
    default: puc_throw_type(L, "index", object);
    }
}

/* Where there is a value, that one is replaced. */
static bool replace_named(lua_State *L, Value object, const char *k, Value v)
{
    if (UNLIKELY(!value_is_table(object)) || v == V_NIL) return false;
    Run *R = &L->M->run;
    TableBody *b = heap_table_mut(R, value_pointer(object));
    if (UNLIKELY(heap_is_lost(R, b))) return false;
    String key = passing_key(k);
    Value *slot = table_slot_string(b, &key, key.h.id_low, R->epoch);
    if (slot) *slot = v;
    return slot;
}

static void set_named(lua_State *L, Value object, const char *k)
{
    Value v = L->top[-1];
    if (!replace_named(L, object, k, v)) set(L, object, key_of(L, k), v);
    L->top--;
}

void lua_setglobal(lua_State *L, const char *var)
{
    NOTE(L, NOTE_SETGLOBAL, var);
    set_named(L, value_object(L->M->run.world->globals), var);
}

void lua_settable(lua_State *L, int idx)
{
    NOTE(L, NOTE_SETTABLE, idx);
    set(L, puc_value(L, idx), L->top[-2], L->top[-1]);
    L->top -= 2;
}

void lua_setfield(lua_State *L, int idx, const char *k)
{
    NOTE(L, NOTE_SETFIELD, idx, k);
    set_named(L, puc_value(L, idx), k);
}

static TableBody *to_write(lua_State *L, int idx)
{
    Table *t = table_at(L, idx);
    TableBody *b = heap_table_mut(&L->M->run, t);
    if (UNLIKELY(heap_is_lost(&L->M->run, b))) throw_frozen(L);
    return b;
}

void lua_rawset(lua_State *L, int idx)
{
    NOTE(L, NOTE_RAWSET, idx);
    TableBody *b = to_write(L, idx);
    Value key = L->top[-2];
    if (UNLIKELY(key == V_NIL)) puc_throw_text(L, "table index is nil");
    if (value_is_number(key) && value_to_double(key) != value_to_double(key))
        puc_throw_text(L, "table index is NaN");
    table_set(b, key, L->top[-1], L->M->run.epoch);
    L->top -= 2;
}

void lua_rawseti(lua_State *L, int idx, int n)
{
    NOTE(L, NOTE_RAWSETI, idx, n);
    table_set_int(to_write(L, idx), n, L->top[-1], L->M->run.epoch);
    L->top--;
}

void lua_rawsetp(lua_State *L, int idx, const void *p)
{
    NOTE(L, NOTE_RAWSETP, idx, p);
    table_set(to_write(L, idx), puc_light(p), L->top[-1], L->M->run.epoch);
    L->top--;
}

/* New ones ------------------------------------------------------------------------------- */

void lua_createtable(lua_State *L, int narr, int nrec)
{
    NOTE(L, NOTE_CREATETABLE, narr, nrec);
    Table *t = run_new_table(&L->M->run);
    if (narr > 0 || nrec > 0) {
        size_t room = machine_string_room(L->M) / sizeof(Value);
        if ((size_t)narr + (size_t)nrec > room) puc_throw_memory(L);
        table_begin(&t->body, (uint32_t)narr, (uint32_t)nrec, L->M->run.epoch);
    }
    puc_push(L, value_object(t));
}

/* Metatables ----------------------------------------------------------------------------- */

int lua_getmetatable(lua_State *L, int objindex)
{
    NOTE(L, NOTE_GETMETATABLE, objindex);
    Table *meta = run_metatable(&L->M->run, puc_value(L, objindex));
    if (!meta) return 0;
    puc_push(L, value_object(meta));
    return 1;
}

int lua_setmetatable(lua_State *L, int objindex)
{
    NOTE(L, NOTE_SETMETATABLE, objindex);
    Machine *M = L->M;
    Value object = puc_value(L, objindex), m = L->top[-1];
    Table *meta = value_is_table(m) ? value_pointer(m) : NULL;
    if (value_is_table(object))
        to_write(L, objindex)->meta = meta;
    else if (value_is(object, OBJ_USERDATA))
        puc_userdata_meta(L, value_pointer(object), meta);
    else
        run_set_type_metatable(&M->run, value_type(object), meta);
    if (value_is(object, OBJ_TABLE) || value_is(object, OBJ_USERDATA))
        collect_metatable(M, object, meta);
    L->top--;
    return 1;
}

/* Operations ----------------------------------------------------------------------------- */

int lua_rawequal(lua_State *L, int idx1, int idx2)
{
    Value x = puc_at(L, idx1), y = puc_at(L, idx2);
    NOTE(L, NOTE_RAWEQUAL, idx1, idx2); /* to compare long strings takes steps */
    if (x == PUC_NONE || y == PUC_NONE) return 0;
    if (x == y) string_pay_same(x);
    return value_equal(x, y);
}

static _Noreturn void throw_compare(lua_State *L, Value x, Value y)
{
    const char *tx = value_type_name(x), *ty = value_type_name(y);
    const String *text = strcmp(tx, ty) == 0
                             ? lib_join("attempt to compare two ", tx, " values", NULL)
                             : lib_join("attempt to compare ", tx, " with ", ty, NULL);
    error_raise(L->M, string_value(text));
    puc_throw(L);
}

static int compare_order(lua_State *L, Value x, Value y, bool or_equal)
{
    Value handler;
    Machine *M = L->M;
    switch (operate_compare(M, or_equal, x, y, &handler)) {
    case COMPARED_TRUE: return 1;
    case COMPARED_FALSE: return 0;
    case COMPARED_CALL: return !value_is_false(puc_call_value(L, handler, (Value[]){x, y}, 2));
    case COMPARED_CALL_NOT:
        return value_is_false(puc_call_value(L, handler, (Value[]){y, x}, 2));
    default: throw_compare(L, x, y);
    }
}

int lua_compare(lua_State *L, int idx1, int idx2, int op)
{
    NOTE(L, NOTE_COMPARE, idx1, idx2, op);
    Value x = puc_at(L, idx1), y = puc_at(L, idx2);
    if (x == PUC_NONE || y == PUC_NONE) return 0;
    if (op != LUA_OPEQ) return compare_order(L, x, y, op == LUA_OPLE);
    if (x == y) string_pay_same(x);
    if (value_equal(x, y)) return 1;
    Value handler = operate_equal_handler(L->M, x, y);
    return handler != V_NIL && !value_is_false(puc_call_value(L, handler, (Value[]){x, y}, 2));
}

void lua_arith(lua_State *L, int op)
{
    NOTE(L, NOTE_ARITH, op);
    Machine *M = L->M;
    double dx, dy;
    if (op == LUA_OPUNM) puc_push(L, L->top[-1]); /* a second operand, as in PUC Lua */
    Value x = L->top[-2], y = L->top[-1], result;
    if (value_to_number(x, &dx) && value_to_number(y, &dy)) {
        dx = op == LUA_OPUNM ? -dx : operate_arith((BinaryOp)(OP_ADD + op), dx, dy);
        result = value_number_checked(dx);
    } else {
        Meta m = op == LUA_OPUNM ? META_UNM : (Meta)(META_ADD + op);
        Value handler = meta_of(M, x, m);
        if (handler == V_NIL) handler = meta_of(M, y, m);
        if (handler == V_NIL) {
            Value culprit = value_to_number(x, &dx) ? y : x;
            puc_throw_type(L, "perform arithmetic on", culprit);
        }
        result = puc_call_value(L, handler, (Value[]){x, y}, 2);
    }
    L->top--;
    L->top[-1] = result;
}

void lua_len(lua_State *L, int idx)
{
    NOTE(L, NOTE_LEN, idx);
    Machine *M = L->M;
    Value v = puc_value(L, idx), handler = V_NIL, result;
    if (!value_is_string(v)) handler = meta_of(M, v, META_LEN);
    if (handler != V_NIL) {
        result = puc_call_value(L, handler, (Value[]){v, v}, 2);
    } else if (value_is_string(v) || value_is_table(v)) {
        result = value_number((double)puc_raw_length(L, v));
    } else {
        puc_throw_type(L, "get length of", v);
    }
    puc_push(L, result);
}

/* Concatenation -------------------------------------------------------------------------- */

static bool is_piece(Value v) { return value_is_string(v) || value_is_number(v); }

/* The count topmost values, which are strings or numbers, become one. */
static void concat_pieces(lua_State *L, int count)
{
    size_t length = 0;
    for (int i = -count; i < 0; i++) {
        if (value_is_number(L->top[i]))
            L->top[i] = string_value(number_to_string(value_to_double(L->top[i])));
        length += value_string(L->top[i])->length;
    }
    if (length > machine_string_room(L->M)) {
        native_memory_error(L->M);
        puc_throw(L);
    }
    const String *s = value_string(L->top[-count]);
    if (count == 2) {
        const String *t = value_string(L->top[-1]);
        s = string_concat(s, t->data, t->length);
    } else {
        char *to;
        s = string_reserve(length, &to);
        for (int i = -count; s && i < 0; i++) {
            const String *piece = value_string(L->top[i]);
            if (piece->length) memcpy(to, piece->data, piece->length);
            to += piece->length;
        }
    }
    if (!s) puc_throw_memory(L);
    L->top -= count - 1;
    L->top[-1] = string_value(s);
}

static void concat_meta(lua_State *L)
{
    Machine *M = L->M;
    Value x = L->top[-2], y = L->top[-1], handler = meta_of(M, x, META_CONCAT);
    if (handler == V_NIL) handler = meta_of(M, y, META_CONCAT);
    if (handler == V_NIL) {
        puc_throw_type(L, "concatenate", is_piece(x) ? y : x);
    }
    Value result = puc_call_value(L, handler, (Value[]){x, y}, 2);
    L->top--;
    L->top[-1] = result;
}

void lua_concat(lua_State *L, int n)
{
    NOTE(L, NOTE_CONCAT, n);
    if (n == 0) puc_push(L, puc_string(L, "", 0));
    while (n > 1) {
        int pieces = 0;
        while (pieces < n && is_piece(L->top[-1 - pieces])) pieces++;
        if (pieces > 1)
            concat_pieces(L, pieces);
        else
            concat_meta(L);
        n -= pieces > 1 ? pieces - 1 : 1;
    }
}
