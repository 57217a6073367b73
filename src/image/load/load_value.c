/* SPDX-License-Identifier: MIT */
/*
 * Values of an image without identity, and code. Strings, chunks and natives are numbered as
 * they come.
 *
 * Main invariant: a number of a string, a chunk or a native is good only if it has come before.
 */
#include "chunk/dump.h"
#include "code/read.h"
#include "image/load/loader.h"
#include "lib/natives.h"
#include "link/link.h"

/* Strings and numbers ---------------------------------------------------------------- */

static Value known_string(Loader *L, uint64_t number)
{
    if (number < L->strings.count) return value_object(L->strings.items[number]);
    source_fail(&L->in);
    return V_NIL;
}

/* What is interned may be there already, and counts as if it were not. */
static String *constant_of(const char *bytes, size_t length)
{
    String *s = string_intern(bytes, length);
    if (s) mem_count(sizeof(String) + length);
    return s;
}

static Value make_string(Loader *L, const char *bytes, size_t length, bool constant)
{
    String *s = constant ? constant_of(bytes, length) : string_new(bytes, length);
    if (!s) {
        source_fail(&L->in);
        return V_NIL;
    }
    load_list_add(L, &L->strings, s);
    return string_value(s);
}

static Value load_string(Loader *L, bool constant)
{
    size_t length = source_count(&L->in, 1);
    const uint8_t *bytes = source_bytes(&L->in, length);
    return bytes ? make_string(L, (const char *)bytes, length, constant) : V_NIL;
}

/* A string whose bytes the image has as another one: of the two one is interned. All such are
 * together no longer than all strings, as each has but one. */
static Value load_same_bytes(Loader *L)
{
    uint64_t number = source_number(&L->in);
    const String *s = number < L->strings.count ? L->strings.items[number] : NULL;
    if (!s || s->length > L->length - L->copied) {
        source_fail(&L->in);
        return V_NIL;
    }
    L->copied += s->length;
    return make_string(L, s->data, s->length, !(s->h.flags & STRING_INTERNED));
}

static Value load_double(Loader *L)
{
    double d;
    uint64_t bits = source_word(&L->in);
    memcpy(&d, &bits, 8);
    return value_number_checked(d);
}

/* The host's bytes for a light userdata. */
static Value load_light(Loader *L)
{
    void *pointer = NULL;
    size_t length = source_count(&L->in, 1);
    const uint8_t *bytes = source_bytes(&L->in, length);
    if (!bytes) return V_NIL;
    if (!L->host->read_light || !L->host->read_light(L->host->context, bytes, length, &pointer))
        loader_refuse(L, "the host does not know a light userdata of the image");
    Light *l = mem_new(sizeof *l);
    object_init(&l->h, OBJ_LIGHT, 0);
    l->pointer = pointer;
    return value_object(l);
}

Value load_host_record(Loader *L)
{
    char name[IMAGE_NAME_MAX];
    if (!load_name(L, name)) return V_NIL;
    const void *record = L->host->record ? L->host->record(L->host->context, name) : NULL;
    if (!record) {
        loader_refuse(L, "the image needs the host function '%s'", name);
        return V_NIL;
    }
    Light *l = mem_new(sizeof *l);
    object_init(&l->h, OBJ_LIGHT, 0);
    l->h.flags = LIGHT_RECORD;
    l->pointer = (void *)record;
    return value_object(l);
}

/* The number that is the address of a type. */
static Value load_type(Loader *L)
{
    char name[IMAGE_NAME_MAX];
    if (!load_name(L, name)) return V_NIL;
    const void *type = L->host->type ? L->host->type(L->host->context, name) : NULL;
    if (!type) loader_refuse(L, "the image needs the userdata type '%s'", name);
    return value_number((double)(uintptr_t)type);
}

const char *load_name(Loader *L, char name[IMAGE_NAME_MAX])
{
    size_t length = source_count(&L->in, 1);
    const uint8_t *bytes = source_bytes(&L->in, length);
    if (!bytes || length >= IMAGE_NAME_MAX || memchr(bytes, '\0', length)) {
        source_fail(&L->in);
        return NULL;
    }
    memcpy(name, bytes, length);
    name[length] = '\0';
    return name;
}

static Value load_integer(Loader *L, bool negative)
{
    const uint64_t exact = (uint64_t)1 << 53;
    uint64_t n = source_number(&L->in);
    if (n > exact) source_fail(&L->in);
    return value_number(negative ? -1.0 - (double)n : (double)n);
}

