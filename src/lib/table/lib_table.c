/* SPDX-License-Identifier: MIT */
/*
 * The table library (manual 6.5) but for sort (lib_sort.c).
 *
 * Elements are accessed raw; only the length honours __len. As this may call Lua, a
 * function is in two parts: what comes before the length and, with a SizedFn, what
 * comes after it. In between its frame has the first four arguments, or nil, and the
 * number of all arguments.
 *
 * Main invariant: what comes before a call of __len is done once: the second part begins at the
 * frame's words alone.
 */
#include "lib/table/lib_table.h"

#include "control/eval.h"
#include "lib/natives.h"
#include "native/long_work.h"
#include "node/node.h"
#include "operate/cause.h"
#include "text/buffer.h"

enum { ARGS = 4, ARG_COUNT = ARGS, AT };

/* Length --------------------------------------------------------------------------- */

/* The int that a length is. Answers false after an error. */
static bool length_result(Machine *M, int32_t *length)
{
    double d;
    if (value_to_number(lib_result(M, 0), &d)) {
        *length = bits_int(d);
        return true;
    }
    native_error(M, "object length is not a number");
    return false;
}

int table_sized(Machine *M, Value *a, int n, NativeCont *cont, SizedFn *fn)
{
    const TableBody *b = heap_table(&M->run, value_pointer(a[0]));
    if (!b->meta) return fn(M, a, n, (int32_t)table_length(b));
    lib_settop(a, n, ARGS);
    a[ARG_COUNT] = value_number(n);
    return native_length(M, a, AT, a[0], cont);
}

int table_sized_cont(Machine *M, Value *a, SizedFn *fn)
{
    int32_t length;
    if (!length_result(M, &length)) return NATIVE_ERROR;
    return fn(M, a, (int)value_to_double(a[ARG_COUNT]), length);
}

/* Raw access to argument 1 --------------------------------------------------------- */

static inline Value get(Machine *M, const Value *a, int64_t i)
{
    return table_get_int(heap_table(&M->run, value_pointer(a[0])), i);
}

/* Answers false where the table is read-only, which the error says. */
static inline bool set(Machine *M, const Value *a, int64_t i, Value v)
{
    TableBody *b = native_table_mut(M, value_pointer(a[0]));
    if (b) table_set_int(b, i, v, M->run.epoch);
    return b != NULL;
}

/* Values moved: whether to go on with the next one, the i-th. A portion of steps is some
 * millions of them. */
enum { MOVED_LOOK = 1 << 15 };

static inline bool moved(Machine *M, int64_t i)
{
    if (i % STEP_VALUES == 0) M->fuel--;
    if (UNLIKELY(i % MOVED_LOOK == 0) && native_is_due(M)) eval_poll_soon(M);
    return LIKELY(M->fuel >= 0) || native_go_on(M);
}

/* insert and remove ---------------------------------------------------------------- */

/* The frame of an insertion that moves elements: table, position, value, the place to be
 * filled next. */
enum { INSERT_POSITION = 1, INSERT_VALUE, INSERT_AT, INSERT_FRAME };

static int insert_move(Machine *M, Value *a, int n)
{
    int64_t i = (int64_t)value_to_double(a[INSERT_AT]);
    int64_t position = (int64_t)value_to_double(a[INSERT_POSITION]);
    while (i > position) {
        if (!set(M, a, i, get(M, a, i - 1))) return NATIVE_ERROR;
        i--;
        if (moved(M, i)) continue;
        a[INSERT_AT] = value_number((double)i);
        return native_suspend(M, a, INSERT_FRAME, insert_move);
    }
    return set(M, a, position, a[INSERT_VALUE]) ? 0 : NATIVE_ERROR;
}

static int insert_sized(Machine *M, Value *a, int n, int32_t length)
{
    int32_t end = (int32_t)((uint32_t)length + 1), position = end;
    if (n != 2 && n != 3)
        return native_refuse(M, a, n, "wrong number of arguments to 'insert'");
    if (!native_table_mut(M, value_pointer(a[0]))) return NATIVE_ERROR;
    if (n == 2) return set(M, a, end, a[1]) ? 0 : NATIVE_ERROR;
    if (!arg_int(M, a, n, 1, &position)) return NATIVE_ERROR;
    if (position < 1 || position > end)
        return native_arg_error(M, a, n, 1, "position out of bounds");
    a[INSERT_POSITION] = value_number(position);
    a[INSERT_AT] = value_number(end);
    return insert_move(M, a, 0);
}
static int insert_cont(Machine *M, Value *a, int n)
{
    return table_sized_cont(M, a, insert_sized);
}

