/* SPDX-License-Identifier: MIT */
/*
 * Recordings to bytes and back.
 *
 * Main invariant: nothing of the bytes is used before their hash and their parts have been
 * verified.
 */
#include "record/file.h"

#include <stdio.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

static const char magic[8] = "MLRECORD";
enum { VERSION = 2, HASH = 8 };

static bool fail(char error[IMAGE_ERROR_MAX], const char *text)
{
    snprintf(error, IMAGE_ERROR_MAX, "%s", text);
    return false;
}

/* Writing ----------------------------------------------------------------------------- */

static void write_block(ByteSink *out, const uint8_t *bytes, size_t length)
{
    sink_number(out, length);
    sink_bytes(out, bytes, length);
}

bool record_write(const Record *r, const ImageHost *host, ByteSink *out,
                  char error[IMAGE_ERROR_MAX])
{
    ByteSink image = {0};
    if (!r->count || r->outside.failed) return fail(error, "not enough memory");
    bool good = image_save(r->points[0].state, NULL, host, &image, error) != NULL;
    if (good) {
        sink_bytes(out, magic, sizeof magic);
        sink_number(out, VERSION);
        sink_number(out, r->end);
        sink_number(out, r->steps);
        sink_number(out, r->hosted);
        write_block(out, image.bytes, image.length);
        write_block(out, r->outside.log, r->outside.length);
        if (!out->failed) sink_word(out, XXH3_64bits(out->bytes, out->length));
        if (out->failed) good = fail(error, "not enough memory");
    }
    sink_free(&image);
    return good;
}

/* Reading ----------------------------------------------------------------------------- */

bool record_begins(const uint8_t *bytes, size_t length)
{
    return length >= sizeof magic && memcmp(bytes, magic, sizeof magic) == 0;
}

static const uint8_t *read_block(ByteSource *s, size_t *length)
{
    *length = source_count(s, 1);
    return source_bytes(s, *length);
}

/* Whether it is a list of answers to its end. */
static bool is_log(const uint8_t *bytes, size_t length)
{
    ByteSource s = {.at = bytes, .end = bytes + length};
    while (!s.failed && s.at < s.end) {
        uint8_t kind = source_byte(&s);
        if (!kind || kind >= SEEN_KINDS) return false;
        if (kind != SEEN_YES && kind != SEEN_NO) source_bytes(&s, source_count(&s, 1));
    }
    return !s.failed;
}

static bool set_log(Record *r, const uint8_t *bytes, size_t length)
{
    r->outside.log = malloc(length + 1);
    if (!r->outside.log) return false;
    if (length) memcpy(r->outside.log, bytes, length);
    r->outside.length = r->outside.room = length;
    r->outside.elsewhere = true;
    return true;
}

/* The state that is to be gone on from is a paused program's. */
static bool set_first(Record *r, const uint8_t *bytes, size_t length, const ImageHost *host,
                      char error[IMAGE_ERROR_MAX])
{
    Image *image = image_load(bytes, length, NULL, host, error);
    if (!image) return false;
    if (!image->state->base->paused) return fail(error, "a recording that begins nowhere");
    record_add(r, (RecordPoint){.state = (State *)image->state});
    return r->count || fail(error, "not enough memory");
}

static bool is_whole(const uint8_t *bytes, size_t length)
{
    if (length < HASH) return false;
    ByteSource s = {.at = bytes + length - HASH, .end = bytes + length};
    return source_word(&s) == XXH3_64bits(bytes, length - HASH);
}

Record *record_read(const uint8_t *bytes, size_t length, const ImageHost *host,
                    char error[IMAGE_ERROR_MAX])
{
    size_t image_length, log_length;
    if (!record_begins(bytes, length)) return fail(error, "it is no recording"), NULL;
    ByteSource s = {.at = bytes + sizeof magic, .end = bytes + length};
    uint64_t version = source_number(&s);
    if (version != VERSION) return fail(error, "a recording of another version"), NULL;
    if (!is_whole(bytes, length)) return fail(error, "a damaged recording"), NULL;
    s.end -= HASH;
    uint64_t end = source_number(&s), steps = source_number(&s), hosted = source_number(&s);
    const uint8_t *image = read_block(&s, &image_length), *log = read_block(&s, &log_length);
    bool good = !s.failed && s.at == s.end && !(steps >> 62) && end <= RECORD_EXITED &&
                hosted <= 1 && is_log(log, log_length);
    if (!good) return fail(error, "a damaged recording"), NULL;
    Record *r = record_new(0, 0);
    r->lacked = true;
    r->end = (RecordEnd)end;
    r->steps = steps;
    r->hosted = hosted;
    if (!set_log(r, log, log_length)) good = fail(error, "not enough memory");
    if (good && set_first(r, image, image_length, host, error)) return r;
    record_free(r);
    return NULL;
}
