/* SPDX-License-Identifier: MIT */
/*
 * String: immutable bytes with a length; 8-bit clean. Behind them there is room for a zero,
 * which is there once somebody has asked for it (string_terminated).
 *
 *   short:  [hdr|len|data]bytes...        pointer-free, data points behind itself
 *   long:   [hdr|len|data] -> [first|used|capacity]room....bytes....room
 *
 * A long string may be a part of its buffer. Appending to the string that
 * ends where the buffer's used part ends writes behind it and makes just a new
 * header (the claim of the room is one compare-and-swap, so strings stay
 * shareable between threads): a loop of s = s .. x is linear. So is one of s = x .. s, which
 * writes before the string that begins where the used part begins.
 *
 * What lies in collected memory must hold the String, not its data: pointers into the
 * middle of a block keep it alive only from the stack.
 *
 * The hash (XXH3 with the process's seed) is computed on demand and kept.
 * Equal constants of all chunks are one object (string_intern), so that most
 * key comparisons are a pointer comparison; other strings are not interned.
 */
#ifndef MOONLET_STRING_H
#define MOONLET_STRING_H

#include "memory/mem.h"
#include "value/value.h"

typedef struct String {
    Object h; /* h.id_low is the hash, 0 while unknown */
    size_t length;
    const char *data;
} String;

enum { STRING_INTERNED = 1, STRING_LONG = 2 };

/* The longest string that can be made; longer is the error of the caller. */
#define STRING_MAX ((size_t)1 << 40)

/* Makes a string with a copy of the bytes. O(length), allocates. Answers NULL only if the
 * string is long and there is no memory for it. That is a shortage (mem_refuse), so NULL may
 * be taken for a nil: an error is raised at the next poll. */
String *string_new(const char *bytes, size_t length);
String *string_from_c(const char *text);
/* Makes a string of unspecified contents. Its maker fills it through *data before anyone else
 * sees it. Answers NULL as string_new does. */
String *string_reserve(size_t length, char **data);
/* Gives back a string that was made with room for so much, and that only its maker has seen.
 * Small ones are left to the collector. It stays counted. */
void string_give_back(String *s, size_t length);
/* Reserves as string_reserve does, but NULL is no shortage: the caller tries something else. */
MEM_TRY String *string_try_reserve(size_t length, char **data);
/* The one object for these bytes in this process. Locks; for parse time. O(log n) of the
 * strings that are interned, whatever they are: see intern.c. */
String *string_intern(const char *bytes, size_t length);
/* Interns a string that is never collected, so that static variables may point to it: for
 * names of metamethods and library functions. */
String *string_constant(const char *bytes, size_t length);
/* A part of string_init. */
void string_interned_init(void);
/* Checks the table of these; gives the number of its entries, some of which may be of strings
 * that are gone. O(n), with locks. */
size_t string_interned_check(void);
/* Makes a .. b. Amortised O(length of b) if a was itself made by appending. Answers NULL as
 * string_new does, or if a is NULL. */
String *string_concat(const String *a, const char *bytes, size_t length);
/* Makes before .. a .. after. Amortised O(n + m) if a was itself made so. Answers NULL as
 * string_concat does. */
String *string_surround(const char *before, size_t n, const String *a, const char *after,
                        size_t m);

/* These make a string in pieces. The first makes an empty one with room for so many
 * bytes. The second adds `more` bytes of unspecified contents, which their maker fills through
 * *data. They take of the room; if somebody else has gone on from a, a copy is made with room
 * for `room` bytes in all. O(more) but for that. The maker counts what it allocates. Both
 * answer NULL if there is no memory. */
MEM_TRY String *string_begin(size_t room);
MEM_TRY String *string_extend(const String *a, size_t more, size_t room, char **data);

/* The string's bytes with a zero behind them. They stay where they are as long as it lives.
 * O(1), but O(length) where the byte behind a long one is another's. Answers NULL if there is
 * no memory, which is a shortage. */
MEM_TRY const char *string_terminated(const String *s);

/* The blocks that it is made of: itself, and a buffer that others may share. */
void string_blocks(const String *s, MemBlockFn *fn, void *context);

/* The text "not enough memory" as a string that no program can make: an error that is this one
 * means that. */
String *string_no_memory(void);

/* To be called after mem_init; may be called again. */
void string_init(void);
/* Replaces the seed of the hash. Otherwise that is a constant, so that all runs are alike.
 * Answers false after string_init, because there may be strings already. */
bool string_seed(uint64_t seed);
uint64_t string_seed_in_use(void);
/* The hash of a string of these bytes, never 0. */
uint32_t string_hash_bytes(const char *bytes, size_t length);
uint32_t string_hash_compute(const String *s);
/* The hash, or 0 if it was not asked for yet. */
static inline uint32_t string_hash_known(const String *s)
{
    return __atomic_load_n(&s->h.id_low, __ATOMIC_RELAXED);
}
static inline uint32_t string_hash(const String *s)
{
    uint32_t h = string_hash_known(s);
    return h ? h : string_hash_compute(s);
}
/* What work on one string's bytes costs who runs in this thread, from so many bytes on. Whether
 * equal strings are one object, and whether a hash is known, is no part of a state, so that
 * what is paid must not depend on it: a lookup pays for its key, and a comparison of a string
 * with itself costs what one with an equal string does. */
enum { STRING_PAID = 4096 };
static inline void string_pay_key(const String *s)
{
    if (__builtin_expect(s->length > STRING_PAID, 0)) mem_work_pay(s->length);
}
static inline void string_pay_equal(const String *s)
{
    size_t n = s->length;
    if (__builtin_expect(n > STRING_PAID, 0)) mem_work_pay((n - 1) / STRING_PAID * STRING_PAID);
}

/* Whether n bytes are the same, for few: no call. */
static inline bool string_same_bytes(const char *a, const char *b, size_t n)
{
    uint64_t x, y;
    for (; n >= sizeof x; n -= sizeof x, a += sizeof x, b += sizeof x) {
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        if (x != y) return false;
    }
    while (n && a[n - 1] == b[n - 1]) n--;
    return !n;
}
/* Paid for as far as they are equal. */
bool string_equal_slow(const String *a, const String *b);
static inline bool string_equal(const String *a, const String *b)
{
    return a == b || (a->length == b->length && string_equal_slow(a, b));
}
/* Pays for an equality that a program has asked for, and that holds at first sight. */
static inline void string_pay_same(Value v)
{
    if (value_is_object(v) && object_raw_type(value_pointer(v)) == OBJ_STRING)
        string_pay_equal((const String *)value_pointer(v));
}
/* strcoll-free bytewise order unless a locale is set: -1, 0, 1 (manual 3.4.3). */
int string_compare(const String *a, const String *b);
/* Makes string_compare use strcoll (os.setlocale was called), or bytes again. */
void string_use_locale(bool on);

static inline String *value_string(Value v) { return value_pointer(v); }
static inline Value string_value(const String *s) { return value_object(s); }

#endif
