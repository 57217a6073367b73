/* SPDX-License-Identifier: MIT */
/*
 * Values of an image without identity: numbers, strings, code. Each string and each chunk is
 * written once, where it is met first, and called by its number afterwards.
 *
 * A program can notice whether a string is interned, as constants of code are: these do not
 * count as memory, and others do. So there may be two strings of the same bytes. The place of
 * the bytes has the number of the one that was met first, and 1 + that of the other as note.
 *
 * Main invariant: the same bytes of a string are written once, and a number always stands for
 * what was written before.
 */
#include "chunk/dump.h"
#include "code/read.h"
#include "image/save/put.h"

/* Strings and numbers --------------------------------------------------------------- */

static bool differ(const NumberedPlace *place, const String *s)
{
    return (((const String *)place->key)->h.flags ^ s->h.flags) & STRING_INTERNED;
}

static bool is_known_string(const Saver *S, const String *s)
{
    const NumberedPlace *place = numbering_find_string(&S->strings, s);
    return place && (!differ(place, s) || place->note);
}

/* Gives its number. */
static uint32_t save_new_string(Saver *S, const String *s)
{
    sink_byte(S->out, s->h.flags & STRING_INTERNED ? TAG_CONSTANT : TAG_STRING);
    sink_number(S->out, s->length);
    sink_bytes(S->out, s->data, s->length);
    S->strings_length += s->length;
    return S->string_count++;
}

static uint32_t save_same_bytes(Saver *S, NumberedPlace *place)
{
    sink_byte(S->out, TAG_SAME_BYTES);
    sink_number(S->out, place->number);
    place->note = S->string_count + 1;
    return S->string_count++;
}

static void save_string(Saver *S, const String *s)
{
    bool fresh;
    if (S->comparing && !is_known_string(S, s)) {
        S->strange = true;
        return;
    }
    NumberedPlace *place = numbering_string(&S->strings, s, &fresh);
    bool other = !fresh && place->key && differ(place, s);
    if (fresh) {
        place->number = save_new_string(S, s);
    } else if (other && !place->note) {
        save_same_bytes(S, place);
    } else if (sink_room(S->out, VALUE_MAX)) {
        uint32_t number = other ? place->note - 1 : place->number;
        sink_is_at(S->out, put_string_number(sink_at(S->out), number));
    }
    *recent_place(S, s) = (RecentString){s, other ? place->note - 1 : place->number};
}

void save_text(Saver *S, const char *text)
{
    size_t length = strlen(text);
    sink_number(S->out, length);
    sink_bytes(S->out, text, length);
}

static void save_light(Saver *S, const Light *l)
{
    ByteSink bytes = {0};
    if (S->host->write_light && S->host->write_light(S->host->context, l->pointer, &bytes)) {
        sink_byte(S->out, TAG_LIGHT);
        sink_number(S->out, bytes.length);
        sink_bytes(S->out, bytes.bytes, bytes.length);
    } else {
        saver_refuse(S, "cannot save a light userdata");
    }
    if (bytes.failed) S->out->failed = true;
    sink_free(&bytes);
}

void save_host_record(Saver *S, Value light)
{
    const void *record = ((const Light *)value_pointer(light))->pointer;
    const char *name =
        S->host->record_name ? S->host->record_name(S->host->context, record) : NULL;
    sink_byte(S->out, TAG_RECORD);
    save_text(S, name ? name : "");
    if (!name) saver_refuse(S, "cannot save the call of a host function that has no name");
}

/* Code ------------------------------------------------------------------------------- */

/* Gives the functions of a chunk their numbers, outer ones first. The nesting is bounded by
 * the parser. */
static void number_functions(Saver *S, const AstFunction *f, uint32_t *next)
{
    bool fresh;
    numbering_place(&S->functions, f, &fresh)->note = (*next)++;
    for (int i = 0; i < f->function_count; i++) number_functions(S, f->functions[i], next);
}

/* The base's chunks, by tree, and by the hash of the dump, which who made the base has noted.
 */
