/* SPDX-License-Identifier: MIT */
/*
 * Files as the io library has them (manual 6.8): userdata around C's FILE.
 *
 *   Userdata [... tag = file_tag | data] -> File [FILE * | kind]
 *
 * What a file is (open, at which position) is the process's, and no part of a state: a
 * file closed in one fork is closed in all. So a file that a state has lost is closed by
 * its finalizer only if no other state can have it. Two threads may use a file at once as far
 * as C allows it: not while one of them closes it.
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
} File;

extern const char file_tag[];
#define FILE_TYPE_NAME "FILE*"

/* A file object of this run, with the metatable of the registry. */
Value file_new(Run *R, FILE *f, FileKind kind);
/* The file in a value, NULL if there is none. */
File *file_of(Value v);
/* Argument i, which must be a file; in the second, an open one. NULL: error. */
File *file_arg(Run *R, Value *a, int n, int i);
File *file_arg_open(Run *R, Value *a, int n, int i);

/* fopen for functions that fail with "cannot open file 'x' (why)"; nil: error. */
Value file_open_checked(Run *R, const String *name, const char *mode);

/* Closes a file, whatever the kind; answers as file:close() does. */
int file_close(Run *R, Value *a, Value self);
/* Whether a snapshot has been taken since the file was opened. */
bool file_is_seen_elsewhere(Run *R, Value v);

/* Reads by the formats a[first..n) (none: a line) and answers as file:read() does, with
 * the results in a[0..]. One result each; the last one is nil when it failed. */
int file_read(Run *R, Value *a, int n, int first, FILE *f);
/* Writes a[first..n); answers `self`, or nil, message, errno. */
int file_write(Run *R, Value *a, int n, int first, FILE *f, Value self);
/* The iterator of lines() by the formats a[first..n). `close` at the end. */
int file_lines(Run *R, Value *a, int n, int first, Value self, bool close);

/* The methods, in their metatable in the registry. */
Table *lib_open_file(Run *R);

#endif
