/* SPDX-License-Identifier: MIT */
/*
 * The log of what a run learns of the outside.
 *
 * Main invariant: a replay reads answers in the order in which they were written. Once one is
 * not as asked for, the log has ended, and the run stops.
 */
#include "outside/outside.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Writing ----------------------------------------------------------------------------- */

static bool make_room(Outside *o, size_t n)
{
    if (o->room - o->length >= n) return true;
    size_t room = o->room + o->room / 2 + n + 4096;
    uint8_t *log = o->failed ? NULL : realloc(o->log, room);
    if (!log) {
        o->failed = true;
        return false;
    }
    o->log = log;
    o->room = room;
    return true;
}

enum { HEAD_MAX = 11 };

void outside_write(Machine *M, OutsideKind kind, const void *bytes, size_t length)
{
    Outside *o = M->outside;
    if (!make_room(o, HEAD_MAX + length)) return;
    uint8_t *to = o->log + o->length;
    *to++ = (uint8_t)kind;
    if (kind != SEEN_YES && kind != SEEN_NO) {
        size_t n = length;
        for (; n >= 0x80; n >>= 7) *to++ = (uint8_t)(n | 0x80);
        *to++ = (uint8_t)n;
    }
    if (length) memcpy(to, bytes, length);
    o->length = (size_t)(to - o->log) + length;
}

bool outside_used;

void outside_give(Machine *M, Outside *o)
{
    M->outside = o;
    if (o) __atomic_store_n(&outside_used, true, __ATOMIC_RELAXED);
}

/* Reading ----------------------------------------------------------------------------- */

static const uint8_t *end_log(Outside *o, size_t *length)
{
    static const uint8_t nothing[1];
    o->ended = true;
    __atomic_store_n(&o->stop, 1, __ATOMIC_RELAXED);
    *length = 0;
    return nothing;
}

void outside_end(Machine *M)
{
    size_t length;
    end_log(M->outside, &length);
}

/* The length at o->at, which is left behind it. Answers false where there is none. */
static bool read_length(Outside *o, size_t *length)
{
    uint64_t n = 0;
    for (unsigned shift = 0; o->at < o->length && shift < 63; shift += 7) {
        uint8_t b = o->log[o->at++];
        n |= (uint64_t)(b & 0x7f) << shift;
        if (b & 0x80) continue;
        *length = n;
        return n <= o->length - o->at;
    }
    return false;
}

const uint8_t *outside_read(Machine *M, OutsideKind kind, size_t *length)
{
    Outside *o = M->outside;
    size_t at = o->at;
    *length = 0;
    bool fits = !o->ended && o->at < o->length && o->log[o->at++] == kind;
    if (fits && kind != SEEN_YES && kind != SEEN_NO) fits = read_length(o, length);
    if (!fits) {
        o->at = at;
        return end_log(o, length);
    }
    o->at += *length;
    return o->log + o->at - *length;
}

/* Whether the next answer is of this kind; it is not read. */
static bool is_next(const Outside *o, OutsideKind kind)
{
    return !o->ended && o->at < o->length && o->log[o->at] == kind;
}

/* Answers ----------------------------------------------------------------------------- */

void outside_record(Machine *M, OutsideKind kind, void *record, size_t size)
{
    size_t length;
    if (!M || !M->outside) return;
    if (!M->outside->replays) {
        outside_write(M, kind, record, size);
        return;
    }
    const uint8_t *bytes = outside_read(M, kind, &length);
    if (length == size) {
        memcpy(record, bytes, size);
        return;
    }
    end_log(M->outside, &length);
    memset(record, 0, size);
}

/* The system may have taken any time, which is no step: the next one looks at the clock. */
static void look_at_clock(Machine *M)
{
    if (M && M->limits.deadline) machine_poll_soon(M);
}

