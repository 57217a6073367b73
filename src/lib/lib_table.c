/* SPDX-License-Identifier: MIT */
/*
 * The table library (manual 6.5) but for sort (lib_sort.c).
 *
 * Elements are accessed raw; only the length honours __len. As this may call Lua, a
 * function is in two parts: what comes before the length and, with a SizedFn, what
 * comes after it. In between its frame has the first four arguments, or nil, and the
 * number of all arguments.
 */
#include "lib/lib_table.h"

#include "lib/buffer.h"

enum { ARGS = 4, ARG_COUNT = ARGS, AT };

/* Length --------------------------------------------------------------------------- */

/* The int that a length is; false: error. */
static bool length_result(Run *R, int32_t *length)
{
    double d;
    if (value_to_number(lib_result(R, 0), &d)) {
        *length = bits_int(d);
        return true;
    }
    native_error(R, "object length is not a number");
    return false;
}

int table_sized(Run *R, Value *a, int n, NativeCont *cont, SizedFn *fn)
{
    const TableBody *b = heap_table(R, value_pointer(a[0]));
    if (!b->meta) return fn(R, a, n, (int32_t)table_length(b));
    lib_settop(a, n, ARGS);
    a[ARG_COUNT] = value_number(n);
    return native_length(R, a, AT, a[0], cont);
}

int table_sized_cont(Run *R, Value *a, SizedFn *fn)
{
    int32_t length;
    if (!length_result(R, &length)) return NATIVE_ERROR;
    return fn(R, a, (int)value_to_double(a[ARG_COUNT]), length);
}

/* Raw access to argument 1 --------------------------------------------------------- */

static inline Value get(Run *R, const Value *a, int64_t i)
{
    return table_get_int(heap_table(R, value_pointer(a[0])), i);
}

static inline void set(Run *R, const Value *a, int64_t i, Value v)
{
    table_set_int(heap_table_mut(R, value_pointer(a[0])), i, v, R->epoch);
}

/* insert and remove ---------------------------------------------------------------- */

static int insert_sized(Run *R, Value *a, int n, int32_t length)
{
    int32_t end = (int32_t)((uint32_t)length + 1), position = end;
    if (n != 2 && n != 3) return native_error(R, "wrong number of arguments to 'insert'");
    Value v = a[n - 1];
    if (n == 3) {
        if (!arg_int(R, a, n, 1, &position)) return NATIVE_ERROR;
        if (position < 1 || position > end)
            return native_arg_error(R, 1, "position out of bounds");
        native_charge_values(R, (size_t)(end - position));
        for (int64_t i = end; i > position; i--) set(R, a, i, get(R, a, i - 1));
    }
    set(R, a, position, v);
    return 0;
}
static int insert_cont(Run *R, Value *a, int n) { return table_sized_cont(R, a, insert_sized); }

static int lib_table_insert(Run *R, Value *a, int n)
{
    if (!arg_table(R, a, n, 0)) return NATIVE_ERROR;
    return table_sized(R, a, n, insert_cont, insert_sized);
}

static int remove_sized(Run *R, Value *a, int n, int32_t size)
{
    int32_t position;
    if (!arg_int_or(R, a, n, 1, size, &position)) return NATIVE_ERROR;
    int64_t last = (int32_t)((uint32_t)size + 1); /* wraps around as an int does */
    if (position != size && (position < 1 || position > last))
        return native_arg_error(R, 0, "position out of bounds");
    if (position < size) native_charge_values(R, (size_t)(size - position));
    Value removed = get(R, a, position);
    int64_t i = position;
    for (; i < size; i++) set(R, a, i, get(R, a, i + 1));
    set(R, a, i, V_NIL);
    NATIVE_RETURN(removed);
}
static int remove_cont(Run *R, Value *a, int n) { return table_sized_cont(R, a, remove_sized); }

static int lib_table_remove(Run *R, Value *a, int n)
{
    if (!arg_table(R, a, n, 0)) return NATIVE_ERROR;
    return table_sized(R, a, n, remove_cont, remove_sized);
}

/* concat --------------------------------------------------------------------------- */

/* Appends a string or a number; false for anything else. */
static bool append_value(Buffer *b, Value v)
{
    if (value_is_number(v)) {
        char text[NUMBER_TEXT_MAX];
        buffer_append(b, text, number_format(value_to_double(v), text));
        return true;
    }
    if (!value_is_string(v)) return false;
    buffer_append(b, value_string(v)->data, value_string(v)->length);
    return true;
}

