/* SPDX-License-Identifier: MIT */
/*
 * --map: lines of standard input through a function of the script, many at once.
 *
 * Main invariant: output is in the order of the lines. A batch of whole lines is done and
 * written before the next one is taken.
 */
#include "cli/worlds/map.h"
#include "cli/output/progress.h"
#include "cli/output/report.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "lib/lib.h"
#include "map/line_function.h"

enum { MAP_LINES = 16384, READ_SIZE = 1 << 16, BATCH_BYTES = 1 << 20 };

typedef struct Mapping {
    const Cli *c;
    const MapOptions *o;
    moonlet_state *s;
    moonlet_value function; /* takes a line, gives the text to write, or nothing */
    char *buffer;           /* what was read and is not yet done */
    size_t length, capacity;
    bool ended;  /* there is no more to read */
    bool closed; /* nor anybody to write for */
    uint64_t lines, bytes;
    Progress progress;
    bool tells; /* progress is shown */
    bool good;
} Mapping;

/* Signals have no context: this is the process's. */
static volatile int interrupted;

static void on_interrupt(int number)
{
    signal(number, SIG_DFL);
    __atomic_store_n(&interrupted, 1, __ATOMIC_RELAXED); /* threads read it */
}

/* How far it is -------------------------------------------------------------------- */

static void show(void *data, size_t done, size_t count)
{
    Mapping *m = data;
    double here = count ? (double)m->length * (double)done / (double)count : 0;
    progress_show(&m->progress, m->lines + done, (double)m->bytes + here);
}

/* Input ---------------------------------------------------------------------------- */

static void grow(Mapping *m)
{
    if (m->capacity - m->length >= READ_SIZE) return;
    m->capacity = m->capacity ? m->capacity * 2 : 4 * READ_SIZE;
    m->buffer = realloc(m->buffer, m->capacity);
    if (!m->buffer) report_no_memory();
}

/* Waits until there is something to read. A signal may come between the look at its flag and
 * the wait, so that is not for long. */
static void wait_for_input(void)
{
    enum { WAIT_MS = 100 };
    struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
    while (!interrupted && poll(&fd, 1, WAIT_MS) <= 0) continue;
}

/* Reads once; waits until there is something. */
static void read_more(Mapping *m)
{
    grow(m);
    ssize_t n;
    do {
        wait_for_input();
        n = interrupted ? 0 : read(STDIN_FILENO, m->buffer + m->length, READ_SIZE);
    } while (n < 0 && (errno == EINTR || errno == EAGAIN));
    if (n < 0) {
        report_message(m->c, strerror(errno));
        m->good = false;
    }
    if (n <= 0) m->ended = true;
    if (n > 0) m->length += (size_t)n;
}

/* Reads up to a whole line at least. A file's bytes are all there: of them it reads enough to
 * keep everybody busy. */
static void read_batch(Mapping *m)
{
    bool line = false;
    while (!m->ended && (!line || (m->progress.size > 0 && m->length < BATCH_BYTES))) {
        size_t from = m->length;
        read_more(m);
        line = line || memchr(m->buffer + from, '\n', m->length - from);
    }
}

/* The lines that are whole, each a value of its own. Gives their bytes. */
static size_t take_lines(const Mapping *m, moonlet_value *lines, size_t *count)
{
    size_t at = 0;
    for (*count = 0; *count < MAP_LINES && at < m->length; ++*count) {
        const char *line = m->buffer + at, *end = memchr(line, '\n', m->length - at);
        if (!end && !m->ended) break;
        size_t length = end ? (size_t)(end - line) : m->length - at;
        lines[*count] = moonlet_string(line, length);
        at += length + (end != NULL);
    }
    return at;
}

/* Output --------------------------------------------------------------------------- */

static void complain(Mapping *m, uint64_t line, const char *why)
{
    progress_wipe(&m->progress);
    fflush(stdout);
    fprintf(stderr, "%s: line %llu: %s\n", m->c->program, (unsigned long long)line, why);
    m->good = false;
}

static void write_item(Mapping *m, uint64_t line, const moonlet_item *item)
{
    size_t length;
    if (item->status == MOONLET_FAILED) {
        complain(m, line, item->error->message);
    } else if (item->status == MOONLET_PAUSED) {
        complain(m, line, moonlet_limit_text(item->limit));
    } else {
        const char *text = moonlet_term_to_text(moonlet_term_item(item->terms, 0), &length);
        if (!text) return;
        progress_wipe(&m->progress);
        fwrite(text, 1, length, stdout);
        putchar('\n');
    }
}

static void write_items(Mapping *m, const moonlet_items *all)
{
    for (size_t i = 0; i < all->count && !interrupted; i++)
        write_item(m, m->lines + i + 1, &all->items[i]);
    if (report_written(m->c)) return;
    m->good = false;
    m->closed = true;
}

/* The whole ------------------------------------------------------------------------ */

static bool map_batch(Mapping *m)
{
    moonlet_value *lines = mem_try_alloc(MAP_LINES * sizeof *lines);
    if (!lines) report_no_memory();
    size_t count, bytes = take_lines(m, lines, &count);
    if (!count) return false;
    moonlet_map_options options = {.threads = m->o->threads,
                                   .processes = m->o->processes,
                                   .give = MOONLET_GIVE_TERMS,
                                   .cancel = &interrupted,
                                   .progress = m->tells ? show : NULL,
                                   .data = m};
    moonlet_items all = moonlet_map(m->s, m->function, lines, count, &options);
    write_items(m, &all);
    moonlet_items_release(&all);
    m->lines += count;
    m->bytes += bytes;
    m->length -= bytes;
    memmove(m->buffer, m->buffer + bytes, m->length);
    return true;
}

static void map_all(Mapping *m)
{
    while (!interrupted && !m->closed) {
        if (!m->ended && (m->length == 0 || !memchr(m->buffer, '\n', m->length))) read_batch(m);
        if (!map_batch(m) && m->ended) break;
    }
    progress_wipe(&m->progress);
    if (!interrupted) return;
    report_message(m->c, "interrupted!");
    m->good = false;
}

static const char wrapper[] = LINE_FUNCTION_SOURCE;

static bool wrap(Mapping *m, Value f)
{
    String *error, *name = string_from_c("=map");
    Machine *M = m->c->M;
    Value env = value_object(M->run.world->globals);
    Closure *make = native_load(M, wrapper, sizeof wrapper - 1, name, &env, &error);
    if (!report_run(m->c, make, error, &f, 1)) return false;
    m->function = value_out(lib_result(M, 0));
    m->s = handle_new(machine_snapshot(M), NULL);
    moonlet_state *s = moonlet_limit(m->s, &m->o->limits);
    moonlet_release(m->s);
    m->s = s;
    return true;
}

static off_t input_size(void)
{
    struct stat st;
    return fstat(STDIN_FILENO, &st) == 0 && S_ISREG(st.st_mode) ? st.st_size : 0;
}

bool map_lines(const Cli *c, const MapOptions *o)
{
    Mapping m = {.c = c, .o = o, .good = true, .progress.size = input_size()};
    Value f = lib_result(c->M, 0);
    if (!value_is_function(f) && meta_of(c->M, f, META_CALL) == V_NIL) {
        report_message(c, "--map: the script must return a function");
        return false;
    }
    if (!wrap(&m, f)) return false;
    m.tells = isatty(STDERR_FILENO);
    signal(SIGINT, on_interrupt);
    map_all(&m);
    signal(SIGINT, SIG_DFL);
    moonlet_release(m.s);
    free(m.buffer);
    return m.good;
}
