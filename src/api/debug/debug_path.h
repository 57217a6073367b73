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

/* The objects through which a path led when it was last looked at. Only a store to one of them
 * can change what the path leads to. */
typedef struct PathChain {
    bool known;
    uint64_t replay, view; /* the replay, and the view of its run, in which they lie there */
    const void *cell;      /* the cell of the variable it begins with; NULL: it is in none */
    const void *at[20]; /* at[i] is the table in which the path's key first + i was looked up */
    int count, first;
} PathChain;

typedef struct DebugPath {
    PathBase base;
    DebugFrame frame;            /* of a local variable */
    const AstFunction *function; /* of that frame; NULL: it is not known */
    /* The step at which that frame's function was called, and the one at which it was next
     * called at the same place; of the tour's branch of this number, and good where `lives`.
     * Else, or with dies 0, any frame there may be the one. */
    uint64_t born, dies;
    int branch;
    bool lives;
    const Proto *proto; /* the code whose slots are in `slots`: see path_wants */
    uint16_t slots[PATH_SLOTS_MAX];
    int slot_count; /* above PATH_SLOTS_MAX: the variable may be in any slot */
    uint64_t id;    /* PATH_OBJECT: the cell's id, or that of the table of the first key */
    char text[PATH_TEXT_MAX];
    PathKey keys[PATH_KEYS_MAX]; /* the first is the variable's name, if there is one */
    int count;
    uint64_t replay; /* the replay in which `object` was looked for */
    void *object;    /* what has the id there; NULL: it has not been found */
    bool given_up;   /* ... and is not looked for again in this replay */
    PathChain chain;
} DebugPath;

/* A value for comparison with those of other replays: objects are told by their ids. */
typedef struct DebugSeen {
    bool known; /* there is such a thing */
    LuaType type;
    Value plain;       /* the value itself, if it is neither an object nor a string */
    uint64_t identity; /* else the object's id, or the string's hash and length */
} DebugSeen;

static inline bool seen_same(DebugSeen a, DebugSeen b)
{
    return a.known == b.known && a.type == b.type && a.plain == b.plain &&
           a.identity == b.identity;
}

/* Makes p, an empty path, lead to the field of this name, or number, of the table with the id.
 */
void path_set_field(DebugPath *p, uint64_t id, const char *text, bool number);
/* Answers false if the text is no path. A path begins with a global until path_bind. */
bool path_parse(DebugPath *p, const char *text);
/* The i-th key as a value. */
moonlet_value path_key(const DebugPath *p, int i);
/* Makes the path begin with a variable of the event's frame, if that has one of the name. */
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
/* What path_wants answers, for the second search (DebugFilter.lines): all lines of the local
 * variable's function. */
unsigned path_wants_lines(const DebugPath *p, const Proto *proto, uint32_t i);
/* Whether the event enters the function of the frame whose variable the path begins with. */
bool path_enters(const DebugPath *p, const DebugEvent *e);
/* Sees what path_see sees, in a state. *relevant is false if the path's frame is none of the
 * paused program's. */
DebugSeen path_see_in(DebugPath *p, const moonlet_state *s, DebugMoment at, bool *relevant);
/* Whether a store may be to what the path leads to, or to an object through which it leads: see
 * Breaks.touches (stack/breaks.h). After a yes the path must be looked at before the next store
 * is asked about. */
bool path_touches(DebugPath *p, Machine *M, uint64_t replay, const void *object, Value key);
/* The breaks_key of all keys under which a store may be one that path_touches is to be asked
 * about. Stores under others it would answer false about, whatever the object. */
uint64_t path_key_bits(const DebugPath *p);
/* Whether it is certain that nothing was written to what the path leads to between two states
 * of a run. Answers false where that is not seen at once. */
bool path_is_untouched(const DebugPath *p, const State *before, const State *after);

#endif