static int lib_table_insert(Machine *M, Value *a, int n)
{
    if (!arg_table(M, a, n, 0)) return NATIVE_ERROR;
    return table_sized(M, a, n, insert_cont, insert_sized);
}

/* The frame of a removal: table, size, what is removed, the place to be filled next. */
enum { REMOVE_SIZE = 1, REMOVE_VALUE, REMOVE_AT, REMOVE_FRAME };

static int remove_move(Machine *M, Value *a, int n)
{
    int64_t i = (int64_t)value_to_double(a[REMOVE_AT]);
    int64_t size = (int64_t)value_to_double(a[REMOVE_SIZE]);
    while (i < size) {
        if (!set(M, a, i, get(M, a, i + 1))) return NATIVE_ERROR;
        i++;
        if (moved(M, i)) continue;
        a[REMOVE_AT] = value_number((double)i);
        return native_suspend(M, a, REMOVE_FRAME, remove_move);
    }
    if (!set(M, a, i, V_NIL)) return NATIVE_ERROR;
    NATIVE_RETURN(a[REMOVE_VALUE]);
}

static int remove_sized(Machine *M, Value *a, int n, int32_t size)
{
    int32_t position;
    if (!arg_int_or(M, a, n, 1, size, &position)) return NATIVE_ERROR;
    int64_t last = (int32_t)((uint32_t)size + 1); /* wraps around as an int does */
    if (position != size && (position < 1 || position > last))
        return native_arg_error(M, a, n, 0, "position out of bounds");
    if (!native_table_mut(M, value_pointer(a[0]))) return NATIVE_ERROR;
    a[REMOVE_SIZE] = value_number(size);
    a[REMOVE_VALUE] = get(M, a, position);
    a[REMOVE_AT] = value_number(position);
    return remove_move(M, a, 0);
}
static int remove_cont(Machine *M, Value *a, int n)
{
    return table_sized_cont(M, a, remove_sized);
}

static int lib_table_remove(Machine *M, Value *a, int n)
{
    if (!arg_table(M, a, n, 0)) return NATIVE_ERROR;
    return table_sized(M, a, n, remove_cont, remove_sized);
}

/* concat --------------------------------------------------------------------------- */

/* Its frame: table, separator or nil, the next index, the last one, the text so far or nil. */
enum { SEPARATOR = 1, NEXT, LAST, TEXT, CONCAT_FRAME };

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

static const String *text_before(const Value *a)
{
    return a[TEXT] == V_NIL ? NULL : value_string(a[TEXT]);
}

static int concat_resumed(Machine *M, Value *a, int n);

/* There is no room for what comes next, or for the whole. */
static int concat_full(Machine *M, Buffer *b, Value *a, int64_t next)
{
    const String *s = text_before(a);
    int code = native_text_full(M, b, &s);
    if (code != NATIVE_SUSPEND) return code;
    a[TEXT] = string_value(s);
    a[NEXT] = value_number((double)next);
    return native_suspend(M, a, CONCAT_FRAME, concat_resumed);
}

static int concat_pause(Machine *M, Buffer *b, Value *a, int64_t next)
{
    const String *s = buffer_join(b, text_before(a), false);
    if (!s) return concat_full(M, b, a, next);
    a[TEXT] = string_value(s);
    a[NEXT] = value_number((double)next);
    return native_suspend(M, a, CONCAT_FRAME, concat_resumed);
}

static int concat_refuse(Machine *M, Value v, int64_t i)
{
    native_error(M, "invalid value (%s) at index %d in table for 'concat'", value_type_name(v),
                 (int)i);
    cause_set_native(M, &v, 1);
    return NATIVE_ERROR;
}

