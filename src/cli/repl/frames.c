/* SPDX-License-Identifier: MIT */
/*
 * The states of the interactive mode: see frames.h.
 *
 * Main invariant: `parent` and `next` lead to frames that are kept, or are NULL: forget() sees
 * to it. A frame that a branch names is never forgotten. The frame of the current branch is
 * the current one, and its state is what the machine has between lines.
 */
#include "cli/repl/frames.h"
#include "cli/output/report.h"

#include <stdlib.h>

#include "control/collect.h"

enum { ROOM_FIRST = 16, FRAMES_FEW = 10, BYTES_SPARE = 64 << 20 };
static const uint64_t bytes_first = (uint64_t)1 << 30;

/* Comparing ---------------------------------------------------------------------------- */

typedef struct Change {
    const State *after;
    bool found;
} Change;

/* The coroutine that lines run in has its stack elsewhere each time. */
static bool note_change(void *context, void *object)
{
    Change *c = context;
    c->found = object != c->after->base->world->main;
    return !c->found;
}

/* Whether programs can tell the two apart, of which the second came of the first. */
static bool differ(const State *before, const State *after)
{
    const World *a = before->base->world, *b = after->base->world;
    Change change = {after, false};
    if (before->base->random != after->base->random || a->globals != b->globals ||
        a->registry != b->registry || a->hidden != b->hidden ||
        memcmp(a->type_meta, b->type_meta, sizeof a->type_meta) != 0)
        return true;
    state_diff(before, after, note_change, &change);
    return change.found;
}

/* Keeping ------------------------------------------------------------------------------ */

static bool is_named(const Frames *f, const Frame *frame)
{
    for (size_t i = 0; i < f->branch_count; i++)
        if (f->branches[i].frame == frame) return true;
    return false;
}

static void forget(Frames *f, size_t at)
{
    const Frame *gone = f->kept[at];
    for (size_t i = 0; i < f->count; i++) {
        if (f->kept[i]->parent == gone) f->kept[i]->parent = NULL;
        if (f->kept[i]->next == gone) f->kept[i]->next = NULL;
    }
    f->count--;
    memmove(f->kept + at, f->kept + at + 1, (f->count - at) * sizeof *f->kept);
    f->kept[f->count] = NULL;
}

static void drop_oldest(Frames *f, size_t most)
{
    for (size_t at = 0; f->count > most && at < f->count;) {
        if (is_named(f, f->kept[at]))
            at++;
        else
            forget(f, at);
    }
}

/* A heap that is large may be so because of old frames, or because of what there is now: half
 * of the frames go, and then it must grow by half before more do. */
static void bound(Frames *f)
{
    drop_oldest(f, f->most);
    if (mem_bytes_heap() < f->bytes_due || f->count <= FRAMES_FEW) return;
    drop_oldest(f, f->count / 2 > FRAMES_FEW ? f->count / 2 : FRAMES_FEW);
    mem_collect();
    uint64_t heap = mem_bytes_heap();
    f->bytes_due = heap + heap / 2 > bytes_first ? heap + heap / 2 : bytes_first;
}

static bool is_before_now(const Frames *f, const Frame *frame)
{
    for (const Frame *i = frames_now(f); i; i = i->parent)
        if (i == frame) return true;
    return false;
}

size_t frames_shed(Frames *f)
{
    size_t before = f->count;
    mem_collect();
    if (mem_can(BYTES_SPARE)) return 0;
    for (size_t at = 0; at < f->count;) {
        if (is_named(f, f->kept[at]) || is_before_now(f, f->kept[at]))
            at++;
        else
            forget(f, at);
    }
    drop_oldest(f, FRAMES_FEW);
    mem_collect();
    return before - f->count;
}

static void keep(Frames *f, Frame *frame)
{
    if (f->count == f->room) {
        size_t room = f->room ? 2 * f->room : ROOM_FIRST;
        Frame **kept = mem_try_alloc(room * sizeof *kept);
        if (!kept) report_no_memory();
        if (f->count) memcpy(kept, f->kept, f->count * sizeof *kept);
        f->kept = kept;
        f->room = room;
    }
    f->kept[f->count++] = frame;
}

static Frame *add(Frames *f, const String *line, State *state)
{
    Frame *frame = mem_alloc(sizeof *frame), *parent = frames_now(f);
    *frame = (Frame){.state = state, .line = line, .parent = parent, .number = f->numbers++};
    if (parent) parent->next = frame;
    f->branches[f->branch].frame = frame;
    keep(f, frame);
    bound(f);
    return frame;
}

/* Beginning, and lines ------------------------------------------------------------------ */

static char *copied(const char *name)
{
    char *copy = strdup(name);
    if (!copy) report_no_memory();
    return copy;
}

Frames *frames_begin(Machine *M, size_t most)
{
    Frames *f = mem_alloc_root(sizeof *f);
    f->M = M;
    f->most = most;
    f->bytes_due = bytes_first;
    f->branches[f->branch_count++].name = copied("main");
    add(f, NULL, machine_snapshot(M));
    return f;
}

void frames_end(Frames *f)
{
    for (size_t i = 0; i < f->branch_count; i++) free(f->branches[i].name);
    mem_free_root(f);
}

bool frames_add(Frames *f, const String *line, bool failed, const Value *values, size_t count,
                State **after)
{
    collect_end(f->M, values, count);
    *after = machine_snapshot(f->M);
    if (!differ(frames_now(f)->state, *after)) return false;
    add(f, line, *after)->failed = failed;
    return true;
}

void frames_load(Frames *f, const String *line, const State *s)
{
    machine_load(f->M, s);
    add(f, line, machine_snapshot(f->M));
}

/* Going -------------------------------------------------------------------------------- */

static void set(Frames *f, Frame *frame)
{
    f->branches[f->branch].frame = frame;
    machine_load(f->M, frame->state);
}

size_t frames_undo(Frames *f, size_t steps)
{
    size_t done = 0;
    Frame *frame = frames_now(f);
    for (; done < steps && frame->parent; done++) {
        frame->parent->next = frame;
        frame = frame->parent;
    }
    if (done) set(f, frame);
    return done;
}

size_t frames_redo(Frames *f, size_t steps)
{
    size_t done = 0;
    Frame *frame = frames_now(f);
    for (; done < steps && frame->next; done++) frame = frame->next;
    if (done) set(f, frame);
    return done;
}

static size_t branch_of(const Frames *f, const char *name)
{
    size_t i = 0;
    while (i < f->branch_count && strcmp(f->branches[i].name, name) != 0) i++;
    return i;
}

Frame *frames_find(const Frames *f, const char *name)
{
    size_t branch = branch_of(f, name);
    char *end;
    if (branch < f->branch_count) return f->branches[branch].frame;
    unsigned long long number = strtoull(name, &end, 10);
    if (*name < '0' || *name > '9' || *end) return NULL;
    for (size_t i = 0; i < f->count; i++)
        if (f->kept[i]->number == number) return f->kept[i];
    return NULL;
}

bool frames_go(Frames *f, const char *name)
{
    Frame *frame = frames_find(f, name);
    size_t branch = branch_of(f, name);
    if (!frame) return false;
    if (branch < f->branch_count) f->branch = branch;
    for (Frame *i = frame; i->parent; i = i->parent) i->parent->next = i;
    set(f, frame);
    return true;
}

bool frames_branch(Frames *f, const char *name)
{
    if (f->branch_count == BRANCHES_MAX || branch_of(f, name) < f->branch_count) return false;
    f->branches[f->branch_count] = (Branch){copied(name), frames_now(f)};
    f->branch = f->branch_count++;
    return true;
}