static __attribute__((noinline)) Value load_other(Loader *L, uint8_t tag)
{
    switch (tag) {
    case TAG_INTEGER:
    case TAG_NEGATIVE: return load_integer(L, tag == TAG_NEGATIVE);
    case TAG_STRING:
    case TAG_CONSTANT: return load_string(L, tag == TAG_CONSTANT);
    case TAG_SAME_BYTES: return load_same_bytes(L);
    case TAG_STRING_REF: return known_string(L, source_number(&L->in));
    case TAG_LIGHT: return load_light(L);
    case TAG_TYPE: return load_type(L);
    default: return value_object(load_object_by_tag(L, tag));
    }
}

/* What is met most comes first. */
Value load_any(Loader *L)
{
    static const Value few[] = {[TAG_NIL] = V_NIL, [TAG_FALSE] = V_FALSE, [TAG_TRUE] = V_TRUE};
    uint8_t tag = source_byte(&L->in);
    if (tag >= TAG_NEAR) return known_string(L, tag - TAG_NEAR);
    if (tag >= TAG_SMALL) return value_number(tag - TAG_SMALL);
    if (tag == TAG_DOUBLE) return load_double(L);
    return tag <= TAG_TRUE ? few[tag] : load_other(L, tag);
}

Value load_value(Loader *L)
{
    Value v = load_any(L);
    if (!value_is(v, OBJ_CELL)) return v;
    source_fail(&L->in);
    return V_NIL;
}

/* Code ------------------------------------------------------------------------------- */

static const Proto *new_chunk(Loader *L)
{
    ParseResult why;
    size_t length = source_count(&L->in, 1);
    const uint8_t *bytes = source_bytes(&L->in, length);
    if (!bytes) return NULL;
    if (!dump_begins((const char *)bytes, length)) {
        source_fail(&L->in);
        return NULL;
    }
    const Proto *p =
        code_read((const char *)bytes, length, NULL, string_from_c("=?"), false, &why);
    if (!p) {
        loader_refuse(L, "the image has code that cannot be read");
        return NULL;
    }
    uint64_t *code = &((Proto *)(uintptr_t)p)->code;
    __atomic_store_n(code, dump_code((const char *)bytes), __ATOMIC_RELAXED);
    load_list_add(L, &L->chunks, (void *)(uintptr_t)p);
    return p;
}

static const Proto *load_chunk(Loader *L)
{
    uint32_t before = L->base ? L->base->chunk_count : 0;
    uint64_t number = source_number(&L->in);
    if (number < before) return L->base->chunks[number];
    if (number - before < L->chunks.count) return L->chunks.items[number - before];
    if (number - before == L->chunks.count) return new_chunk(L);
    source_fail(&L->in);
    return NULL;
}

/* The function with this number in its chunk, outer ones first. */
static const AstFunction *find_function(const AstFunction *in, uint64_t *number)
{
    if (!(*number)--) return in;
    for (int i = 0; i < in->function_count; i++) {
        const AstFunction *f = find_function(in->functions[i], number);
        if (f) return f;
    }
    return NULL;
}

static const Proto *inner(const Proto *p, const AstFunction *f)
{
    for (uint32_t i = 0; i < p->proto_count; i++)
        if (p->protos[i]->source == f) return p->protos[i];
    return NULL;
}

/* The code of f: of the chunk as it is, or within functions whose upvalues are all cells. */
static const Proto *proto_of(const Proto *root, const AstFunction *f, uint64_t celled_path)
{
    const Proto *p = root;
    if (f->parent) {
        p = proto_of(root, f->parent, celled_path >> 1);
        p = p ? inner(p, f) : NULL;
    }
    return p && celled_path & 1 ? link_celled(p) : p;
}

const Proto *loader_proto(Loader *L)
{
    const Proto *root = load_chunk(L);
    uint64_t number = source_number(&L->in), celled_path = source_number(&L->in);
    if (!root) return NULL;
    const AstFunction *f = find_function(root->source, &number);
    const Proto *p = f ? proto_of(root, f, celled_path) : NULL;
    if (!p) source_fail(&L->in);
    return p;
}

const NativeDef *load_native_row(Loader *L)
{
    char name[IMAGE_NAME_MAX];
    uint64_t number = source_number(&L->in);
    if (number < L->natives.count) return L->natives.items[number];
    if (number > L->natives.count || !load_name(L, name)) {
        source_fail(&L->in);
        return NULL;
    }
    const NativeDef *row = natives_by_name(name);
    if (row)
        load_list_add(L, &L->natives, (void *)row);
    else
        loader_refuse(L, "the image needs the library function '%s', which is not known", name);
    return row;
}
