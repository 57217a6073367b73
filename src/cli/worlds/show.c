/* SPDX-License-Identifier: MIT */
/*
 * What is in an image: see show.h.
 *
 * Main invariant: each byte of the image counts for one object, the first whose contents it was
 * met in.
 */
#include "cli/worlds/show.h"

#include <stdio.h>
#include <stdlib.h>

#include "cli/worlds/any_host.h"
#include "control/world.h"
#include "image/format.h"
#include "lib/io/file.h"
#include "operate/error.h"
#include "stack/trace_stack.h"
#include "tree/text.h"

typedef unsigned long long Number;

enum { LARGEST = 20, PATH_SHOWN = 100 };

typedef enum ShownKind {
    SHOWN_TABLES,
    SHOWN_FUNCTIONS,
    SHOWN_LIBRARY,
    SHOWN_HOST,
    SHOWN_CELLS,
    SHOWN_COROUTINES,
    SHOWN_USERDATA,
    SHOWN_FILES,
    SHOWN_STATES,
    SHOWN_STRINGS,
    SHOWN_CODE,
    SHOWN_KINDS
} ShownKind;

static const char *const kind_names[SHOWN_KINDS] = {"tables",
                                                    "functions",
                                                    "library functions",
                                                    "host functions",
                                                    "captured variables",
                                                    "coroutines",
                                                    "userdata",
                                                    "files",
                                                    "held states",
                                                    "strings",
                                                    "code"};

typedef struct Large {
    const void *object;
    uint64_t bytes;
    bool changed;
    char path[PATH_SHOWN];
} Large;

typedef struct Show {
    AnyHost host;
    uint64_t counts[SHOWN_KINDS], bytes[SHOWN_KINDS];
    Large largest[LARGEST + 1]; /* the largest first */
    size_t large_count;
    bool of_delta;
    uint64_t changed, fresh; /* of a delta: objects */
} Show;

/* Counting ----------------------------------------------------------------------------- */

static ShownKind kind_of(const Show *s, const void *o)
{
    switch (object_type(o)) {
    case OBJ_TABLE: return SHOWN_TABLES;
    case OBJ_CELL: return SHOWN_CELLS;
    case OBJ_CLOSURE: return SHOWN_FUNCTIONS;
    case OBJ_NATIVE:
        return s->host.host.function_name((void *)&s->host, o) ? SHOWN_HOST : SHOWN_LIBRARY;
    case OBJ_COROUTINE: return SHOWN_COROUTINES;
    default: break;
    }
    const Userdata *u = o;
    return u->tag == world_snapshot_tag ? SHOWN_STATES
           : u->tag == file_tag         ? SHOWN_FILES
                                        : SHOWN_USERDATA;
}

/* Puts it among the largest, if it is one. */
static void note_large(Show *s, const ImagePart *p)
{
    size_t i = s->large_count;
    if (i == LARGEST && s->largest[i - 1].bytes >= p->bytes) return;
    if (i < LARGEST) s->large_count++;
    for (; i > 0 && s->largest[i - 1].bytes < p->bytes; i--) s->largest[i] = s->largest[i - 1];
    s->largest[i] = (Large){p->object, p->bytes, p->changed, "?"};
    if (!s->of_delta) image_path(p, s->largest[i].path, PATH_SHOWN);
}

static void count_part(void *context, const ImagePart *p)
{
    Show *s = context;
    ShownKind kind = kind_of(s, p->object);
    s->counts[kind]++;
    s->bytes[kind] += p->bytes - p->strings - p->code;
    s->bytes[SHOWN_STRINGS] += p->strings;
    s->bytes[SHOWN_CODE] += p->code;
    s->changed += p->changed;
    s->fresh += !p->changed;
    note_large(s, p);
}

/* The whole state knows how an object of a delta is reached. */
static void find_path(void *context, const ImagePart *p)
{
    Show *s = context;
    for (size_t i = 0; i < s->large_count; i++)
        if (s->largest[i].object == p->object) image_path(p, s->largest[i].path, PATH_SHOWN);
}

/* Printing ----------------------------------------------------------------------------- */

