/* SPDX-License-Identifier: MIT */
/*
 * Images of states: the order of work. See image.h.
 *
 * A record holds one state: that which is saved, then those which variables of it hold
 * (snapshots), as they are met. A state is told as what differs from another: the first one
 * from the base, if there is one; in a delta all others from the first, in a whole image each
 * from the one before it, as snapshots that lie side by side mostly differ little. What differs
 * is the entries of the two heap maps that are not the same, so what both share is never looked
 * at.
 *
 * Invariant: an object that a record does not mention is in its state as it is in the state
 * that it differs from. Of held states only what they can reach is told, so an object that the
 * state before cannot reach is looked at again when something leads to it: for the reader it
 * has the contents that were told last, or those it was made with, if a state was between that
 * is older than the object.
 */
#include "image/save/saver.h"
#include "stack/trace_stack.h"
#include "trace/trace_internal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { ROOT_MAX = 48 };

/* What the objects are called from which the step leads. */
static const char *root_name(const Saver *S, Step step, char out[ROOT_MAX])
{
    const void *root = NULL;
    const World *w = S->M->run.world;
    while (step.kind != STEP_START) {
        root = value_pointer(S->steps[step.from].object);
        step = S->steps[step.from].step;
    }
    if (root == w->globals) return "_G";
    if (root == w->registry) return "registry";
    for (int i = 0; root && i < TYPE_COUNT; i++) {
        if (root != w->type_meta[i]) continue;
        snprintf(out, ROOT_MAX, "<metatable of each %s>", lua_type_name((LuaType)i));
        return out;
    }
    return "state";
}

/* What is told ----------------------------------------------------------------------- */

static const char *path_of(const Saver *S, Step step, char *out, size_t size)
{
    const Trail trail = {.items = S->steps, .count = S->objects.count};
    char path[IMAGE_NAME_MAX], root[ROOT_MAX];
    const char *rest = trail_path(&trail, step, path, sizeof path);
    if (strncmp(rest, "value", 5) == 0) rest += 5; /* what a trail calls its start */
    snprintf(out, size, "%s%s", root_name(S, step, root), rest);
    return out;
}

const char *image_path(const ImagePart *part, char *out, size_t size)
{
    const Saver *S = part->saver;
    return path_of(S, (Step){STEP_CELL, part->number, V_NIL}, out, size);
}

/* The contents of an object, or its change, have been written from `start` on. */
static void saver_tell(Saver *S, const void *o, uint32_t number, size_t start, bool changed)
{
    if (!S->tell) return;
    ImagePart part = {
        o, S->out->length - start, S->strings_length, S->code_length, S, number, changed};
    S->tell(S->tell_context, &part);
    S->strings_length = S->code_length = 0;
}

void saver_refuse(Saver *S, const char *format, ...)
{
    va_list ap;
    if (saver_is_strange(S) || *S->error) return;
    va_start(ap, format);
    int n = vsnprintf(S->error, IMAGE_ERROR_MAX, format, ap);
    va_end(ap);
    if (!S->tracking || n < 0 || n >= IMAGE_ERROR_MAX - IMAGE_NAME_MAX) return;
    char path[IMAGE_NAME_MAX];
    snprintf(S->error + n, IMAGE_ERROR_MAX - (size_t)n, " (%s%s)",
             path_of(S, S->step, path, sizeof path), S->record ? ", in a snapshot" : "");
}

/* Meetings -------------------------------------------------------------------------- */

/* Room for the next one: in the first record for steps alone, if they are wanted. */
static bool grow_meetings(Saver *S)
{
    uint32_t count = S->objects.count, capacity = count < 128 ? 256 : 2 * count;
    if (S->record) {
        Meeting *meetings = realloc(S->meetings, capacity * sizeof *meetings);
        if (!meetings) return false;
        if (!S->meetings) memset(meetings, 0, count * sizeof *meetings);
        S->meetings = meetings;
    }
    if (S->tracking) {
        TrailItem *steps = realloc(S->steps, capacity * sizeof *steps);
        if (!steps) return false;
        S->steps = steps;
    }
    S->meeting_capacity = capacity;
    return true;
}