static int concat_range(Run *R, Value *a, int32_t first, int32_t last)
{
    Buffer b;
    const String *separator = a[1] == V_NIL ? NULL : value_string(a[1]);
    buffer_init(&b, run_string_room(R));
    for (int64_t i = first; i <= last; i++) {
        Value v = get(R, a, i);
        if (!append_value(&b, v))
            return native_error(R, "invalid value (%s) at index %d in table for 'concat'",
                                value_type_name(v), (int)i);
        if (i < last && separator) buffer_append(&b, separator->data, separator->length);
        if (b.error) break;
    }
    const String *s = buffer_finish(&b);
    if (!s) return native_memory_error(R);
    native_charge_values(R, (size_t)((int64_t)last - first + 1) + s->length / 4);
    NATIVE_RETURN(string_value(s));
}

static int concat_sized(Run *R, Value *a, int n, int32_t length)
{
    int32_t first;
    if (!arg_int_or(R, a, n, 2, 1, &first)) return NATIVE_ERROR;
    return concat_range(R, a, first, length);
}
static int concat_cont(Run *R, Value *a, int n) { return table_sized_cont(R, a, concat_sized); }

static int lib_table_concat(Run *R, Value *a, int n)
{
    String *separator;
    int32_t first, last;
    if (!arg_string_or_null(R, a, n, 1, &separator) || !arg_table(R, a, n, 0) ||
        !arg_int_or(R, a, n, 2, 1, &first) || !arg_int_or(R, a, n, 3, 0, &last))
        return NATIVE_ERROR;
    lib_settop(a, n, ARGS);
    if (a[3] != V_NIL) return concat_range(R, a, first, last);
    return table_sized(R, a, n, concat_cont, concat_sized);
}

/* pack, unpack, maxn --------------------------------------------------------------- */

static int lib_table_pack(Run *R, Value *a, int n)
{
    native_charge_values(R, (size_t)n);
    Table *t = run_new_table(R);
    table_set_list(&t->body, 1, a, (size_t)n, R->epoch);
    run_set_field(R, t, "n", value_number(n));
    NATIVE_RETURN(value_object(t));
}

static int unpack_range(Run *R, Value *a, int32_t first, int32_t last)
{
    if (first > last) return 0;
    int64_t count = (int64_t)last - first + 1;
    bool fits = count <= INT32_MAX - 10 && (uint64_t)count < R->stack_max;
    a = fits ? native_room(R, a, 1, (size_t)count) : NULL;
    if (!a) return native_stack_error(R, (size_t)count, "too many results to unpack");
    native_charge_values(R, (size_t)count);
    const TableBody *b = heap_table(R, value_pointer(a[0]));
    for (int64_t i = 0; i < count; i++) a[i] = table_get_int(b, first + i);
    return native_results(R, a, (size_t)count);
}

static int unpack_sized(Run *R, Value *a, int n, int32_t length)
{
    int32_t first;
    if (!arg_int_or(R, a, n, 1, 1, &first)) return NATIVE_ERROR;
    return unpack_range(R, a, first, length);
}
static int unpack_cont(Run *R, Value *a, int n) { return table_sized_cont(R, a, unpack_sized); }

static int lib_table_unpack(Run *R, Value *a, int n)
{
    int32_t first, last;
    if (!arg_table(R, a, n, 0) || !arg_int_or(R, a, n, 1, 1, &first) ||
        !arg_int_or(R, a, n, 2, 0, &last))
        return NATIVE_ERROR;
    if (!arg_absent(a, n, 2)) return unpack_range(R, a, first, last);
    return table_sized(R, a, n, unpack_cont, unpack_sized);
}

static int lib_table_maxn(Run *R, Value *a, int n)
{
    Table *t = arg_table(R, a, n, 0);
    if (!t) return NATIVE_ERROR;
    const TableBody *b = heap_table(R, t);
    native_charge_values(R, b->array.size + b->hash.count);
    double max = 0;
    Value key = V_NIL, v;
    while (table_next(b, &key, &v))
        if (value_is_number(key) && value_to_double(key) > max) max = value_to_double(key);
    NATIVE_RETURN(value_number(max));
}

/* Opening -------------------------------------------------------------------------- */

static const NativeDef functions[] = {
    {"concat", lib_table_concat}, {"insert", lib_table_insert},
    {"maxn", lib_table_maxn},     {"pack", lib_table_pack},
    {"remove", lib_table_remove}, {"sort", lib_table_sort},
    {"unpack", lib_table_unpack}, {NULL, NULL},
};

void lib_open_table(Run *R)
{
    Table *t = lib_new(R, "table", functions);
    run_set_field(R, R->world->globals, "unpack", run_get_field(R, t, "unpack"));
}
