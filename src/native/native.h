/* SPDX-License-Identifier: MIT */
/*
 * How library functions are written.
 *
 *   int fn(Machine *M, Value *a, int n)
 *
 * a[0..n) are the arguments; a[n] up to a[n + 24) are the function's to scribble on.
 * It answers the number of its results, which it has put at a[0..]; or one of the
 * NATIVE_ codes below, through these functions:
 *
 *   return native_error(M, "...");          an error with position, as luaL_error
 *   return native_throw(M, value);          any value as the error
 *   return native_arg_error(M, a, n, i, "...");   "bad argument #1 to 'f' (...)"
 *   return native_results(M, values, n);    many results, from anywhere
 *   return native_call(M, a, at, n, cont);  calls a[at + NATIVE_HEADER - 1] with the n
 *                                           arguments behind it; goes on in cont
 *   return native_tail(M, a, at, n);        the same, its results are ours
 *
 * A native never calls back into Lua on the C stack. What it must remember across
 * native_call it keeps in a[0..at); everything there must have been written and be a
 * Value (box integers as numbers): traces look at it. The continuation gets the results in
 * M->results[0..M->result_count), and must take them before it calls again. After any call that
 * can run Lua, a pointer into the frame taken before is void: use the `a` handed in.
 *
 * Arguments: i counts from 0. Missing ones read as absent ("got no value"). When an arg_
 * function answers false or NULL, it has set the error, and the native returns NATIVE_ERROR.
 */
#ifndef MOONLET_NATIVE_H
#define MOONLET_NATIVE_H

#include "operate/meta.h"
#include "stack/breaks.h"
#include "syntax/parser.h"
#include "trace/walk.h"
#include "value/number.h"

enum {
    NATIVE_ERROR = -1,   /* M->error is set */
    NATIVE_CALL = -2,    /* M->call_* are set */
    NATIVE_MANY = -3,    /* M->results, M->result_count are set */
    NATIVE_PAUSE = -4,   /* out of budget inside a long native: run it again */
    NATIVE_SUSPEND = -5, /* out of budget, with its progress kept: native_suspend's */
    NATIVE_HEADER = 4
};

struct Buffer; /* text/buffer.h */
typedef int NativeCont(Machine *M, Value *a, int n);
/* A continuation of a native that keeps any number of values, a[0..used). */
typedef int CallAgain(Machine *M, Value *a, size_t used);

