/* SPDX-License-Identifier: MIT */
/*
 * next, and the step of ipairs, which the generic for also makes without a call.
 *
 * Main invariant: both answer what a call of theirs answers, whoever makes the step.
 */
#include "native/iterate.h"

int native_next(Machine *M, Value *a, int n)
{
    Table *t = arg_table(M, a, n, 0);
    if (!t) return NATIVE_ERROR;
    Value key = arg(a, n, 1), value;
    const TableBody *b = heap_table(&M->run, t);
    bool nan = value_is_number(key) && value_to_double(key) != value_to_double(key);
    if (key != V_NIL && (nan || !table_may_have_had(b, key)))
        return native_throw(M, new_c_string("invalid key to 'next'"));
    if (!table_next(b, &key, &value)) NATIVE_RETURN(V_NIL);
    a[0] = key;
    a[1] = value;
    return 2;
}

int native_ipairs_step(Machine *M, Value *a, int n)
{
    double d;
    if (!arg_number(M, a, n, 1, &d)) return NATIVE_ERROR;
    Table *t = arg_table(M, a, n, 0);
    if (!t) return NATIVE_ERROR;
    /* the index is an int in PUC Lua, and wraps around as one */
    int32_t i = (int32_t)(uint32_t)((uint64_t)double_to_integer(d) + 1);
    Value v = table_get_int(heap_table(&M->run, t), i);
    if (v == V_NIL) NATIVE_RETURN(V_NIL);
    a[0] = value_number(i);
    a[1] = v;
    return 2;
}