static bool note_meeting(Saver *S, const void *o)
{
    uint32_t number = S->objects.count;
    bool first = S->record && !S->meetings;
    if ((first || number == S->meeting_capacity) && !grow_meetings(S)) {
        S->out->failed = true;
        return false;
    }
    uint32_t r = S->record;
    if (r) S->meetings[number] = (Meeting){r, r, r, r, S->owner};
    if (S->tracking) S->steps[number] = (TrailItem){value_object(o), V_NIL, S->step};
    return true;
}

void saver_met(Saver *S, const void *o)
{
    if ((S->record || S->tracking) && !note_meeting(S, o)) return;
    if (S->base && !S->record && object_id(o) < S->base->state->next_id) S->parted = true;
    objects_add(&S->objects, o);
}

/* The record in which an object was met. */
static uint32_t met_in(const Saver *S, uint32_t number)
{
    return S->meetings ? S->meetings[number].met : 0;
}

/* Each state but the first differs from the one before it. */
static bool is_chained(const Saver *S) { return !S->base; }

/* Whether the state that this record's differs from has the object, with its contents. */
static bool is_in_from(const Saver *S, uint32_t number)
{
    if (!S->meetings || !is_chained(S)) return !met_in(S, number);
    return saver_was_alive(S, number);
}

void saver_met_again(Saver *S, uint32_t number)
{
    if (S->comparing || !S->record || is_in_from(S, number)) return;
    if (!S->meetings && !grow_meetings(S)) {
        S->out->failed = true;
        return;
    }
    Meeting *m = &S->meetings[number];
    if (m->looked == S->record) return;
    m->looked = S->record;
    if (is_chained(S)) m->alive = S->record;
    saver_list(S, &S->revisit, S->objects.list[number]);
}

/* Whether only held states led to an object of the base, and the first record does not tell it.
 */
static bool is_apart(const Saver *S, const void *o, uint32_t in_base)
{
    if (in_base == OBJECT_NONE || !image_is_held(S->base, in_base)) return false;
    const NumberedPlace *place = S->record ? numbering_find(&S->based, o) : NULL;
    return !place || place->number >= S->first_based;
}

/* A function in C never changes, and one of Lua's only by the debug library. */
static bool is_function(const void *o)
{
    return object_type(o) == OBJ_NATIVE || object_type(o) == OBJ_CLOSURE;
}

/* Whether the reader may have other contents of such an object than the saver, in the state
 * that the record differs from. */
static bool is_unsure(const Saver *S, const void *o, uint32_t in_base)
{
    return !is_function(o) && is_apart(S, o, in_base);
}

/* Notes that the record says what such an object contains. Answers whether it did not yet. */
static bool note_based(Saver *S, const void *o)
{
    bool fresh;
    NumberedPlace *place = numbering_place(&S->based, o, &fresh);
    if (!fresh && place->note == S->record) return false;
    place->note = S->record;
    return true;
}

void saver_met_based(Saver *S, const void *o, uint32_t number)
{
    if (!S->comparing && is_apart(S, o, number) && note_based(S, o))
        saver_list(S, &S->revisit, (void *)(uintptr_t)o);
}

void save_state_number(Saver *S, const State *s)
{
    bool fresh;
    if (S->comparing && !numbering_find(&S->states, s)) {
        S->strange = true;
        return;
    }
    const NumberedPlace *place = numbering_place(&S->states, s, &fresh);
    if (fresh) saver_list(S, &S->state_list, s);
    sink_number(S->out, place->number);
}

/* Roots ------------------------------------------------------------------------------ */

static void save_random(Saver *S, const Random *r)
{
    for (unsigned i = 0; i < RANDOM_WORDS; i++) {
        uint32_t w = r->words[(r->oldest + i) % RANDOM_WORDS];
        for (int b = 0; b < 4; b++) sink_byte(S->out, (uint8_t)(w >> 8 * b));
    }
}

static void save_root(Saver *S, const void *o, const char *name)
{
    saver_step(S, STEP_START, 0, V_NIL);
    (void)name;
    save_object(S, o);
}

