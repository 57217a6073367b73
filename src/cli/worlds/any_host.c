/* SPDX-License-Identifier: MIT */
/*
 * A host that knows all names: see any_host.h. All is collected memory.
 *
 * Main invariant: every name that an image asks for is there, and none of what it gives does
 * anything.
 */
#include "cli/worlds/any_host.h"
#include "cli/output/report.h"
#include "cli/worlds/file.h"

#include <stdlib.h>

#include "api/api.h"
#include "api/host/host.h"
#include "lib/lib.h"

/* Names ------------------------------------------------------------------------------- */

/* The name as it is kept. */
static const char *note(AnyNames *n, const char *name)
{
    for (size_t i = 0; i < n->count; i++)
        if (strcmp(n->items[i], name) == 0) return n->items[i];
    const char **items = mem_try_alloc((n->count + 1) * sizeof *items);
    char *copy = mem_try_alloc(strlen(name) + 1);
    if (!items || !copy) report_no_memory();
    if (n->count) memcpy(items, n->items, n->count * sizeof *items);
    items[n->count] = strcpy(copy, name);
    n->items = items;
    return n->items[n->count++];
}

static int does_nothing(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args, (void)count;
    return moonlet_fail(c, "a function of another host");
}

static const HostFunction *record_of(AnyHost *h, const char *name)
{
    const moonlet_entry entry = {.name = "?", .call = does_nothing};
    return host_new_record(&entry, note(&h->functions, name));
}

static Native *load_function(void *host, Machine *M, const char *name, uint32_t captured)
{
    const HostFunction *record = record_of(host, name);
    return host_native(M, record->name, record, captured);
}

static Value *captured(void *host, Native *f, uint32_t *count)
{
    (void)host;
    return host_captured(f, count);
}

static const void *load_record(void *host, const char *name) { return record_of(host, name); }

static const char *function_name(void *host, const Native *f)
{
    const HostFunction *record = host_record(f);
    (void)host;
    return record ? record->name : NULL;
}

static const char *record_name(void *host, const void *record)
{
    (void)host;
    return ((const HostFunction *)record)->name;
}

/* Types: a tag is the address of a name ------------------------------------------------ */

static const void *load_type(void *host, const char *name)
{
    AnyHost *h = host;
    return note(&h->types, name);
}

static const char *type_name(void *host, const void *tag)
{
    const AnyHost *h = host;
    for (size_t i = 0; i < h->types.count; i++)
        if (h->types.items[i] == tag) return h->types.items[i];
    return NULL;
}

static Userdata *load_userdata(void *host, Machine *M, const char *name)
{
    return run_new_userdata(&M->run, load_type(host, name), 0);
}

/* Bytes, as the image has them --------------------------------------------------------- */

static bool read_userdata(void *host, const Userdata *u, UserdataBody *b, const uint8_t *bytes,
                          size_t length)
{
    (void)host, (void)u;
    b->own = string_new((const char *)bytes, length);
    return b->own != NULL;
}

static bool write_text(const String *s, ByteSink *out)
{
    if (s) sink_bytes(out, s->data, s->length);
    return true;
}

static bool write_userdata(void *host, const void *tag, const void *bytes, ByteSink *out)
{
    (void)host, (void)tag;
    return write_text(bytes, out);
}

static bool read_light(void *host, const uint8_t *bytes, size_t length, void **pointer)
{
    ((AnyHost *)host)->lights++;
    *pointer = string_new((const char *)bytes, length);
    return *pointer != NULL;
}

static bool write_light(void *host, const void *pointer, ByteSink *out)
{
    (void)host;
    return write_text(pointer, out);
}

void any_host_init(AnyHost *h)
{
    *h = (AnyHost){.host = {.context = h,
                            .continuation = host_continuation,
                            .function_name = function_name,
                            .captured = captured,
                            .record_name = record_name,
                            .type_name = type_name,
                            .write_userdata = write_userdata,
                            .write_light = write_light,
                            .function = load_function,
                            .record = load_record,
                            .type = load_type,
                            .userdata = load_userdata,
                            .read_userdata = read_userdata,
                            .read_light = read_light}};
}

/* Files ------------------------------------------------------------------------------- */

bool any_image_read_next(const Cli *c, AnyHost *h, const char *file, const Image *base,
                         AnyImage *out)
{
    char error[IMAGE_ERROR_MAX], *message = NULL;
    size_t written;
    moonlet_release(moonlet_init()); /* the libraries have been opened once */
    out->bytes = (uint8_t *)world_bytes(file, &out->length, &message);
    out->image = NULL;
    if (out->bytes) base = image_base_of(out->bytes, out->length, base, &h->host, &written);
    if (out->bytes) out->image = image_load(out->bytes, out->length, base, &h->host, error);
    const char *why = out->bytes ? error : message ? message : "not enough memory";
    if (!out->image)
        report_message(c, lib_c_text(lib_join("cannot load ", file, ": ", why, NULL)));
    out->base = out->image && image_is_delta(out->bytes) ? base : NULL;
    free(message);
    if (!out->image) free(out->bytes);
    return out->image != NULL;
}

bool any_image_read(const Cli *c, const Options *o, AnyHost *h, const char *file, AnyImage *out)
{
    const Image *base = NULL;
    for (int i = 0; i < o->load_count; i++) {
        if (!any_image_read_next(c, h, o->loads[i], base, out)) return false;
        base = out->image;
        free(out->bytes);
    }
    return any_image_read_next(c, h, file, base, out);
}
