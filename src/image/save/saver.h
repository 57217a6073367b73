/* SPDX-License-Identifier: MIT */
/*
 * What the files that write images share. See image.h.
 *
 *   save.c         records: roots, order of work, changes
 *   save_value.c   what has no identity: numbers, strings, code
 *   save_object.c  objects, where they are met first, and their contents
 *   save_stack.c   coroutines
 *   save_reach.c   whether a state reaches all that the one before it does
 *
 *   objects  in the order in which they were met, so by number: the queue of those whose
 *            contents are still to be written
 *   met      by number: the record in which the object was met
 *   looked   the last record in which its contents were looked at
 *   told     the last one that has its contents, or says what has changed
 *   alive    the last one whose state was found to reach it; all states from the record
 *            `walked` on, which was looked at as a whole, reach what any of them has reached
 *   in       an object that led to it, by number, or OBJECT_NONE; these are 0, and are not
 *            kept, as long as there is one record
 *
 * Nothing here recurses but into nested functions, and nothing allocates collected memory but
 * a run to look with.
 */
#ifndef MOONLET_SAVER_H
#define MOONLET_SAVER_H

#include "image/format.h"
#include "image/image.h"
#include "image/index.h"
#include "image/numbering.h"
#include "node/node.h"
#include "state/trail.h"
#include "trace/trace.h"

typedef struct Meeting {
    uint32_t met, looked, told, alive, in;
} Meeting;

/* The strings met last, by address: most are met again soon, as keys of the same kind of table.
 */
enum { RECENT_STRINGS = 64 };
typedef struct RecentString {
    const String *string;
    uint32_t number;
} RecentString;

/* What stood in front of the values of a table, and what it depends on: save_table.c. */
typedef struct QuickHead {
    uint32_t flags, counts;
    uint8_t shift, length; /* 0: there was none yet */
    uint8_t bytes[8];
} QuickHead;

typedef struct Saver {
    ByteSink *out;
    Machine *M;              /* looks at the state of this record */
    Machine *from;           /* at the one that it differs from, or NULL */
    uint32_t record;         /* the number of this record */
    uint32_t from_record;    /* that of `from`, if its state is one of this image */
    const Coroutine *paused; /* the paused coroutine of this record's state, or NULL */
    const Image *base;       /* NULL: a whole image */
    const ImageHost *host;
    Objects objects;
    Numbering strings, natives, states;
    uint32_t string_count; /* of those by bytes, and of such as have the bytes of another:
                              save_value.c */
    RecentString recent[RECENT_STRINGS];
    QuickHead head;
    Numbering chunks, functions, dumps;
    Numbering base_chunks,
        base_codes; /* the base's, by tree and by hash; made when asked for */
    PointerList state_list, chunk_list;
    struct KeptDump *kept_dumps; /* those of `dumps` */
    Meeting *meetings;
    size_t meeting_capacity;
    uint32_t written;     /* how many objects have had their contents written */
    PointerList revisit;  /* objects of earlier records that were met again in this one */
    uint32_t first_count; /* objects that the first record has */
    Numbering based;      /* of the base's that only held states led to, those that are told in
                             a record: the last such one as note */
    uint32_t first_based; /* of these, told in the first record */
    uint32_t owner;       /* the object whose contents are being written */
    uint32_t walked, walks;
    Trace *reach; /* what this record's state can reach */
    bool reached; /* `reach` is known */
    bool kept;    /* the state reaches all that the one before does, so `reach` is not needed */
    uint64_t last_id;
    bool frames; /* the image has suspended frames */
    /* Contents are written only to be compared: what nobody has met before is not met now. */
    bool comparing, strange; /* there was such a thing */
    bool parted; /* the first state has new objects with ids that the base's have, too */
    bool plain;  /* a whole image's first record, and nobody asks for paths: an object is new or
                    known, and that is all there is to it */

    /* Why it cannot be saved; and, when a second try is made to find out where, how each
     * object was reached. */
    char *error;
    TrailItem *steps;
    bool tracking;
    ImageTellFn *tell; /* NULL: nobody is told */
    void *tell_context;
    uint64_t strings_length, code_length; /* written so far */
    Step step;                            /* by which the next value is reached */
} Saver;

