/* SPDX-License-Identifier: MIT */
/*
 * Images for the host: see moonlet.h, and image/image.h for what they are.
 *
 *   moonlet_image (a root) -> Image, bytes from malloc
 *
 * Names: a host function is "path.name" of the library it was registered with, or the name it
 * was made with; a method "type.name". A name is looked up in the libraries and types that the
 * host gives; a continuation (moonlet_call_then) has the name of the entry with its function.
 *
 * Main invariant: an image is given only whole, and a state only if every name in it was found
 * or stood in for.
 */
#include "api/image/image.h"
#include "api/host/host.h"
#include "image/image.h"

#include <stdio.h>
#include <stdlib.h>

struct moonlet_image {
    Image *image;
    bool is_delta;
    ByteSink bytes;
    const Config *config;
};

typedef struct Names {
    const moonlet_image_host *host;
    ByteSink missing;      /* names that nobody knows, each with the zero at its end */
    bool types_missing;    /* not only functions */
    struct StandIn *types; /* for those, in a list that keeps them */
    Native **functions;    /* of C, of the record that is being loaded */
    size_t function_count, function_size;
    char name[IMAGE_NAME_MAX];
} Names;

/* Finding entries -------------------------------------------------------------------- */

/* Whether name is that of the entry at this path. */
static bool is_named(const char *name, const char *path, const moonlet_entry *e)
{
    size_t length = strlen(path);
    if (!length) return strcmp(name, e->name) == 0;
    return strncmp(name, path, length) == 0 && name[length] == '.' &&
           strcmp(name + length + 1, e->name) == 0;
}

typedef bool EntryFn(const void *context, const char *path, const moonlet_entry *e);

static const moonlet_entry *find_in(const char *path, const moonlet_entry *e, EntryFn *is,
                                    const void *context)
{
    for (; e && e->name; e++)
        if (is(context, path, e)) return e;
    return NULL;
}

/* The first entry for which `is` says yes; *path is that of its table. */
static const moonlet_entry *find_entry(const Names *n, EntryFn *is, const void *context,
                                       const char **path)
{
    const moonlet_entry *e = NULL;
    if (!n->host) return NULL;
    for (const moonlet_library *l = n->host->libraries; !e && l && l->entries; l++)
        e = find_in(*path = l->path ? l->path : "", l->entries, is, context);
    for (const moonlet_type_info *const *t = n->host->types; !e && t && *t; t++)
        e = find_in(*path = (*t)->name, (*t)->methods, is, context);
    return e;
}

static bool has_name(const void *name, const char *path, const moonlet_entry *e)
{
    return is_named(name, path, e);
}

static bool has_call(const void *record, const char *path, const moonlet_entry *e)
{
    const HostFunction *f = record;
    (void)path;
    return e->call == f->call && e->user == f->user;
}

const ImageC *image_c;

/* Names of C's have one of these, and others mostly none. */
static bool may_be_of_c(const char *name) { return image_c && strchr(name, ':'); }
static bool opens(const Names *n) { return n->host && n->host->open_modules; }

static const moonlet_type_info *find_type(const Names *n, const char *name)
{
    for (const moonlet_type_info *const *t = n->host ? n->host->types : NULL; t && *t; t++)
        if (strcmp((*t)->name, name) == 0) return *t;
    return may_be_of_c(name) ? image_c->type(name, opens(n)) : NULL;
}

/* Saving ----------------------------------------------------------------------------- */

static const char *function_name(void *context, const Native *f)
{
    const HostFunction *record = host_record(f);
    (void)context;
    if (!record) return image_c ? image_c->name(f) : NULL;
    return record->name ? record->name : "?";
}

static Value *captured(void *context, Native *f, uint32_t *count)
{
    (void)context;
    Value *values = host_captured(f, count);
    return !values && image_c ? image_c->captured(f, count) : values;
}

static const char *record_name(void *context, const void *record)
{
    Names *n = context;
    const char *path = "";
    const moonlet_entry *e = find_entry(n, has_call, record, &path);
    if (!e) return NULL;
    snprintf(n->name, sizeof n->name, "%s%s%s", path, *path ? "." : "", e->name);
    return n->name;
}

static const char *type_name(void *context, const void *tag)
{
    const Names *n = context;
    for (const moonlet_type_info *const *t = n->host ? n->host->types : NULL; t && *t; t++)
        if (*t == tag) return (*t)->name;
    return image_c ? image_c->type_name(tag) : NULL;
}