static void print_id(const char *name, const uint8_t id[IMAGE_ID])
{
    printf("%-20s", name);
    for (int i = 0; i < IMAGE_ID; i++) printf("%02x", id[i]);
    putchar('\n');
}

static void print_kinds(const Show *s)
{
    Number count = 0, bytes = 0;
    printf("\n%-20s %10s %12s\n", "in the state", "number", "bytes");
    for (int k = 0; k < SHOWN_KINDS; k++) {
        if (!s->counts[k] && !s->bytes[k]) continue;
        char number[24] = "";
        if (k < SHOWN_STRINGS) snprintf(number, sizeof number, "%llu", (Number)s->counts[k]);
        printf("  %-18s %10s %12llu\n", kind_names[k], number, (Number)s->bytes[k]);
        count += s->counts[k];
        bytes += s->bytes[k];
    }
    printf("  %-18s %10llu %12llu\n", "all", count, bytes);
}

static void print_largest(const Show *s, const char *title)
{
    printf("\n%12s  %s\n", "bytes", title);
    for (size_t i = 0; i < s->large_count; i++)
        printf("%12llu  %s%s\n", (Number)s->largest[i].bytes, s->largest[i].path,
               s->largest[i].changed ? " (changed)" : "");
}

static void print_names(const char *title, const AnyNames *n)
{
    if (n->count) printf("\n%s\n", title);
    for (size_t i = 0; i < n->count; i++) printf("  %s\n", n->items[i]);
}

/* "script.lua:12", of the innermost Lua function of the paused program. */
static void print_paused(const State *state)
{
    Machine *M = machine_begin(state);
    const CoBody *b = heap_coroutine(&M->run, state->base->paused);
    StackTop top = stack_top(b);
    FrameCursor c = frame_cursor(b->segment, top.fp, top.node);
    while (!frame_is_lua(c.fp) && frame_down(&c)) {
    }
    if (frame_is_lua(c.fp)) {
        char id[CHUNK_ID_MAX];
        int line = error_line(c.fp, c.at);
        chunk_id(frame_proto(c.fp)->source->chunk_name, id);
        printf("%-20s%s", "paused program", id);
        line > 0 ? printf(":%d\n", line) : printf("\n");
    } else {
        printf("%-20syes\n", "paused program");
    }
    machine_end_look(M);
}

static void print_head(const Options *o, const AnyImage *a)
{
    bool delta = image_is_delta(a->bytes);
    printf("%-20s%s, %llu bytes, %s\n", "image", o->show, (Number)a->length,
           delta ? "a delta" : "whole");
    print_id("id", a->image->id);
    if (delta) print_id("base", a->bytes + IMAGE_AT_BASE);
    if (a->image->state->base->paused) print_paused(a->image->state);
}

static bool refuse(const Cli *c, const char *error)
{
    report_message(c, error);
    return false;
}

bool show_image(const Cli *c, const Options *o)
{
    static Show whole, delta;
    AnyImage a;
    char error[IMAGE_ERROR_MAX];
    any_host_init(&whole.host);
    if (!any_image_read(c, o, &whole.host, o->show, &a)) return false;
    const ImageHost *host = &whole.host.host;
    delta.host = whole.host;
    delta.of_delta = true;
    if (!image_tell(a.image->state, NULL, host, count_part, &whole, error) ||
        (a.base && (!image_tell(a.image->state, a.base, host, count_part, &delta, error) ||
                    !image_tell(a.image->state, NULL, host, find_path, &delta, error))))
        return refuse(c, error);
    print_head(o, &a);
    if (a.base) {
        printf("%-20s%llu changed, %llu new\n", "objects", (Number)delta.changed,
               (Number)delta.fresh);
        print_largest(&delta, "of the delta, largest first");
    }
    print_kinds(&whole);
    print_largest(&whole, "of the state, largest first");
    print_names("functions of the host", &whole.host.functions);
    print_names("types of userdata", &whole.host.types);
    if (whole.host.lights) printf("\nlight userdata of the host: %zu\n", whole.host.lights);
    free(a.bytes);
    return report_written(c);
}
