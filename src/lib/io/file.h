/* SPDX-License-Identifier: MIT */
/*
 * Files as the io library has them (manual 6.8): userdata around C's FILE.
 *
 *   Userdata [... tag = file_tag | data] -> File [FILE * | kind]
 *
 * What a file is (open, at which position) is the process's, and no part of a state: a
 * file closed in one fork is closed in all. So a file that a state has lost is closed by
 * its finalizer only if no other state can have it; else when no state has it any more
 * (watch.h). Two threads may use a file at once as far
 * as C allows it: not while one of them closes it.
 *
 * What waits for a file, or for a command behind a pipe, ends when a signal handler has set
 * the run's flag: with an error, or a pause if that is the host's wish. What has been read by
 * then is put back, or kept until the function goes on.
 *
 * C modules (src/puc) make files, too, with the metatable of files and a function that closes
 * them. A File begins as their luaL_Stream does: the FILE, and zero where it is closed.
 *
 * Invariants: kind is FILE_CLOSED exactly when `f` must not be used; FILE_STANDARD
 * files are never closed.
 */
#ifndef MOONLET_FILE_H
#define MOONLET_FILE_H

#include "lib/lib.h"

#include <stdio.h>

typedef enum FileKind { FILE_CLOSED, FILE_STANDARD, FILE_PLAIN, FILE_PIPE } FileKind;

typedef struct File {
    FILE *f;
    FileKind kind;
    int process; /* of a pipe; 0: nobody waits for it */
} File;

extern const char file_tag[];
#define FILE_TYPE_NAME "FILE*"

/* A file object of this run, with the metatable of the registry. */
Value file_new(Machine *M, FILE *f, FileKind kind);
/* Whether it is open, and as what: ask this before anything else (a replay is told what it was
 * then). */
FileKind file_kind(Machine *M, const File *file);
/* A file object that no program gets to see, which has no methods; and the end of it. */
Value file_new_hidden(Machine *M, FILE *f, FileKind kind);
void file_close_hidden(Machine *M, Value file);
/* The file in a value, NULL if there is none. */
File *file_of(Value v);
/* Argument i, which must be a file. For the second function it must be open. Answers NULL if
 * it is not; the error is set then. */
File *file_arg(Machine *M, Value *a, int n, int i);
File *file_arg_open(Machine *M, Value *a, int n, int i);

/* open (fopen, popen, ...), and again after a search for lost files when there are too many:
 * to be called by natives, while none of their arguments is an object that matters. M NULL:
 * this run's are not looked for. NULL with errno EINTR: the user has ended it, M->error says.
 */
typedef FILE *FileOpenFn(const char *name, const char *mode);
FILE *file_open(Machine *M, FileOpenFn *open, const char *name, const char *mode);

/* Opens for functions that fail with "cannot open file 'x' (why)": answers nil then, and the
 * error is raised. */
Value file_open_checked(Machine *M, const String *name, const char *mode);

/* Closes a file, whatever the kind; answers as file:close() does. */
int file_close(Machine *M, Value *a, Value self);
/* The method __gc, a native. */
int file_gc(Machine *M, Value *a, int n);

/* Reads from `file`, which is open, by the formats a[first..n) (none: a line) and answers as
 * file:read() does, with the results in a[0..]. One result each; the last one is nil when it
 * failed. When the run has to stop meanwhile, cont calls file_read_on; its frame holds
 * FILE_READS, and file_read_holds. */
int file_read(Machine *M, Value *a, int n, int first, Value file, NativeCont *cont);
int file_read_on(Machine *M, Value *a, NativeCont *cont);
bool file_read_holds(const Value *a, size_t used);
#define FILE_READS "iuiiSb*"
/* Reads as much behind *text, which is a string or NULL, as makes it `most` bytes long, or less
 * where the file ends. Answers 0; or what a native is to answer: *text then is what there is so
 * far, and the function goes on behind it. */
int file_read_text(Machine *M, File *file, size_t most, const String **text);
/* Writes a[first..n); answers `self`, or nil, message, errno. */
int file_write(Machine *M, Value *a, int n, int first, File *file, Value self);
/* fwrite, but that the user can end the wait for who reads: then errno is EINTR. */
bool file_put(Machine *M, FILE *f, const char *bytes, size_t length);
int file_flush(Machine *M, Value *a, File *file);
/* The iterator of lines() by the formats a[first..n). `close` at the end. */
int file_lines(Machine *M, Value *a, int n, int first, Value self, bool close);

/* The methods, in their metatable in the registry. */
Table *lib_open_file(Machine *M);

/* To be called when the user has perhaps ended a wait for the command behind a pipe. */
void file_abandon(Machine *M, File *file);

#endif