static void save_collection(Saver *S, const Collection *c)
{
    save_root(S, c->finalizers, "finalizers");
    save_root(S, c->queue, "queue");
    sink_number(S->out, c->counted);
    sink_number(S->out, c->bytes);
    sink_number(S->out, c->credit);
    sink_signed(S->out, c->pause);
    sink_signed(S->out, c->stepmul);
    sink_signed(S->out, c->majorinc);
    sink_number(S->out, c->held);
    sink_number(S->out, c->held_counted);
    sink_number(S->out, c->held_beside);
    sink_number(S->out, c->probes);
    sink_byte(S->out,
              (uint8_t)(c->weak | c->watched << 1 | c->stopped << 2 | c->finalizing << 3));
}

static void save_world(Saver *S, const World *w)
{
    save_root(S, w->globals, "_G");
    save_root(S, w->registry, "registry");
    save_root(S, w->main, "main");
    save_root(S, w->hidden, "hidden");
    for (int t = 0; t < TYPE_COUNT; t++) save_root(S, w->type_meta[t], "metatable");
    save_collection(S, &w->collection);
}

/* But for what only says when to look for dead entries in memory: no program notices that. */
static bool same_collection(const Collection *a, const Collection *b)
{
    return a->finalizers == b->finalizers && a->queue == b->queue && a->counted == b->counted &&
           a->bytes == b->bytes && a->credit == b->credit && a->pause == b->pause &&
           a->stepmul == b->stepmul && a->majorinc == b->majorinc && a->held == b->held &&
           a->held_counted == b->held_counted && a->held_beside == b->held_beside &&
           a->probes == b->probes && a->weak == b->weak && a->watched == b->watched &&
           a->stopped == b->stopped && a->finalizing == b->finalizing;
}

/* Compares contents: equal worlds need not be one in memory where they were loaded. */
static bool same_world(const World *a, const World *b)
{
    return a == b || (a->globals == b->globals && a->registry == b->registry &&
                      a->main == b->main && a->hidden == b->hidden &&
                      memcmp(a->type_meta, b->type_meta, sizeof a->type_meta) == 0 &&
                      same_collection(&a->collection, &b->collection));
}

static bool same_words(const Random *a, const Random *b)
{
    if (a == b || !a || !b) return a == b;
    bool same = true;
    for (unsigned i = 0; i < RANDOM_WORDS && same; i++)
        same = a->words[(a->oldest + i) % RANDOM_WORDS] ==
               b->words[(b->oldest + i) % RANDOM_WORDS];
    return same;
}

static void save_roots(Saver *S, const State *s, const State *from)
{
    bool known_world = from && same_world(from->base->world, s->base->world);
    bool same_random = from && same_words(from->base->random, s->base->random);
    uint8_t bits =
        (uint8_t)((s->base->paused ? ROOTS_PAUSED : 0) |
                  (s->base->random && !same_random ? ROOTS_RANDOM : 0) |
                  (same_random ? ROOTS_SAME_RANDOM : 0) | (known_world ? ROOTS_SAME_WORLD : 0));
    sink_byte(S->out, bits);
    sink_number(S->out, s->next_id);
    sink_number(S->out, s->counted);
    if (bits & ROOTS_RANDOM) save_random(S, s->base->random);
    if (!known_world) save_world(S, s->base->world);
    if (s->base->paused) save_root(S, s->base->paused, "paused");
}

/* Contents and changes --------------------------------------------------------------- */

static bool saver_ended(const Saver *S) { return S->out->failed || *S->error || S->parted; }

/* What the processor is to fetch while objects before it are written: an object, and then what
 * lies behind it where a table has it; nothing is looked at that may not be there. */
static void fetch_ahead(const Saver *S, uint32_t number)
{
    enum { NEAR = 4, FAR = 10 };
    if (number + FAR >= S->objects.count) return;
    __builtin_prefetch(S->objects.list[number + FAR]);
    const Object *near = S->objects.list[number + NEAR];
    if (object_raw_type(near) != OBJ_TABLE) return;
    const TableBody *b = &((const Table *)near)->body;
    __builtin_prefetch(b->hash.root);
    if (b->hash.root) __builtin_prefetch((const char *)b->hash.root + 64);
    __builtin_prefetch(b->array.root);
}

