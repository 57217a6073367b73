/* SPDX-License-Identifier: MIT */
/*
 * What a debugger shows of a state: coroutines, frames, variables, and what an expression is in
 * a frame.
 *
 *   state --> coroutines --> frames, the innermost first --> locals, upvalues --> values
 *
 * Nothing here needs the program's own debug library, or any other thing that a program can
 * replace. Evaluation happens in a fork: what comes of it is a state of its own, which the
 * caller drops, or goes on with if it is meant.
 *
 * Pointers to names live as long as the state.
 */
#ifndef MOONLET_API_DEBUG_LOOK_H
#define MOONLET_API_DEBUG_LOOK_H

#include "api/debug/debug.h"
#include "lib/debug/inspect.h"

/* A frame: the level-th of a coroutine's stack, 0 the innermost. */
typedef struct DebugPlace {
    Coroutine *co;
    int level;
    const AstFunction *function; /* NULL: a C function */
    const String *chunk;         /* as load takes it; NULL: a C function */
    int line;                    /* 0: it is not known */
    int first_line;              /* of the function; 0 for a main chunk */
    DebugFrame frame;            /* for comparison with others, also of other moments */
    const char *kind;            /* "local", "global", "method" ...; NULL: it has no name */
    const String *name;
} DebugPlace;

typedef struct DebugPlaces {
    DebugPlace *at; /* malloc's */
    size_t count;
} DebugPlaces;

/* The frames of a coroutine; co NULL: of the paused program, with those of the coroutines that
 * wait for the one that runs below its own. O(depth). To be freed. */
DebugPlaces debug_places(const moonlet_state *s, const Coroutine *co);
void debug_places_free(DebugPlaces *p);

/* The coroutines that a program in this state can reach, that which runs and those that wait
 * for it first; each has a stack. At most so many; O(objects). Gives how many. */
size_t debug_coroutines(const moonlet_state *s, Coroutine **out, size_t most);
/* The chunks, as load takes their names, whose functions a program in this state can reach. At
 * most so many; O(objects * chunks). Gives how many. */
size_t debug_chunks(const moonlet_state *s, const String **out, size_t most);
/* The object of an id, or NULL where the program cannot reach it. O(objects). */
void *debug_object(const moonlet_state *s, uint64_t id);
/* "running", "suspended" or "normal" (it waits for another that it has resumed). */
const char *debug_coroutine_status(const moonlet_state *s, const Coroutine *co);

typedef enum DebugVariableKind {
    DEBUG_LOCAL,
    DEBUG_VARARG,
    DEBUG_UPVALUE,
    DEBUG_GLOBAL
} DebugVariableKind;

typedef struct DebugVariable {
    DebugVariableKind kind;
    int number; /* as debug.getlocal and debug.getupvalue count */
    const char *name;
    size_t length;
    Value value;
    uint64_t cell; /* the id of the cell that it is in; 0: it is in none */
} DebugVariable;

typedef struct DebugVariables {
    DebugVariable *at; /* malloc's */
    size_t count;
} DebugVariables;

/* The named variables of a frame: its parameters and locals in order of declaration, extra
 * arguments, then what its function has captured. To be freed. */
DebugVariables debug_variables(const moonlet_state *s, const DebugPlace *p);
/* The global variables that have names, sorted: the program's own, or those
 * that the libraries have made. */
DebugVariables debug_globals(const moonlet_state *s, bool own);
void debug_variables_free(DebugVariables *v);
/* The variable that a name means in the frame, or NULL where it is none of these. */
const DebugVariable *debug_variable_find(const DebugVariables *v, const char *name,
                                         size_t length);

/* Whether the text is an expression, or several, and not a statement, nor an error. */
bool debug_is_expression(const char *text);
/* The values of an expression in the frame, or what statements do there; p NULL: among the
 * globals. Variables are copies: to assign to them changes nothing but what the text itself
 * sees; see debug_assign. The result's state is a fork. */
moonlet_result debug_evaluate(const moonlet_state *s, const DebugPlace *p, const char *text);

/* Whether the paused program can go on from the state: not where a line begins in
 * mid-expression, with half of a value worked out that no variable holds. */
bool debug_can_go_on(const moonlet_state *s);
/* The state from which it does. *line_again says whether its node has a line, which is to be
 * met there once more; else the next one has it. The caller releases the state. */
moonlet_state *debug_to_go_on(const moonlet_state *s, bool *line_again);

/* The result's state is the one in which the variable has another value, which is s's. */
moonlet_result debug_assign(const moonlet_state *s, const DebugPlace *p, const DebugVariable *v,
                            Value value);

#endif
