/* SPDX-License-Identifier: MIT */
/*
 * Moonlet: Lua 5.2 in which every state is a value.
 *
 *     moonlet_state *s = moonlet_init();
 *     moonlet_result r = moonlet_do(s, "x = (x or 0) + 1; return x");
 *     // s is as it was; r.state is the world in which x is 1
 *
 * A state is immutable. Whatever runs takes a state and answers a result that holds a
 * new one; the old state can be run again, by any number of threads at once, a
 * thousand times. Keeping a state keeps alive what it alone holds and no more.
 *
 * Ownership: a moonlet_state pointer that a function returns, also in a result, is
 * the caller's and is given back with moonlet_release. Everything else that belongs
 * to a result (its values, its error, their texts) lives as long as that state.
 *
 * Threads: every function may be called from any thread, also from several at once with
 * the same state. A moonlet_result, and the pointer to a state while it is released, are
 * one thread's. A thread needs no preparation.
 *
 * Unless something else is said, arguments are not NULL, and functions cannot fail
 * but for want of memory: a request that a program makes is answered with an error;
 * when there is none left for Moonlet's own small records, the program ends.
 */
#ifndef MOONLET_H
#define MOONLET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOONLET_VERSION_MAJOR 0
#define MOONLET_VERSION_MINOR 1
#define MOONLET_VERSION_PATCH 0

#if defined __GNUC__
#define MOONLET_API __attribute__((visibility("default")))
#else
#define MOONLET_API
#endif

/* Values -------------------------------------------------------------------------- */

/* The types of Lua (manual 2.1). A light userdata is a C pointer. */
typedef enum moonlet_type {
    MOONLET_NIL,
    MOONLET_BOOLEAN,
    MOONLET_LIGHT,
    MOONLET_NUMBER,
    MOONLET_STRING,
    MOONLET_TABLE,
    MOONLET_FUNCTION,
    MOONLET_USERDATA,
    MOONLET_THREAD
} moonlet_type;

/*
 * A Lua value. Nil, booleans and numbers are good everywhere. Any other belongs to
 * the states in which it was found and to all that came of them, and lives as long as
 * one of these that can reach it, or while it lies in a variable on the stack of a
 * thread: memory from malloc does not keep it alive.
 */
typedef struct moonlet_value {
    uint64_t bits;
} moonlet_value;

/* No allocation. */
MOONLET_API moonlet_value moonlet_nil(void);
MOONLET_API moonlet_value moonlet_boolean(bool b);
MOONLET_API moonlet_value moonlet_number(double d);
/* A string with a copy of these bytes, zeros and all. O(length), allocates. */
MOONLET_API moonlet_value moonlet_string(const char *bytes, size_t length);
/* The same for a text that ends with a zero. */
MOONLET_API moonlet_value moonlet_text(const char *text);

MOONLET_API moonlet_type moonlet_type_of(moonlet_value v);
/* "nil", "boolean", ...; static storage. */
MOONLET_API const char *moonlet_type_name(moonlet_type type);
/* As a condition sees it: everything but nil and false is true (manual 3.3.4). */
MOONLET_API bool moonlet_is_true(moonlet_value v);
/* The number that v is, or that it is as a string (manual 3.4.2); false if it is none,
 * *out is then left alone. No allocation. */
MOONLET_API bool moonlet_to_number(moonlet_value v, double *out);
/* The bytes of a string, followed by no zero; NULL if v is no string, also for numbers.
 * *length may be NULL. They live as long as the value. No allocation. */
MOONLET_API const char *moonlet_to_bytes(moonlet_value v, size_t *length);
/* Equal without metamethods (rawequal). */
MOONLET_API bool moonlet_equal(moonlet_value a, moonlet_value b);

/* States -------------------------------------------------------------------------- */

typedef struct moonlet_state moonlet_state;

/* A state with the standard libraries. The first one in a process builds them (some
 * 100 microseconds); all others share them: O(1), 64 bytes. */
MOONLET_API moonlet_state *moonlet_init(void);

/* Another hold on the same state, which is a fork of it: the same pointer, to be
 * released once more. Cost: one atomic addition. */
MOONLET_API moonlet_state *moonlet_retain(const moonlet_state *s);
/* Gives one hold back; the last one ends the state, its values and its error. NULL is
 * allowed. O(1); the memory is collected later. */
MOONLET_API void moonlet_release(moonlet_state *s);

/* The state holds a program that has reached a limit; see moonlet_resume. */
MOONLET_API bool moonlet_is_paused(const moonlet_state *s);

/* Bytes given out since the process began, by all threads (in batches: good for sums over
 * many runs), and bytes that the collector holds now. */
MOONLET_API uint64_t moonlet_bytes_allocated(void);
MOONLET_API uint64_t moonlet_bytes_held(void);
/* Collects garbage now; never needed. */
MOONLET_API void moonlet_collect(void);

/* Results ------------------------------------------------------------------------- */

typedef enum moonlet_status {
    MOONLET_OK,
    MOONLET_FAILED, /* error says why */
    MOONLET_PAUSED  /* a limit was reached; state can be resumed */
} moonlet_status;