static void save_new(Saver *S)
{
    sink_byte(S->out, ITEM_NEW);
    while (S->written < S->objects.count && !saver_ended(S)) {
        uint32_t number = S->written++;
        fetch_ahead(S, number);
        if (S->plain && save_quick(S, S->objects.list[number])) continue;
        size_t start = S->out->length;
        S->owner = number;
        save_contents(S, S->objects.list[number], number);
        saver_tell(S, S->objects.list[number], number, start, false);
    }
}

/* Where an object is that an earlier record has, or the base. Answers false where none has it.
 */
static bool save_place(Saver *S, const void *o, uint32_t number, uint32_t in_base)
{
    bool based = in_base != OBJECT_NONE;
    if (!based && number == OBJECT_NONE)
        return false; /* nothing that this image has leads to it */
    sink_byte(S->out, based ? ITEM_CHANGE_BASE : ITEM_CHANGE);
    sink_number(S->out, based ? in_base : S->objects.count - 1 - number);
    if (object_type(o) == OBJ_CLOSURE) save_proto(S, heap_closure(&S->M->run, o)->proto);
    return true;
}

/* Whether the contents that have just been written, from `at` on, are those in another state.
 */
static bool is_as_in(Saver *S, const State *s, const void *o, uint32_t number, size_t at)
{
    Machine *now = S->M;
    const Coroutine *paused = S->paused;
    size_t end = S->out->length;
    bool frames = S->frames;
    S->M = machine_begin(s);
    S->paused = s->base->paused;
    S->comparing = true;
    S->strange = false;
    save_contents(S, o, number);
    S->comparing = false;
    S->frames = frames;
    size_t length = S->out->length - end;
    bool same = length == end - at && !S->out->failed && !S->strange &&
                memcmp(S->out->bytes + at, S->out->bytes + end, length) == 0;
    S->out->length = end;
    machine_end_look(S->M);
    S->M = now;
    S->paused = paused;
    return same;
}

/* The record in whose state the object is as the reader has it so far, or UINT32_MAX where that
 * is not known. there: the state has it that this one differs from. */
static uint32_t known_as_in(const Saver *S, uint32_t number, bool there)
{
    if (there) return S->from_record;
    uint32_t met = met_in(S, number);
    return !is_chained(S) || S->meetings[number].told == met ? met : UINT32_MAX;
}

/* Saves all that an object contains behind its place, whatever the reader knows of it. */
static void save_all(Saver *S, const void *o, uint32_t number)
{
    if (object_type(o) == OBJ_TABLE) sink_byte(S->out, CHANGE_ALL);
    save_contents(S, o, number);
}

/* Saves the object behind its place. If it is as before, nothing is written, and the place is
 * taken back. */
static void save_changed(Saver *S, const void *o, uint32_t number, bool there, size_t start)
{
    bool table = object_type(o) == OBJ_TABLE && o != S->M->run.world->hidden, none = false;
    if (table && there && save_change_by_keys(S, S->from, o, number, &none)) {
        if (none) S->out->length = start;
        return;
    }
    if (object_type(o) == OBJ_TABLE) sink_byte(S->out, CHANGE_ALL);
    size_t at = S->out->length;
    uint32_t known = S->objects.count, texts = S->string_count;
    bool frames = S->frames;
    save_contents(S, o, number);
    if (!S->record || known != S->objects.count || texts != S->string_count) return;
    uint32_t as = known_as_in(S, number, there);
    if (as == UINT32_MAX || !is_as_in(S, S->state_list.items[as], o, number, at)) return;
    S->out->length = start;
    S->frames = frames;
}

/* Notes that this record says what has changed in an object of an earlier one. */
static void note_told(Saver *S, uint32_t number)
{
    if (S->record && !S->meetings && !grow_meetings(S)) S->out->failed = true;
    if (S->meetings) S->meetings[number].told = S->record;
}