static int concat_all(Machine *M, Value *a, int n)
{
    Buffer b;
    const String *separator = a[SEPARATOR] == V_NIL ? NULL : value_string(a[SEPARATOR]);
    int64_t i = (int64_t)value_to_double(a[NEXT]), last = (int64_t)value_to_double(a[LAST]);
    buffer_init_joined(&b, machine_string_room(M));
    while (i <= last) {
        size_t before = buffer_length(&b);
        Value v = get(M, a, i);
        if (!append_value(&b, v)) return concat_refuse(M, v, i);
        if (i < last && separator) buffer_append(&b, separator->data, separator->length);
        if (UNLIKELY(b.error)) {
            buffer_cut(&b, before);
            return concat_full(M, &b, a, i);
        }
        i++;
        M->fuel -= (int64_t)((buffer_length(&b) - before) / MEM_WORK_STEP);
        if (!moved(M, i) && i <= last) return concat_pause(M, &b, a, i);
    }
    const String *s = buffer_join(&b, text_before(a), true);
    if (!s) return concat_full(M, &b, a, i);
    NATIVE_RETURN(string_value(s));
}
static int concat_on(Machine *M, Value *a) { return long_work_do(M, a, 0, concat_all); }
static int concat_resumed(Machine *M, Value *a, int n) { return concat_on(M, a); }

static int concat_range(Machine *M, Value *a, int32_t first, int32_t last)
{
    a[NEXT] = value_number(first);
    a[LAST] = value_number(last);
    a[TEXT] = V_NIL;
    return concat_on(M, a);
}

static int concat_sized(Machine *M, Value *a, int n, int32_t length)
{
    int32_t first;
    if (!arg_int_or(M, a, n, 2, 1, &first)) return NATIVE_ERROR;
    return concat_range(M, a, first, length);
}
static int concat_cont(Machine *M, Value *a, int n)
{
    return table_sized_cont(M, a, concat_sized);
}

static int lib_table_concat(Machine *M, Value *a, int n)
{
    String *separator;
    int32_t first, last;
    if (!arg_string_or_null(M, a, n, 1, &separator) || !arg_table(M, a, n, 0) ||
        !arg_int_or(M, a, n, 2, 1, &first) || !arg_int_or(M, a, n, 3, 0, &last))
        return NATIVE_ERROR;
    lib_settop(a, n, ARGS);
    if (a[3] != V_NIL) return concat_range(M, a, first, last);
    return table_sized(M, a, n, concat_cont, concat_sized);
}

/* pack, unpack, maxn --------------------------------------------------------------- */

static int lib_table_pack(Machine *M, Value *a, int n)
{
    native_charge_values(M, (size_t)n);
    Table *t = run_new_table(&M->run);
    table_begin(&t->body, (uint32_t)n, 1, M->run.epoch);
    if (!table_list_room(&t->body, (size_t)n, M->run.epoch)) return native_memory_error(M);
    table_set_list(&t->body, 1, a, (size_t)n, M->run.epoch);
    run_set_field(&M->run, t, "n", value_number(n));
    NATIVE_RETURN(value_object(t));
}

static int unpack_range(Machine *M, Value *a, int32_t first, int32_t last)
{
    if (first > last) return 0;
    int64_t count = (int64_t)last - first + 1;
    bool fits = count <= INT32_MAX - 10 && native_may_give(M, (size_t)count);
    uint64_t price = fits ? (uint64_t)count / STEP_VALUES : 0;
    if (!native_charge(M, price)) return NATIVE_PAUSE;
    a = fits ? native_room(M, a, 1, (size_t)count) : NULL;
    if (!a)
        return native_answer_paid(
            M, native_stack_error(M, (size_t)count, "too many results to unpack"), price);
    const TableBody *b = heap_table(&M->run, value_pointer(a[0]));
    for (int64_t i = 0; i < count; i++) a[i] = table_get_int(b, first + i);
    return native_results(M, a, (size_t)count);
}

static int unpack_sized(Machine *M, Value *a, int n, int32_t length)
{
    int32_t first;
    if (!arg_int_or(M, a, n, 1, 1, &first)) return NATIVE_ERROR;
    return unpack_range(M, a, first, length);
}
static int unpack_cont(Machine *M, Value *a, int n)
{
    return table_sized_cont(M, a, unpack_sized);
}

