/* SPDX-License-Identifier: MIT */
/*
 * The standard libraries (manual, section 6), one file each, and what they share.
 *
 *   registry  1, 2     the main coroutine, the globals
 *             _LOADED   name -> library           package.loaded
 *             _PRELOAD  name -> loader            package.preload
 *             _HOST     what debug.getinfo shows below the main chunk
 *             FILE*     the metatable of files
 *             _IO_input, _IO_output               the default files
 *
 * Natives are written as native/native.h says. Whatever calls Lua keeps its progress in
 * its frame and goes on in a continuation, so everything here may yield, be paused, or
 * be continued in a fork. What a native has to remember is put at fixed places first:
 * a continuation is not told how many arguments there were.
 */
#ifndef MOONLET_LIB_H
#define MOONLET_LIB_H

#include "native/native.h"
#include "stack/frame.h"
#include "text/bits.h"

/* `holds` of rows (native/native.h) use these: a whole number in a frame, or SIZE_MAX; whether
 * behind the first ones there are `count` values, of which `next` comes next. */
static inline size_t frame_size_in(Value v)
{
    double d = value_to_double(v);
    return d >= 0 && d < 4294967296.0 ? (size_t)d : SIZE_MAX;
}
static inline bool frame_has_list(size_t used, Value count, Value next, size_t first)
{
    size_t n = frame_size_in(count), k = frame_size_in(next);
    return n <= used && first + n <= used && k <= n;
}

/* Fills an empty world with all of the libraries. */
void lib_open_all(Machine *M);
void lib_open_base(Machine *M);
void lib_open_collect(Machine *M);
void lib_open_load(Machine *M);
void lib_open_package(Machine *M);
void lib_open_module(Machine *M);
void lib_open_coroutine(Machine *M);
void lib_open_table(Machine *M);
void lib_open_io(Machine *M);
void lib_open_os(Machine *M);
void lib_open_string(Machine *M);
void lib_open_bit32(Machine *M);
void lib_open_math(Machine *M);
void lib_open_debug(Machine *M);
/* Puts the library into package.preload, so that only require "state" opens it. To be called
 * after lib_open_package. */
void lib_open_state(Machine *M);
int lib_map(Machine *M, Value *a, int n);
/* What the program moonlet handles errors with that nothing catches, for Machine.make_handler.
 */
Value lib_message_handler(Machine *M);

/* state.save, state.load and state.collapse, which a higher layer gives; or NULL. */
typedef struct LibImages {
    NativeFn *save, *load, *collapse;
} LibImages;
extern LibImages lib_images;

/* A function at an address in a C library that is one of Lua's own C interface, as a value: a
 * higher layer gives this, or NULL where there is no such interface. */
typedef Value LibCFunction(Machine *M, void *address, const char *file, const char *symbol);
extern LibCFunction *lib_c_function;

/* Closes a file that such a C function has made: what the native is to answer. */
typedef int LibCClose(Machine *M, Value *a, Value file);
extern LibCClose *lib_c_close;

/* The table of a library with these functions: a global, and in package.loaded. */
Table *lib_new(Machine *M, const char *name, const NativeDef *defs);
/* A table in the registry, made when it is not there. */
Table *lib_registry_table(Run *R, const char *name);

/* The native that runs, and what it has captured. */
static inline const Native *lib_self(const Value *a) { return frame_native(a); }
static inline Value lib_upvalue(const Value *a, int i) { return lib_self(a)->upvalues[i]; }
/* A function with one captured value, as a field of t. */
Native *lib_closure(Machine *M, Table *t, const NativeDef *def, Value upvalue);

/* What a call gave: its i-th result, or nil. */
static inline Value lib_result(const Machine *M, uint32_t i)
{
    return i < M->result_count ? M->results[i] : V_NIL;
}

/* Arguments that are an `int` in PUC Lua: the low 32 bits of the integer. */
bool arg_int(Machine *M, Value *a, int n, int i, int32_t *out);
bool arg_int_or(Machine *M, Value *a, int n, int i, int32_t otherwise, int32_t *out);
/* Makes a[n..count) nil, for natives that look at `count` arguments. */
static inline void lib_settop(Value *a, int n, int count)
{
    for (; n < count; n++) a[n] = V_NIL;
}

/* The text up to its first zero, for C; collected memory, which counts and is paid for where it
 * is long. Of NULL, a text for which there was no memory, and where there is none for this one,
 * it is empty, and the shortage an error. */
const char *lib_c_text(const String *s);
/* Puts the position of the function at the level before the text. Answers NULL if there is no
 * room, or if the text is NULL. */
String *lib_positioned(Machine *M, int level, const String *text);
/* luaL_error of a text of any length: with the caller's position. */
int lib_error(Machine *M, const String *text);
/* Concatenates C strings up to a NULL. */
String *lib_join(const char *first, ...) __attribute__((sentinel));

/* Charges for a call of the system that opens, makes or removes a file, or begins a process:
 * as many steps as other work does in that time. */
void lib_pay_system(void);
/* true, or nil, "name: why" and errno (luaL_fileresult); name may be NULL. */
int lib_file_result(Machine *M, Value *a, bool ok, const char *name);
/* What became of a command, from its wait status (luaL_execresult). */
int lib_exec_result(Machine *M, Value *a, int status);

/* Compiles a file, or standard input if name is NULL. The mode is as in load, or NULL for any;
 * env is as native_closure takes it. Answers NULL if that fails, and *error says why. */
Closure *lib_load_file(Machine *M, const char *name, const char *mode, const Value *env,
                       String **error);

/* Compiling a file in slices: it is read once, and kept in the frame of the native that
 * compiles it. */
enum {
    FILE_TEXT,
    FILE_CHUNK, /* what messages call it */
    FILE_MODE,  /* or nil */
    FILE_ENV,
    FILE_HAS_ENV,
    FILE_OPEN, /* what is being read, or nil */
    FILE_FOR,  /* the native's own */
    FILE_FRAME
};
/* Opens it. Sets the first two slots and FILE_OPEN; the others have been set. Answers as the
 * next one does, in which it goes on. */
int lib_file_begin(Machine *M, Value *a, const char *name, NativeCont *cont, Closure **f,
                   String **error);
/* Reads and compiles it. Answers what the native is to return, which cont goes on with, or 0:
 * *f, or NULL and *error. */
int lib_file_go_on(Machine *M, Value *a, NativeCont *cont, Closure **f, String **error);

#endif