/* What has changed in an object that a record before has, or the base. */
static void save_change(Saver *S, const void *o)
{
    uint32_t number = objects_number(&S->objects, o), in_base = saver_in_base(S, o);
    size_t start = S->out->length;
    if (object_type(o) == OBJ_TABLE && table_is_memo(o)) return;
    if (!save_place(S, o, number, in_base)) return;
    bool based = in_base != OBJECT_NONE, unsure = is_unsure(S, o, in_base);
    bool there = based ? !unsure : is_in_from(S, number);
    if (based) number = 0; /* only paths ask */
    S->owner = number;
    if (unsure)
        save_all(S, o, number);
    else
        save_changed(S, o, number, there, start);
    if (S->out->length > start && !based) note_told(S, number);
}

static bool note_change(void *context, void *object)
{
    return pointer_list_add(context, object);
}

static int by_id(const void *a, const void *b)
{
    uint64_t x = object_id(*(void *const *)a), y = object_id(*(void *const *)b);
    return (x > y) - (x < y);
}

/* Objects of different lineages may have one id: they go by their numbers. */
static void order_alike(const Saver *S, const PointerList *l)
{
    for (size_t i = 1; i < l->count; i++) {
        for (size_t k = i; k > 0 && by_id(&l->items[k - 1], &l->items[k]) == 0; k--) {
            void *a = l->items[k - 1], *b = l->items[k];
            if (objects_number(&S->objects, a) <= objects_number(&S->objects, b)) break;
            l->items[k - 1] = b;
            l->items[k] = a;
        }
    }
}

/* What was met in this record is among the new ones; what an earlier one has, or the base, but
 * not the state that this one differs from, is written once something leads to it. */
static bool is_met(const Saver *S, const void *o)
{
    uint32_t number = objects_number(&S->objects, o);
    if (number == OBJECT_NONE) return is_unsure(S, o, saver_in_base(S, o));
    return met_in(S, number) == S->record || !is_in_from(S, number);
}

/* An object that was made later than the state has in it what it began with: nobody's contents.
 */
static bool is_later(const Saver *S, const void *o)
{
    return object_id(o) >= S->M->run.next_id;
}

/* What a held state can reach. Of another branch of the history its map may have contents that
 * nothing leads to: those are garbage, and refer to what the state has never had. O(the state).
 */
static void mark_all(Saver *S, Trace *T)
{
    const Value also = S->paused ? value_object(S->paused) : V_NIL;
    TraceRoots roots = {.stack = trace_stack, .values = &also, .count = 1};
    Coroutine *co = S->M->run.co;
    *T = (Trace){.strong = true};
    S->M->run.co = NULL;
    trace_mark(T, &S->M->run, &roots);
    S->M->run.co = co;
    S->out->failed |= trace_failed(T);
}

/* C functions without captured values have no contents that could differ: it is no matter. */
static bool reaches(Saver *S, const void *o)
{
    const Native *f = o;
    if (object_type(o) == OBJ_NATIVE && !f->count) return true;
    if (!S->reached) mark_all(S, S->reach);
    S->reached = true;
    return marks_has(&S->reach->marks, o);
}

/* What the state before reaches is reached: whoever says so may be wrong. */
static __attribute__((unused)) bool all_reached(Saver *S)
{
    for (uint32_t i = 0; i < S->objects.count; i++)
        if (saver_was_alive(S, i) && !reaches(S, S->objects.list[i])) return S->out->failed;
    return true;
}

/* Leaves out what is dead: of a held state, only what it can reach is told. */
static void leave_out_dead(Saver *S, PointerList *changed)
{
    size_t kept = 0;
    if (!S->record) return;
    for (size_t i = 0; i < changed->count; i++)
        if (reaches(S, changed->items[i])) changed->items[kept++] = changed->items[i];
    changed->count = kept;
}

/* Notes what is alive for the next record, which differs from this one. Who leads to whom is
 * looked at less and less often: where much dies, that is in vain. */
static void note_alive(Saver *S)
{
    if (S->kept) return;
    if (!S->meetings && !grow_meetings(S)) S->out->failed = true;
    for (uint32_t i = 0; S->meetings && i < S->objects.count; i++)
        if (reaches(S, S->objects.list[i])) S->meetings[i].alive = S->record;
    S->walked = S->record;
    S->walks++;
    if (S->meetings && !(S->walks & (S->walks - 1))) saver_note_leading(S);
}