static void to_sink(void *sink, const char *bytes, size_t length)
{
    sink_bytes(sink, bytes, length);
}

static bool write_userdata(void *context, const void *tag, const void *bytes, ByteSink *out)
{
    const moonlet_type_info *type = tag;
    (void)context;
    return type->save && type->save(bytes, to_sink, out);
}

static bool write_light(void *context, const void *pointer, ByteSink *out)
{
    const Names *n = context;
    if (!n->host || !n->host->save_pointer) return !pointer;
    return n->host->save_pointer(n->host->data, pointer, to_sink, out);
}

/* Loading ---------------------------------------------------------------------------- */

static int call_missing(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args, (void)count;
    return moonlet_fail(c, "the host has no function '%s'", c->function->name);
}

static const char *kept_name(const char *name)
{
    size_t size = strlen(name) + 1;
    return memcpy(mem_alloc_atomic(size), name, size);
}

static void note_missing(Names *n, const char *name)
{
    sink_bytes(&n->missing, name, strlen(name) + 1);
}

/* An entry of this name; one that fails when it is called where there is none. It is shown as
 * the entry would be, for digests count that. */
static const HostFunction *named_record(Names *n, const char *name, const char **shown)
{
    const char *path = "", *dot = strrchr(name, '.');
    const moonlet_entry missing = {.name = "?", .call = call_missing};
    const moonlet_entry *e = find_entry(n, has_name, name, &path);
    if (!e) note_missing(n, name);
    const char *kept = kept_name(name);
    *shown = e ? e->name : dot ? kept + (dot + 1 - name) : kept;
    return host_new_record(e ? e : &missing, kept);
}

static void note_function(Names *n, Native *f)
{
    if (n->function_count == n->function_size) {
        n->function_size = n->function_size ? 2 * n->function_size : 64;
        Native **more = mem_alloc(n->function_size * sizeof(Native *));
        if (n->function_count) memcpy(more, n->functions, n->function_count * sizeof *more);
        n->functions = more;
    }
    n->functions[n->function_count++] = f;
}

static Native *load_function(void *context, Machine *M, const char *name, uint32_t captured)
{
    const char *shown;
    Names *n = context;
    Native *f = may_be_of_c(name) ? image_c->function(M, name, captured, opens(n)) : NULL;
    if (f) {
        note_function(n, f);
        return f;
    }
    const HostFunction *record = named_record(context, name, &shown);
    return host_native(M, shown, record, captured);
}

static void complete(void *context, Machine *M)
{
    Names *n = context;
    if (n->function_count) image_c->loaded(M, n->functions, n->function_count);
    n->function_count = 0;
}

static const void *load_record(void *context, const char *name)
{
    const char *shown;
    return named_record(context, name, &shown);
}

static const void *load_type(void *context, const char *name)
{
    return find_type(context, name);
}

static Userdata *load_shell(void *context, Machine *M, const char *name)
{
    const moonlet_type_info *type = find_type(context, name);
    return type ? library_userdata(M, type, NULL) : NULL;
}

/* An unknown type has one to stand in for it, until all names are known and the image is
 * refused. */
typedef struct StandIn {
    moonlet_type_info type;
    struct StandIn *next;
} StandIn;

static bool load_nothing(void *to, const char *bytes, size_t length)
{
    return (void)to, (void)bytes, (void)length, true;
}

static const void *load_any_type(void *context, const char *name)
{
    Names *n = context;
    const void *type = load_type(n, name);
    if (type) return type;
    StandIn *s = mem_alloc(sizeof *s);
    *s = (StandIn){{.name = "?", .size = 1, .load = load_nothing}, n->types};
    n->types = s;
    n->types_missing = true;
    note_missing(n, name);
    return &s->type;
}

static Userdata *load_any_shell(void *context, Machine *M, const char *name)
{
    return library_userdata(M, load_any_type(context, name), NULL);
}

/* What another state may have is not written to. */
static bool read_userdata(void *context, const Userdata *u, UserdataBody *b,
                          const uint8_t *bytes, size_t length)
{
    const moonlet_type_info *type = u->tag;
    void *to = type->copy ? (b->own = library_bytes(type, NULL)) : u->data;
    (void)context;
    if (!to || !type->load || !type->load(to, (const char *)bytes, length)) return false;
    library_userdata_watch(to, type);
    return true;
}

