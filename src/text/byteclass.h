/* SPDX-License-Identifier: MIT */
/*
 * Classes of bytes as Lua patterns name them (manual 6.4.1): %a, %d ... and [sets].
 *
 * They are those of the C locale, whatever the process's locale is: a pattern has to
 * mean the same on every machine. Bytes from 128 on are in no class. All O(1) and
 * without allocation, but a set takes time for each of its members.
 */
#ifndef MOONLET_BYTECLASS_H
#define MOONLET_BYTECLASS_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CLASS_ALPHA = 1,
    CLASS_CNTRL = 2,
    CLASS_DIGIT = 4,
    CLASS_GRAPH = 8,
    CLASS_LOWER = 16,
    CLASS_PUNCT = 32,
    CLASS_SPACE = 64,
    CLASS_UPPER = 128,
    CLASS_ALNUM = 256,
    CLASS_HEXAL = 512,
    CLASS_ZERO = 1024
};

/* The classes each byte is in. */
extern const uint16_t byteclass_table[256];

/* Whether the byte is in one of the classes. */
static inline bool byteclass_is(unsigned char byte, unsigned classes)
{
    return (byteclass_table[byte] & classes) != 0;
}

/* The class that a letter after '%' stands for, in either case. It is 0 if there is none. */
extern const uint16_t byteclass_letters[256];
static inline unsigned byteclass_of_letter(unsigned char letter)
{
    return byteclass_letters[letter];
}

/* Whether the byte is in %letter: a class, the complement of one if the letter is a
 * capital, or the letter itself. */
static inline bool byteclass_has(unsigned char byte, unsigned char letter)
{
    unsigned class = byteclass_of_letter(letter);
    if (!class) return byte == letter;
    return byteclass_is(byte, class) == byteclass_is(letter, CLASS_LOWER);
}

/* Whether the byte is in the well-formed set [p, end), brackets included. */
bool byteclass_set_has(unsigned char byte, const char *p, const char *end);

/* A set of bytes as bits, for many look-ups. To build it costs as much as a few look-ups. */
typedef struct ByteSet {
    uint64_t words[4];
} ByteSet;

void byteclass_set_build(ByteSet *set, const char *p, const char *end);
/* The same, remembered for the thread: patterns have few sets, and short ones. Good until the
 * next call. */
const ByteSet *byteclass_set_of(const char *p, const char *end);
static inline bool byteclass_in(const ByteSet *set, unsigned char byte)
{
    return set->words[byte / 64] >> byte % 64 & 1;
}

#endif