static void save_changes(Saver *S, const State *from)
{
    PointerList changed = {0};
    if (S->from) run_diff(&S->from->run, &S->M->run, note_change, &changed);
    S->out->failed |= changed.failed;
    if (changed.count) qsort(changed.items, changed.count, sizeof *changed.items, by_id);
    order_alike(S, &changed);
    S->kept = S->record && saver_keeps_all(S, from, &changed);
    assert((!S->kept || all_reached(S)) && "what is reached still was found to be");
    if (!S->kept) leave_out_dead(S, &changed);
    for (size_t i = 0; i < changed.count && !*S->error; i++)
        if (!is_met(S, changed.items[i]) && !is_later(S, changed.items[i])) {
            size_t start = S->out->length;
            save_change(S, changed.items[i]);
            if (S->out->length > start) saver_tell(S, changed.items[i], 0, start, true);
        }
    pointer_list_free(&changed);
}

/* What a function of the base leads to is met with it: that is all that may have to be told. */
static void save_revisited(Saver *S)
{
    while (S->revisit.count && !*S->error) {
        const void *o = S->revisit.items[--S->revisit.count];
        if (is_function(o) && saver_in_base(S, o) != OBJECT_NONE)
            saver_meet_captured(S, o);
        else
            save_change(S, o);
    }
}

static void save_record(Saver *S, const State *s, const State *from)
{
    Trace reach;
    S->reach = &reach;
    S->reached = false;
    S->M = machine_begin(s);
    S->from = from ? machine_begin(from) : NULL;
    S->paused = s->base->paused;
    S->last_id = 0;
    S->owner = OBJECT_NONE;
    S->plain = !S->record && !S->base && !S->tracking;
    save_roots(S, s, from);
    save_new(S);
    save_changes(S, from);
    while ((S->written < S->objects.count || S->revisit.count) && !saver_ended(S)) {
        save_new(S);
        save_revisited(S);
    }
    sink_byte(S->out, ITEM_END);
    if (!S->record) {
        S->first_count = S->objects.count;
        S->first_based = S->based.count;
    }
    if (S->record && is_chained(S)) note_alive(S);
    if (S->reached) {
        S->out->looked += reach.slots;
        trace_free(&reach);
    }
    if (S->from) machine_end_look(S->from);
    machine_end_look(S->M);
}

/* The image -------------------------------------------------------------------------- */

static void saver_free(Saver *S)
{
    Numbering *all[] = {&S->strings, &S->natives,     &S->states,     &S->chunks, &S->functions,
                        &S->dumps,   &S->base_chunks, &S->base_codes, &S->based};
    S->out->failed |= S->objects.failed;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        S->out->failed |= all[i]->failed;
        numbering_free(all[i]);
    }
    pointer_list_free(&S->state_list);
    pointer_list_free(&S->chunk_list);
    pointer_list_free(&S->revisit);
    free(S->meetings);
    free(S->steps);
}

static void save_records(Saver *S, const State *s)
{
    bool fresh;
    numbering_place(&S->states, s, &fresh);
    saver_list(S, &S->state_list, s);
    for (S->record = 0; S->record < S->state_list.count && !saver_ended(S); S->record++) {
        const State *from = S->base ? S->base->state : NULL;
        S->from_record = S->record && is_chained(S) ? S->record - 1 : 0;
        if (S->record) from = S->state_list.items[S->from_record];
        save_record(S, S->state_list.items[S->record], from);
    }
}

static void put_word(uint8_t *at, uint64_t w, int bytes)
{
    for (int i = 0; i < bytes; i++) at[i] = (uint8_t)(w >> 8 * i);
}

