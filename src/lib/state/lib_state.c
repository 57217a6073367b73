/* SPDX-License-Identifier: MIT */
/*
 * The library `state`, Moonlet's own: a script forks, snapshots and goes back.
 *
 *   snapshot()        this world, as a value; O(1)
 *   restore(s, ...)   goes on from where s was taken: snapshot returns s, ... again
 *   fork(f, ...)      f(...)'s results; its changes are discarded
 *   try(f, ...)       as pcall; on error the changes of f are undone
 *   map(f, list, options)  f of each item, in parallel forks (lib_map.c)
 *   diff(a [, b])     what changed by path, from snapshot a to b (or now)
 *   digest([s])       16 hex digits that depend on contents alone
 *   freeze(t [, deep])  t, which is read-only from now on, and with `deep` all tables that it
 *                     reaches (lib/state/freeze.h)
 *   frozen(t)         whether it is
 *   save([s [, base]])  bytes, and load(bytes [, base]), a snapshot (image/load/lua.c)
 *
 * control/world.h has the first four; here are the two that only read.
 *
 * Main invariant: a snapshot is never changed: what restore and fork go on from is a run that
 * begins in it.
 */
#include <stdio.h>

#include "control/eval.h"
#include "control/world.h"
#include "digest/digest.h"
#include "lib/lib.h"
#include "lib/natives.h"
#include "lib/state/differ.h"
#include "lib/state/freeze.h"
#include "outside/outside.h"

static int state_snapshot(Machine *M, Value *a, int n)
{
    State *s = eval_snapshot_own(M);
    run_own_value(s);
    Userdata *u = run_new_userdata(&M->run, world_snapshot_tag, 0);
    u->data = s;
    u->body.meta = lib_registry_table(&M->run, "SNAPSHOT*");
    M->native[0] = value_object(u);
    return 1;
}

/* The State of argument i; of now if it is absent. Answers NULL where an error is set. */
static const State *state_arg(Machine *M, Value **a, int n, int i)
{
    if (!arg_absent(*a, n, i)) {
        const Userdata *u = arg_userdata(M, *a, n, i, world_snapshot_tag, "snapshot");
        return u ? u->data : NULL;
    }
    const State *s = eval_snapshot(M);
    *a = M->native;
    return s;
}

static int state_digest(Machine *M, Value *a, int n)
{
    const State *s = state_arg(M, &a, n, 0);
    if (!s) return NATIVE_ERROR;
    char text[20];
    NativeWalk w = native_walk(M);
    if (!walk_look_into(&w.walk, s)) return native_walk_ended(M, &w);
    Machine *look = machine_begin(s);
    uint64_t digest;
    bool whole = digest_world(&look->run, &w.walk, &digest);
    machine_end_look(look);
    if (!whole) return native_walk_ended(M, &w);
    native_charge_values(M, w.walk.nodes);
    snprintf(text, sizeof text, "%016llx", (unsigned long long)digest);
    NATIVE_RETURN(new_string(text, 16));
}

/* Differences ---------------------------------------------------------------------- */

/* How far one has to look depends on which states others keep, a recorder among them: a replay
 * pays what was paid. */
static uint64_t nodes_paid(Machine *M, uint64_t nodes)
{
    enum { PAID_MAX = 1 << 30 };
    double paid = outside_number(M, (double)nodes);
    return paid >= 0 && paid < PAID_MAX ? (uint64_t)paid : outside_recalls(M) ? 0 : nodes;
}

static int state_diff_(Machine *M, Value *a, int n)
{
    const State *from = state_arg(M, &a, n, 0);
    const State *to = from ? state_arg(M, &a, n, 1) : NULL;
    if (!to) return NATIVE_ERROR;
    NativeWalk w = native_walk(M);
    if (outside_recalls(M)) w.walk = walk_begin();
    Table *found = differ(M, from, to, &w.walk);
    if (w.walk.end) return native_walk_ended(M, &w);
    if (!found) native_walk_forget(M, &w);
    if (!found) return native_memory_error(M);
    native_charge_values(M, nodes_paid(M, w.walk.nodes));
    NATIVE_RETURN(value_object(found));
}

/* Read-only tables ------------------------------------------------------------------ */

static int state_freeze(Machine *M, Value *a, int n)
{
    Table *t = arg_table(M, a, n, 0);
    if (!t) return NATIVE_ERROR;
    if (t == M->run.world->registry)
        return native_arg_error(M, a, n, 0, "the registry stays writable");
    NativeWalk w = native_walk(M);
    freeze_table(&M->run, t, !value_is_false(arg(a, n, 1)), &w.walk);
    if (w.walk.end) return native_walk_ended(M, &w);
    native_charge_values(M, w.walk.nodes);
    return 1;
}

