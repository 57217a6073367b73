/* SPDX-License-Identifier: MIT */
/*
 * Compiled source, and reading it from files.
 *
 * Main invariant: a chunk is never changed after it was compiled, but for breaks
 * (stack/breaks.h): so threads share it.
 */
#include "api/api.h"

#include "chunk/dump.h"
#include "code/read.h"
#include "memory/inject.h"
#include "operate/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

const Proto *api_compile(const char *source, size_t length, String *name, bool skip_shebang,
                         ParseResult *why)
{
    api_recover();
    *why = (ParseResult){0};
    const Proto *p = name ? code_read(source, length, NULL, name, skip_shebang, why) : NULL;
    if (__builtin_expect(name && !mem_short && (p || why->error), 1)) return p;
    *why = (ParseResult){.error = error_memory_text()}; /* no error of the source */
    return NULL;
}

String *api_source_name(const char *source, size_t length)
{
    bool dump = dump_begins(source, length);
    return dump ? string_from_c("=binary string") : string_new(source, length);
}

/* Answers NULL where there is no memory. */
static char *copy_text(const char *bytes, size_t length)
{
    char *text = inject_failure() ? NULL : malloc(length + 1);
    if (!text) return NULL;
    memcpy(text, bytes, length);
    text[length] = 0;
    return text;
}

static moonlet_chunk *new_chunk(const Proto *p)
{
    moonlet_chunk *c = mem_alloc_root(sizeof *c);
    *c = (moonlet_chunk){p, 1};
    return c;
}

moonlet_chunk *moonlet_compile(const char *source, size_t length, const char *name,
                               char **message)
{
    assert_array(source, length);
    if (message) *message = NULL;
    if (!api_init()) return NULL;
    String *chunk_name = name ? string_from_c(name) : api_source_name(source, length);
    ParseResult why;
    const Proto *p = api_compile(source, length, chunk_name, false, &why);
    if (p) return new_chunk(p);
    if (message) *message = copy_text(why.error->data, why.error->length);
    return NULL;
}

moonlet_chunk *moonlet_chunk_retain(const moonlet_chunk *chunk)
{
    assert_given(chunk);
    moonlet_chunk *c = (moonlet_chunk *)chunk;
    __atomic_fetch_add(&c->refs, 1, __ATOMIC_RELAXED);
    return c;
}

void moonlet_chunk_release(moonlet_chunk *c)
{
    if (c && __atomic_sub_fetch(&c->refs, 1, __ATOMIC_ACQ_REL) == 0) mem_free_root(c);
}

moonlet_chunk *moonlet_function_chunk(const moonlet_state *s, moonlet_value v)
{
    assert_live(s);
    assert_values(s, &v, 1);
    if (!value_is(value_in(v), OBJ_CLOSURE)) return NULL;
    const Closure *f = value_pointer(value_in(v));
    return new_chunk(f->proto);
}

char *moonlet_chunk_dump(const moonlet_chunk *c, bool strip, size_t *length)
{
    assert_given(length);
    assert_given(c);
    MemBound outer = mem_bound; /* of a run that is calling the host, whose dump is its own */
    mem_bound = mem_bound_new(MEM_UNBOUNDED, NULL, NULL);
    const String *s = code_dump(c->proto, strip);
    mem_bound = outer;
    *length = s ? s->length : 0;
    return s ? copy_text(s->data, s->length) : NULL;
}

/* Files ----------------------------------------------------------------------------- */

static char *read_stream(FILE *f, size_t *length)
{
    size_t capacity = 1 << 16, used = 0, got;
    char *text = malloc(capacity);
    while (text && (got = fread(text + used, 1, capacity - used, f)) > 0) {
        used += got;
        if (used < capacity) continue;
        char *grown = realloc(text, capacity *= 2);
        if (!grown) free(text);
        text = grown;
    }
    *length = used;
    return text;
}

static char *file_message(const char *what, const char *path, int number)
{
    char text[512];
    int n = snprintf(text, sizeof text, "cannot %s %s: %s", what, path, strerror(number));
    return copy_text(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

char *api_read_file(const char *path, size_t *length, char **error)
{
    FILE *f = fopen(path, "rb");
    if (!f) {
        *error = file_message("open", path, errno);
        return NULL;
    }
    char *text = read_stream(f, length);
    bool failed = !text || ferror(f);
    int number = text ? errno : ENOMEM;
    fclose(f);
    if (!failed) return text;
    free(text);
    *error = file_message("read", path, number);
    return NULL;
}

static bool readable(const char *path)
{
    FILE *f = fopen(path, "rb");
    if (f) fclose(f);
    return f != NULL;
}

char *moonlet_find_file(const char *path, const char *name)
{
    assert_given(name);
    if (!path) path = getenv("LUA_LOAD_PATH");
    if (!path || !*path) path = ".";
    for (;;) {
        size_t length = strcspn(path, ":");
        char *full = malloc(length + strlen(name) + 2);
        if (!full) return NULL;
        sprintf(full, "%.*s/%s", (int)length, path, name);
        if (readable(full)) return full;
        free(full);
        if (!path[length]) return NULL;
        path += length + 1;
    }
}