static int lib_table_unpack(Machine *M, Value *a, int n)
{
    int32_t first, last;
    if (!arg_table(M, a, n, 0) || !arg_int_or(M, a, n, 1, 1, &first) ||
        !arg_int_or(M, a, n, 2, 0, &last))
        return NATIVE_ERROR;
    if (!arg_absent(a, n, 2)) return unpack_range(M, a, first, last);
    return table_sized(M, a, n, unpack_cont, unpack_sized);
}

/* The frame of maxn: table, the largest so far, the last key. */
enum { MAXN_MAX = 1, MAXN_KEY, MAXN_FRAME };

static int maxn_on(Machine *M, Value *a, int n)
{
    const TableBody *b = heap_table(&M->run, value_pointer(a[0]));
    double max = value_to_double(a[MAXN_MAX]);
    Value key = a[MAXN_KEY], v;
    for (int64_t i = 1; table_next(b, &key, &v); i++) {
        if (value_is_number(key) && value_to_double(key) > max) max = value_to_double(key);
        if (moved(M, i)) continue;
        a[MAXN_MAX] = value_number(max);
        a[MAXN_KEY] = key;
        return native_suspend(M, a, MAXN_FRAME, maxn_on);
    }
    NATIVE_RETURN(value_number(max));
}

static int lib_table_maxn(Machine *M, Value *a, int n)
{
    if (!arg_table(M, a, n, 0)) return NATIVE_ERROR;
    a[MAXN_MAX] = value_number(0);
    a[MAXN_KEY] = V_NIL;
    return maxn_on(M, a, 0);
}

/* Opening -------------------------------------------------------------------------- */

const NativeDef natives_table[] = {
    NATIVE_OWN("table.concat", lib_table_concat, WORK_BYTES,
               NATIVE_DOC("t [, sep [, i [, j]]]",
                          "The elements from i to j as one string, with sep between.")),
    NATIVE_OWN("table.insert", lib_table_insert, WORK_VALUES,
               NATIVE_DOC("t, [at,] v", "Inserts an element, at the end if not at a place.")),
    NATIVE_OWN("table.maxn", lib_table_maxn, WORK_VALUES,
               NATIVE_DOC("t", "The largest number that is a key; 0 if there is none.")),
    NATIVE_OWN("table.pack", lib_table_pack, WORK_VALUES,
               NATIVE_DOC("...", "{..., n = number of arguments}")),
    NATIVE_OWN("table.remove", lib_table_remove, WORK_VALUES,
               NATIVE_DOC("t [, at]",
                          "Removes an element, at the end if not at a place, and gives it.")),
    NATIVE_OWN("table.unpack", lib_table_unpack, WORK_VALUES,
               NATIVE_DOC("t [, i [, j]]", "The elements from i to j as values.")),
    NATIVE_CONTINUED("table.concat:resumed", concat_resumed, WORK_BYTES, "|table.concat|",
                     "tSnnS*"),
    NATIVE_CONTINUED("table.insert:moved", insert_move, WORK_VALUES, "|table.insert|", "tn.n*"),
    NATIVE_CONTINUED("table.maxn:on", maxn_on, WORK_VALUES, "|table.maxn|", "tn.*"),
    NATIVE_CONTINUED("table.remove:moved", remove_move, WORK_VALUES, "|table.remove|", "tn.n*"),
    NATIVE_CONTINUED("table.concat:sized", concat_cont, WORK_BYTES, "|table.concat|", "t...i*"),
    NATIVE_CONTINUED("table.insert:sized", insert_cont, WORK_VALUES, "|table.insert|",
                     "t...i*"),
    NATIVE_CONTINUED("table.remove:sized", remove_cont, WORK_VALUES, "|table.remove|",
                     "t...i*"),
    NATIVE_CONTINUED("table.unpack:sized", unpack_cont, WORK_VALUES, "|table.unpack|",
                     "....i*"),
    NATIVE_ROWS_END,
};

void lib_open_table(Machine *M)
{
    Table *t = lib_new(M, "table", natives_table);
    native_register(M, t, natives_sort);
    run_set_field(&M->run, M->run.world->globals, "unpack",
                  run_get_field(&M->run, t, "unpack"));
}