typedef enum moonlet_error_kind {
    MOONLET_ERROR_SYNTAX,  /* the source is no Lua */
    MOONLET_ERROR_RUNTIME, /* an error of the program that ran */
    MOONLET_ERROR_LIMIT,   /* a limit where no pause is possible */
    MOONLET_ERROR_MEMORY,  /* not enough memory */
    MOONLET_ERROR_HOST     /* of a file or a host function */
} moonlet_error_kind;

typedef struct moonlet_error {
    moonlet_error_kind kind;
    moonlet_value value;   /* the error value of the program, in the result's state */
    const char *message;   /* for people; ends with a zero */
    const char *traceback; /* message and stack as lua prints them, or the message */
    int line;              /* in its chunk; 0: not known */
} moonlet_error;

/*
 * What a run came to. `state` is never NULL and is the caller's: after MOONLET_OK the
 * new world, after MOONLET_FAILED the world at the point of failure (when nothing has
 * run: the one there was), after MOONLET_PAUSED the world with the paused program.
 * `values` and `error` live as long as this state.
 */
typedef struct moonlet_result {
    moonlet_status status;
    moonlet_state *state;
    size_t count;
    const moonlet_value *values;
    const moonlet_error *error; /* NULL but after MOONLET_FAILED */
} moonlet_result;

/* The i-th value, counted from 0; nil when there are not as many. */
MOONLET_API moonlet_value moonlet_result_value(const moonlet_result *r, size_t i);
/*
 * Moves on: releases s and gives r's state if it ran well, else releases r's state and
 * gives s, as if nothing had happened. For loops: s = moonlet_next(s, &r). r's values
 * stay good as long as what was given; its error does not.
 */
MOONLET_API moonlet_state *moonlet_next(moonlet_state *s, moonlet_result *r);

/* Chunks -------------------------------------------------------------------------- */

/* Compiled source: immutable, for any state and any thread. */
typedef struct moonlet_chunk moonlet_chunk;

/*
 * Compiles. name is what messages call the chunk: "=name" as it is, "@file" as a file,
 * anything else as a piece of source (manual of lua_load); NULL: the source itself.
 * On a syntax error gives NULL and, unless message is NULL, sets *message to a text to
 * be given to free(). O(length), allocates.
 */
MOONLET_API moonlet_chunk *moonlet_compile(const char *source, size_t length, const char *name,
                                           char **message);
/* As for states. */
MOONLET_API moonlet_chunk *moonlet_chunk_retain(const moonlet_chunk *c);
MOONLET_API void moonlet_chunk_release(moonlet_chunk *c);

/* Running ------------------------------------------------------------------------- */

/*
 * Each answers a result. Cost beyond the program's own: some 300 ns and 300 bytes; the
 * size of the state does not matter. A state that holds a paused program can only be
 * resumed: for anything else it answers an error.
 */

/* Compiles and runs a text; its values are those of its return (manual 3.3.2). */
MOONLET_API moonlet_result moonlet_do(const moonlet_state *s, const char *source);
/* The same for a file. A file that cannot be read is an error of kind HOST. */
MOONLET_API moonlet_result moonlet_dofile(const moonlet_state *s, const char *path);
/* The function that a chunk is, as value 0, not run yet; its _ENV are s's globals. */
MOONLET_API moonlet_result moonlet_load(const moonlet_state *s, const moonlet_chunk *c);
/* Runs a chunk; the arguments are its `...`. */
MOONLET_API moonlet_result moonlet_call_chunk(const moonlet_state *s, const moonlet_chunk *c,
                                              const moonlet_value *args, size_t count);
/* Calls a function, or anything with __call. args may be NULL when count is 0. */
MOONLET_API moonlet_result moonlet_call(const moonlet_state *s, moonlet_value function,
                                        const moonlet_value *args, size_t count);
/* Calls what a global holds. */
MOONLET_API moonlet_result moonlet_call_global(const moonlet_state *s, const char *name,
                                               const moonlet_value *args, size_t count);

/* What a global holds, without metamethods; nil if nothing. No allocation in the
 * state; it lives as long as s. */
MOONLET_API moonlet_value moonlet_global(const moonlet_state *s, const char *name);

/* Limits -------------------------------------------------------------------------- */

/* What one run may use; 0 means no limit. */
typedef struct moonlet_limits {
    uint64_t steps; /* calls and turns of loops */
} moonlet_limits;

/*
 * The same world, in which each run, and those in the states that come of it, is limited.
 * A run that reaches a limit pauses: the program cannot notice. Limits of s before are
 * replaced; NULL: none. O(1), 64 bytes.
 */
MOONLET_API moonlet_state *moonlet_limit(const moonlet_state *s, const moonlet_limits *limits);
/* Goes on with the paused program, with the full limits of s. If s has none that is
 * paused, an error. */
MOONLET_API moonlet_result moonlet_resume(const moonlet_state *s);

#ifdef __cplusplus
}
#endif
#endif