static bool read_light(void *context, const uint8_t *bytes, size_t length, void **pointer)
{
    const Names *n = context;
    const void *p = NULL;
    *pointer = NULL;
    if (!n->host || !n->host->load_pointer) return !length;
    if (!n->host->load_pointer(n->host->data, (const char *)bytes, length, &p)) return false;
    *pointer = (void *)p;
    return true;
}

static ImageHost host_of(Names *n)
{
    return (ImageHost){.context = n,
                       .continuation = host_continuation,
                       .function_name = function_name,
                       .captured = captured,
                       .complete = complete,
                       .record_name = record_name,
                       .type_name = type_name,
                       .write_userdata = write_userdata,
                       .write_light = write_light,
                       .function = load_function,
                       .record = load_record,
                       .type = load_type,
                       .userdata = load_shell,
                       .read_userdata = read_userdata,
                       .read_light = read_light};
}

const void *image_host_of(Machine *M)
{
    struct {
        ImageHost host;
        Names names;
    } *both = mem_alloc(sizeof *both);
    const Config *config = api_host_run(M)->from->config;
    both->names.host = config ? config->images : NULL;
    both->host = host_of(&both->names);
    return &both->host;
}

/* Images ----------------------------------------------------------------------------- */

static moonlet_image *new_image(Image *image, ByteSink bytes, const Config *config)
{
    moonlet_image *i = mem_alloc_root(sizeof *i);
    sink_trim(&bytes);
    *i = (moonlet_image){image, image_is_delta(bytes.bytes), bytes, config};
    return i;
}

static moonlet_image *refuse(char **message, ByteSink *bytes, const char *text)
{
    sink_free(bytes);
    if (message) *message = strdup(text);
    return NULL;
}

