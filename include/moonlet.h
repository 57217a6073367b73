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
#include <stdio.h>

#ifdef __cplusplus
extern "C" {
#endif

#define MOONLET_VERSION_MAJOR 0
#define MOONLET_VERSION_MINOR 1
#define MOONLET_VERSION_PATCH 0
/* The version as one number, to compare: #if MOONLET_VERSION >= 100 */
#define MOONLET_VERSION \
    (MOONLET_VERSION_MAJOR * 10000 + MOONLET_VERSION_MINOR * 100 + MOONLET_VERSION_PATCH)

#if defined __GNUC__
#define MOONLET_API __attribute__((visibility("default")))
#define MOONLET_FORMAT(format_, first_) __attribute__((format(printf, format_, first_)))
#else
#define MOONLET_API
#define MOONLET_FORMAT(format_, first_)
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
/* A string with a copy of a text that ends with a zero. O(length), allocates. */
MOONLET_API moonlet_value moonlet_text(const char *text);

MOONLET_API moonlet_type moonlet_type_of(moonlet_value v);
/* "nil", "boolean", ...; static storage. */
MOONLET_API const char *moonlet_type_name(moonlet_type type);
/* Whether v is true as a condition: everything but nil and false is (manual 3.3.4). */
MOONLET_API bool moonlet_is_true(moonlet_value v);
/* The number that v is, or that it is as a string (manual 3.4.2); false if it is none,
 * *out is then left alone. No allocation. */
MOONLET_API bool moonlet_to_number(moonlet_value v, double *out);
/* The bytes of a string, followed by no zero; NULL if v is no string, also for numbers.
 * *length may be NULL. They live as long as the value. No allocation. */
MOONLET_API const char *moonlet_to_bytes(moonlet_value v, size_t *length);
/* The integer that v is, as a number or a string; false if it is none (1.5, 2^60). */
MOONLET_API bool moonlet_to_integer(moonlet_value v, int64_t *out);
/* A number, string, boolean or nil as text in out, cut to size - 1 bytes, with a zero; of
 * anything else the name of its type. Gives out. No allocation. */
MOONLET_API const char *moonlet_to_text(moonlet_value v, char *out, size_t size);
/* A light userdata, and what it points to (NULL if v is none). Allocates 16 bytes. */
MOONLET_API moonlet_value moonlet_pointer(const void *p);
MOONLET_API void *moonlet_to_pointer(moonlet_value v);
/* Equal without metamethods (rawequal). */
MOONLET_API bool moonlet_equal(moonlet_value a, moonlet_value b);
/* The number by which tostring tells a table, function, userdata or coroutine from others: the
 * same in each run of a program. In a state, and in those that came of it, no two have the
 * same; states that have parted may each have one by it. 0 for strings, numbers, booleans and
 * nil. O(1), no allocation. */
MOONLET_API uint64_t moonlet_identity(moonlet_value v);
/*
 * Takes values apart: one letter of format for each, n number (double *), i integer
 * (int64_t *), s string (const char **, size_t *), b boolean (bool *: any value as a
 * condition), v any value (moonlet_value *); after | they are optional: what is absent or
 * nil leaves its target alone. Strings are followed by no zero. Gives 0, or the position,
 * from 1, of the first value that is not as the format says.
 *
 *     if ((bad = moonlet_convert(args, count, "ns|i", &x, &text, &length, &i)))
 *         return moonlet_bad_argument(c, bad, "number, string, integer expected");
 */
MOONLET_API size_t moonlet_convert(const moonlet_value *values, size_t count,
                                   const char *format, ...);

/* States -------------------------------------------------------------------------- */

typedef struct moonlet_state moonlet_state;

/* A state with the standard libraries. The first one in a process builds them (some
 * 100 microseconds); all others share them: O(1), 64 bytes. NULL where a process has no memory
 * to begin with: some 3 MB of address space. */
MOONLET_API moonlet_state *moonlet_init(void);

/*
 * Sets the seed of the process, by which strings are hashed; it is a constant otherwise. To be
 * called before anything else here, by one thread: false, and nothing done, when it is too
 * late.
 *
 * Programs run as well with any seed, whatever their keys (keys that share a hash are in
 * trees). It decides the order of pairs and next: a replay, who loads
 * an image (moonlet_image_seed), or processes that compare digests, must have the same one.
 * Binary chunks do not depend on it. A seed that strangers do not know keeps the order of their
 * tables from them until they look.
 */
MOONLET_API bool moonlet_seed(uint64_t seed);

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
/* Collects garbage now, and finalizes what is found lost; never needed. */
MOONLET_API void moonlet_collect(void);

/* How often the collector has stopped all threads of the process, and for how long. Busy:
 * in processor time of the thread that collected, which is what a pause takes, but for a wait
 * for helpers at its end, when there is nothing else to do for the machine.
 *
 * Helpers are threads that mark as well, in a heap of more than 16 MB: one for each further
 * processor that the process may use, at most three. GC_MARKERS=n in the environment sets
 * their number to n - 1. */
typedef struct moonlet_pauses {
    uint64_t count;
    uint64_t nanoseconds, busy;     /* all together */
    uint64_t longest, longest_busy; /* of one, in nanoseconds */
} moonlet_pauses;
MOONLET_API moonlet_pauses moonlet_collector_pauses(void);

/*
 * Shortens pauses, for programs that must not stand still. From now on, and for the whole
 * process, the collector marks in slices, without helpers, and tries not to stop it for longer
 * than this (at least 1). What is written meanwhile is noticed by write protection, which costs
 * time (docs/PERFORMANCE.md): the same work takes longer, two to three times if it allocates
 * much. On Linux without soft-dirty bits (CONFIG_MEM_SOFT_DIRTY) each piece of protected memory
 * is a mapping, of which a process may have vm.max_map_count: raise that if the heap is to
 * be larger than 200 MB, else the process may be ended.
 *
 * Answers false, and changes nothing, where the system cannot do this.
 */
MOONLET_API bool moonlet_limit_pauses(unsigned milliseconds);

/*
 * Says that nothing is to be done for so long, as between two frames of a game. The collector
 * then does now what it would soon stop a frame for. It collects, if a third of what is
 * allocated between two collections has been allocated, and if the last collection tells that
 * this one takes no longer than there is time; after moonlet_limit_pauses it marks in slices.
 * Other threads are stopped meanwhile. Answers whether it did anything. It costs some 50 ns
 * when there is nothing to do, and may be called every frame.
 *
 *     while (playing) { frame(); moonlet_idle(until_next_picture()); wait_for_picture(); }
 */
MOONLET_API bool moonlet_idle(uint64_t nanoseconds);

/* What a state takes. */
typedef struct moonlet_memory_use {
    uint64_t bytes;   /* of what its programs can reach, and of its own records */
    uint64_t shared;  /* of these, the bytes that the other state has too */
    uint64_t objects; /* that its programs can reach: tables, functions, strings ... */
    uint64_t entries; /* in its heap map: objects written in another run than made them */
} moonlet_memory_use;

/*
 * Exactly, by a walk: what is only weakly reachable, or garbage not yet collected, does not
 * count, nor does what all states share (compiled code, its constants), nor the states
 * that variables hold (snapshots). So `bytes - shared` is what keeping s costs beside
 * other. other may be NULL: nothing is shared. O(what both can reach), some 0.2 us for an
 * object; the memory that the walk needs is given back.
 */
MOONLET_API moonlet_memory_use moonlet_memory(const moonlet_state *s,
                                              const moonlet_state *other);

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

/* One function of a stack at some moment. */
typedef struct moonlet_frame {
    const char *name;  /* as it was called, its first 1000 bytes; NULL: not known */
    const char *kind;  /* "global", "local", "method", "field", "upvalue", "metamethod",
                          "main chunk", "function" */
    const char *chunk; /* as messages call it; "[C]" for a native */
    int line;          /* where it was; 0: not known */
    int line_defined;  /* 0: a native, or the main chunk */
    moonlet_value function;
    /* The parameters of a Lua function, as they are now, and its extra arguments. */
    size_t count;
    const moonlet_value *arguments;
} moonlet_frame;

/* What an error is about that the interpreter or one of its libraries has raised. */
typedef enum moonlet_cause_kind {
    MOONLET_CAUSE_NONE,     /* not known, as of errors of the program's and of the host's */
    MOONLET_CAUSE_OPERATOR, /* name, "+", "..", "#", is that of the operator, values are its
                               operands; of `a > b` b and a, as that is `b < a`. Of comparisons
                               that a library function makes, name is the function's: "sort" */
    MOONLET_CAUSE_INDEX,    /* values are what was indexed and the key */
    MOONLET_CAUSE_CALL,     /* what was called, and the arguments */
    MOONLET_CAUSE_METHOD,   /* the object, and the name of which it has no method */
    MOONLET_CAUSE_LOOP,     /* of a for loop: initial value, limit, step */
    MOONLET_CAUSE_NATIVE    /* the arguments of the library function of that name ("rep"), or
                               those that the error is about. A number that was taken for a
                               string may have become one */
} moonlet_cause_kind;
typedef struct moonlet_cause {
    moonlet_cause_kind kind;
    const char *name; /* "" where there is none */
    size_t count;
    const moonlet_value *values;
} moonlet_cause;

typedef struct moonlet_error {
    moonlet_error_kind kind;
    moonlet_value value;       /* the error value of the program, in the result's state */
    const char *message;       /* for people; ends with a zero */
    const char *traceback;     /* message and stack as lua prints them, or the message */
    const char *chunk;         /* where it happened, as messages say; NULL: not known */
    int line;                  /* in this chunk; 0: not known */
    const char *file;          /* of the chunk; NULL: it is no file's */
    const char *source;        /* the text of this line if the chunk is no file's; or NULL */
    int column;                /* of what is meant, in bytes from 1; 0: not known */
    int column_line;           /* its line: `line`, or another one of the same expression */
    const char *column_source; /* the text of that line, as `source` */
    size_t count;              /* of the stack, innermost first */
    const moonlet_frame *frames;
    moonlet_cause cause; /* for hosts that have words of their own */
} moonlet_error;

/* The message, the line with a caret below what is meant (the line of a file is read now),
 * and the stack. */
MOONLET_API void moonlet_error_print(const moonlet_error *e, FILE *out);
/* What moonlet_error_print writes, as a text to be given to free(). */
MOONLET_API char *moonlet_error_format(const moonlet_error *e);

/* Which limit made a run stop. */
typedef enum moonlet_limit_kind {
    MOONLET_LIMIT_NONE,
    MOONLET_LIMIT_STEPS,
    MOONLET_LIMIT_BYTES,
    MOONLET_LIMIT_TIME,
    MOONLET_LIMIT_STACK,
    MOONLET_LIMIT_STRING,
    MOONLET_LIMIT_INTERRUPT,
    MOONLET_LIMIT_HELD
} moonlet_limit_kind;

/*
 * What a run came to. `state` is never NULL and is the caller's: after MOONLET_OK the
 * new world, after MOONLET_FAILED the world at the point of failure (when nothing has
 * run: the one there was), after MOONLET_PAUSED the world with the paused program.
 * `values` and `error` live as long as this state.
 */
typedef struct moonlet_result {
    moonlet_status status;
    moonlet_limit_kind limit; /* after MOONLET_PAUSED, or an error of kind LIMIT */
    moonlet_state *state;
    size_t count;
    const moonlet_value *values;
    const moonlet_error *error; /* NULL but after MOONLET_FAILED */
    uint64_t steps;             /* of this run; see moonlet_limits. A run that has ended has
                                   what it owed for work that it had begun, too */
} moonlet_result;

/* The i-th value, counted from 0; nil when there are not as many. */
MOONLET_API moonlet_value moonlet_result_value(const moonlet_result *r, size_t i);
/*
 * Moves on: releases s and gives r's state if it ran well, else releases r's state and
 * gives s, as if nothing had happened. For loops: s = moonlet_next(s, &r). s may be NULL,
 * if there is nothing to release or to give. r's values stay good as long as what was given;
 * its error does not.
 */
MOONLET_API moonlet_state *moonlet_next(moonlet_state *s, moonlet_result *r);

/* Where a paused program is: in the result's error, whose frames are its stack and then
 * those of the coroutines that wait for it. Without a paused program, none. */
MOONLET_API moonlet_result moonlet_stacktrace(const moonlet_state *s);

/* Chunks -------------------------------------------------------------------------- */

/* Compiled source: immutable, for any state and any thread. */
typedef struct moonlet_chunk moonlet_chunk;

/*
 * Compiles source, or reads what moonlet_chunk_dump or string.dump gave. name is what
 * messages call the chunk: "=name" as it is, "@file" as a file, anything else as a piece of
 * source (manual of lua_load); NULL: the source itself. On a syntax error gives NULL and,
 * unless message is NULL, sets *message to a text to be given to free(), or to NULL when there
 * is no memory for that. O(length), allocates.
 */
MOONLET_API moonlet_chunk *moonlet_compile(const char *source, size_t length, const char *name,
                                           char **message);
/* Chunks have references like states: moonlet_retain, moonlet_release. */
MOONLET_API moonlet_chunk *moonlet_chunk_retain(const moonlet_chunk *c);
MOONLET_API void moonlet_chunk_release(moonlet_chunk *c);

/* What a Lua function has been compiled to; NULL if v is none. Its upvalues are not in it:
 * in functions made of the chunk they are nil; a single one is taken for _ENV. */
MOONLET_API moonlet_chunk *moonlet_function_chunk(const moonlet_state *s, moonlet_value v);
/*
 * A chunk as *length bytes (as string.dump gives them), to be given to free(): for
 * moonlet_compile, for files, for load, which check it thoroughly, so that it may come from
 * anywhere. Every machine gives the same bytes. With strip, lines and names of variables are
 * left out. NULL without memory. O(size).
 */
MOONLET_API char *moonlet_chunk_dump(const moonlet_chunk *c, bool strip, size_t *length);

/* The first file of a list of directories, with ':' between them (NULL: the environment's
 * LUA_LOAD_PATH, or the current directory), that has this name and can be read: its full
 * name, to be given to free(); NULL if there is none. */
MOONLET_API char *moonlet_find_file(const char *path, const char *name);

/* Running ------------------------------------------------------------------------- */

/*
 * Each answers a result. Cost beyond the program's own: some 50 ns and 100 bytes; the
 * size of the state does not matter. What is run in a state that holds a paused program
 * leaves that as it is, paused in the new state too; it cannot pause itself there, but
 * fails with kind LIMIT.
 */

/* Compiles and runs a text; its values are those of its return (manual 3.3.2). The state's
 * limits on bytes and time hold for compiling it, as for the functions below that compile:
 * where one is reached there, the call fails with kind LIMIT. */
MOONLET_API moonlet_result moonlet_do(const moonlet_state *s, const char *source);
/* Compiles and runs a file. One that cannot be read is an error of kind HOST. */
MOONLET_API moonlet_result moonlet_dofile(const moonlet_state *s, const char *path);

/* The function that a text, a file, a chunk is, as value 0, not run yet; its _ENV are the
 * globals. */
MOONLET_API moonlet_result moonlet_load(const moonlet_state *s, const char *source);
MOONLET_API moonlet_result moonlet_loadfile(const moonlet_state *s, const char *path);
MOONLET_API moonlet_result moonlet_load_chunk(const moonlet_state *s, const moonlet_chunk *c);
/* The function that the file is that moonlet_find_file finds; value 1 is its full name. */
MOONLET_API moonlet_result moonlet_path_loadfile(const moonlet_state *s, const char *path,
                                                 const char *name);

/* Runs a chunk; the arguments are its `...`. args may be NULL when count is 0. */
MOONLET_API moonlet_result moonlet_call_chunk(const moonlet_state *s, const moonlet_chunk *c,
                                              const moonlet_value *args, size_t count);
/* Calls a function, or anything with __call. */
MOONLET_API moonlet_result moonlet_call(const moonlet_state *s, moonlet_value function,
                                        const moonlet_value *args, size_t count);
/* Calls what is at a path, "string.rep" (see Tables). An error names a path where nothing is
 * that can be called: "attempt to call field 'a.b' (a nil value)". */
MOONLET_API moonlet_result moonlet_call_function(const moonlet_state *s, const char *path,
                                                 const moonlet_value *args, size_t count);
/* Calls with one argument before the others: the object in which the last name was found. */
MOONLET_API moonlet_result moonlet_call_method(const moonlet_state *s, const char *path,
                                               const moonlet_value *args, size_t count);
/* Goes on with the paused program, with the full limits of s. If s has none that is
 * paused, an error. */
MOONLET_API moonlet_result moonlet_resume(const moonlet_state *s);
/* Goes on where the program waits in the call of a host function, which has answered
 * moonlet_pause or given the state by moonlet_context_state: these values are what the call
 * gives, and the function is not called again. In any other place, also in `then` of
 * moonlet_call_then, an error of kind HOST. */
MOONLET_API moonlet_result moonlet_resume_with(const moonlet_state *s,
                                               const moonlet_value *values, size_t count);

/* Timelines ----------------------------------------------------------------------- */

/*
 * A world that moves, frame by frame, and can go back: for games with rollback, and for
 * search. Where states can be kept, forked and given to others, a timeline is one thread's at
 * a time and knows its last frames only; for that it writes in place. Frames cost less
 * (docs/PERFORMANCE.md), and going back costs what the frames that are given up have changed.
 *
 *     moonlet_timeline *t = moonlet_timeline_begin(s, 60);
 *     moonlet_timeline_call(t, "frame", input, 2); // frame 1
 *     moonlet_timeline_call(t, "frame", input, 2); // frame 2
 *     moonlet_timeline_back(t, 1);                 // as if frame 2 had not been
 *     moonlet_state *now = moonlet_timeline_state(t);
 *     moonlet_timeline_end(t);
 */
typedef struct moonlet_timeline moonlet_timeline;

/* Begins in the world of s, which is frame 0, under the limits of s; it can go back for up to
 * so many frames. To be ended. O(1); memory grows with the frames that there are. */
MOONLET_API moonlet_timeline *moonlet_timeline_begin(const moonlet_state *s, size_t frames);
/* NULL is allowed. From a host function that the timeline is calling: nothing happens. */
MOONLET_API void moonlet_timeline_end(moonlet_timeline *t);

/*
 * Calls what is at a path, as moonlet_call_function; the next frame has begun. A call that
 * fails, or reaches a limit (kind LIMIT), changes nothing: the frame is the one before. The
 * result has no state; its values and its error live until the next call. Values that are
 * objects are good as arguments of later calls, as long as the world can reach them and the
 * timeline does not go back to before they were made; so what a failed call has made is not.
 * From a host function that the timeline is calling: an error.
 */
MOONLET_API moonlet_result moonlet_timeline_call(moonlet_timeline *t, const char *path,
                                                 const moonlet_value *args, size_t count);
/* How many calls have led here, and from which frame on it can go back to any. */
MOONLET_API uint64_t moonlet_timeline_frame(const moonlet_timeline *t);
MOONLET_API uint64_t moonlet_timeline_oldest(const moonlet_timeline *t);
/* Makes the world as it was in that frame, and forgets later frames. Answers false if the
 * frame is not kept, or a call is running. O(what has been written since). */
MOONLET_API bool moonlet_timeline_back(moonlet_timeline *t, uint64_t frame);
/* The world of now as a state, for any use. O(1); but then what the timeline has made is
 * frozen, so what the next frames write first costs as much as with states. NULL while a call
 * is running. */
MOONLET_API moonlet_state *moonlet_timeline_state(moonlet_timeline *t);
/* The world as it was in a frame, without going back. Answers NULL if the frame is not kept,
 * or if a call is running. O(1); the cost to later frames is that of moonlet_timeline_state,
 * and who first looks into the state pays for what was written since, as moonlet_timeline_back
 * does. */
MOONLET_API moonlet_state *moonlet_timeline_state_at(moonlet_timeline *t, uint64_t frame);
/* The digest of that state (moonlet_digest), which peers can compare to find out that their
 * games have parted. Answers false if the frame is not kept, or if a call is running. That of
 * the present frame costs later frames nothing, and takes O(what has been written since the
 * last one that was asked for), the first time O(world); that of an earlier frame O(1) when it
 * was asked for as the frame was the present one, else O(world), with the cost to later frames
 * of moonlet_timeline_state. From the first one on the timeline keeps 50 to 90 bytes for each
 * object of the world. */
MOONLET_API bool moonlet_timeline_digest(moonlet_timeline *t, uint64_t frame, uint64_t *digest);

/* Tables -------------------------------------------------------------------------- */

/*
 * A path leads from the globals by names with dots between them and keys in brackets: numbers,
 * and strings in single or double quotes.
 *
 *     "package.path"   "enemies[3].x"   "headers['Content-Type'][1]"   "[1.5]"
 *
 * A name that is all digits is a number: "enemies.3.x" is the same as the second. "" is the
 * table of the globals itself. Nothing is escaped; the functions that take keys take any. A
 * text that is no path is an error of kind HOST, "malformed path 'a['".
 *
 * Metamethods are honoured, and run within the limits of s. Without any, nothing runs: a get
 * answers s itself, retained.
 */
MOONLET_API moonlet_result moonlet_get(const moonlet_state *s, const char *path);
MOONLET_API moonlet_result moonlet_set(const moonlet_state *s, const char *path,
                                       moonlet_value v);
/* Get and set from any value by any keys; count is at least 1. */
MOONLET_API moonlet_result moonlet_get_keys(const moonlet_state *s, moonlet_value from,
                                            const moonlet_value *keys, size_t count);
MOONLET_API moonlet_result moonlet_set_keys(const moonlet_state *s, moonlet_value from,
                                            const moonlet_value *keys, size_t count,
                                            moonlet_value v);
/* A new table with the pairs key, value, key, value ...; as value 0. */
MOONLET_API moonlet_result moonlet_new_table(const moonlet_state *s, const moonlet_value *pairs,
                                             size_t count);
/* The table of the globals; what a global holds, without metamethods: nil if nothing. */
MOONLET_API moonlet_value moonlet_globals(const moonlet_state *s);
MOONLET_API moonlet_value moonlet_global(const moonlet_state *s, const char *name);

/*
 * Looking into a state: no metamethods, nothing runs (manual 6.1: next, rawget, rawlen). No
 * errors: what t is not answers as nothing. O(1); nothing is allocated.
 *
 *     moonlet_value key = moonlet_nil(), v;
 *     while (moonlet_table_next(s, t, &key, &v)) ...
 *
 * Gives the entry after that with *key, or the first when *key is nil, in the order of pairs,
 * which is the same on every machine. Answers false when there is no further entry.
 */
MOONLET_API bool moonlet_table_next(const moonlet_state *s, moonlet_value t, moonlet_value *key,
                                    moonlet_value *value);
MOONLET_API moonlet_value moonlet_raw_get(const moonlet_state *s, moonlet_value t,
                                          moonlet_value key);
/* These are moonlet_raw_get with a string or an integer as key: t[name], t[i]. */
MOONLET_API moonlet_value moonlet_raw_field(const moonlet_state *s, moonlet_value t,
                                            const char *name);
MOONLET_API moonlet_value moonlet_raw_index(const moonlet_state *s, moonlet_value t, int64_t i);
/* The length of a table or a string; 0 for anything else. */
MOONLET_API size_t moonlet_raw_length(const moonlet_state *s, moonlet_value v);
/* The metatable of any value; nil if it has none (debug.getmetatable). */
MOONLET_API moonlet_value moonlet_metatable(const moonlet_state *s, moonlet_value v);
/* A state in which v, a table or a userdata, has this metatable, or with nil none; value 0 is
 * v. A
 * __metatable field is no hindrance, as for debug.setmetatable. An error of kind HOST if v is
 * nothing else, if meta is no table, or v is read-only. */
MOONLET_API moonlet_result moonlet_set_metatable(const moonlet_state *s, moonlet_value v,
                                                 moonlet_value meta);
/* A hash of all that the state contains, equal on every machine for states that have come about
 * in the same way; that of state.digest (docs/STATE.md). O(state), each object and string
 * once. It is 0 if there is no memory to find it out. moonlet_digest_limited works within the
 * limits of s, as a run does (a step is 16 values); it answers false, and leaves *digest alone,
 * when that is not enough, or there is no memory. */
MOONLET_API uint64_t moonlet_digest(const moonlet_state *s);
MOONLET_API bool moonlet_digest_limited(const moonlet_state *s, uint64_t *digest);
/*
 * What differs from one state to another, as state.diff says it (docs/STATE.md): value 0 of a
 * result for `to` is an array of tables {path=, old=, new=}, in which objects are shown as
 * text. Nothing is run. O(tables on the way to what differs), or O(both) where one was loaded
 * from an image and the other was not: then objects are the same that have the same id. Within
 * the limits of `to`; allocates. Failed when these are met, or memory is short.
 */
MOONLET_API moonlet_result moonlet_diff(const moonlet_state *from, const moonlet_state *to);

/* Data of the host that belongs to the state but that Lua cannot see, by name. Putting
 * gives a new state; so does deleting. Nil is "not there". */
MOONLET_API moonlet_state *moonlet_put_private(const moonlet_state *s, const char *name,
                                               moonlet_value v);
MOONLET_API moonlet_value moonlet_get_private(const moonlet_state *s, const char *name);
MOONLET_API moonlet_state *moonlet_delete_private(const moonlet_state *s, const char *name);

/*
 * Values that the host keeps by number, in malloc's memory or anywhere: a pin holds its value
 * in the state, and in those that come of it, until it is unpinned there. Numbers are at least
 * 1; those that are free are used again, so in states that have parted one number may stand for
 * different values. Programs cannot see pins; going back takes them back, and images have them.
 * A number that is no pin gives nil, and is unpinned in vain. O(1); a call of the first or the
 * last gives another state, to be released as any. See moonlet_context_pin.
 */
MOONLET_API moonlet_state *moonlet_pin(const moonlet_state *s, moonlet_value v, uint32_t *pin);
MOONLET_API moonlet_value moonlet_pinned(const moonlet_state *s, uint32_t pin);
MOONLET_API moonlet_state *moonlet_unpin(const moonlet_state *s, uint32_t pin);

/* A state with the world of s and a pointer of the host's for the runs in it, and in states
 * that come of it: for what belongs to the run and not to the world, as a connection that it
 * serves. It is in no image. moonlet_user gives it, NULL if there is none; so does
 * moonlet_context_run_user. O(1). */
MOONLET_API moonlet_state *moonlet_set_user(const moonlet_state *s, void *user);
MOONLET_API void *moonlet_user(const moonlet_state *s);

/*
 * Values that the host has in memory of its own, for those who cannot pin them one by one: a
 * language whose collector knows when they are done with. A run takes for garbage what nothing
 * in its world reaches, and forgets what has been written to it; so it asks, whenever it is
 * about to, by calling `held` in the thread of the run. That calls `hold` with each value that
 * is to be kept in this run, all of which belong to its state; it must call nothing else of
 * this library. Goes for runs in the state that moonlet_set_held gives, and in those that come
 * of it, but for the items of state.map. NULL: none. O(1).
 */
typedef void moonlet_hold(void *to, moonlet_value v);
typedef void moonlet_held_function(void *user, moonlet_hold *hold, void *to);
MOONLET_API moonlet_state *moonlet_set_held(const moonlet_state *s, moonlet_held_function *held,
                                            void *user);

/* Terms --------------------------------------------------------------------------- */

/*
 * Data outside of any state, in memory from malloc. A list is a table: items with a key,
 * and items without, whose keys are 1, 2, ...; so {v1, v2} and {[1]=v1, [2]=v2} are the
 * same table. A term belongs to who made it until it is put in a list; moonlet_term_free
 * frees it with all that is in it. Terms are not shared by threads while one changes them.
 * Where there was no memory to make one, or to put it in a list, it looks like nil, and the
 * list like one without it; but a call that is given it fails.
 */
typedef struct moonlet_term moonlet_term;

typedef enum moonlet_term_type {
    MOONLET_TERM_NIL,
    MOONLET_TERM_BOOLEAN,
    MOONLET_TERM_NUMBER,
    MOONLET_TERM_STRING,
    MOONLET_TERM_LIST,
    MOONLET_TERM_FUNCTION, /* of the host */
    MOONLET_TERM_POINTER,  /* a light userdata */
    MOONLET_TERM_VALUE,    /* a value of a state: function, userdata, coroutine, any */
    MOONLET_TERM_REFERENCE /* to a list that this one is in, or that was before */
} moonlet_term_type;

typedef struct moonlet_context moonlet_context;
typedef int moonlet_function(moonlet_context *c, const moonlet_value *args, size_t count);

MOONLET_API moonlet_term *moonlet_term_nil(void);
MOONLET_API moonlet_term *moonlet_term_boolean(bool b);
MOONLET_API moonlet_term *moonlet_term_number(double d);
MOONLET_API moonlet_term *moonlet_term_string(const char *bytes, size_t length);
MOONLET_API moonlet_term *moonlet_term_text(const char *text);
MOONLET_API moonlet_term *moonlet_term_pointer(const void *p);
MOONLET_API moonlet_term *moonlet_term_function(moonlet_function *call, void *user);
/* Keeps s alive. */
MOONLET_API moonlet_term *moonlet_term_value(const moonlet_state *s, moonlet_value v);
/* count terms (moonlet_term *) follow. Add: one more, with the next position; pair, field:
 * one with a key. They take over the terms and give the list; what is no list, or NULL, stays
 * as it is, and the terms are freed. */
MOONLET_API moonlet_term *moonlet_term_list(size_t count, ...);
MOONLET_API moonlet_term *moonlet_term_add(moonlet_term *list, moonlet_term *value);
MOONLET_API moonlet_term *moonlet_term_pair(moonlet_term *list, moonlet_term *key,
                                            moonlet_term *value);
MOONLET_API moonlet_term *moonlet_term_field(moonlet_term *list, const char *key,
                                             moonlet_term *value);
/* NULL is allowed. O(size), no recursion. */
MOONLET_API void moonlet_term_free(moonlet_term *t);

/* Looking. NULL is nil everywhere, and what a term is not answers as nothing: the
 * `otherwise`, NULL, 0. */
MOONLET_API moonlet_term_type moonlet_term_type_of(const moonlet_term *t);
MOONLET_API bool moonlet_term_is_true(const moonlet_term *t);
MOONLET_API double moonlet_term_to_number(const moonlet_term *t, double otherwise);
/* Ends with a zero; length may be NULL. */
MOONLET_API const char *moonlet_term_to_text(const moonlet_term *t, size_t *length);
MOONLET_API const void *moonlet_term_to_pointer(const moonlet_term *t);
/* *s, which may be NULL, is the state the value is in. */
MOONLET_API moonlet_value moonlet_term_to_value(const moonlet_term *t, const moonlet_state **s);
/* Items of a list in order, from 0. The key is NULL where the item has only its position. */
MOONLET_API size_t moonlet_term_count(const moonlet_term *t);
MOONLET_API const moonlet_term *moonlet_term_key(const moonlet_term *t, size_t i);
MOONLET_API const moonlet_term *moonlet_term_item(const moonlet_term *t, size_t i);
/* The item with this key; NULL if there is none. O(items). */
MOONLET_API const moonlet_term *moonlet_term_find(const moonlet_term *t, const char *key);
MOONLET_API const moonlet_term *moonlet_term_index(const moonlet_term *t, double key);
MOONLET_API const moonlet_term *moonlet_term_target(const moonlet_term *t);

/* Writes a term as an expression of Lua, {1, 2, x = "y"}, that gives an equal value; the writer
 * is called with pieces. Answers false when there is no such expression, as the term has a
 * function, a pointer, an object of a state, a REFERENCE, a key that is nil or NaN, or lists
 * more than 180 deep: in its place the text has something that Lua does not read, <function>.
 */
typedef void moonlet_writer(void *context, const char *bytes, size_t length);
MOONLET_API bool moonlet_term_write(const moonlet_term *t, moonlet_writer *write,
                                    void *context);
MOONLET_API bool moonlet_term_print(const moonlet_term *t, FILE *file);

/*
 * A term as value 0 of the new state; the values of a list's items, in order, as values
 * 0, 1, ... A VALUE term is that value: it must be s's, or of a state s came from. A key
 * that is nil or NaN, or a REFERENCE to outside, is an error of kind HOST.
 */
MOONLET_API moonlet_result moonlet_encode(const moonlet_state *s, const moonlet_term *t);
MOONLET_API moonlet_result moonlet_encode_list(const moonlet_state *s,
                                               const moonlet_term *list);

enum {
    /* A table that is met again becomes a REFERENCE, also within itself and in another value
     * of the same list. Otherwise one within itself is an error, and one met twice is decoded
     * twice. */
    MOONLET_DECODE_REFERENCES = 1
};

/*
 * How the values of a state become terms, and how far. A term can be much larger than its
 * value: thirty tables that each hold the next one twice are 2^30 without references, and a
 * string may stand in many places. A limit of 0 is none. Those of moonlet_limit hold for each
 * decoding as for a run (a step is 16 values; a call with terms has the time of one run for
 * both). More is an error of kind LIMIT.
 */
typedef struct moonlet_decode_options {
    unsigned flags; /* MOONLET_DECODE_, for calls that are not given them */
    uint64_t nodes; /* values in the term: keys count, but for the positions 1, 2, ... */
    uint64_t bytes; /* of memory that it takes */
    uint64_t depth; /* tables in each other: 1 allows a table without tables */
} moonlet_decode_options;

/* A state with the world of s. All functions that give terms decode its values, and those of
 * the states that come of it, with these options; NULL sets those of the beginning. O(1). */
MOONLET_API moonlet_state *moonlet_set_decoding(const moonlet_state *s,
                                                const moonlet_decode_options *options);
/*
 * A value as a term; several as a list. Functions of Lua, userdata and coroutines become
 * VALUE terms. options: flags. NULL on error; *message, unless message is NULL, is then a
 * text that names the path to the trouble, to be given to free(). O(size); no recursion.
 */
MOONLET_API moonlet_term *moonlet_decode(const moonlet_state *s, moonlet_value v,
                                         unsigned options, char **message);
MOONLET_API moonlet_term *moonlet_decode_list(const moonlet_state *s,
                                              const moonlet_value *values, size_t count,
                                              unsigned options, char **message);

/*
 * Running with terms: arguments are a list (NULL: none), which stays the caller's;
 * *results, when it went well, is a list for the caller to free, else NULL. Results that
 * cannot be decoded are an error of kind HOST, of kind LIMIT when they are more than may be
 * decoded (`limit` of the result: STEPS for values, BYTES, STACK for depth, TIME), the state
 * then being that after the call.
 */
MOONLET_API moonlet_result moonlet_do_terms(const moonlet_state *s, const char *source,
                                            moonlet_term **results);
MOONLET_API moonlet_result moonlet_call_chunk_terms(const moonlet_state *s,
                                                    const moonlet_chunk *c,
                                                    const moonlet_term *args,
                                                    moonlet_term **results);
MOONLET_API moonlet_result moonlet_call_function_terms(const moonlet_state *s, const char *path,
                                                       const moonlet_term *args,
                                                       moonlet_term **results);
MOONLET_API moonlet_result moonlet_call_method_terms(const moonlet_state *s, const char *path,
                                                     const moonlet_term *args,
                                                     moonlet_term **results);
/* The value at a path as one term; the value of a term put there. */
MOONLET_API moonlet_result moonlet_get_term(const moonlet_state *s, const char *path,
                                            moonlet_term **result);
MOONLET_API moonlet_result moonlet_set_term(const moonlet_state *s, const char *path,
                                            const moonlet_term *t);
/* Just the results of a text, a file: no new state. s NULL: in a new one. On error NULL
 * and *message, a text with traceback to be given to free(). */
MOONLET_API moonlet_term *moonlet_eval(const moonlet_state *s, const char *source,
                                       char **message);
MOONLET_API moonlet_term *moonlet_evalfile(const moonlet_state *s, const char *path,
                                           char **message);

/* Host functions ------------------------------------------------------------------ */

/*
 * A function of the host gets its arguments and a context, which is good until it
 * returns, and must end with one of these, whose answer it returns.
 */
MOONLET_API int moonlet_return(moonlet_context *c, const moonlet_value *values, size_t count);
MOONLET_API int moonlet_return_one(moonlet_context *c, moonlet_value v);
/* An error: any value; a text with the caller's position, as error does it; "bad argument
 * #i to 'name' (message)", where i counts from 1. */
MOONLET_API int moonlet_throw(moonlet_context *c, moonlet_value v);
MOONLET_API int moonlet_fail(moonlet_context *c, const char *format, ...) MOONLET_FORMAT(2, 3);
MOONLET_API int moonlet_bad_argument(moonlet_context *c, size_t i, const char *message);
/*
 * Calls a Lua function after the host's has returned, and then `then` with its results
 * (NULL: they are the results). Coroutines can yield across it, programs pause. What
 * `then` has to know it gets as moonlet_context_data; moonlet_context_user gives it what it
 * gives the host's function.
 */
MOONLET_API int moonlet_call_then(moonlet_context *c, moonlet_value function,
                                  const moonlet_value *args, size_t count,
                                  moonlet_function *then, moonlet_value data);
/*
 * The same under protection: `then` gets true and the results, or false and the error, as pcall
 * gives them. Limits are not caught.
 */
MOONLET_API int moonlet_pcall_then(moonlet_context *c, moonlet_value function,
                                   const moonlet_value *args, size_t count,
                                   moonlet_function *then, moonlet_value data);
/* Yields these values from the coroutine that runs, when the host's function has returned;
 * `then` gets what it is resumed with. An error where coroutine.yield is one. */
MOONLET_API int moonlet_yield_then(moonlet_context *c, const moonlet_value *values,
                                   size_t count, moonlet_function *then, moonlet_value data);
/* Resumes a coroutine with these values; `then` gets true and what it yields or returns, or
 * false and its error, as coroutine.resume gives them. */
MOONLET_API int moonlet_resume_then(moonlet_context *c, moonlet_value coroutine,
                                    const moonlet_value *args, size_t count,
                                    moonlet_function *then, moonlet_value data);
/* A coroutine that has not begun; nil if function is none. */
MOONLET_API moonlet_value moonlet_context_new_coroutine(moonlet_context *c,
                                                        moonlet_value function);
/*
 * Pauses the program, for a function that has to wait for something: the program pauses at this
 * call of it (MOONLET_PAUSED, with limit INTERRUPT). Whenever its state is resumed, the
 * function is called again with the same arguments, so nothing that can be noticed may have
 * happened yet. Where no pause is possible (moonlet_context_call) this is an error of kind
 * LIMIT. In `then` of moonlet_call_then, that one is called again. O(1).
 */
MOONLET_API int moonlet_pause(moonlet_context *c);

/* These answer pointers of the host: the one that the function was made with; that of the run
 * (moonlet_set_user); that of moonlet_call_then. */
MOONLET_API void *moonlet_context_user(const moonlet_context *c);
MOONLET_API void *moonlet_context_run_user(moonlet_context *c);
MOONLET_API moonlet_value moonlet_context_data(const moonlet_context *c);
/* What the error is about that xpcall has called this function for: as moonlet_error's cause,
 * but its values are good until anything else is called. */
MOONLET_API moonlet_cause moonlet_context_cause(const moonlet_context *c);
/* The values that are about to be returned, for a function that the function of debug.sethook
 * calls at the event "return"; else none. They are good until anything else is called. */
MOONLET_API const moonlet_value *moonlet_context_returned(moonlet_context *c, size_t *count);
/*
 * The state of this moment, the running program paused in it: (arguments, state). The
 * context's; retain it to keep it. And the way to (results, state): the program goes on
 * in a state that came of it, with these results. Any other state, also one of an earlier call
 * of the same function or one that was resumed, is refused with an error. Some 500 ns, O(1).
 */
MOONLET_API const moonlet_state *moonlet_context_state(moonlet_context *c);
MOONLET_API int moonlet_return_state(moonlet_context *c, const moonlet_state *s,
                                     const moonlet_value *values, size_t count);
/*
 * Calls Lua at once, on the C stack, in the world that is running. No coroutine can yield
 * across it, and no limit can pause in it: it is then an error of kind LIMIT, which Lua
 * cannot catch. *values live until the next call of any function with this context. After
 * MOONLET_FAILED the one value is the error, for moonlet_throw or to be dropped.
 */
MOONLET_API moonlet_status moonlet_context_call(moonlet_context *c, moonlet_value function,
                                                const moonlet_value *args, size_t count,
                                                const moonlet_value **values, size_t *results);
/* The other format: terms. args is a list; answers a list, or NULL and an error text from
 * malloc in *error. */
typedef moonlet_term *moonlet_term_call(void *user, const moonlet_term *args, char **error);

/* An entry of a library; the list ends with one whose name is NULL. */
typedef struct moonlet_entry {
    const char *name; /* kept as it is: static storage */
    moonlet_function *call;
    moonlet_term_call *term_call; /* if call is NULL */
    void *user;
    /* It looks at what is in no state: a clock, a file, a variable of the host. When the
     * program is recorded (moonlet_record), so is what it answers: nil, booleans, numbers and
     * strings, else the call fails; a replay does not call it. It must not call Lua. */
    bool looks_outside;
} moonlet_entry;

/* A function; a table of functions. For modules. */
MOONLET_API moonlet_value moonlet_context_new_function(moonlet_context *c, const char *name,
                                                       moonlet_function *call, void *user);
MOONLET_API moonlet_value moonlet_context_new_library(moonlet_context *c,
                                                      const moonlet_entry *entries);
/* Tables of the world that is running, without metamethods; a key of nil or NaN cannot be
 * set, nor any in a read-only table: false. t must be a table. */
MOONLET_API moonlet_value moonlet_context_globals(moonlet_context *c);
MOONLET_API moonlet_value moonlet_context_new_table(moonlet_context *c);
MOONLET_API moonlet_value moonlet_context_get(moonlet_context *c, moonlet_value t,
                                              moonlet_value key);
MOONLET_API bool moonlet_context_set(moonlet_context *c, moonlet_value t, moonlet_value key,
                                     moonlet_value v);
/* These are moonlet_context_get and moonlet_context_set with a string or an integer as key:
 * t[name], t[i]. */
MOONLET_API moonlet_value moonlet_context_get_field(moonlet_context *c, moonlet_value t,
                                                    const char *name);
MOONLET_API bool moonlet_context_set_field(moonlet_context *c, moonlet_value t,
                                           const char *name, moonlet_value v);
MOONLET_API moonlet_value moonlet_context_get_index(moonlet_context *c, moonlet_value t,
                                                    int64_t i);
MOONLET_API bool moonlet_context_set_index(moonlet_context *c, moonlet_value t, int64_t i,
                                           moonlet_value v);
/* These are moonlet_raw_length and moonlet_table_next in a running world. A table must not get
 * keys while it is walked; those that are there may be set, also to nil. */
MOONLET_API size_t moonlet_context_length(moonlet_context *c, moonlet_value v);
MOONLET_API bool moonlet_context_next(moonlet_context *c, moonlet_value t, moonlet_value *key,
                                      moonlet_value *value);
/* These are moonlet_metatable and moonlet_set_metatable in a running world. The second answers
 * false where that is an error. */
MOONLET_API moonlet_value moonlet_context_metatable(moonlet_context *c, moonlet_value v);
MOONLET_API bool moonlet_context_set_metatable(moonlet_context *c, moonlet_value v,
                                               moonlet_value meta);
/* These are moonlet_pin, moonlet_pinned and moonlet_unpin in a running world. */
MOONLET_API uint32_t moonlet_context_pin(moonlet_context *c, moonlet_value v);
MOONLET_API moonlet_value moonlet_context_pinned(moonlet_context *c, uint32_t pin);
MOONLET_API void moonlet_context_unpin(moonlet_context *c, uint32_t pin);

/* A function as value 0. name is for messages and tracebacks. */
MOONLET_API moonlet_result moonlet_new_function(const moonlet_state *s, const char *name,
                                                moonlet_function *call, void *user);
/* A table of the functions at a path; entries already in a table there are replaced, others
 * stay. */
MOONLET_API moonlet_result moonlet_load_module(const moonlet_state *s, const char *path,
                                               const moonlet_entry *entries);

/*
 * C modules (manual 6.3). A shared library that package.cpath or package.loadlib finds has,
 * for a module "a.b", a function of this type
 *
 *     MOONLET_API int moonletopen_a_b(moonlet_context *c, const moonlet_value *args,
 *                                     size_t count);
 *
 * whose arguments are the module's name and the file's, and whose value is the module; most
 * often moonlet_context_new_library(c, entries). The functions of moonlet.h it has from the
 * program or the library that loads it: it is not linked with libmoonlet. It stays loaded
 * as long as the process, and is the same for all states and threads: what it has in static
 * variables is in no state. A module for PUC Lua's lua.h is refused by require, but not in
 * the program moonlet, which has these functions, too.
 */

/*
 * Userdata: `size` bytes of the host's that Lua programs hold. With a copy function, each
 * state has its own: who writes first after a snapshot gets a copy (to has the bytes of
 * from already; copy mends what must not be shared). Without one all states share them.
 * Types and their addresses must live as long as the process.
 *
 * A method __gc is Lua's: called in a state whose program can no longer reach the userdata
 * (manual 2.5.1), once in each such state, though others may still have it. What must happen
 * once, and when nobody has it, is for finalize.
 */
typedef void moonlet_add_bytes(void *to, const void *bytes, size_t size);
typedef struct moonlet_type_info {
    const char *name;
    size_t size;
    void (*copy)(void *to, const void *from, size_t size);
    const moonlet_entry *methods; /* the metatable's; __index is it itself; or NULL */
    /*
     * Gives back what the bytes stand for; may be NULL. Called once for the bytes of each
     * userdata, and for each copy, some time after no state, and no value in a variable, can
     * reach them any more: within one collection of the collector's or two, by a thread that
     * is in a function of this header, between steps of a program that runs there or at the
     * call's end. It may look at the bytes only, not at values in them, and must not run Lua.
     * Never called for what is reachable when the process ends.
     */
    void (*finalize)(void *bytes, size_t size);
    /*
     * What of the bytes counts in moonlet_digest, state.digest and state.diff: calls add(to,
     * ...) with it, any number of times. No address should, for a digest is to be the same in
     * each process. If this is NULL, all bytes count when there is a copy function and no
     * finalize function, else none. With addresses in the bytes, or padding, give a function.
     */
    void (*digest)(const void *bytes, size_t size, moonlet_add_bytes *add, void *to);
    /* Images need these. The first hands the bytes that stand for a userdata to the writer. The
     * second makes its `size` bytes, which are zeroed, again of them. Both answer false when
     * that cannot be done. When they are NULL, a state with such a userdata cannot be saved. */
    bool (*save)(const void *bytes, moonlet_writer *write, void *context);
    bool (*load)(void *to, const char *bytes, size_t length);
} moonlet_type_info;

/* A new one, zeroed or with the bytes of init, as value 0; or in a running world. */
MOONLET_API moonlet_result moonlet_new_userdata(const moonlet_state *s,
                                                const moonlet_type_info *type,
                                                const void *init);
MOONLET_API moonlet_value moonlet_context_new_userdata(moonlet_context *c,
                                                       const moonlet_type_info *type,
                                                       const void *init);
/* Its bytes as this state, this running world sees them, to read; NULL if v is no userdata
 * of the type. */
MOONLET_API const void *moonlet_userdata(const moonlet_state *s, moonlet_value v,
                                         const moonlet_type_info *type);
MOONLET_API const void *moonlet_context_userdata(moonlet_context *c, moonlet_value v,
                                                 const moonlet_type_info *type);
/* The bytes of a userdata, to write to until the next call of anything that runs Lua or takes a
 * state. */
MOONLET_API void *moonlet_context_userdata_write(moonlet_context *c, moonlet_value v,
                                                 const moonlet_type_info *type);

/* Limits -------------------------------------------------------------------------- */

/* What one run may use; 0 means no limit. */
typedef struct moonlet_limits {
    uint64_t steps;       /* calls, of library functions as well, and turns of loops; long
                             work counts in proportion: 64 bytes of a long string copied are
                             a step, or 16 values moved. Each run of a program on a
                             state takes as many. */
    uint64_t bytes;       /* allocated, garbage or not; what is more stops the next step */
    uint64_t nanoseconds; /* on the wall; looked at every 1000 steps. Work that begins again
                             when it is resumed (state.digest, diff, freeze, save, load) may
                             then take longer, as long again as it has had in vain: so it ends
                             in slices of any length. */
    size_t stack;         /* slots of a coroutine's stack: each call takes some 5 and its
                             variables (default 1000000) */
    size_t string;        /* bytes of the longest string */
    /* The run stops when this becomes other than 0, by a signal handler or another
     * thread; looked at every 1000 steps. May be NULL. */
    const volatile int *interrupt;
    /*
     * Bytes that are alive: all that the state's program can reach, but for what only weak
     * references reach, and what its snapshots keep (as moonlet_memory counts). Measured
     * when what has been allocated since the last time calls for it, at the same step each
     * time: a run that stops holds at most a quarter more, and what it has allocated last. No
     * string may be longer. A state that holds more cannot run at all under the limit.
     * Costs some 0.2 us for an object and time. While a host function waits for
     * moonlet_context_call, garbage counts as well, of which there may be twice as much.
     */
    uint64_t held;
} moonlet_limits;

/*
 * A state with the world of s. Each run in it, and in the states that come of it, is limited.
 * A run that reaches a limit pauses: the program cannot notice, nor catch it. These limits
 * replace those of s; NULL removes them. O(1), 64 bytes.
 */
MOONLET_API moonlet_state *moonlet_limit(const moonlet_state *s, const moonlet_limits *limits);
/* "out of steps", and so on. */
MOONLET_API const char *moonlet_limit_text(moonlet_limit_kind kind);

/* Many at once -------------------------------------------------------------------- */

/*
 * Values of one state in another: values 0, 1, ... of the new state that comes of `to`.
 * Strings are shared, and so are the objects of `common`, a state from which both came, and not
 * by state.restore, which goes on from what came of another; with
 * NULL, or where one of the two was loaded from an image and the other was not, only those of
 * moonlet_init are. Everything else is copied, each object once, with
 * identity and cycles kept: tables with their metatables (those without such
 * objects in them share their contents), functions with their variables, suspended
 * coroutines, userdata. A coroutine that runs, or is within state.fork, is an error of kind
 * HOST that names the path; more than the limits of `to` give a run, one of kind LIMIT.
 * O(what is copied); no recursion.
 */
MOONLET_API moonlet_result moonlet_import(const moonlet_state *to, const moonlet_state *from,
                                          const moonlet_value *values, size_t count,
                                          const moonlet_state *common);

/* What moonlet_map gives of the items, added up; 0: values, imported into one state. */
enum {
    MOONLET_GIVE_TERMS = 1, /* each item's results as a list of terms */
    MOONLET_GIVE_STATES = 2 /* each item's own new state, with its values */
};

typedef struct moonlet_map_options {
    unsigned threads;             /* 0: as many as the machine has processors */
    unsigned processes;           /* not 0: so many processes instead of threads */
    unsigned give;                /* MOONLET_GIVE_ */
    const moonlet_limits *limits; /* of each item; NULL: those of the state */
    const moonlet_state *into;    /* NULL: the state; else one that came of it */
    const volatile int *cancel;   /* the map stops when this is not 0; NULL: none */
    /* Called now and then, by the calling thread; NULL: none. */
    void (*progress)(void *data, size_t done, size_t count);
    void *data;
} moonlet_map_options;

/* What became of one input: as in a moonlet_result. */
typedef struct moonlet_item {
    moonlet_status status;
    moonlet_limit_kind limit; /* after PAUSED; INTERRUPT: cancelled, perhaps not begun */
    size_t count;             /* of values; 0 when terms were asked for and no states */
    const moonlet_value *values;
    moonlet_term *terms;        /* a list; NULL if not asked for, or the item did not go well */
    moonlet_state *state;       /* NULL if not asked for; but always of an item that failed */
    const moonlet_error *error; /* NULL but after FAILED */
    uint64_t steps;
} moonlet_item;

typedef struct moonlet_items {
    moonlet_state *state; /* in which imported values are */
    size_t count;
    size_t failed; /* of these, how many did not go well */
    moonlet_item *items;
} moonlet_items;

/*
 * Calls the function with each of n inputs, one argument each, all in forks of s: no item
 * sees what another does, so what comes out does not depend on the number of threads, and
 * one that fails fails alone. Threads take the next item when they have done one, so items
 * may be uneven. All that items can share is the host's: its functions, and userdata of
 * types without a copy function, are used by several threads at once.
 *
 * Blocks until all is done, or cancelled and come to a stop. options NULL: as if all zero.
 * To be given back with moonlet_items_release; single states and terms may be taken out
 * before (set to NULL).
 *
 * An item that has called state.restore need not have come of s any more: of its values only
 * the objects of moonlet_init are not copied.
 *
 * In processes: results come through a pipe, as tables, strings, numbers, booleans, and
 * objects that s has; other objects are errors of their item. An item whose process ends
 * (exit, a signal, no memory) fails alone. States are s with the results in it, none after
 * PAUSED. The processes are forks of this one: with other threads than the caller's, host
 * functions must do only what is allowed after fork(2).
 *
 * Cost of an item: a call; of a thread some 50 us; of a process some 300 us and more.
 */
MOONLET_API moonlet_items moonlet_map(const moonlet_state *s, moonlet_value function,
                                      const moonlet_value *inputs, size_t n,
                                      const moonlet_map_options *options);
MOONLET_API void moonlet_items_release(moonlet_items *all);

/*
 * A thread makes itself known to the collector when it first allocates, and is forgotten
 * when it ends. Attaching does so at once: needed by a thread that only holds values, in
 * its variables, which no state keeps. Detaching before the end spares the collector the
 * stack of a thread that is done with Moonlet: it must hold no values then. Both may be
 * called any number of times.
 */
MOONLET_API void moonlet_thread_attach(void);
MOONLET_API void moonlet_thread_detach(void);

/* Sandboxes ----------------------------------------------------------------------- */

/* What moonlet_sandbox removes unless told otherwise; ends with NULL. docs/SECURITY.md has all
 * that stays, with reasons. */
MOONLET_API extern const char *const moonlet_sandbox_default[];
/*
 * A state without what reaches out of it. deny has the paths of what to remove, and a NULL at
 * the end; deny NULL means moonlet_sandbox_default. allow, which may be NULL, has the paths
 * that stay although one above them is denied. Of the paths in both lists with which a value's
 * own begins, the longest decides, and of two that are equal the allowed one: with {"os"} and
 * {"os.time"}, os is a table with time alone. Removed is also what package.loaded and the
 * registry have of it; read-only tables are no hindrance. What is no table on the way is
 * skipped.
 */
MOONLET_API moonlet_state *moonlet_sandbox(const moonlet_state *s, const char *const *deny,
                                           const char *const *allow);

/* Read-only tables ---------------------------------------------------------------- */

/*
 * A state with the world of s in which a table cannot be changed any more: whatever writes to
 * it, with or without metamethods, is an error ("attempt to modify a readonly table"); that
 * goes for assignments, rawset, setmetatable, table.insert, remove and sort, debug.setmetatable
 * and the host's functions too. There is no way back but to a state from before, where it is as
 * it was. With deep, so is each table that it reaches by keys, values and metatables. Functions
 * and what they have captured are as before, and so is the registry. What t is no table:
 * nothing happens. O(1); deep: O(what is reached). Reading frozen tables costs nothing more.
 */
MOONLET_API moonlet_state *moonlet_freeze(const moonlet_state *s, moonlet_value t, bool deep);
/* The tables of all loaded libraries (but that of the globals and package.loaded), their
 * metatables, and those of types, as strings have one. For a world in which several programs
 * run one after the other; programs in forks of one state cannot change each other's anyway. */
MOONLET_API moonlet_state *moonlet_freeze_libraries(const moonlet_state *s);
MOONLET_API bool moonlet_is_frozen(const moonlet_state *s, moonlet_value t);
/* moonlet_freeze in a running world. */
MOONLET_API void moonlet_context_freeze(moonlet_context *c, moonlet_value t, bool deep);

/* Outside ------------------------------------------------------------------------- */

/*
 * A state as data: a term with each global that moonlet_init does not have, tables that
 * are met again as references. Functions of Lua are VALUE terms, so they stay in the
 * process; so does the state they keep. The libraries' own tables, what was done to them,
 * metatables, and whether tables are read-only, are not in it. On error NULL and *message, to
 * be given to free().
 */
MOONLET_API moonlet_term *moonlet_externalize(const moonlet_state *s, char **message);
/* A state of moonlet_init with these globals; functions, coroutines and userdata are copied
 * as moonlet_import does it. */
MOONLET_API moonlet_result moonlet_internalize(const moonlet_term *t);

/* Images -------------------------------------------------------------------------- */

/*
 * A state as bytes: for files, other processes, other machines. All is in it that programs can
 * see or find: variables, functions and their code, coroutines and a paused program where they
 * are, snapshots, the order of pairs, ids, the random numbers to come; and nothing that is
 * garbage. What is loaded goes on as what was saved would have. Equal states give equal bytes
 * on every machine. docs/IMAGE.md is the format.
 *
 *     moonlet_image *i = moonlet_image_save(s, NULL, NULL, &message);
 *     const char *bytes = moonlet_image_bytes(i, &length);
 *     fwrite(bytes, 1, length, file);
 *
 * An image may be a delta: just what differs from another image, its base, which is needed to
 * load it. It costs what has changed, whatever the size of the state. Deltas chain.
 *
 * An image is one thread's at a time; several may be made of one state at once.
 */
typedef struct moonlet_image moonlet_image;

/* Host functions at a path, as moonlet_load_module had them; path "": functions that were made
 * by moonlet_new_function, by their names. */
typedef struct moonlet_library {
    const char *path;
    const moonlet_entry *entries; /* NULL: the end of a list of libraries */
} moonlet_library;

/* What images call by name, and who knows what that is. */
typedef struct moonlet_image_host {
    const moonlet_library *libraries; /* NULL: none */
    /* Those of userdata, with their methods; ends with NULL; NULL: none. */
    const moonlet_type_info *const *types;
    /* Write the bytes that stand for a light userdata, and make one of them; false when that
     * cannot be done. With NULL, a state with light userdata other than NULL cannot be saved.
     */
    bool (*save_pointer)(void *data, const void *pointer, moonlet_writer *write, void *context);
    bool (*load_pointer)(void *data, const char *bytes, size_t length, const void **pointer);
    void *data;
    /* Loading: functions that are not in libraries become ones that raise an error when they
     * are called. Otherwise such an image is refused, and always when types are missing, with
     * a message that lists all names of functions and types that are not there. */
    bool allow_missing;
    /* Loading: modules for lua.h that the image needs are opened, found by package.cpath as it
     * is set by the environment. Otherwise their functions are there only if this process has
     * opened them already (moonlet_puc.h). */
    bool open_modules;
} moonlet_image_host;

/*
 * The image of a state, or its delta to base if that is not NULL and s came of its state. host
 * may be NULL. NULL on error: *message, unless message is NULL, is then a text to be given to
 * free() that says what cannot be saved, and where it is. Files other than the standard ones
 * will be closed where the image is loaded; libraries' functions are named, as are the host's.
 * O(bytes written); for one thread while others run s.
 */
MOONLET_API moonlet_image *moonlet_image_save(const moonlet_state *s, const moonlet_image *base,
                                              const moonlet_image_host *host, char **message);
/*
 * A state from its bytes, which may come from anywhere: what is no image, is damaged, or needs
 * what is not there, is NULL and a *message. Memory and time are within a constant factor of
 * length. base: the image that a delta was made to, saved or loaded here; NULL for a whole one.
 * A base that is a delta itself stands for the whole image of its state, too. The bytes are
 * copied.
 */
MOONLET_API moonlet_image *moonlet_image_load(const char *bytes, size_t length,
                                              const moonlet_image *base,
                                              const moonlet_image_host *host, char **message);
/*
 * One image in place of a chain of count, given as their bytes and lengths: the first is a
 * whole one, or a delta to base; each other is a delta to the one before it. What it gives is
 * the image of the last one's state, just as moonlet_image_save would have made it of that
 * state: a whole one, or the delta to base. The chain is not needed for it any more. NULL on
 * error, as moonlet_image_load; O(their lengths and what is written).
 */
MOONLET_API moonlet_image *moonlet_image_collapse(const char *const *bytes,
                                                  const size_t *lengths, size_t count,
                                                  const moonlet_image *base,
                                                  const moonlet_image_host *host,
                                                  char **message);
/* NULL is allowed. What was made of it stays good, deltas too. */
MOONLET_API void moonlet_image_release(moonlet_image *i);
/* The bytes, which live as long as the image; length may be NULL. */
MOONLET_API const char *moonlet_image_bytes(const moonlet_image *i, size_t *length);
/* Frees the bytes of an image that is kept as a base; then it has none. */
MOONLET_API void moonlet_image_drop_bytes(moonlet_image *i);
/* The state, to be released; without limits, as moonlet_init's. */
MOONLET_API moonlet_state *moonlet_image_state(const moonlet_image *i);
/* A state with the world of s, in which state.save and state.load use this host (NULL: none),
 * as they do in the states that come of it. The host must live as long as these. O(1). */
MOONLET_API moonlet_state *moonlet_set_image_host(const moonlet_state *s,
                                                  const moonlet_image_host *host);
/* Whether its base is needed to load it. */
MOONLET_API bool moonlet_image_is_delta(const moonlet_image *i);
/* 16 bytes that tell images apart: the hash of what is in them. */
MOONLET_API const uint8_t *moonlet_image_id(const moonlet_image *i);
/* Whether bytes begin as an image does; as one that is a delta. */
MOONLET_API bool moonlet_is_image(const char *bytes, size_t length);
/*
 * The seed (moonlet_seed) of the process in which an image was saved: one with another seed
 * cannot load it, as it has another order of pairs. false: it is no image of this version's
 * format. It may be called before moonlet_seed. The first 72 bytes will do.
 */
MOONLET_API bool moonlet_image_seed(const char *bytes, size_t length, uint64_t *seed);

/* Recordings ---------------------------------------------------------------------- */

/*
 * A program's run, any moment of which can be had again: its first state, all that the outside
 * has answered (clocks, files, the environment, the standard input, host functions that say
 * that they look outside), and states from now and then. docs/RECORDING.md has more.
 *
 *     moonlet_result r;
 *     moonlet_recording *rec = moonlet_record(s, f, args, count, NULL, &r);
 *     moonlet_state *then = moonlet_recording_state(rec, moonlet_recording_steps(rec) / 2);
 *
 * A moment is a number of steps from the beginning. The state of a moment holds the program
 * paused there, as a limit of so many steps would have left it, and is a state like any other:
 * it can be looked at, forked, saved, and gone on with, for real.
 *
 * A recording is one thread's at a time; the states that it gives are anybody's.
 */
typedef struct moonlet_recording moonlet_recording;

typedef struct moonlet_record_options {
    uint64_t bytes; /* that states kept on the way may take; 0: 64 MB. The log is beside that */
    uint64_t
        spacing; /* steps between them; 0: as is good, and more the longer the program runs */
    /* The program is about to end the process with os.exit: the last moment to save the
     * recording, which is still the library's. The function may be NULL. */
    void (*exits)(void *data, const moonlet_recording *rec, int status);
    void *data;
    /* os.exit ends the run only, and not the process; exits is called all the same. */
    bool stays;
} moonlet_record_options;

/*
 * Calls the function as moonlet_call does, and records it. *r is what moonlet_call would have
 * answered; its state is the caller's. options NULL: as if all zero. The recording is to be
 * given back with moonlet_recording_release. NULL, and *r an error, if the function is none, or
 * s holds a paused program (then of kind HOST). The program takes as many steps as it would
 * unrecorded.
 */
MOONLET_API moonlet_recording *moonlet_record(const moonlet_state *s, moonlet_value function,
                                              const moonlet_value *args, size_t count,
                                              const moonlet_record_options *options,
                                              moonlet_result *r);
/* Goes on with the program that is paused in s, for real, as moonlet_resume does, and records
 * that; else as moonlet_record. NULL, and *r an error, if none is paused in it. */
MOONLET_API moonlet_recording *moonlet_record_resume(const moonlet_state *s,
                                                     const moonlet_record_options *options,
                                                     moonlet_result *r);
/* NULL is allowed. */
MOONLET_API void moonlet_recording_release(moonlet_recording *rec);
/* The steps of the whole run. */
MOONLET_API uint64_t moonlet_recording_steps(const moonlet_recording *rec);
/* How it has ended; it is PAUSED also if the program has ended the process. */
MOONLET_API moonlet_status moonlet_recording_status(const moonlet_recording *rec);
/*
 * The state after so many steps; after all, what the program has left. Gone to from the nearest
 * state that was kept: O(steps between them). Nothing outside is touched. Answers NULL if the
 * answers that were recorded are not those that the program asks for. That is so of damaged
 * recordings only, and of programs that depend on what is not recorded (docs/RECORDING.md). And
 * NULL if there is no memory now for what the program had memory for.
 */
MOONLET_API moonlet_state *moonlet_recording_state(moonlet_recording *rec, uint64_t step);
/* Bytes for a file, another process, another machine: the image of the first state, and the
 * answers. The caller gives them to free(). Answers NULL when moonlet_image_save does. */
MOONLET_API char *moonlet_recording_save(const moonlet_recording *rec,
                                         const moonlet_image_host *host, size_t *length,
                                         char **message);
/* A recording from its bytes, which may come from anywhere. It fails as moonlet_image_load
 * does. If the recorded state had a host for state.save (moonlet_set_image_host), replays have
 * this one, which must live as long as the recording and the states that it gives. */
MOONLET_API moonlet_recording *moonlet_recording_load(const char *bytes, size_t length,
                                                      const moonlet_image_host *host,
                                                      char **message);
MOONLET_API bool moonlet_is_recording(const char *bytes, size_t length);

/* Looking into paused programs ---------------------------------------------------- */

/*
 * What a debugger shows of a state in which a program is paused: by a limit, at a moment of a
 * recording (moonlet_recording_state), or where a debugger is (below). Nothing of this changes
 * the state, nor takes the program's steps, nor needs what a program could have replaced.
 *
 *     moonlet_stack *stack = moonlet_stack_of(s, moonlet_nil(), 0, 100);
 *     for (size_t i = 0; i < stack->count; i++)
 *         printf("%s:%d\n", stack->places[i].chunk, stack->places[i].line);
 *     moonlet_result r = moonlet_evaluate(s, stack->places, "x + 1");
 *
 * Tables are paged by moonlet_table_next, which goes on from any key, and moonlet_raw_get.
 */

/* A function at work: a frame of a coroutine's stack. */
typedef struct moonlet_place {
    moonlet_value thread; /* the coroutine */
    size_t level;         /* in its stack; 0 is the innermost */
    const char *name;     /* as it was called; NULL: not known */
    const char *kind;     /* as of a moonlet_frame; NULL: the function has no name */
    const char *chunk;    /* as messages call it; "[C]" for a native */
    const char *file;     /* of the chunk; NULL: it is no file's */
    int line;             /* 0: not known */
    int line_defined;     /* 0: a native, or a main chunk */
} moonlet_place;

typedef struct moonlet_stack {
    size_t count;
    const moonlet_place *places; /* the innermost first; NULL: none */
    size_t all;                  /* how many there are, with those that were not asked for */
} moonlet_stack;

/*
 * The frames of a coroutine, from the from-th on, at most so many. thread nil: of the paused
 * program, and then those of the coroutines that wait for the one that ran last. Without a
 * stack, none. O(depth). To be given back with moonlet_stack_release; its texts live so long.
 */
MOONLET_API moonlet_stack *moonlet_stack_of(const moonlet_state *s, moonlet_value thread,
                                            size_t from, size_t most);
MOONLET_API void moonlet_stack_release(moonlet_stack *stack);

/*
 * The coroutines that a program can reach in the state and that have a stack: that which runs
 * first, then those that wait for it. At most so many are written to out; gives how many.
 * O(objects of the state).
 */
MOONLET_API size_t moonlet_threads(const moonlet_state *s, moonlet_value *out, size_t most);
/* "running", "suspended", or "normal": it has resumed another one. Static storage. */
MOONLET_API const char *moonlet_thread_status(const moonlet_state *s, moonlet_value thread);

typedef enum moonlet_variable_kind {
    MOONLET_LOCAL = 1,   /* parameters and local variables, in order of declaration */
    MOONLET_VARARG = 2,  /* extra arguments */
    MOONLET_UPVALUE = 4, /* what the function has captured */
    MOONLET_GLOBAL = 8,  /* the program's own; sorted by name */
    MOONLET_LIBRARY = 16 /* those that the libraries have made */
} moonlet_variable_kind;

typedef struct moonlet_variable {
    moonlet_variable_kind kind;
    const char *name; /* followed by a zero */
    size_t length;
    moonlet_value value;
} moonlet_variable;

typedef struct moonlet_variables {
    size_t count;
    const moonlet_variable *items;
    size_t all; /* how many there are, with those that were not asked for */
} moonlet_variables;

/* Variables of these kinds (moonlet_variable_kind, added), from the from-th on, at most so
 * many; of no place (NULL) there are globals only. O(variables); globals: sorted. To be given
 * back with moonlet_variables_release; its names live so long. */
MOONLET_API moonlet_variables *moonlet_variables_of(const moonlet_state *s,
                                                    const moonlet_place *p, unsigned kinds,
                                                    size_t from, size_t most);
MOONLET_API void moonlet_variables_release(moonlet_variables *v);

/*
 * The values of an expression as the function at the place would see them, or what statements
 * do there; p NULL: among the globals. This happens in a fork: the result's state, in which
 * what the text has done to tables, globals and captured variables is done, and the program is
 * still paused where it was. Local variables are copies in it: see moonlet_assign. No more than
 * 10^8 steps, and what the limits of s say. What it does outside (print, files) is done.
 */
MOONLET_API moonlet_result moonlet_evaluate(const moonlet_state *s, const moonlet_place *p,
                                            const char *text);
/*
 * The result's state is the one in which a variable, or a field, has another value, which is
 * one of s: path is a name, with fields behind it, without metamethods: a, a.b[3]["c d"]. An
 * error of kind HOST where there is no such table.
 */
MOONLET_API moonlet_result moonlet_assign(const moonlet_state *s, const moonlet_place *p,
                                          const char *path, moonlet_value value);

/* Debuggers ----------------------------------------------------------------------- */

/*
 * Going about in a recording, forwards and backwards: what `moonlet -d` and `moonlet --dap` are
 * made of. docs/DEBUGGING.md says what can be had, and what it costs.
 *
 *     moonlet_debugger *d = moonlet_debugger_new(rec, NULL);
 *     moonlet_break b = {.file = "game.lua", .line = 12, .condition = "hp < 0"};
 *     moonlet_debugger_break(d, &b, NULL);
 *     moonlet_debugger_run(d);                      // to where hp < 0 for the first time
 *     moonlet_debugger_last_write(d, "hp");         // and back to who has made it so
 *
 * A debugger is before a line, or where an error is raised that the program catches, or where
 * it has failed, or at its end. moonlet_debugger_state is the world there, with the program
 * paused in it. Looking changes nothing. What moonlet_debugger_change changes begins another
 * future: when one goes on, the program runs from there for real, and is recorded; the first
 * future is there again when one has gone back to before the change.
 *
 * A live program is debugged in portions: record it under a limit of steps (moonlet_limit), and
 * set `portion`. At the end of what is recorded, going on forwards runs it for real, so many
 * steps at a time, until it comes to a break. What it does outside it does then, and is at most
 * a portion ahead.
 *
 * A debugger is one thread's at a time, with its recording. One debugger of the process
 * searches at a time at full speed; others meanwhile search line by line.
 */
typedef struct moonlet_debugger moonlet_debugger;

typedef enum moonlet_moment_kind {
    MOONLET_AT_LINE,    /* before it */
    MOONLET_AT_ERROR,   /* where it is raised; the program will catch it */
    MOONLET_AT_FAILURE, /* where nothing has caught it */
    MOONLET_AT_END
} moonlet_moment_kind;

/* Where a debugger is. Texts live until it moves. */
typedef struct moonlet_moment {
    moonlet_moment_kind kind;
    /* The time: so many steps after the beginning, and the so-manieth line or error after
     * these, in the future that it is in. At a failure or the end these are the numbers of the
     * whole. */
    uint64_t step;
    uint32_t event;
    const char *chunk;   /* of the innermost Lua function, as messages call it; NULL: none */
    int line;            /* 0: not known */
    int hit;             /* the break that it has come to; 0: none */
    moonlet_value error; /* at an error or a failure */
    size_t futures;      /* how often it has been gone on for real up to here */
    bool changed;        /* the state is another one than was recorded */
    bool goes_on;        /* at the end of what is recorded: the program has not ended */
} moonlet_moment;

typedef struct moonlet_debugger_options {
    /* Ends searches, and what runs for real, when it becomes other than 0. It may be NULL. */
    const volatile int *interrupt;
    uint64_t portion; /* steps that the program is ahead when it runs for real; 0: all */
    /* Says the text of a break with a log message. If it is NULL, nobody is told. */
    void (*says)(void *data, int number, const char *text, const char *chunk, int line);
    void *data;
    moonlet_record_options record; /* of what runs for real */
} moonlet_debugger_options;

/*
 * A debugger at the first line. If the program has failed, it is there; if the program has no
 * line, at its end. With options NULL it is as if all were zero. The recording must outlive the
 * debugger, which is to be given back with moonlet_debugger_release.
 */
MOONLET_API moonlet_debugger *moonlet_debugger_new(moonlet_recording *rec,
                                                   const moonlet_debugger_options *options);
/* NULL is allowed. */
MOONLET_API void moonlet_debugger_release(moonlet_debugger *d);

MOONLET_API moonlet_moment moonlet_debugger_moment(moonlet_debugger *d);
/* The world there, which stays the debugger's: to be retained if it is to outlive the next
 * move. Its moonlet_digest is the digest at that step. */
MOONLET_API const moonlet_state *moonlet_debugger_state(const moonlet_debugger *d);

typedef enum moonlet_move {
    MOONLET_MOVE_INTO, /* to the next line */
    MOONLET_MOVE_OVER, /* to the next line of this function, or of the one that has called it */
    MOONLET_MOVE_OUT,  /* to where the function returns; back: to where it was called */
    MOONLET_MOVE_ON    /* to the next break */
} moonlet_move;

/*
 * Goes on, or back. Other ways than INTO stop at breaks, too. When there is no such place, it
 * is at the end afterwards, or where the program has failed; backwards, at the first line.
 * Answers false if that is so, if it was there already, or if it was interrupted.
 */
MOONLET_API bool moonlet_debugger_move(moonlet_debugger *d, moonlet_move how, bool back);
/* Goes from the program's beginning to the first break, also one at the first line. Answers
 * false if there is none; it is at the end then. */
MOONLET_API bool moonlet_debugger_run(moonlet_debugger *d);
/* These go to the first line; and to the end, or the failure. */
MOONLET_API void moonlet_debugger_go_begin(moonlet_debugger *d);
MOONLET_API void moonlet_debugger_go_end(moonlet_debugger *d);
/* Goes to the first line at such a time or after it, in the future that it is in. Answers
 * false if there is none, and has not moved. */
MOONLET_API bool moonlet_debugger_go(moonlet_debugger *d, uint64_t step, uint32_t event);

/* Goes back to the line that has last given another value to a variable of the innermost
 * frame, a global, or a field: a, a.b[3]["c d"]. Exact. Answers false, and has not moved, if
 * it has been so from the beginning or since the variable's function was called, or if path is
 * none. */
MOONLET_API bool moonlet_debugger_last_write(moonlet_debugger *d, const char *path);
/* Goes to the line before which an expression is first true, asked in the innermost frame. It
 * is asked at states that were kept, at halves between them, and then line by line, at most so
 * often; *asked (may be NULL) says how often that was. Where it takes more than 10^8 steps it
 * is not asked again. Answers false if no such line was found, and has not moved. */
MOONLET_API bool moonlet_debugger_first_true(moonlet_debugger *d, const char *expression,
                                             uint64_t most, uint64_t *asked);

/* What a break is at: one of file and line, function, write, caught. */
typedef struct moonlet_break {
    const char *file; /* a path, or the end of one; NULL: that of the innermost function */
    int line;
    const char *function; /* an expression: when the Lua function that it gives is called */
    /* A path, as moonlet_debugger_last_write takes it: where that changes. Forwards it stops at
     * the line after, backwards before the line that changes it. */
    const char *write;
    bool caught; /* where an error is raised that the program catches */
    /* Each may be NULL: an expression that must be true; how often it must have been hit since
     * the program began ("5", ">= 5", "% 2"); a text with {expressions} that is said when it
     * is passed forwards, instead of stopping. */
    const char *condition, *hits, *log;
} moonlet_break;

/* The break's number, from 1; texts are copied. It costs what its condition costs where it is
 * met, and nothing elsewhere. Answers 0 if it is none; *message (may be NULL) says why, and is
 * to be given to free(). */
MOONLET_API int moonlet_debugger_break(moonlet_debugger *d, const moonlet_break *b,
                                       char **message);
/* Removes a break, or all of them for number 0. Answers false if there is no such break. */
MOONLET_API bool moonlet_debugger_unbreak(moonlet_debugger *d, int number);
/* How often it has been hit from the program's beginning up to here. O(steps), once. */
MOONLET_API uint64_t moonlet_debugger_hits(moonlet_debugger *d, int number);

/*
 * Makes s the moment's state from here on. s came of moonlet_debugger_state by
 * moonlet_evaluate, moonlet_assign, or another function that leaves its paused program there.
 * Going on then runs it for real. NULL, or why that cannot be: the program has ended, an error
 * is on its way, or the line begins in mid-expression. Static storage.
 */
MOONLET_API const char *moonlet_debugger_change(moonlet_debugger *d, const moonlet_state *s);

/* Watching ------------------------------------------------------------------------ */

/* Called at each step of runs on the state and those that come of it, with the innermost
 * frame's chunk and line. Slow; must not run Lua. */
typedef void moonlet_trace_function(void *data, const char *chunk, int line);
/* A state with the world of s and a trace function with its data; NULL removes it. */
MOONLET_API moonlet_state *moonlet_set_trace(const moonlet_state *s,
                                             moonlet_trace_function *trace, void *data);
MOONLET_API void *moonlet_trace_data(const moonlet_state *s);

#ifdef __cplusplus
}
#endif
#endif
