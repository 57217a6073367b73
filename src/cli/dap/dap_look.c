/* SPDX-License-Identifier: MIT */
/*
 * Threads, which are coroutines, their frames, and where these come from.
 *
 * Main invariant: the numbers of frames and of references are good until the tour moves. Then
 * dap_forget drops them all, and they begin with 1 again. Those of sources stay good for the
 * session.
 */
#ifdef MOONLET_DAP

#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "cli/dap/dap_session.h"
#include "tree/text.h"

enum { THREADS_MAX = 1000, FRAMES_MAX = 10000, SOURCES_MAX = 1000 };

/* Numbers ----------------------------------------------------------------------------- */

/* Doubles an array that is full. Answers false where there is no memory. */
static bool has_room(void **array, size_t count, size_t size)
{
    if (count & (count - 1)) return true;
    void *more = realloc(*array, (count ? 2 * count : 1) * size);
    if (more) *array = more;
    return more != NULL;
}

void dap_forget(Dap *d)
{
    for (size_t i = 0; i < d->reference_count; i++) {
        moonlet_release(d->references[i].state);
        free(d->references[i].name);
    }
    d->reference_count = d->frame_count = 0;
    free(d->references);
    free(d->frames);
    d->references = NULL;
    d->frames = NULL;
}

void dap_rehome(Dap *d, const moonlet_state *before)
{
    for (size_t i = 0; i < d->reference_count; i++) {
        DapReference *r = &d->references[i];
        if (r->state->state != before->state) continue;
        moonlet_release(r->state);
        r->state = moonlet_retain(d->tour->state);
    }
}

const DebugPlace *dap_frame(const Dap *d, json_int_t number)
{
    bool is = number > 0 && (size_t)number <= d->frame_count;
    return is ? &d->frames[number - 1] : NULL;
}

const DapReference *dap_reference(const Dap *d, json_int_t number)
{
    bool is = number > 0 && (size_t)number <= d->reference_count;
    return is ? &d->references[number - 1] : NULL;
}

json_int_t dap_refer(Dap *d, const DapReference *r)
{
    if (!has_room((void **)&d->references, d->reference_count, sizeof *r)) return 0;
    d->references[d->reference_count] = *r;
    d->references[d->reference_count].state = moonlet_retain(r->state);
    return (json_int_t)++d->reference_count;
}

static json_int_t add_frame(Dap *d, const DebugPlace *p)
{
    if (!has_room((void **)&d->frames, d->frame_count, sizeof *p)) return 0;
    d->frames[d->frame_count] = *p;
    return (json_int_t)++d->frame_count;
}

/* Threads ----------------------------------------------------------------------------- */

static json_t *thread_of(const Dap *d, const Coroutine *co)
{
    char name[80];
    const moonlet_state *s = d->tour->state;
    bool main = co == s->state->base->world->main;
    const char *status = debug_coroutine_status(s, co);
    if (main)
        snprintf(name, sizeof name, "main (%s)", s->state->base->paused ? status : "ended");
    else
        snprintf(name, sizeof name, "coroutine %llu (%s)", (unsigned long long)object_id(co),
                 status);
    return json_pack("{s:I, s:s}", "id", (json_int_t)object_id(co), "name", name);
}

void dap_threads(Dap *d, const json_t *request, const json_t *arguments)
{
    Coroutine *all[THREADS_MAX];
    json_t *list = json_array();
    (void)arguments;
    if (d->tour) {
        const moonlet_state *s = d->tour->state;
        size_t n = debug_coroutines(s, all, THREADS_MAX);
        if (!n) all[n++] = s->state->base->world->main;
        for (size_t i = 0; i < n; i++) json_array_append_new(list, thread_of(d, all[i]));
    }
    dap_answer(request, json_pack("{s:o}", "threads", list));
}