moonlet_image *moonlet_image_save(const moonlet_state *s, const moonlet_image *base,
                                  const moonlet_image_host *host, char **message)
{
    Names names = {.host = host};
    ImageHost by_name = host_of(&names);
    ByteSink bytes = {0};
    char error[IMAGE_ERROR_MAX];
    assert_live(s);
    api_recover();
    Image *image = image_save(s->state, base ? base->image : NULL, &by_name, &bytes, error);
    return image ? new_image(image, bytes, s->config) : refuse(message, &bytes, error);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names, each once and in order, with commas between them; they are not empty. */
static bool list_names(ByteSink *out, const ByteSink *names)
{
    const char *at = (const char *)names->bytes, *end = at + names->length;
    size_t count = 0;
    for (const char *p = at; p < end; p++) count += !*p;
    const char **list = malloc(count * sizeof *list);
    if (!list) return false;
    for (size_t i = 0; i < count; i++, at += strlen(at) + 1) list[i] = at;
    qsort(list, count, sizeof *list, by_text);
    for (size_t i = 0; i < count; i++) {
        if (i && strcmp(list[i], list[i - 1]) == 0) continue;
        if (i) sink_bytes(out, ", ", 2);
        sink_bytes(out, list[i], strlen(list[i]));
    }
    free(list);
    return !out->failed;
}

/* Which functions and types are missing, a text for free(). */
static char *missing_text(const Names *n)
{
    ByteSink text = {0};
    const char *what = n->types_missing ? "functions or types" : "functions";
    sink_bytes(&text, "the image needs host ", 21);
    sink_bytes(&text, what, strlen(what));
    sink_bytes(&text, " that are not there: ", 21);
    bool listed = !n->missing.failed && list_names(&text, &n->missing);
    sink_byte(&text, 0);
    if (listed && !text.failed) return (char *)text.bytes;
    sink_free(&text);
    return strdup("not enough memory");
}

static moonlet_image *refuse_missing(char **message, ByteSink *bytes, const Names *n)
{
    char *text = missing_text(n);
    refuse(message, bytes, text ? text : "not enough memory");
    free(text);
    return NULL;
}

struct ImageNames {
    Names names;
    ImageHost host;
};

ImageNames *image_names_new(const moonlet_image_host *host)
{
    ImageNames *n = mem_alloc_root(sizeof *n);
    n->names = (Names){.host = host};
    n->host = host_of(&n->names);
    n->host.type = load_any_type;
    n->host.userdata = load_any_shell;
    return n;
}

const ImageHost *image_names_host(const ImageNames *n) { return &n->host; }

char *image_names_missing(ImageNames *n)
{
    const moonlet_image_host *host = n->names.host;
    bool allowed = host && host->allow_missing && !n->names.types_missing;
    if (allowed || (!n->names.missing.length && !n->names.missing.failed)) return NULL;
    return missing_text(&n->names);
}

void image_names_free(ImageNames *n)
{
    sink_free(&n->names.missing);
    mem_free_root(n);
}

moonlet_image *moonlet_image_load(const char *bytes, size_t length, const moonlet_image *base,
                                  const moonlet_image_host *host, char **message)
{
    assert_array(bytes, length);
    Names names = {.host = host};
    ImageHost by_name = host_of(&names);
    ByteSink copy = {0};
    by_name.type = load_any_type;
    by_name.userdata = load_any_shell;
    char error[IMAGE_ERROR_MAX];
    moonlet_release(moonlet_init()); /* the libraries have been opened once */
    api_recover();
    sink_bytes(&copy, bytes, length);
    if (copy.failed) return refuse(message, &copy, "not enough memory");
    size_t written;
    const Image *from =
        image_base_of(copy.bytes, length, base ? base->image : NULL, &by_name, &written);
    Image *image = image_load(copy.bytes, length, from, &by_name, error);
    bool allowed = host && host->allow_missing && !names.types_missing;
    moonlet_image *i = NULL;
    if (image && (names.missing.length || names.missing.failed) && !allowed)
        i = refuse_missing(message, &copy, &names);
    else
        i = image ? new_image(image, copy, NULL) : refuse(message, &copy, error);
    sink_free(&names.missing);
    return i;
}

/* The image of the last state of a chain; NULL: it cannot be loaded. */
static moonlet_image *load_chain(const char *const *bytes, const size_t *lengths, size_t count,
                                 const moonlet_image *base, const moonlet_image_host *host,
                                 char **message)
{
    moonlet_image *last = NULL;
    for (size_t k = 0; k < count; k++) {
        bool whole = k && image_begins((const uint8_t *)bytes[k], lengths[k]) &&
                     !image_is_delta((const uint8_t *)bytes[k]);
        moonlet_image *next = NULL;
        if (whole)
            refuse(message, &(ByteSink){0}, "an image of the chain is no delta");
        else
            next = moonlet_image_load(bytes[k], lengths[k], last ? last : base, host, message);
        moonlet_image_release(last);
        last = next;
        if (!last) break;
    }
    return last;
}

moonlet_image *moonlet_image_collapse(const char *const *bytes, const size_t *lengths,
                                      size_t count, const moonlet_image *base,
                                      const moonlet_image_host *host, char **message)
{
    assert_array(bytes, count);
    assert_array(lengths, count);
    if (!count) return refuse(message, &(ByteSink){0}, "there are no images");
    moonlet_image *last = load_chain(bytes, lengths, count, base, host, message);
    if (!last) return NULL;
    moonlet_state *s = moonlet_image_state(last);
    moonlet_image *one = moonlet_image_save(s, base, host, message);
    moonlet_release(s);
    moonlet_image_release(last);
    return one;
}

void moonlet_image_release(moonlet_image *i)
{
    if (!i) return;
    image_release(i->image);
    sink_free(&i->bytes);
    mem_free_root(i);
}

const char *moonlet_image_bytes(const moonlet_image *i, size_t *length)
{
    assert_given(i);
    if (length) *length = i->bytes.length;
    return (const char *)i->bytes.bytes;
}

void moonlet_image_drop_bytes(moonlet_image *i)
{
    assert_given(i);
    sink_free(&i->bytes);
}

moonlet_state *moonlet_image_state(const moonlet_image *i)
{
    assert_given(i);
    return handle_new(i->image->state, i->config);
}

bool moonlet_image_is_delta(const moonlet_image *i)
{
    assert_given(i);
    return i->is_delta;
}

const uint8_t *moonlet_image_id(const moonlet_image *i)
{
    assert_given(i);
    return i->image->id;
}

bool moonlet_is_image(const char *bytes, size_t length)
{
    assert_array(bytes, length);
    return image_begins((const uint8_t *)bytes, length);
}

bool moonlet_image_seed(const char *bytes, size_t length, uint64_t *seed)
{
    assert_array(bytes, length);
    assert_given(seed);
    return image_seed((const uint8_t *)bytes, length, seed);
}