double outside_number(Machine *M, double now)
{
    outside_record(M, SEEN_NUMBER, &now, sizeof now);
    return now == now ? now : __builtin_copysign(__builtin_nan(""), now);
}

int outside_int(Machine *M, int now, int least, int most)
{
    look_at_clock(M);
    double d = outside_number(M, now);
    return d >= least && d <= most ? (int)d : least;
}

bool outside_answer(Machine *M, bool now)
{
    size_t length;
    look_at_clock(M);
    if (!M || !M->outside) return now;
    if (!M->outside->replays) {
        outside_write(M, now ? SEEN_YES : SEEN_NO, NULL, 0);
        return now;
    }
    if (is_next(M->outside, SEEN_YES)) {
        outside_read(M, SEEN_YES, &length);
        return true;
    }
    outside_read(M, SEEN_NO, &length);
    return false;
}

bool outside_done(Machine *M, bool now)
{
    size_t length;
    look_at_clock(M);
    if (!M || !M->outside) return now;
    int32_t number = errno;
    if (!M->outside->replays) {
        if (now)
            outside_write(M, SEEN_YES, NULL, 0);
        else
            outside_write(M, SEEN_FAILED, &number, sizeof number);
        errno = number;
        return now;
    }
    if (is_next(M->outside, SEEN_YES)) {
        outside_read(M, SEEN_YES, &length);
        return true;
    }
    outside_record(M, SEEN_FAILED, &number, sizeof number);
    errno = number;
    return false;
}

static char *collected(const uint8_t *bytes, size_t length)
{
    char *text = mem_try_alloc_atomic(length + 1);
    if (!text) return NULL;
    memcpy(text, bytes, length);
    text[length] = 0;
    return text;
}

const char *outside_text(Machine *M, const char *now)
{
    size_t length;
    look_at_clock(M);
    if (!M || !M->outside) return now;
    if (!M->outside->replays) {
        outside_write(M, now ? SEEN_TEXT : SEEN_NOTHING, now, now ? strlen(now) : 0);
        return now;
    }
    if (is_next(M->outside, SEEN_TEXT)) {
        const uint8_t *bytes = outside_read(M, SEEN_TEXT, &length);
        return collected(bytes, length);
    }
    outside_read(M, SEEN_NOTHING, &length);
    return NULL;
}

size_t outside_bytes(Machine *M, void *to, size_t now, size_t size)
{
    size_t length;
    if (!M || !M->outside) return now;
    if (!M->outside->replays) {
        outside_write(M, SEEN_BYTES, to, now);
        return now;
    }
    const uint8_t *bytes = outside_read(M, SEEN_BYTES, &length);
    if (length > size) bytes = end_log(M->outside, &length);
    memcpy(to, bytes, length);
    return length;
}

void outside_exit(Machine *M, int status)
{
    Outside *o = M->outside;
    int32_t number = status;
    size_t length;
    if (!o || !o->replays) {
        if (o) outside_write(M, SEEN_END, &number, sizeof number);
        if (o && o->exit) o->exit(M, status);
        if (!o || !o->stays) exit(status);
        return;
    }
    outside_read(M, SEEN_END, &length);
    end_log(o, &length);
}

/* Snapshots --------------------------------------------------------------------------- */

/*
 * Epochs in order, p: the program has taken a snapshot after it, r: the recorder
 *
 *   .... p | e0 r | e1 r | e2 (now)       e0 is `before`, e2 is `epoch`
 *
 * What is not older than e0 has been seen by nobody but the recorder, as long as the run's
 * epoch is e2.
 */
void outside_note_snapshot(Machine *M, uint64_t before)
{
    Outside *o = M->outside;
    if (o->epoch != before) o->before = before;
    o->epoch = M->run.epoch;
}

bool outside_is_older(const Machine *M, uint64_t epoch)
{
    const Outside *o = M->outside;
    if (!o || o->epoch != M->run.epoch) return epoch != M->run.epoch;
    return epoch < o->before;
}