static const Coroutine *find_thread(const Dap *d, json_int_t id)
{
    Coroutine *all[THREADS_MAX];
    size_t n = debug_coroutines(d->tour->state, all, THREADS_MAX);
    for (size_t i = 0; i < n; i++)
        if ((json_int_t)object_id(all[i]) == id) return all[i];
    return NULL;
}

/* Sources ----------------------------------------------------------------------------- */

char *dap_path(const Dap *d, const String *chunk)
{
    char path[PATH_MAX];
    if (!chunk->length || *chunk->data != '@') return NULL;
    const char *name = chunk->data + 1;
    int n = (int)chunk->length - 1;
    if (n > 2 && name[0] == '.' && name[1] == '/') name += 2, n -= 2;
    if (n && *name == '/')
        snprintf(path, sizeof path, "%.*s", n, name);
    else
        snprintf(path, sizeof path, "%s/%.*s", d->directory ? d->directory : ".", n, name);
    return strdup(path);
}

/* The number of a text that was loaded, by which its client asks for it. */
static json_int_t source_number(Dap *d, const String *text)
{
    for (size_t i = 0; i < d->source_count; i++)
        if (strlen(d->sources[i]) == text->length &&
            memcmp(d->sources[i], text->data, text->length) == 0)
            return (json_int_t)i + 1;
    if (!has_room((void **)&d->sources, d->source_count, sizeof *d->sources)) return 0;
    char *copy = strndup(text->data, text->length);
    if (!copy) return 0;
    d->sources[d->source_count] = copy;
    return (json_int_t)++d->source_count;
}

static json_t *source_of(Dap *d, const String *chunk)
{
    char id[CHUNK_ID_MAX], *path = dap_path(d, chunk);
    json_t *s = json_object();
    chunk_id(chunk, id);
    if (path) {
        const char *name = strrchr(path, '/');
        json_object_set_new(s, "name",
                            dap_text(name ? name + 1 : path, strlen(name ? name + 1 : path)));
        json_object_set_new(s, "path", dap_text(path, strlen(path)));
    } else {
        json_object_set_new(s, "name", dap_text(id, strlen(id)));
        if (!chunk->length || *chunk->data != '=')
            json_object_set_new(s, "sourceReference", json_integer(source_number(d, chunk)));
    }
    free(path);
    return s;
}

void dap_sources(Dap *d, const json_t *request, const json_t *arguments)
{
    const String *all[SOURCES_MAX];
    json_t *list = json_array();
    (void)arguments;
    size_t n = d->tour ? debug_chunks(d->tour->state, all, SOURCES_MAX) : 0;
    for (size_t i = 0; i < n; i++) json_array_append_new(list, source_of(d, all[i]));
    dap_answer(request, json_pack("{s:o}", "sources", list));
}

void dap_source(Dap *d, const json_t *request, const json_t *arguments)
{
    const json_t *source = json_object_get(arguments, "source");
    json_int_t n = dap_number(arguments, "sourceReference", 0);
    if (!n) n = dap_number(source, "sourceReference", 0);
    if (n < 1 || (size_t)n > d->source_count) {
        dap_refuse(request, "there is no such source");
        return;
    }
    const char *text = d->sources[n - 1];
    dap_answer(request, json_pack("{s:o, s:s}", "content", dap_text(text, strlen(text)),
                                  "mimeType", "text/x-lua"));
}

/* Frames ------------------------------------------------------------------------------ */

static json_t *frame_name(const DebugPlace *p)
{
    if (p->name) return dap_text(p->name->data, p->name->length);
    return json_string(p->chunk && !p->first_line ? "main chunk" : "function");
}

static json_t *frame_of(Dap *d, const DebugPlace *p)
{
    int first = d->lines_from_0 ? 0 : 1;
    json_t *f = json_pack("{s:I, s:o}", "id", add_frame(d, p), "name", frame_name(p));
    json_object_set_new(f, "line", json_integer(p->line ? p->line - 1 + first : 0));
    json_object_set_new(f, "column", json_integer(p->line ? (d->columns_from_0 ? 0 : 1) : 0));
    if (p->chunk)
        json_object_set_new(f, "source", source_of(d, p->chunk));
    else
        json_object_set_new(f, "presentationHint", json_string("subtle"));
    return f;
}

