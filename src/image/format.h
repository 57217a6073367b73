/* SPDX-License-Identifier: MIT */
/*
 * The format of images: docs/IMAGE.md describes it to the byte; these are its constants, for
 * the writer and the reader.
 *
 *   header [magic | format | linker | flags | hash of what follows | length | base]
 *   record [roots of a state] [contents of new objects] [changes] ... 0      one a state
 *
 * A value begins with a tag. What has an identity is written where it is met first as its
 * tag and what is needed to make it, without its contents: these follow, in the order of
 * meeting, so that neither side needs recursion.
 */
#ifndef MOONLET_IMAGE_FORMAT_H
#define MOONLET_IMAGE_FORMAT_H

#include <stdint.h>

#define IMAGE_MAGIC "\x1bMoonImg"

enum {
    IMAGE_FORMAT = 8,
    /* The version of what the linker makes of a tree, and of frames. It is to be raised when
     * nodes, slots or frames change, as suspended frames say by number where they go on. */
    IMAGE_LINKER = 3,

    IMAGE_AT_FORMAT = 8,  /* 2 bytes */
    IMAGE_AT_LINKER = 10, /* 2 bytes */
    IMAGE_AT_FLAGS = 12,  /* 4 bytes */
    IMAGE_AT_HASH = 16,   /* 16 bytes: XXH3-128 of all from IMAGE_AT_LENGTH on, big-endian; its
                             seed is what stands from IMAGE_AT_FORMAT on */
    IMAGE_AT_LENGTH = 32, /* 8 bytes: of what follows the header */
    IMAGE_AT_BASE = 40,   /* 16 bytes: the base's identity, or zeros */
    IMAGE_AT_SEED = 56,   /* 8 bytes: what the process hashes strings by */
    IMAGE_AT_ZERO = 64,   /* 8 bytes: zeros */
    IMAGE_HEADER = 72,

    IMAGE_HAS_BASE = 1,  /* flags */
    IMAGE_HAS_FRAMES = 2 /* suspended ones: only for the same linker */
};

typedef enum ImageTag {
    TAG_NIL,
    TAG_FALSE,
    TAG_TRUE,
    TAG_DOUBLE,     /* 8 bytes */
    TAG_INTEGER,    /* n: that number */
    TAG_NEGATIVE,   /* n: -1 - n */
    TAG_STRING,     /* length, bytes: has the next number */
    TAG_STRING_REF, /* number */
    TAG_OBJECT,     /* how far back: 0 is the last one met */
    TAG_BASE,       /* number: an object of the base */
    TAG_LIGHT,      /* length, bytes: as the host wrote it */
    TAG_TYPE,       /* length, bytes: a type of the host, for the number that is its address */
    TAG_RECORD,     /* length, bytes: a function of the host, for a pointer to it */
    TAG_NOBODY,     /* a word of a stack that is no value */
    /* new objects: the difference of the id to that of the object before, and */
    TAG_TABLE,
    TAG_CELL,
    TAG_CLOSURE, /* code */
    TAG_NATIVE,  /* name, number of captured values */
    TAG_HOST,    /* name of a host function */
    TAG_COROUTINE,
    TAG_SNAPSHOT,     /* number of its state */
    TAG_FILE,         /* 0 closed, 1 stdin, 2 stdout, 3 stderr */
    TAG_USERDATA,     /* name of its type */
    TAG_CAPTURES,     /* name of a host function, number of captured values */
    TAG_CONSTANT,     /* length, bytes: a string that is interned; has the next number */
    TAG_SAME_BYTES,   /* number: the interned string of these bytes if that is none, and the
                       * other way round; has the next number */
    TAG_SMALL = 0x40, /* and up: the integers 0 to 63 */
    TAG_NEAR = 0x80   /* and up: the strings numbered 0 to 127 */
} ImageTag;

/* What follows the roots of a state. */
typedef enum ImageItem {
    ITEM_END,
    ITEM_NEW,         /* the contents of all new objects, until there are no more */
    ITEM_CHANGE,      /* number, what has changed in an object of an earlier record */
    ITEM_CHANGE_BASE, /* number, the same in one of the base */
} ImageItem;

/* Bits in front of a state's roots. "Same" is: as in the state that it differs from. */
enum { ROOTS_PAUSED = 1, ROOTS_RANDOM = 2, ROOTS_SAME_RANDOM = 4, ROOTS_SAME_WORLD = 8 };

/* What follows of a table that has changed. */
typedef enum TableChange {
    CHANGE_ALL, /* its contents */
    CHANGE_KEYS /* bits, metatable, room, and the keys whose values differ: nil for none */
} TableChange;

/* Bits in front of a table's contents. */
enum {
    TABLE_HAS_META = 1,
    TABLE_HAS_ARRAY = 2,
    TABLE_HAS_HASH = 4,
    TABLE_HAS_SHIFT = 8,
    TABLE_HAS_REMOVED = 16,
    TABLE_HAS_NUMBERS = 32,
    TABLE_HAS_WORDS = 64,
    TABLE_HAS_BUNDLES = 128,
    TABLE_IS_FROZEN = 256, /* read-only */
    TABLE_IS_GIVEN = 512   /* a finalizer, once */
};

/* An array has a word in the image for at least so many of its places. */
enum { IMAGE_ARRAY_WORD = 16 };

#endif
