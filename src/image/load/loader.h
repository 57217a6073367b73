/* SPDX-License-Identifier: MIT */
/*
 * What the files that read images share. See image.h.
 *
 *   load.c         records: roots, order of work, changes
 *   load_value.c   what has no identity: numbers, strings, code
 *   load_object.c  objects, where they are met first, and their contents
 *   load_stack.c   coroutines; with load_glue.c (stack_loader.h)
 *   load_native.c  what the libraries' functions rely on
 *
 * Everything that was read is in collected memory. Where bytes are not as they must be,
 * loader_refuse keeps a message; what is read from then on is nil, and the loops end, as their
 * counts are bounded by the bytes that are left.
 *
 * Invariant: whatever the bytes are, what has been made so far may be traced, compared and
 * printed; it is run only when all of it was verified.
 */
#ifndef MOONLET_LOADER_H
#define MOONLET_LOADER_H

#include "image/format.h"
#include "image/image.h"
#include "image/index.h"
#include "native/native.h"
#include "node/node.h"

/* A place that is to hold a state which has not been read yet. */
typedef struct StateFixup {
    void **place;
    uint32_t number;
} StateFixup;

/* A word of a stack that is known when more has been read: a state; or a closure as it is seen
 * by a frame that runs code it had before the debug library changed it. */
typedef struct WordFixup {
    Segment *segment; /* NULL: it is not complete */
    uint32_t slot;
    const Proto *proto; /* NULL: it is to be a state */
    uint32_t number;
} WordFixup;

/* What stands in front of the values of a table; and the bytes that say so, if they are few,
 * and all that it depends on: then the next table often has the same. */
typedef struct TableHead {
    unsigned bits;
    TableRoom room;
    size_t array, pairs; /* so many words and pairs follow */
    Table *meta;
    uint64_t bytes, mask; /* the first `length` bytes as a word, and those of a word */
    unsigned length;      /* 0: they are not kept */
} TableHead;

typedef struct LoadList { /* in collected memory */
    void **items;
    uint32_t count, capacity;
} LoadList;

typedef struct Loader {
    ByteSource in;
    Machine *M; /* makes the state of this record */
    uint32_t record;
    uint64_t next_id; /* the next id of that state: its objects have lower ones */
    const Image *base;
    const ImageHost *host;
    Walk *walk;
    uint64_t counted; /* by the run of this record, as the walk has been told */
    Objects objects;
    LoadList strings, chunks, natives, states;
    size_t length;        /* bytes of the image */
    size_t copied;        /* bytes of strings that the image has twice */
    uint32_t first_count; /* objects that the first record has */
    uint32_t filled;      /* how many objects have had their contents read */
    const HamtNode
        *like;      /* the root of a table that has been read, and is as it was then, whose
                       keys are none of them numbers; the next one often has the same */
    TableHead head; /* of the table before, if it is kept */
    Numbering ids;  /* the ids of this record's objects: load_object.c */
    uint64_t last_id;
    uint64_t base_below; /* objects of the base's state have ids below this one */
    bool frames;         /* the image says that it has suspended frames */
    StateFixup *fixups;
    uint32_t fixup_count, fixup_capacity;
    WordFixup *words;
    uint32_t word_count, word_capacity;
    size_t stack_words; /* so many words of stacks may still be made */
    char *error;
} Loader;

/* Sets the error. Of several errors the first one stays. */
void loader_refuse(Loader *L, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline bool loader_failed(const Loader *L) { return L->in.failed || *L->error; }
/* Takes a step of the walk, for so many values and all that has been counted since the last
 * one. Answers false if the walk has ended: then the image is refused. */
bool loader_walk(Loader *L, uint64_t nodes);
void load_list_add(Loader *L, LoadList *l, void *item);
/* place becomes the state with this number. */
void loader_fix(Loader *L, void **place, uint32_t number);
void loader_fix_word(Loader *L, WordFixup fixup);
/* The words that were to be fixed lie in this segment. */
void loader_words_are_in(Loader *L, Segment *s);

/* Any value; any but a cell; an object of a type, or NULL, which for others than `nil_too` is
 * refused. */
Value load_any(Loader *L);
Value load_value(Loader *L);
void *load_object(Loader *L, ObjectType type, bool nil_too);
/* length, bytes: a name, with a zero behind it, good until the next one is read. */
const char *load_name(Loader *L, char name[IMAGE_NAME_MAX]);
/* Reads the code of a function. Answers NULL if it is refused. */
const Proto *loader_proto(Loader *L);
/* An object that is known, by its number: of the base, or counted back from the last one. What
 * is newer than the record's state is refused. Answers NULL if there is none. */
void *loader_known(Loader *L, uint64_t number, bool of_base);
/* Reads an object, by the tag that has been read. Answers NULL if it is refused. */
void *load_object_by_tag(Loader *L, uint8_t tag);
/* The contents of an object that has just been made, or has others now. */
void load_contents(Loader *L, void *o);
void load_change(Loader *L, void *o);
void load_coroutine(Loader *L, Coroutine *c);

/* What a host function's frame goes on with. */
Value load_host_record(Loader *L);
/* A word of a frame that is a value, a cell, or nobody's: nil. */
Value load_word(Loader *L);

/* Reads the name of a library's function or continuation. Answers NULL if it is refused. */
const NativeDef *load_native_row(Loader *L);
/* Refuses captured values that the function does not expect. */
void load_check_native(Loader *L, const Native *f);
/* The continuation that a native's frame waits for, of which `used` slots were read; record:
 * slot 0 is one of load_record. */
Value load_continuation(Loader *L, const Node *glue, const Value *fp, size_t used, bool record);
/* Is it a library's function whose frames wait with this glue of its own? */
bool load_has_glue(Value f, const Node *glue);

#endif