/* The label between the frames of a coroutine and those of the one that has resumed it. */
static json_t *label(Dap *d, const DebugPlace *p)
{
    return json_pack("{s:I, s:s, s:i, s:i, s:s}", "id", add_frame(d, p), "name", "resumed by",
                     "line", 0, "column", 0, "presentationHint", "label");
}

static json_t *frames_of(Dap *d, const DebugPlaces *p, size_t first, size_t count)
{
    json_t *list = json_array();
    size_t at = 0;
    for (size_t i = 0; i < p->count && at < first + count; i++) {
        if (i && p->at[i].co != p->at[i - 1].co && at++ >= first && at <= first + count)
            json_array_append_new(list, label(d, &p->at[i]));
        if (at++ >= first && at <= first + count)
            json_array_append_new(list, frame_of(d, &p->at[i]));
    }
    return list;
}

static size_t frames_in_all(const DebugPlaces *p)
{
    size_t n = p->count;
    for (size_t i = 1; i < p->count; i++) n += p->at[i].co != p->at[i - 1].co;
    return n;
}

void dap_stack(Dap *d, const json_t *request, const json_t *arguments)
{
    if (!dap_has_stopped(d, request)) return;
    const moonlet_state *s = d->tour->state;
    json_int_t id = dap_number(arguments, "threadId", 0);
    json_int_t first = dap_number(arguments, "startFrame", 0);
    json_int_t count = dap_number(arguments, "levels", 0);
    const Coroutine *co = find_thread(d, id);
    if (first < 0 || count < 0 ||
        (!co && id != (json_int_t)object_id(s->state->base->world->main))) {
        dap_refuse(request, co ? "there are no such frames" : "there is no such thread");
        return;
    }
    if (!count || count > FRAMES_MAX) count = FRAMES_MAX;
    if (first > INT_MAX) first = INT_MAX;
    DebugPlaces p =
        co ? debug_places(s, co == s->state->base->paused ? NULL : co) : (DebugPlaces){0};
    json_t *list = frames_of(d, &p, (size_t)first, (size_t)count);
    json_int_t all = (json_int_t)frames_in_all(&p);
    dap_answer(request, json_pack("{s:o, s:I}", "stackFrames", list, "totalFrames", all));
    debug_places_free(&p);
}

/* Scopes ------------------------------------------------------------------------------ */

static void add_scope(Dap *d, json_t *list, const char *name, const char *hint,
                      const DapReference *r, bool costly)
{
    json_t *s = json_pack("{s:s, s:I, s:b}", "name", name, "variablesReference",
                          dap_refer(d, r), "expensive", costly);
    if (hint) json_object_set_new(s, "presentationHint", json_string(hint));
    json_array_append_new(list, s);
}

void dap_scopes(Dap *d, const json_t *request, const json_t *arguments)
{
    if (!dap_has_stopped(d, request)) return;
    const DebugPlace *p = dap_frame(d, dap_number(arguments, "frameId", 0));
    if (!p) {
        dap_refuse(request, "there is no such frame");
        return;
    }
    json_t *list = json_array();
    DapReference r = {.kind = REFERS_TO_SCOPE, .state = d->tour->state, .place = *p};
    if (p->chunk) {
        r.variables = DEBUG_LOCAL;
        add_scope(d, list, "Locals", "locals", &r, false);
        r.variables = DEBUG_UPVALUE;
        add_scope(d, list, "Upvalues", NULL, &r, false);
    }
    r.kind = REFERS_TO_GLOBALS;
    add_scope(d, list, "Globals", NULL, &r, false);
    r.libraries = true;
    add_scope(d, list, "Libraries", NULL, &r, true);
    dap_answer(request, json_pack("{s:o}", "scopes", list));
}

#endif
