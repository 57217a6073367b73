/* SPDX-License-Identifier: MIT */
/*
 * Sandboxes: a state without what is at some paths.
 *
 * Of all paths listed that a value's own path begins with, the longest decides whether it
 * stays. So there are two kinds of work for each path that is denied:
 *
 *   deny os                   the entry goes from the table that it is in
 *   deny os, allow os.time    the table stays, and of its entries those that are allowed, or
 *                             lead to something that is
 *
 * Main invariant: what is denied and not allowed is found by no path, neither in the globals,
 * nor in package.loaded, nor in the registry.
 */
#include "api/path.h"
#include "lib/lib.h"
#include "lib/natives.h"

const char *const moonlet_sandbox_default[] = {
    "io",         "file",       "os.execute",   "os.exit",     "os.getenv", "os.remove",
    "os.rename",  "os.tmpname", "os.setlocale", "package",     "load",      "loadfile",
    "loadstring", "require",    "dofile",       "debug.debug", "state.map", NULL};

/* Paths ----------------------------------------------------------------------------------- */

static bool listed(const char *const *list, const char *path)
{
    for (; list && *list; list++)
        if (strcmp(*list, path) == 0) return true;
    return false;
}

static bool is_below(const char *path, const char *above)
{
    size_t length = strlen(above);
    return strncmp(path, above, length) == 0 && path[length] == '.';
}

static bool some_below(const char *const *list, const char *above)
{
    for (; list && *list; list++)
        if (is_below(*list, above)) return true;
    return false;
}

/* Removing -------------------------------------------------------------------------------- */

static Value step(Machine *M, Value v, Value key)
{
    return value_is_table(v) ? run_get(&M->run, value_pointer(v), key) : V_NIL;
}

/* Sets it in a read-only table, too: what is allowed is the host's to say. */
static void set(Machine *M, Table *t, Value key, Value v)
{
    bool frozen = heap_is_frozen(&M->run, t);
    table_set(heap_thaw(&M->run, t), key, v, M->run.epoch);
    if (frozen) heap_freeze(&M->run, t);
}

static void drop_metatable(Machine *M, Table *t)
{
    if (!heap_table(&M->run, t)->meta) return;
    bool frozen = heap_is_frozen(&M->run, t);
    heap_thaw(&M->run, t)->meta = NULL;
    if (frozen) heap_freeze(&M->run, t);
}

/* What is at the path goes; the tables on the way are the libraries' own. */
static void remove_path(Machine *M, Table *from, const char *path)
{
    size_t count;
    Value *keys = path_keys(path, &count), at = value_object(from);
    if (!keys || !count) return;
    for (size_t i = 0; i + 1 < count; i++) at = step(M, at, keys[i]);
    if (step(M, at, keys[count - 1]) != V_NIL)
        set(M, value_pointer(at), keys[count - 1], V_NIL);
}

typedef struct Lists {
    const char *const *deny, *const *allow;
} Lists;

/* The path of a key below another; "" for one that no list can name. Collected memory. */
static const char *path_below(const char *path, Value key)
{
    const String *name = value_is_string(key) ? value_string(key) : NULL;
    if (!name || memchr(name->data, '.', name->length) || memchr(name->data, 0, name->length))
        return "";
    return lib_c_text(lib_join(path, ".", api_c_text(name->data, name->length), NULL));
}

/* Leaves in the table at a path that is denied what is allowed below. No deeper than paths in
 * the lists are long. */
static void prune(Machine *M, const Lists *lists, Table *t, const char *path)
{
    drop_metatable(M, t);
    Value key = V_NIL, v;
    while (table_next(heap_table(&M->run, t), &key, &v)) {
        const char *below = path_below(path, key);
        if (listed(lists->allow, below)) continue;
        if (value_is_table(v) && some_below(lists->allow, below))
            prune(M, lists, value_pointer(v), below);
        else
            set(M, t, key, V_NIL);
    }
}

static void deny_in(Machine *M, const Lists *lists, Table *from, const char *path)
{
    size_t count;
    Value *keys = path_keys(path, &count), at = value_object(from);
    if (!keys) return;
    for (size_t i = 0; i < count; i++) at = step(M, at, keys[i]);
    if (value_is_table(at) && some_below(lists->allow, path))
        prune(M, lists, value_pointer(at), path);
    else
        remove_path(M, from, path);
}

/* The registry ---------------------------------------------------------------------------- */

static bool some_listed(const char *const *list, const char *const *paths)
{
    for (; *paths; paths++)
        if (listed(list, *paths)) return true;
    return false;
}

static bool some_user_listed(const char *const *list, unsigned uses)
{
    for (const NativeDef *row = natives_next(NULL); row; row = natives_next(row))
        if (row->uses & uses && listed(list, row->name)) return true;
    return false;
}

static const char *const files[] = {"io.stdin", "io.stdout", "io.stderr", NULL};
static const char *const preload[] = {"package.preload", NULL};
static const char *const nothing[] = {NULL};

/* What the registry, which debug.getregistry shows, has of a library, and for whom: natives
 * whose rows say so, and what is no native. */
static const struct Kept {
    const char *path, *field;
    unsigned uses;
    const char *const *users;
} kept[] = {{"io", "_IO_input", USES_INPUT, nothing},
            {"io", "_IO_output", USES_OUTPUT, nothing},
            {"io", "FILE*", USES_FILES, files},
            {"package", "_PRELOAD", 0, preload}};

static bool is_used(const struct Kept *k, const Lists *lists)
{
    return some_user_listed(lists->allow, k->uses) || some_listed(lists->allow, k->users);
}

static void forget(Machine *M, const Lists *lists, const char *path)
{
    for (const struct Kept *k = kept; k < kept + sizeof kept / sizeof *kept; k++)
        if (strcmp(k->path, path) == 0 && !is_used(k, lists))
            run_set_field(&M->run, M->run.world->registry, k->field, V_NIL);
}

moonlet_state *moonlet_sandbox(const moonlet_state *s, const char *const *deny,
                               const char *const *allow)
{
    assert_live(s);
    Machine *M = machine_begin(s->state);
    Table *loaded = lib_registry_table(&M->run, "_LOADED");
    Lists lists = {deny ? deny : moonlet_sandbox_default, allow};
    for (const char *const *path = lists.deny; *path; path++) {
        if (listed(allow, *path)) continue;
        deny_in(M, &lists, M->run.world->globals, *path);
        deny_in(M, &lists, loaded, *path);
        forget(M, &lists, *path);
    }
    State *state = machine_snapshot(M);
    state_set_paused(state, s->state->base->paused);
    machine_end(M);
    return handle_new(state, s->config);
}