static void number_base_chunks(Saver *S)
{
    bool fresh;
    for (uint32_t i = S->base_chunks.count; i < S->base->chunk_count; i++) {
        const Proto *p = S->base->chunks[i];
        uint64_t code = __atomic_load_n(&p->code, __ATOMIC_RELAXED);
        numbering_place(&S->base_chunks, p->source, &fresh)->note = i;
        if (!code) continue;
        NumberedPlace *place = numbering_place(&S->base_codes, (void *)code, &fresh);
        if (fresh) place->note = i;
    }
}

/* The number that the base knows a chunk by, or UINT32_MAX if it does not. */
static uint32_t base_chunk(Saver *S, const Proto *root)
{
    if (!S->base) return UINT32_MAX;
    if (!S->base_chunks.count) number_base_chunks(S);
    const NumberedPlace *place = numbering_find(&S->base_chunks, root->source);
    return place ? place->note : UINT32_MAX;
}

/* Likewise, if it has the same code in a chunk of its own: what a program loads twice may be
 * one chunk, or not. */
static uint32_t base_code(const Saver *S, uint64_t code, const String *dump)
{
    const NumberedPlace *place = S->base ? numbering_find(&S->base_codes, (void *)code) : NULL;
    if (!place) return UINT32_MAX;
    const String *other = code_dump(S->base->chunks[place->note], false);
    return other && string_equal(other, dump) ? place->note : UINT32_MAX;
}

/* Numberings keep nothing alive, and nobody else has a dump. */
typedef struct KeptDump {
    struct KeptDump *older;
    const String *dump;
} KeptDump;

static void keep_dump(Saver *S, const String *dump)
{
    KeptDump *kept = mem_try_alloc(sizeof *kept);
    if (!kept) {
        S->out->failed = true;
        return;
    }
    *kept = (KeptDump){S->kept_dumps, dump};
    S->kept_dumps = kept;
}

/* A chunk that this record is the first to need: chunks of the same code are one. */
static uint32_t save_new_chunk(Saver *S, const Proto *root)
{
    bool fresh;
    uint32_t first = S->base ? S->base->chunk_count : 0;
    String *dump = code_dump(root, false);
    if (!dump) {
        S->out->failed = true;
        return 0;
    }
    uint64_t code = dump_code(dump->data);
    __atomic_store_n(&((Proto *)(uintptr_t)root)->code, code, __ATOMIC_RELAXED);
    uint32_t number = base_code(S, code, dump);
    if (number != UINT32_MAX) {
        sink_number(S->out, number);
        return number;
    }
    number = first + numbering_string(&S->dumps, dump, &fresh)->number;
    sink_number(S->out, number);
    if (!fresh) return number;
    saver_list(S, &S->chunk_list, root);
    keep_dump(S, dump);
    sink_number(S->out, dump->length);
    sink_bytes(S->out, dump->data, dump->length);
    S->code_length += dump->length;
    return number;
}

static void save_chunk(Saver *S, const Proto *root)
{
    bool fresh;
    uint32_t next = 0;
    if (S->comparing && !numbering_find(&S->chunks, root->source)) {
        S->strange = true;
        return;
    }
    NumberedPlace *place = numbering_place(&S->chunks, root->source, &fresh);
    if (!fresh) {
        sink_number(S->out, place->note);
        return;
    }
    number_functions(S, root->source, &next);
    uint32_t number = base_chunk(S, root);
    if (number == UINT32_MAX)
        number = save_new_chunk(S, root);
    else
        sink_number(S->out, number);
    place->note = number;
}

void save_proto(Saver *S, const Proto *p)
{
    save_chunk(S, p->root);
    const NumberedPlace *f = numbering_find(&S->functions, p->source);
    sink_number(S->out, f ? f->note : 0);
    sink_number(S->out, p->celled_path);
}

/* Any value ------------------------------------------------------------------------------ */

void save_other(Saver *S, const void *o)
{
    if (object_type(o) == OBJ_STRING)
        save_string(S, o);
    else if (object_type(o) == OBJ_LIGHT)
        save_light(S, o);
    else
        save_object(S, o);
}