static int state_frozen(Machine *M, Value *a, int n)
{
    Table *t = arg_table(M, a, n, 0);
    if (!t) return NATIVE_ERROR;
    NATIVE_RETURN(value_boolean(heap_is_frozen(&M->run, t)));
}

static int snapshot_tostring(Machine *M, Value *a, int n)
{
    Userdata *u = arg_userdata(M, a, n, 0, world_snapshot_tag, "snapshot");
    if (!u) return NATIVE_ERROR;
    char text[48];
    snprintf(text, sizeof text, "snapshot: 0x%08llx", (unsigned long long)object_id(u));
    NATIVE_RETURN(new_c_string(text));
}

static int open_state(Machine *M, Value *a, int n);

LibImages lib_images;

static int state_save(Machine *M, Value *a, int n)
{
    return lib_images.save ? lib_images.save(M, a, n) : native_error(M, "there are no images");
}

static int state_load(Machine *M, Value *a, int n)
{
    return lib_images.load ? lib_images.load(M, a, n) : native_error(M, "there are no images");
}

static int state_collapse(Machine *M, Value *a, int n)
{
    return lib_images.collapse ? lib_images.collapse(M, a, n)
                               : native_error(M, "there are no images");
}

const NativeDef natives_state[] = {
    NATIVE_OWN(
        "state.snapshot", state_snapshot, WORK_FIXED,
        NATIVE_DOC("", "This moment as a value, to be restored any number of times. O(1).")),
    NATIVE_OWN(
        "state.freeze", state_freeze, WORK_STATE,
        NATIVE_DOC("t [, deep]",
                   "Makes a table read-only, for good; deep: all that it reaches, too.")),
    NATIVE_OWN("state.frozen", state_frozen, WORK_FIXED,
               NATIVE_DOC("t", "Whether a table is read-only.")),
    NATIVE_SEES(
        "state.map", lib_map, WORK_CALLEE, OUTSIDE_PROCESS, false,
        "starts threads and processes",
        NATIVE_DOC("f, list [, options]",
                   "Calls f with each item, in forks of the world, on all processors.")),
    NATIVE_OWN(
        "state.save", state_save, WORK_STATE,
        NATIVE_DOC("[s [, base]]", "A snapshot, or now, as bytes; or what differs from base.")),
    NATIVE_OWN("state.load", state_load, WORK_STATE,
               NATIVE_DOC("bytes [, base]", "The snapshot that bytes are.")),
    NATIVE_OWN(
        "state.collapse", state_collapse, WORK_STATE,
        NATIVE_DOC("list [, base]", "A chain of images as one, or as one delta to base.")),
    NATIVE_OWN(
        "state.diff", state_diff_, WORK_STATE,
        NATIVE_DOC("a [, b]",
                   "What differs between two snapshots: a list of {path=, old=, new=}.")),
    NATIVE_OWN(
        "state.digest", state_digest, WORK_STATE,
        NATIVE_DOC("[s]", "16 digits that are the same for equal worlds on every machine.")),
    NATIVE_JUMPS("state.restore", control_restore, PLACE_FIELD,
                 NATIVE_DOC("s, ...", "Goes on from where s was taken, with these values.")),
    NATIVE_JUMPS(
        "state.fork", control_fork, PLACE_FIELD, .glue = N_GLUE_FORK,
        NATIVE_DOC("f, ...", "Calls f and undoes all it has changed; gives its results.")),
    NATIVE_JUMPS("state.try", control_try, PLACE_FIELD, .glue = N_GLUE_TRY,
                 NATIVE_DOC("f, ...", "As pcall; if f fails, what it has changed is undone.")),
    NATIVE_INNER("snapshot.__tostring", snapshot_tostring, WORK_FIXED),
    NATIVE_INNER("package.preload.state", open_state, WORK_FIXED),
    NATIVE_ROWS_END,
};

static int open_state(Machine *M, Value *a, int n)
{
    Table *t = run_new_table(&M->run);
    native_register(M, t, natives_state);
    Table *meta = lib_registry_table(&M->run, "SNAPSHOT*");
    run_set_field(&M->run, meta, "__tostring",
                  native_value(M, native_row(natives_state, "snapshot.__tostring")));
    NATIVE_RETURN(value_object(t));
}

void lib_open_state(Machine *M)
{
    Value package = run_get_field(&M->run, M->run.world->globals, "package");
    if (!value_is_table(package)) return;
    Value preload = run_get_field(&M->run, value_pointer(package), "preload");
    if (!value_is_table(preload)) return;
    run_set_field(&M->run, value_pointer(preload), "state",
                  native_value(M, native_row(natives_state, "package.preload.state")));
}
