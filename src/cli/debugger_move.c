/* SPDX-License-Identifier: MIT */
/* Moving about in a recording, and showing where one is. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/debugger_state.h"

/* Showing ----------------------------------------------------------------------------- */

/* Lines of a file; nothing where there is no such file. */
static void show_lines(const char *chunk, int from, int to, int marked)
{
    FILE *f = *chunk == '@' ? fopen(chunk + 1, "r") : NULL;
    char *line = NULL;
    size_t size = 0;
    for (int n = 1; f && n <= to && getline(&line, &size, f) >= 0; n++) {
        if (n < from) continue;
        line[strcspn(line, "\r\n")] = 0;
        printf("%c%5d  %s\n", n == marked ? '>' : ' ', n, line);
    }
    free(line);
    if (f) fclose(f);
}

static const char *shown_name(const char *chunk)
{
    return *chunk == '@' || *chunk == '=' ? chunk + 1 : chunk;
}

void debugger_list(const Debugger *d, int line, int count)
{
    int from = line - count / 2 > 1 ? line - count / 2 : 1;
    show_lines(d->chunk, from, from + count - 1, d->where == AT_END ? 0 : d->line);
}

void debugger_show(const Debugger *d)
{
    const char *how[] = {"returned", "failed", "was stopped", "ended the process"};
    if (d->where == AT_END) {
        printf("the end: the program %s\n", how[d->rec->record->end]);
        return;
    }
    if (d->hit) printf("break %d, ", d->hit);
    if (d->line < 1) {
        printf("%s\n", shown_name(d->chunk));
        return;
    }
    printf("%s:%d\n", shown_name(d->chunk), d->line);
    show_lines(d->chunk, d->line, d->line, d->line);
}

/* Going ------------------------------------------------------------------------------- */

static bool note_place(void *context, const DebugEvent *e)
{
    Debugger *d = context;
    const String *name = frame_proto(e->fp)->source->chunk_name;
    d->now = e->at;
    d->here = debug_frame(e);
    d->line = e->line;
    snprintf(d->chunk, sizeof d->chunk, "%.*s", (int)name->length, name->data);
    return true;
}

static void set_state(Debugger *d, moonlet_state *s, Where where)
{
    moonlet_release(d->state);
    d->state = s;
    d->where = where;
    d->level = 0;
}

bool debugger_go(Debugger *d, DebugTime to)
{
    moonlet_state *s = debug_state(d->rec, to, note_place, d);
    if (!s) return false;
    set_state(d, s, AT_LINE);
    debugger_show(d);
    return true;
}

/* The line of the innermost frame that has one. */
static void find_failure(Debugger *d)
{
    bool good = false;
    for (int level = 0; !good && level < 20; level++) {
        char *place = debugger_look(d->state, LOOK_PLACE, level, "", &good), *end;
        long line = good ? strtol(place, &end, 10) : 0;
        good = good && line > 0;
        if (good) snprintf(d->chunk, sizeof d->chunk, "%s", end + 1);
        if (good) d->line = (int)line;
        d->level = good ? level : 0;
        free(place);
    }
}

void debugger_go_end(Debugger *d)
{
    moonlet_state *s = debug_failure(d->rec);
    Where where = s ? AT_FAILURE : AT_END;
    if (!s) s = moonlet_recording_state(d->rec, UINT64_MAX);
    d->hit = 0;
    set_state(d, s, where);
    d->now = time_never;
    d->here = (DebugFrame){0, 0};
    if (where == AT_FAILURE) {
        find_failure(d);
        printf("failed, ");
    }
    debugger_show(d);
}

/* A time before all others is that of the first line. */
static void go_first(Debugger *d) { debugger_go(d, (DebugTime){0, 0}); }

bool debugger_seek(Debugger *d, bool back, DebugVisit *visit, void *context)
{
    DebugTime found;
    bool has = back ? debug_last(d->rec, d->now, visit, context, &found)
                    : d->where == AT_LINE && debug_next(d->rec, d->now, visit, context, &found);
    d->hit = 0;
    if (has) return debugger_go(d, found);
    if (back)
        go_first(d);
    else
        debugger_go_end(d);
    return false;
}

/* Breaks ------------------------------------------------------------------------------ */

bool debugger_is_file(const char *chunk, size_t length, const char *file)
{
    size_t n = strlen(file);
    if (length && (*chunk == '@' || *chunk == '=')) chunk++, length--;
    if (n > length || memcmp(chunk + length - n, file, n) != 0) return false;
    return n == length || chunk[length - n - 1] == '/' || *file == '/';
}

static bool is_at(const Break *b, const DebugEvent *e)
{
    const AstFunction *source = frame_proto(e->fp)->source;
    const String *name = source->chunk_name;
    if (b->function ? !e->enters || source->line != b->line : e->line != b->line) return false;
    return debugger_is_file(name->data, name->length, b->file);
}

typedef struct BreakSeek {
    Debugger *d;
    DebugVisit *also;
    void *context;
    Break *hit; /* at the event that was found; NULL: it is the other one */
} BreakSeek;

static bool is_break(void *context, const DebugEvent *e)
{
    BreakSeek *s = context;
    for (int i = 0; i < s->d->break_count; i++) {
        if (!is_at(&s->d->breaks[i], e)) continue;
        s->hit = &s->d->breaks[i];
        return true;
    }
    if (!s->also || !s->also(s->context, e)) return false;
    s->hit = NULL;
    return true;
}

static bool holds(Debugger *d, const Break *b, DebugTime at)
{
    if (!b || !b->condition) return true;
    bool good;
    moonlet_state *s = debug_state(d->rec, at, NULL, NULL);
    if (!s) return false;
    char *answer = debugger_look(s, LOOK_TRUE, 0, b->condition, &good);
    bool yes = !good || strcmp(answer, "true") == 0; /* what fails is worth a look */
    free(answer);
    moonlet_release(s);
    return yes;
}

bool debugger_seek_break(Debugger *d, bool back, DebugVisit *also, void *context)
{
    BreakSeek s = {d, also, context, NULL};
    DebugTime found, from = d->now;
    bool has = back || d->where == AT_LINE;
    do {
        has = has && (back ? debug_last(d->rec, from, is_break, &s, &found)
                           : debug_next(d->rec, from, is_break, &s, &found));
        from = found;
    } while (has && !holds(d, s.hit, found));
    d->hit = has && s.hit ? s.hit->number : 0;
    if (has && s.hit) s.hit->hits++;
    if (has) return debugger_go(d, found);
    if (back)
        go_first(d);
    else
        debugger_go_end(d);
    return false;
}
