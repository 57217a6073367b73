/* SPDX-License-Identifier: MIT */
/*
 * File objects: opening, closing, and what a lost one leaves behind.
 *
 * Main invariant: whoever closes a file takes it first, by an atomic exchange of its kind; so
 * a FILE is closed once, however many threads and states have the object.
 */
#include "lib/io/file.h"

#include "control/collect.h"
#include "lib/io/process.h"
#include "lib/natives.h"
#include "memory/watch.h"
#include "outside/outside.h"
#include "trace/trace.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

const char file_tag[] = FILE_TYPE_NAME;

enum {
    OPEN_FIRST = 256,
    OPEN_BYTES = 8192 /* what C takes for one */
};

/* Closing ---------------------------------------------------------------------------- */

/* Files that are open, and how many may be before the collector looks for lost ones. */
static _Atomic size_t open_count, open_max = OPEN_FIRST;

/* Takes the file from all others: FILE_CLOSED: somebody has done so before. */
static FileKind take(File *file)
{
    FileKind kind = __atomic_exchange_n(&file->kind, FILE_CLOSED, __ATOMIC_ACQ_REL);
    if (kind != FILE_CLOSED) open_count--;
    return kind;
}

/* A pipe that nobody has: it is closed, and its command waited for. */
static void *reap(void *copy)
{
    File pipe = *(File *)copy;
    free(copy);
    fclose(pipe.f);
    while (pipe.process && waitpid(pipe.process, NULL, 0) < 0 && errno == EINTR) continue;
    return NULL;
}

/* Nobody waits but another thread. */
static void reap_apart(const File *pipe)
{
    pthread_t thread;
    File *copy = malloc(sizeof *copy);
    if (!copy) return;
    *copy = *pipe;
    if (pthread_create(&thread, NULL, reap, copy) == 0)
        pthread_detach(thread);
    else
        reap(copy);
}

/* A WatchLostFn. */
static void lost(void *block, const void *unused)
{
    File *file = block;
    FileKind kind = take(file);
    (void)unused;
    if (kind == FILE_PIPE) reap_apart(file);
    if (kind == FILE_PLAIN) fclose(file->f);
}

/* Descriptors are few, and the collector does not count them. */
static void count_open(void)
{
    if (++open_count < open_max) return;
    mem_collect();
    watch_give_back();
    size_t left = open_count;
    open_max = left + (left > OPEN_FIRST ? left : OPEN_FIRST);
}

/* Stands for the file that a replay has opened. */
static FILE *file_recalled(void)
{
    static char nothing;
    return (FILE *)(void *)&nothing;
}

/* What a replay has opened is nobody's to use but by what was recorded of it. */
Value file_new_hidden(Machine *M, FILE *f, FileKind kind)
{
    Userdata *u = run_new_userdata(&M->run, file_tag, sizeof(File));
    bool real = f != file_recalled();
    *(File *)u->data = (File){f, real ? kind : FILE_CLOSED, 0};
    if (kind == FILE_STANDARD) return value_object(u);
    mem_count(OPEN_BYTES);
    watch_add(u->data, lost, NULL);
    if (real) count_open();
    return value_object(u);
}

Value file_new(Machine *M, FILE *f, FileKind kind)
{
    Value file = file_new_hidden(M, f, kind);
    Userdata *u = value_pointer(file);
    u->body.meta = lib_registry_table(&M->run, FILE_TYPE_NAME);
    if (kind != FILE_STANDARD) collect_metatable(M, file, u->body.meta);
    return file;
}

void file_close_hidden(Machine *M, Value v)
{
    File *file = file_of(v);
    if (file->kind != FILE_STANDARD && !outside_recalls(M) && take(file)) fclose(file->f);
}

/* Opening ---------------------------------------------------------------------------- */

LibCClose *lib_c_close;

/* A luaL_Stream of a C module, which has the address of a function where `kind` is. */
static bool is_stream(const File *file) { return (unsigned)file->kind > FILE_PIPE; }

FileKind file_kind(Machine *M, const File *file)
{
    if (is_stream(file)) return FILE_PLAIN;
    uint8_t kind = (uint8_t)file->kind;
    if (kind == FILE_STANDARD) return FILE_STANDARD;
    outside_record(M, SEEN_BYTES, &kind, sizeof kind);
    return kind <= FILE_PIPE ? (FileKind)kind : FILE_CLOSED;
}

static bool is_plain_file(Machine *M, Value v)
{
    const File *file = file_of(v);
    Value gc = file && !is_stream(file) ? meta_of(M, v, META_GC) : V_NIL;
    return value_is(gc, OBJ_NATIVE) && ((Native *)value_pointer(gc))->fn == file_gc;
}

