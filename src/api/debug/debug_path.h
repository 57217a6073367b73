/* SPDX-License-Identifier: MIT */
/*
 * Variables and fields that are found again at other moments of a recording.
 *
 *   a.b[3]["c d"]   a local variable of a frame, one that a function has captured, or a global,
 *                   and keys from there on, without metamethods
 *
 * Replays make the same objects with the same ids, but elsewhere. So a local variable is found
 * by its frame's depth in its coroutine and its name; what is in a cell, by the cell's id,
 * also when its function has returned; a field, by the path.
 */
#ifndef MOONLET_API_DEBUG_PATH_H
#define MOONLET_API_DEBUG_PATH_H

#include "api/debug/debug.h"
#include "api/debug/debug_look.h"

enum { PATH_KEYS_MAX = 20, PATH_TEXT_MAX = 400, PATH_SLOTS_MAX = 8 };

typedef enum PathBase { PATH_GLOBAL, PATH_LOCAL, PATH_OBJECT } PathBase;

typedef struct PathKey {
    bool number;
    double n;
    const char *text; /* in DebugPath.text */
    size_t length;
    Value value;
} PathKey;

/* What a path was found by when it was last looked at: only stores to these can change it. */
typedef struct PathChain {
    bool known;
    uint64_t replay, view; /* in which they are */
    const void *cell;      /* in which the first variable is; NULL: in none */
    const void *at[20];    /* the table of which the key of the number first + i is */
    int count, first;
} PathChain;

typedef struct DebugPath {
    PathBase base;
    DebugFrame frame;            /* of a local variable */
    const AstFunction *function; /* of that frame; NULL: it is not known */
    uint64_t born, dies; /* steps of when that was called, and the next one there; dies 0:
                            not known, it may be any */
    const Proto *proto;  /* whose slots with the name are in slots; see path_wants */
    uint16_t slots[PATH_SLOTS_MAX];
    int slot_count; /* more than there is room for: they may be any */
    uint64_t id;    /* of a cell, or of the table that the first key is of */
    char text[PATH_TEXT_MAX];
    PathKey keys[PATH_KEYS_MAX]; /* the first is the variable's name, if there is one */
    int count;
    uint64_t replay; /* in which object was looked for */
    void *object;    /* NULL: not found yet */
    bool given_up;
    PathChain chain;
} DebugPath;

/* A value for comparison with those of other replays: objects are told by their ids. */
typedef struct DebugSeen {
    bool known; /* there is such a thing */
    LuaType type;
    Value plain;       /* of what is no object */
    uint64_t identity; /* an id; of a string its hash and its length */
} DebugSeen;

static inline bool seen_same(DebugSeen a, DebugSeen b)
{
    return a.known == b.known && a.type == b.type && a.plain == b.plain &&
           a.identity == b.identity;
}

/* The one key of a path that has none yet, which is of the table with the id. */
void path_set_field(DebugPath *p, uint64_t id, const char *text, bool number);
/* Answers false if the text is no such path. What it begins with is a global until
 * path_bind. */
bool path_parse(DebugPath *p, const char *text);
/* The i-th key as a value. */
moonlet_value path_key(const DebugPath *p, int i);
/* It begins with a variable of the event's frame, if that has one of the name. */
void path_bind(DebugPath *p, const DebugEvent *e);
/* What is there at an event. *relevant: false if the frame that it is a variable of is not
 * there, or, of the variable itself, not the innermost. O(keys); for what is told by its id,
 * once in a replay O(objects); for fields of local variables, O(frames above theirs). */
DebugSeen path_see(DebugPath *p, DebugEvent *e, bool *relevant);
/* The result's state is the one in which the variable of the frame, or the field, has another
 * value, which is s's; place NULL: among the globals. */
moonlet_result path_assign(const moonlet_state *s, const DebugPlace *place, const DebugPath *p,
                           moonlet_value value);
/* What of a node is to be broken, so that no change is missed: BREAK_... (stack/breaks.h). */
unsigned path_wants(DebugPath *p, const Proto *proto, uint32_t i);
/* The same where changes of a local variable are looked for at the lines of its function. */
unsigned path_wants_lines(const DebugPath *p, const Proto *proto, uint32_t i);
/* Whether the function is entered whose variable the path begins with: its frame's. */
bool path_enters(const DebugPath *p, const DebugEvent *e);
/* In a state. *relevant: false if the frame is not among those of the paused program. */
DebugSeen path_see_in(DebugPath *p, const moonlet_state *s, DebugMoment at, bool *relevant);
/* Whether a store may be to what the path is, or to what that was found by: see
 * Breaks.touches (stack/breaks.h). If so, the path is to be looked at before the next store
 * is. */
bool path_touches(DebugPath *p, Machine *M, uint64_t replay, const void *object, Value key);
/* Whether what the path is cannot have been written to between two states of a run. Says no
 * where that is not seen at once. */
bool path_is_untouched(const DebugPath *p, const State *before, const State *after);

#endif