/* Sets the error. Of several errors the first one stays. */
void saver_refuse(Saver *S, const char *format, ...) __attribute__((format(printf, 2, 3)));
static inline void saver_step(Saver *S, StepKind kind, uint32_t from, Value key)
{
    if (__builtin_expect(S->tracking, 0)) S->step = (Step){kind, from, key};
}
/* Adds to a list of what is to be written: an image that lacks something is none. */
static inline void saver_list(Saver *S, PointerList *l, const void *p)
{
    if (!pointer_list_add(l, p)) S->out->failed = true;
}
/* Notes, while contents are compared, that there is something in them that has not been met. */
static inline bool saver_is_strange(Saver *S)
{
    S->strange |= S->comparing;
    return S->comparing;
}
/* An object has got the next number; one is met that has a number. */
void saver_met(Saver *S, const void *o);
void saver_met_again(Saver *S, uint32_t number);
/* An object is met that the base has. */
void saver_met_based(Saver *S, const void *o, uint32_t number);
/* What a function of the base has captured is met, and nothing is written. */
void saver_meet_captured(Saver *S, const void *function);

void save_value(Saver *S, Value v);
/* One of the table with this number; so many of its pairs; so many words of its array, of which
 * `before` were written. */
void save_pair(Saver *S, Value key, Value v, uint32_t number);
void save_entries(Saver *S, const HamtEntry *e, uint32_t count, uint32_t number);
void save_elements(Saver *S, const Word *words, uint32_t count, uint32_t before,
                   uint32_t number);
/* A value that is neither a number, nor nil, nor a boolean. */
void save_other(Saver *S, const void *o);
/* The contents of an object that all see alike, if it is a table as most are, and all is
 * `plain`. Answers whether it was; if not, nothing was done. */
bool save_quick(Saver *S, const void *o);
/* An object or NULL. */
void save_object(Saver *S, const void *o);
void save_text(Saver *S, const char *text);
/* What a host function's frame goes on with: a light userdata of its record. */
void save_host_record(Saver *S, Value light);
/* The code of a Lua function. */
void save_proto(Saver *S, const Proto *p);
/* The number of a state that a variable or a frame holds. */
void save_state_number(Saver *S, const State *s);
/* The name of a continuation, the host's among them. */
void save_continuation(Saver *S, NativeCont *cont);
/* All that an object contains, as the record's state sees it. */
void save_contents(Saver *S, const void *o, uint32_t number);
/* Writes the keys of a table whose values differ from those in another run's state. Answers
 * false, and writes nothing, when they are too many or when more than values differs. Sets
 * *none, and writes nothing, when nothing differs. */
bool save_change_by_keys(Saver *S, Machine *from, const Table *t, uint32_t number, bool *none);
void save_coroutine(Saver *S, const Coroutine *c, uint32_t number);

/* Whether the state before this one, `from`, reached the object. In a whole image only. */
static inline bool saver_was_alive(const Saver *S, uint32_t number)
{
    uint32_t alive = S->meetings[number].alive;
    return alive >= S->walked && alive <= S->from_record;
}
/* Whether this state surely reaches all that `from` does, of which `changed` are the objects
 * with other contents. At most O(objects), mostly O(changes). */
bool saver_keeps_all(Saver *S, const State *from, const PointerList *changed);
/* Looks anew who leads to whom, in this state. O(what it reaches). */
void saver_note_leading(Saver *S);

/* The number that the base has for an object; OBJECT_NONE: it has it not. */
static inline uint32_t saver_in_base(const Saver *S, const void *o)
{
    return S->base ? image_number(S->base, o) : OBJECT_NONE;
}

#endif