/* The bytes from `start` on are an image but for their header. */
static void finish_header(Saver *S, size_t start, uint8_t id[IMAGE_ID])
{
    uint8_t *at = S->out->bytes + start;
    unsigned flags = (S->base ? IMAGE_HAS_BASE : 0) | (S->frames ? IMAGE_HAS_FRAMES : 0);
    memcpy(at, IMAGE_MAGIC, IMAGE_AT_FORMAT);
    put_word(at + IMAGE_AT_FORMAT, IMAGE_FORMAT, 2);
    put_word(at + IMAGE_AT_LINKER, IMAGE_LINKER, 2);
    put_word(at + IMAGE_AT_FLAGS, flags, 4);
    put_word(at + IMAGE_AT_LENGTH, S->out->length - start - IMAGE_HEADER, 8);
    if (S->base) memcpy(at + IMAGE_AT_BASE, S->base->id, IMAGE_ID);
    put_word(at + IMAGE_AT_SEED, string_seed_in_use(), 8);
    image_hash(at, S->out->length - start, id);
    memcpy(at + IMAGE_AT_HASH, id, IMAGE_ID);
}

void image_hash(const uint8_t *bytes, size_t length, uint8_t hash[IMAGE_ID])
{
    XXH128_canonical_t canonical;
    uint64_t before;
    memcpy(&before, bytes + IMAGE_AT_FORMAT, sizeof before);
    XXH128_canonicalFromHash(&canonical,
                             XXH3_128bits_withSeed(bytes + IMAGE_AT_LENGTH,
                                                   length - IMAGE_AT_LENGTH, le64toh(before)));
    memcpy(hash, canonical.digest, IMAGE_ID);
}

/* *parted: it was given up, as the state did not come of the base's: no loader could tell
 * objects with one id apart. */
static Image *try_save(const State *s, const Image *base, const ImageHost *host, ByteSink *out,
                       char *error, bool tracking, bool *parted)
{
    static const uint8_t zeros[IMAGE_HEADER];
    size_t start = out->length;
    Saver S = {.out = out, .base = base, .host = host, .error = error, .tracking = tracking};
    *error = '\0';
    sink_bytes(out, zeros, sizeof zeros);
    save_records(&S, s);
    Image *image = NULL;
    *parted = S.parted;
    if (!out->failed && !*error && !S.parted)
        image = image_new(s, base,
                          &(ImageNew){&S.objects, S.first_count,
                                      (const Proto *const *)S.chunk_list.items,
                                      (uint32_t)S.chunk_list.count});
    if (image) finish_header(&S, start, image->id);
    if (!image || base) objects_free(&S.objects);
    saver_free(&S);
    if (image && !out->failed) return image;
    out->length = start;
    if (!*error && !*parted) snprintf(error, IMAGE_ERROR_MAX, "not enough memory");
    return NULL;
}

bool image_tell(const State *s, const Image *base, const ImageHost *host, ImageTellFn *tell,
                void *context, char error[IMAGE_ERROR_MAX])
{
    ByteSink nowhere = {0};
    MemAccount before = mem_account;
    Saver S = {.out = &nowhere,
               .base = base,
               .host = host,
               .error = error,
               .tracking = !base,
               .tell = tell,
               .tell_context = context};
    mem_bound = mem_bound_new(MEM_UNBOUNDED, NULL, NULL);
    *error = '\0';
    save_records(&S, s);
    bool good = !nowhere.failed && !*error;
    if (!good && !*error) snprintf(error, IMAGE_ERROR_MAX, "not enough memory");
    objects_free(&S.objects);
    saver_free(&S);
    sink_free(&nowhere);
    mem_account = before;
    return good;
}

/* Says where it is that cannot be saved. In a whole image all that is met has a path. */
static void find_refused(const State *s, const ImageHost *host, ByteSink *out,
                         char error[IMAGE_ERROR_MAX])
{
    char found[IMAGE_ERROR_MAX];
    bool parted;
    if (try_save(s, NULL, host, out, found, true, &parted)) return;
    if (*found) memcpy(error, found, sizeof found);
}

Image *image_save(const State *s, const Image *base, const ImageHost *host, ByteSink *out,
                  char error[IMAGE_ERROR_MAX])
{
    MemAccount before = mem_account; /* what is counted here is not the program's */
    mem_bound = mem_bound_new(MEM_UNBOUNDED, NULL, NULL);
    bool parted;
    Image *image = try_save(s, base, host, out, error, false, &parted);
    if (!image && parted && !*error)
        image = try_save(s, base = NULL, host, out, error, false, &parted);
    if (!image && !out->failed) find_refused(s, host, out, error);
    mem_account = before;
    return image;
}
