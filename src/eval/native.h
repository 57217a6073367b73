/* SPDX-License-Identifier: MIT */
/*
 * How library functions are written.
 *
 *   int fn(Run *R, Value *a, int n)
 *
 * a[0..n) are the arguments; a[n] up to a[n + 24) are the function's to scribble on.
 * It answers the number of its results, which it has put at a[0..]; or one of the
 * NATIVE_ codes below, through these functions:
 *
 *   return native_error(R, "...");          an error with position, as luaL_error
 *   return native_throw(R, value);          any value as the error
 *   return native_arg_error(R, i, "...");   "bad argument #1 to 'f' (...)"
 *   return native_results(R, values, n);    many results, from anywhere
 *   return native_call(R, a, at, n, cont);  calls a[at + NATIVE_HEADER - 1] with the n
 *                                           arguments behind it; goes on in cont
 *   return native_tail(R, a, at, n);        the same, its results are ours
 *
 * A native never calls back into Lua on the C stack. What it must remember across
 * native_call it keeps in a[0..at); everything there must have been written and be a
 * Value (box integers as numbers): traces look at it. The continuation gets the results in
 * R->results[0..R->result_count), and must take them before it calls again. After any call that
 * can run Lua, a pointer into the frame taken before is void: use the `a` handed in.
 *
 * Arguments: i counts from 0, missing ones read as absent ("got no value").
 * The arg_ functions answer false (or NULL) after having set the error: return
 * NATIVE_ERROR then.
 */
#ifndef MOONLET_NATIVE_H
#define MOONLET_NATIVE_H

#include "eval/meta.h"
#include "value/number.h"

enum {
    NATIVE_ERROR = -1, /* R->error is set */
    NATIVE_CALL = -2,  /* R->call_* are set */
    NATIVE_MANY = -3,  /* R->results, R->result_count are set */
    NATIVE_PAUSE = -4, /* out of budget inside a long native: run it again */
    NATIVE_HEADER = 4
};

typedef int NativeCont(Run *R, Value *a, int n);

int native_error(Run *R, const char *format, ...) __attribute__((format(printf, 2, 3)));
int native_throw(Run *R, Value error);
int native_arg_error(Run *R, int i, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "number expected, got nil" and so on, for argument i. */
int native_type_error(Run *R, Value *a, int n, int i, const char *expected);
int native_results(Run *R, const Value *values, size_t n);
/* A string that cannot be made: a stop if the host has limited that. */
int native_memory_error(Run *R);
/* The same where the stack has no room for so many values. */
int native_stack_error(Run *R, size_t count, const char *message);

/* cont NULL: the results of the call are the native's own. */
int native_call(Run *R, Value *a, int at, int n, NativeCont *cont);
static inline int native_tail(Run *R, Value *a, int at, int n)
{
    return native_call(R, a, at, n, NULL);
}
/* Room for `more` slots above a[used]: gives a, perhaps moved; NULL: there is none. */
Value *native_room(Run *R, Value *a, int used, size_t more);

/* Charges a long-running native for its work, in steps; false: return NATIVE_PAUSE,
 * and the native is run again from the start (or its continuation) later. Only before
 * anything observable has happened. */
bool native_charge(Run *R, uint64_t steps);
/* The same for values moved or looked at. */
static inline void native_charge_values(Run *R, size_t count)
{
    if (count >= STEP_VALUES) native_charge(R, count / STEP_VALUES);
}

/* Arguments ------------------------------------------------------------------- */

static inline Value arg(const Value *a, int n, int i) { return i < n ? a[i] : V_NIL; }
static inline bool arg_absent(const Value *a, int n, int i) { return i >= n || a[i] == V_NIL; }

bool arg_any(Run *R, Value *a, int n, int i);
bool arg_number_slow(Run *R, Value *a, int n, int i, double *out);
static inline bool arg_number(Run *R, Value *a, int n, int i, double *out)
{
    if (i < n && value_is_number(a[i])) {
        *out = value_to_double(a[i]);
        return true;
    }
    return arg_number_slow(R, a, n, i, out);
}
bool arg_number_or(Run *R, Value *a, int n, int i, double otherwise, double *out);
/* lua_Integer as PUC 5.2 on 64 bits converts: truncation towards zero, saturating. */
bool arg_integer(Run *R, Value *a, int n, int i, int64_t *out);
bool arg_integer_or(Run *R, Value *a, int n, int i, int64_t otherwise, int64_t *out);
int64_t double_to_integer(double d);
/* A string; numbers are converted (and a[i] replaced by the string). NULL: error. */
String *arg_string(Run *R, Value *a, int n, int i);
/* absent: *out is NULL. */
bool arg_string_or_null(Run *R, Value *a, int n, int i, String **out);
Table *arg_table(Run *R, Value *a, int n, int i);
bool arg_function(Run *R, Value *a, int n, int i);
bool arg_type(Run *R, Value *a, int n, int i, LuaType type);
/* Index of the string a[i] in names (NULL-terminated); -1: error "invalid option". */
int arg_option(Run *R, Value *a, int n, int i, const char *otherwise, const char *const *names);
void *arg_userdata(Run *R, Value *a, int n, int i, const void *tag, const char *type_name);

/* Values ---------------------------------------------------------------------- */

static inline Value new_string(const char *bytes, size_t length)
{
    return string_value(string_new(bytes, length));
}
static inline Value new_c_string(const char *text) { return string_value(string_from_c(text)); }
/* The text luaL_tolstring gives a value that has no __tostring; allocates. */
Value value_to_text(Run *R, Value v);
/* One result. */
#define NATIVE_RETURN(v_) \
    do {                  \
        a[0] = (v_);      \
        return 1;         \
    } while (0)

typedef struct NativeDef {
    const char *name;
    NativeFn *fn;
} NativeDef;

/* Sets t[name] = function for every entry; defs end with a NULL name. */
void native_register(Run *R, Table *t, const NativeDef *defs);

/* Code of the generic operations, for natives: with metamethods, through a
 * continuation where one is needed. Each puts its operand(s) in place and answers
 * either 1 with the result at R->results[0] (nothing was called) or a NATIVE_ code. */
/* a[at..] <- object[key] for cont. */
int native_index(Run *R, Value *a, int at, Value object, Value key, NativeCont *cont);
/* Calls cont with the boolean x < y (as a Value in R->results[0]). */
int native_less(Run *R, Value *a, int at, Value x, Value y, NativeCont *cont);
/* tostring(v), #v as a number. */
int native_tostring(Run *R, Value *a, int at, Value v, NativeCont *cont);
int native_length(Run *R, Value *a, int at, Value v, NativeCont *cont);

/* The Exec functions that are Natives of kind NATIVE_CONTROL. */
NativeFn *native_pcall(void), *native_xpcall(void), *native_resume(void), *native_yield(void),
    *native_wrapped(void);
Native *native_control(Run *R, NativeFn *exec, const char *name, int upvalues);

/* "chunk:line: " of the function at level (1: the caller of the native that runs), as
 * luaL_where; "" if there is none. */
String *native_where(Run *R, int level);
String *native_traceback(Run *R, const Coroutine *co, const char *message, int level);

/* Compiles a chunk, source or dump, into a function of this run, env as link_closure takes
 * it. NULL: *error is the message. */
Closure *native_load(Run *R, const char *source, size_t length, String *chunk_name,
                     const Value *env, String **error);

#endif
