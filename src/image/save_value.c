/* SPDX-License-Identifier: MIT */
/* Values of an image without identity: numbers, strings, code. Each string and each chunk is
 * written once, where it is met first, and called by its number afterwards. */
#include "image/saver.h"
#include "syntax/dump.h"

/* Strings and numbers --------------------------------------------------------------- */

static void save_string_number(Saver *S, uint32_t number)
{
    if (number < 0x100 - TAG_NEAR) {
        sink_byte(S->out, (uint8_t)(TAG_NEAR + number));
    } else {
        sink_byte(S->out, TAG_STRING_REF);
        sink_number(S->out, number);
    }
}

static void save_new_string(Saver *S, const String *s)
{
    sink_byte(S->out, TAG_STRING);
    sink_number(S->out, s->length);
    sink_bytes(S->out, s->data, s->length);
    S->strings_length += s->length;
}

static void save_string(Saver *S, const String *s)
{
    bool fresh;
    RecentString *recent = &S->recent[(uintptr_t)s / MEM_GRANULE % RECENT_STRINGS];
    if (recent->string == s) {
        save_string_number(S, recent->number);
        return;
    }
    *recent = (RecentString){s, numbering_string(&S->strings, s, &fresh)->number};
    if (fresh)
        save_new_string(S, s);
    else
        save_string_number(S, recent->number);
}

/* Small ones are in the tag. At most 10 bytes. */
static uint8_t *put_integer(uint8_t *to, int64_t i)
{
    enum { SMALL = TAG_NEAR - TAG_SMALL };
    if (i >= 0 && i < SMALL) {
        *to++ = (uint8_t)(TAG_SMALL + i);
        return to;
    }
    *to++ = i < 0 ? TAG_NEGATIVE : TAG_INTEGER;
    uint64_t n = i < 0 ? (uint64_t)(-1 - i) : (uint64_t)i;
    for (; n >= 0x80; n >>= 7) *to++ = (uint8_t)(n | 0x80);
    *to++ = (uint8_t)n;
    return to;
}

static void save_number(Saver *S, double d)
{
    enum { ROOM = 10 };
    const double exact = 9007199254740992.0; /* 2^53 */
    if (!sink_room(S->out, ROOM)) return;
    uint8_t *to = S->out->bytes + S->out->length;
    int64_t i = d >= -exact && d <= exact ? (int64_t)d : 0;
    uint64_t bits;
    memcpy(&bits, &d, 8);
    if (d == (double)i && (i || !bits)) { /* but for -0 */
        to = put_integer(to, i);
    } else {
        *to++ = TAG_DOUBLE;
        for (int k = 0; k < 8; k++) *to++ = (uint8_t)(bits >> 8 * k);
    }
    S->out->length = (size_t)(to - S->out->bytes);
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

/* The number that the base knows a chunk by; UINT32_MAX: it does not. */
static uint32_t base_chunk(const Saver *S, const Proto *root)
{
    for (uint32_t i = 0; S->base && i < S->base->chunk_count; i++)
        if (S->base->chunks[i]->source == root->source) return i;
    return UINT32_MAX;
}

/* A chunk that this record is the first to need: chunks of the same code are one. */
static uint32_t save_new_chunk(Saver *S, const Proto *root)
{
    bool fresh;
    uint32_t first = S->base ? S->base->chunk_count : 0;
    String *dump = dump_write(root->source, false);
    if (!dump) {
        S->out->failed = true;
        return 0;
    }
    uint32_t number = first + numbering_string(&S->dumps, dump, &fresh)->number;
    sink_number(S->out, number);
    if (!fresh) return number;
    pointer_list_add(&S->chunk_list, root);
    sink_number(S->out, dump->length);
    sink_bytes(S->out, dump->data, dump->length);
    S->code_length += dump->length;
    return number;
}

static void save_chunk(Saver *S, const Proto *root)
{
    bool fresh;
    uint32_t next = 0;
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

void save_value(Saver *S, Value v)
{
    if (value_is_number(v)) {
        save_number(S, value_to_double(v));
    } else if (!value_is_object(v)) {
        sink_byte(S->out, (uint8_t)(v == V_NIL     ? TAG_NIL
                                    : v == V_FALSE ? TAG_FALSE
                                                   : TAG_TRUE));
    } else {
        const void *o = value_pointer(v);
        if (object_type(o) == OBJ_STRING)
            save_string(S, o);
        else if (object_type(o) == OBJ_LIGHT)
            save_light(S, o);
        else
            save_object(S, o);
    }
}