/* Whether a snapshot has been taken since the file was opened. */
static bool file_is_seen_elsewhere(Machine *M, Value v)
{
    const Userdata *u = value_pointer(v);
    return outside_is_older(M, u->epoch);
}

/* Does for the files that this run can no longer reach what their finalizers would do, which
 * cannot be called now. */
static void close_unreachable(Machine *M)
{
    collect_now(M);
    Table *queue = M->run.world->collection.queue;
    for (uint32_t i = 0; queue && i < heap_table(&M->run, queue)->array_size; i++) {
        Value v = pvec_get(&heap_table(&M->run, queue)->array, i);
        if (!is_plain_file(M, v)) continue;
        if (!file_is_seen_elsewhere(M, v)) lost(file_of(v), NULL);
        run_set(&M->run, queue, value_number((double)i + 1), V_FALSE);
    }
}

static bool is_short_of_files(void) { return errno == EMFILE || errno == ENFILE; }

/* Opens a file, and waits: who opens a pipe that has a name waits for who opens its other end.
 */
static FILE *open_waiting(Machine *M, FileOpenFn *open, const char *name, const char *mode)
{
    FILE *f = outside_recalls(M) ? file_recalled() : NULL;
    if (!f) {
        do f = open(name, mode);
        while (!f && errno == EINTR && M && native_woken(M) != NATIVE_ERROR);
    }
    return outside_done(M, f != NULL) ? f : NULL;
}

FILE *file_open(Machine *M, FileOpenFn *open, const char *name, const char *mode)
{
    if (M) lib_pay_system();
    FILE *f = open_waiting(M, open, name, mode);
    if (f || !is_short_of_files()) return f;
    if (M) close_unreachable(M);
    for (int tries = 0; !f && is_short_of_files() && tries < 3; tries++) {
        mem_collect();
        if (M) run_drop_lost(&M->run);
        watch_give_back();
        f = open_waiting(M, open, name, mode);
    }
    return f;
}

File *file_of(Value v)
{
    if (!value_is(v, OBJ_USERDATA)) return NULL;
    const Userdata *u = value_pointer(v);
    return u->tag == file_tag ? u->data : NULL;
}

File *file_arg(Machine *M, Value *a, int n, int i)
{
    Userdata *u = arg_userdata(M, a, n, i, file_tag, FILE_TYPE_NAME);
    return u ? u->data : NULL;
}

File *file_arg_open(Machine *M, Value *a, int n, int i)
{
    File *file = file_arg(M, a, n, i);
    if (!file || file_kind(M, file) != FILE_CLOSED) return file;
    native_error(M, "attempt to use a closed file");
    return NULL;
}

Value file_open_checked(Machine *M, const String *name, const char *mode)
{
    const char *text = lib_c_text(name);
    FILE *f = file_open(M, fopen, text, mode);
    if (!f && errno == EINTR) return V_NIL;
    if (f) return file_new(M, f, FILE_PLAIN);
    const char *why = strerror(errno);
    lib_error(M, lib_join("cannot open file '", text, "' (", why, ")", NULL));
    return V_NIL;
}

int file_gc(Machine *M, Value *a, int n)
{
    File *file = file_arg(M, a, n, 0);
    if (!file) return NATIVE_ERROR;
    if (is_stream(file)) return file_close(M, a, a[0]);
    bool open = file_kind(M, file) > FILE_STANDARD;
    if (open && !outside_answer(M, file_is_seen_elsewhere(M, a[0]))) file_close(M, a, a[0]);
    return 0;
}

int file_close(Machine *M, Value *a, Value self)
{
    File *file = file_of(self);
    if (is_stream(file)) return lib_c_close(M, a, self);
    if (file->kind == FILE_STANDARD) {
        a[0] = V_NIL;
        a[1] = new_c_string("cannot close standard file");
        return 2;
    }
    trace_remove_finalizer(&M->run, self);
    uint8_t kind = outside_recalls(M) ? FILE_CLOSED : (uint8_t)take(file);
    outside_record(M, SEEN_BYTES, &kind, sizeof kind);
    if (kind == FILE_CLOSED) return native_error(M, "attempt to use a closed file");
    bool closed = outside_done(M, outside_recalls(M) || fclose(file->f) == 0);
    if (kind != FILE_PIPE) return lib_file_result(M, a, closed, NULL);
    int status = SIGINT; /* what the command was told, as waitpid would say */
    if (!outside_recalls(M) && file->process && process_wait(M, file->process, &status) < 0)
        return NATIVE_ERROR;
    return process_result(M, a, status);
}

/* The user has perhaps ended a wait for the command behind a pipe. */
void file_abandon(Machine *M, File *file)
{
    if (file->kind == FILE_PIPE && file->process && process_abandon(M, file->process))
        file->process = 0;
}