int native_error(Machine *M, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* An error that is about these arguments (operate/cause.h). */
int native_refuse(Machine *M, const Value *a, int n, const char *message);
int native_throw(Machine *M, Value error);
/* The arguments are the error's cause (operate/cause.h); NULL: they are not there any more. */
int native_arg_error(Machine *M, const Value *a, int n, int i, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* "number expected, got nil" and so on, for argument i. */
int native_type_error(Machine *M, Value *a, int n, int i, const char *expected);
int native_results(Machine *M, const Value *values, size_t n);
/* The error of a string that cannot be made. It is a stop if the host has set a limit that
 * forbids it.
 */
int native_memory_error(Machine *M);
/* What to do where a text that a native builds, *done (or NULL) and then b, cannot grow. If the
 * run can go on later *done has all of it, and the answer is NATIVE_SUSPEND: the native keeps
 * its progress in its frame and answers native_suspend. If nothing would be gained by that,
 * because it has made none since it began or went on, or else, the answer is
 * native_memory_error's. */
int native_text_full(Machine *M, struct Buffer *b, const String **done);
/* The error of so many values for which the stack has no room. */
int native_stack_error(Machine *M, size_t count, const char *message);

/* If cont is NULL, the results of the call become those of the native. */
int native_call(Machine *M, Value *a, int at, int n, NativeCont *cont);
static inline int native_tail(Machine *M, Value *a, int at, int n)
{
    return native_call(M, a, at, n, NULL);
}
/* Sets the error for a table that is read-only, and answers NULL. */
TableBody *native_frozen(Machine *M);
/* Contents of a table, to write. Answers NULL if the table is read-only; the error is set then.
 */
static inline TableBody *native_table_mut(Machine *M, Table *t)
{
    if (UNLIKELY(M->breaks != NULL)) breaks_store(M, t);
    TableBody *b = heap_table_mut(&M->run, t);
    return __builtin_expect(!heap_is_lost(&M->run, b), 1) ? b : native_frozen(M);
}
/* Does t[key] = v, raw. Answers false if the table is read-only; the error is set then. */
bool native_set(Machine *M, Table *t, Value key, Value v);

/* Whether the stack and what the run may allocate have room for so many results; if not,
 * native_stack_error. */
bool native_may_give(const Machine *M, size_t values);
/* Makes room for `more` slots above a[used]. Answers a, which may have been moved, or NULL if
 * there is no room. */
__attribute__((warn_unused_result)) Value *native_room(Machine *M, Value *a, int used,
                                                       size_t more);

/* Charges a native for its work, in steps. When it answers false, the native returns
 * NATIVE_PAUSE and is later run again, from its start or from that of its continuation. So
 * nothing observable may have happened before. A native may be charged more than once, if what
 * it does in between is short. */
__attribute__((warn_unused_result)) bool native_charge(Machine *M, uint64_t steps);
/* Answers what a native is to answer, which has been charged so many steps since it began. If
 * that is NATIVE_PAUSE, they are paid when it begins again. */
int native_answer_paid(Machine *M, int answer, uint64_t steps);
/* The run ends here, whatever it may use yet: what the native is to return. */
int native_stop(Machine *M);
/* A walk of a native that ends when the run's time does, or when others want the run to stop.
 * When it begins again, it may take longer than that time: as long again as all that was in
 * vain. So it comes to its end, however short a run's time is. */
typedef struct NativeWalk {
    Walk walk;
    uint64_t next_id, counted; /* of the run, when it began */
    uint64_t began, vain;      /* when, and ns before in vain */
} NativeWalk;
NativeWalk native_walk(Machine *M);
/* What the native answers when its walk has ended early. It is run again then; what it has made
 * is garbage, and has had no ids and no bytes, and it is to charge for whole walks only. So a
 * program is the same wherever others have stopped it. */
int native_walk_ended(Machine *M, const NativeWalk *w);
/* The same where there was no room for what it made. */
void native_walk_forget(Machine *M, const NativeWalk *w);
/* Whether the run is to end or to stop. A native asks that was waiting for the outside when a
 * signal came (EINTR). */
bool native_is_woken(const Machine *M);
/* The same, also where the run's time is over. */
bool native_is_due(const Machine *M);
/* An interrupt flag is set to this for the Ctrl-C of a terminal, which the commands that run
 * have got as well. For other interrupts it is set to 1. */
enum { INTERRUPT_ALL = 2 };
/* What such a native is to do. 0 means to wait again. NATIVE_ERROR means that the error is set.
 * NATIVE_PAUSE means to answer that if the native can begin again, and else to go on. */
int native_woken(Machine *M);
/* Whether the run can pay for work that is about to be done, and that is charged where it is
 * done (mem_work). When it answers false, the native does as with native_charge. */
bool native_afford(Machine *M, uint64_t steps);
/* Whether a native that has used up its fuel may go on. If not, it keeps its progress in its
 * frame, a[0..at), and answers native_suspend, after which it goes on in cont. */
bool native_go_on(Machine *M);
int native_suspend(Machine *M, Value *a, int at, NativeCont *cont);
/* Stops the run, for the reason M->stop if there is one, as native_suspend does. Beside its
 * values the native keeps a state, and perhaps one within it, or NULL. cont, whose row names
 * GLUE_WORLDS, gets them by frame_world and frame_inner_world of M->results. */
int native_suspend_worlds(Machine *M, Value *a, int at, NativeCont *cont, State *world,
                          State *inner);
/* Charges for values moved or looked at. */
static inline void native_charge_values(Machine *M, size_t count)
{
    if (count >= STEP_VALUES) M->fuel -= (int64_t)(count / STEP_VALUES);
}

/* Arguments ------------------------------------------------------------------- */

static inline Value arg(const Value *a, int n, int i) { return i < n ? a[i] : V_NIL; }
static inline bool arg_absent(const Value *a, int n, int i) { return i >= n || a[i] == V_NIL; }

bool arg_any(Machine *M, Value *a, int n, int i);
bool arg_number_slow(Machine *M, Value *a, int n, int i, double *out);
static inline bool arg_number(Machine *M, Value *a, int n, int i, double *out)
{
    if (i < n && value_is_number(a[i])) {
        *out = value_to_double(a[i]);
        return true;
    }
    return arg_number_slow(M, a, n, i, out);
}
bool arg_number_or(Machine *M, Value *a, int n, int i, double otherwise, double *out);
/* lua_Integer as PUC 5.2 on 64 bits converts: truncation towards zero; the least integer for
 * what is none of 64 bits, as the conversion instruction of x86-64 answers. */
static inline int64_t double_to_integer(double d)
{
#ifdef __SSE2__
    int64_t i;
    __asm__("cvttsd2si %1, %0" : "=r"(i) : "x"(d));
    return i;
#else
    return d >= -9223372036854775808.0 && d < 9223372036854775808.0 ? (int64_t)d : INT64_MIN;
#endif
}
static inline bool arg_integer(Machine *M, Value *a, int n, int i, int64_t *out)
{
    double d;
    if (UNLIKELY(!arg_number(M, a, n, i, &d))) return false;
    *out = double_to_integer(d);
    return true;
}
static inline bool arg_integer_or(Machine *M, Value *a, int n, int i, int64_t otherwise,
                                  int64_t *out)
{
    *out = otherwise;
    return arg_absent(a, n, i) || arg_integer(M, a, n, i, out);
}
/* A string. A number is converted, and the string takes its place in a[i]. Answers NULL for
 * other values; the error is set then. */
String *arg_string_slow(Machine *M, Value *a, int n, int i);
static inline String *arg_string(Machine *M, Value *a, int n, int i)
{
    if (LIKELY(i < n && value_is_string(a[i]))) return value_string(a[i]);
    return arg_string_slow(M, a, n, i);
}
/* Takes a string like arg_string, but if the argument is absent, *out is NULL. */
bool arg_string_or_null(Machine *M, Value *a, int n, int i, String **out);
Table *arg_table(Machine *M, Value *a, int n, int i);
bool arg_function(Machine *M, Value *a, int n, int i);
bool arg_type(Machine *M, Value *a, int n, int i, LuaType type);
/* Index of the string a[i] in names, whose end is NULL. Answers -1 if it is none of them; the
 * error is "invalid option" then. */
int arg_option(Machine *M, Value *a, int n, int i, const char *otherwise,
               const char *const *names);
void *arg_userdata(Machine *M, Value *a, int n, int i, const void *tag, const char *type_name);

/* Values ---------------------------------------------------------------------- */

static inline Value new_string(const char *bytes, size_t length)
{
    return string_value(string_new(bytes, length));
}
static inline Value new_c_string(const char *text) { return string_value(string_from_c(text)); }
/* The text luaL_tolstring gives a value that has no __tostring; allocates. */
Value value_to_text(Machine *M, Value v);
/* The number in that text: an id, or what a light userdata points to. Of no string. */
uint64_t value_printed_id(Value v);
/* One result. */
#define NATIVE_RETURN(v_) \
    do {                  \
        a[0] = (v_);      \
        return 1;         \
    } while (0)

/* The table of natives ------------------------------------------------------------
 *
 * Each library has an array of rows, one for each of its functions and one for each
 * continuation; lib/natives.h has all arrays. All that is known of a native is here:
 * functions are made from rows, and what lists natives goes through them. */

typedef enum NativePlace {
    PLACE_FIELD,       /* native_register puts it into its library's table */
    PLACE_INNER,       /* a function that other code makes, or puts in place */
    PLACE_CONTINUATION /* no function: a NativeCont */
} NativePlace;

/* What a native looks at beside the state. */
typedef enum NativeOutside {
    OUTSIDE_NONE,
    OUTSIDE_CLOCK,   /* times of day, processor time */
    OUTSIDE_PROCESS, /* environment, locale, commands, the end of the process */
    OUTSIDE_FILES,   /* names of files, files, loaded C libraries */
    OUTSIDE_STREAMS  /* the standard streams */
} NativeOutside;

/* What a native's work grows with, and so what it is charged by, beside the step that each
 * call of a native costs. */
typedef enum NativeWork {
    WORK_FIXED,     /* nothing */
    WORK_CALLEE,    /* nothing; what it calls pays for itself */
    WORK_BYTES,     /* bytes of strings: one step for MEM_WORK_STEP of them */
    WORK_VALUES,    /* arguments, results or elements: one step for STEP_VALUES */
    WORK_LEVELS,    /* frames of the stack that are passed: one step for STEP_LEVELS */
    WORK_MATCHING,  /* items of a pattern tried, and bytes scanned */
    WORK_COMPARING, /* comparisons of elements */
    WORK_SOURCE,    /* bytes of the source or binary chunk that is compiled */
    WORK_STATE      /* objects of the state, or entries of a part of it */
} NativeWork;

/* What a native uses of the registry, as bits: a sandbox that has the native has this, too. */
enum {
    USES_FILES = 1,  /* the metatable of files */
    USES_INPUT = 2,  /* the default file to read from */
    USES_OUTPUT = 4, /* the default file to write to */
};

/*
 * What a native relies on without looking again, for programs cannot change it: the values that
 * it has captured, and what is in its frame when it waits for a call. Images can say anything,
 * so who loads one looks. A letter for each value, as many as there must be:
 *
 *   s string   t table   f function   c coroutine   u userdata of a file   n number
 *   b boolean  x cell    . any value  i whole number, not negative
 *   S T N F    a string, a table, a number, a function, or nil
 *   *          any number of any values, at the end
 */
typedef struct NativeDef {
    const char *name; /* stable; behind the last dot: what its table calls it */
    NativeFn *fn;
    uint8_t place, outside, work, uses;
    bool control;         /* fn is really an Exec */
    bool hides, unseen;   /* NATIVE_HIDES, NATIVE_UNSEEN */
    bool sandbox;         /* whether the default sandbox has it */
    const char *why;      /* ... or not */
    uint16_t glue;        /* NodeKind: glue of its own, with which its frames wait; or 0 */
    const char *captures; /* letters; NULL: nothing */
    /* What people are told (:doc of the interactive mode): its parameters, and what it does, in
     * a line. NULL: no program calls it by name. */
    const char *takes, *doc;
    /* PLACE_CONTINUATION: the natives in whose frames it goes on, "|" between their names and
     * at both ends; letters for such a frame; and what else must hold of the `used` slots in
     * it, which are as the letters say. */
    const char *natives, *frame;
    bool (*holds)(const Value *a, size_t used);
} NativeDef;

/* Rows of functions that see the state alone, so a sandbox may have them. What a row says
 * beyond the macro's arguments comes behind these, as .captures = "f". */
#define NATIVE_OWN(name_, fn_, work_, ...)                                              \
    {                                                                                   \
        .name = (name_), .fn = (fn_), .work = (work_), .sandbox = true, .why = WHY_OWN, \
        __VA_ARGS__                                                                     \
    }
#define NATIVE_DOC(takes_, doc_) .takes = (takes_), .doc = (doc_)
#define NATIVE_INNER(name_, fn_, work_, ...)                                                  \
    {                                                                                         \
        .name = (name_), .fn = (fn_), .place = PLACE_INNER, .work = (work_), .sandbox = true, \
        .why = WHY_OWN, __VA_ARGS__                                                           \
    }
#define NATIVE_CONTINUED(name_, fn_, work_, natives_, frame_, ...)                          \
    {                                                                                       \
        .name = (name_), .fn = (fn_), .place = PLACE_CONTINUATION, .work = (work_),         \
        .sandbox = true, .why = "runs for the function that called", .natives = (natives_), \
        .frame = (frame_), __VA_ARGS__                                                      \
    }
/* Rows of functions that see more, with the reason why a sandbox has them, or not. */
#define NATIVE_SEES(name_, fn_, work_, outside_, sandbox_, why_, ...)         \
    {                                                                         \
        .name = (name_), .fn = (fn_), .outside = (outside_), .work = (work_), \
        .sandbox = (sandbox_), .why = (why_), __VA_ARGS__                     \
    }
#define NATIVE_INNER_SEES(name_, fn_, work_, outside_, sandbox_, why_, ...)        \
    {                                                                              \
        .name = (name_), .fn = (fn_), .place = PLACE_INNER, .outside = (outside_), \
        .work = (work_), .sandbox = (sandbox_), .why = (why_), __VA_ARGS__         \
    }
/* Rows of functions that move control themselves. */
#define NATIVE_JUMPS(name_, exec_, place_, ...)                                            \
    {                                                                                      \
        .name = (name_), .fn = (NativeFn *)(void (*)(void))(exec_), .place = (place_),     \
        .work = WORK_CALLEE, .control = true, .sandbox = true, .why = WHY_OWN, __VA_ARGS__ \
    }
/* What natives call as pcall: no level of the stack that a program sees. */
#define NATIVE_PCALL_UNSEEN                                                         \
    NATIVE_JUMPS("pcall:unseen", control_pcall_unseen, PLACE_INNER, .unseen = true, \
                 .glue = N_GLUE_PCALL)
#define NATIVE_ROWS_END \
    {                   \
        .name = NULL    \
    }
#define WHY_OWN "reads and changes the state alone"

/* What the table that a native is in calls it. */
const char *native_field(const NativeDef *def);
/* A function of the row; its upvalues are nil. */
Native *native_new(Machine *M, const NativeDef *def, int upvalues);
static inline Value native_value(Machine *M, const NativeDef *def)
{
    return value_object(native_new(M, def, 0));
}
/* The row of this name in rows, which end with a NULL name. It must be there. */
const NativeDef *native_row(const NativeDef *rows, const char *name);
/* Sets t[name] = function for every row that is a field; defs end with a NULL name. */
void native_register(Machine *M, Table *t, const NativeDef *defs);

/* Code of the generic operations, for natives: with metamethods, through a
 * continuation where one is needed. Each puts its operand(s) in place and answers
 * either 1 with the result at M->results[0] (nothing was called) or a NATIVE_ code. */
/* a[at..] <- object[key] for cont. */
int native_index(Machine *M, Value *a, int at, Value object, Value key, NativeCont *cont);
/* Calls cont with the boolean x < y (as a Value in M->results[0]). */
int native_less(Machine *M, Value *a, int at, Value x, Value y, NativeCont *cont);
/* tostring(v), #v as a number. */
int native_tostring(Machine *M, Value *a, int at, Value v, NativeCont *cont);
int native_length(Machine *M, Value *a, int at, Value v, NativeCont *cont);

/* pcall as natives call it, anew. */
Value native_pcall_unseen(Machine *M);

/* "chunk:line: " of the function at level (1: the caller of the native that runs), as
 * luaL_where; "" if there is none. */
String *native_where(Machine *M, int level);
/* error_traceback of what runs, or of another coroutine. */
String *native_traceback(Machine *M, const Coroutine *co, const String *message, int level);

/* A function of a chunk, whose first upvalue, if it has any, is *env. If env is NULL and the
 * function has just one upvalue, that is taken for _ENV and is the globals, as in lua_load. */
Closure *native_closure(Machine *M, const struct Proto *p, const Value *env);
/* Compiles a chunk, source or dump, into a function of this run, with env as in native_closure.
 * Answers NULL if that fails, and *error is the message. */
Closure *native_load(Machine *M, const char *source, size_t length, String *chunk_name,
                     const Value *env, String **error);
/* The same of a string, which the function may keep. */
Closure *native_load_string(Machine *M, const String *text, String *chunk_name,
                            const Value *env, String **error);
/* The bytes of a function (string.dump). Answers NULL if there is no room, or as native_load.
 */
String *native_dump(Machine *M, const Proto *p, bool strip);
/* Steps for that beside those for its bytes: for a function in others, all of these are looked
 * at. The same whether a dump or the tree is kept. O(functions). */
uint64_t native_dump_price(const Proto *p);
/* To be called when native_load has answered NULL, before anything observable has happened. If
 * time is out, or there was an interrupt, it answers what the native is to return, else 0. */
int native_load_stopped(Machine *M);
/* Whether it goes on then with what it has done. */
bool native_is_compiling(const Machine *M);
/* Compiles like native_load, but makes no function. When time is out, it finds nothing wrong.
 */
ParseResult native_parse(Machine *M, const char *source, size_t length, String *chunk_name);

#endif
