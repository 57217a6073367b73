/* SPDX-License-Identifier: MIT */
/*
 * Copying values from one state to another.
 *
 * Main invariant: each object has at most one copy, which is made empty when the object is
 * first met, and filled in the order in which objects were met. No object is in two states that
 * are strangers.
 */
#include "import/import.h"

#include <assert.h>
#include <stdatomic.h>

#include "stack/trace_stack.h"
#include "stack/upvalue.h"

/* Libraries between strangers --------------------------------------------------------- */

static _Atomic uint64_t libraries_below;

void import_set_libraries(uint64_t below) { atomic_store(&libraries_below, below); }
uint64_t import_libraries(void) { return atomic_load(&libraries_below); }

/* The objects of the libraries that were met, by id, and which of them are to be looked into.
 */
typedef struct Libraries {
    Run *R;
    uint64_t below;
    void **by_id, **queue;
    size_t count;
} Libraries;

static void meet(Libraries *l, Value v)
{
    if (!value_is_object(v) || value_is_string(v) || value_is(v, OBJ_LIGHT)) return;
    void *o = value_pointer(v);
    uint64_t id = object_id(o);
    if (id >= l->below || l->by_id[id]) return;
    l->by_id[id] = l->queue[l->count++] = o;
}

static void meet_table(Libraries *l, const Table *t)
{
    if (t) meet(l, value_object(t));
}

static void look_into(Libraries *l, void *o)
{
    Value key = V_NIL, v;
    if (object_type(o) == OBJ_USERDATA) meet_table(l, heap_userdata(l->R, o)->meta);
    if (object_type(o) != OBJ_TABLE) return;
    const TableBody *b = heap_table(l->R, o);
    meet_table(l, b->meta);
    while (table_next(b, &key, &v)) meet(l, v);
}

/* Finds them through the tables that a state's world begins with. O(libraries). */
static void **find_libraries(Run *R)
{
    const World *w = R->world;
    Libraries l = {.R = R, .below = import_libraries()};
    l.by_id = mem_alloc((size_t)l.below * sizeof *l.by_id);
    l.queue = mem_alloc((size_t)l.below * sizeof *l.queue);
    meet_table(&l, w->globals);
    meet_table(&l, w->registry);
    for (int i = 0; i < TYPE_COUNT; i++) meet_table(&l, w->type_meta[i]);
    for (size_t i = 0; i < l.count; i++) look_into(&l, l.queue[i]);
    return l.by_id;
}

static bool is_like(const void *a, const void *b)
{
    ObjectType type = object_type(a);
    if (type != object_type(b)) return false;
    if (type != OBJ_NATIVE) return type == OBJ_TABLE || type == OBJ_USERDATA;
    return ((const Native *)a)->fn == ((const Native *)b)->fn;
}

/* The receiving state's own object of the libraries, or NULL. */
static void *own_library(const Import *im, const void *o)
{
    uint64_t id = object_id(o);
    if (!im->libraries || id >= import_libraries()) return NULL;
    void *own = im->libraries[id];
    return own && is_like(own, o) ? own : NULL;
}

/* Beginning ---------------------------------------------------------------------------- */

void import_begin(Import *im, Run *to, Run *from, uint64_t shared_below)
{
    assert(to != from && "values are brought from another state");
    bool strangers = world_is_stranger(to->world, from->world);
    *im = (Import){.to = to, .from = from, .trail.R = from};
    im->walk = walk_begin();
    im->shared_below = strangers ? 0 : shared_below;
    if (strangers) im->libraries = find_libraries(to);
}

/* Whether the receiving state has the value as it is. */
static bool is_common(const Import *im, Value v)
{
    if (!value_is_object(v)) return true;
    void *o = value_pointer(v);
    ObjectType type = object_type(o);
    return type == OBJ_STRING || type == OBJ_LIGHT || object_id(o) < im->shared_below;
}

static void refuse(Import *im, const char *what, Step step)
{
    if (im->refused) return;
    im->refused = what;
    trail_path(&im->trail, step, im->path, sizeof im->path);
}

/* What these take: an object with its item, an item, an entry. */
enum { COPY_BYTES = 128, ITEM_BYTES = 64, ENTRY_BYTES = 24 };

/* What has been copied so far is thrown away. */
static void no_memory(Import *im)
{
    walk_end(&im->walk, WALK_MEMORY);
    refuse(im, "not enough memory", (Step){STEP_START, 0, V_NIL});
    im->path[0] = 0; /* it is no matter of where */
}

/* Whether so much more may be copied. */
static bool may_copy(Import *im, uint64_t values, uint64_t bytes, Step step)
{
    if (walk_take(&im->walk, values, bytes)) return true;
    if (im->walk.end == WALK_MEMORY) {
        no_memory(im);
        return false;
    }
    refuse(im, walk_text(&im->walk, im->why), step);
    return false;
}

/* Shells: copies without their contents -------------------------------------------- */

static Closure *closure_shell(Run *to, const Closure *c)
{
    Closure *copy = run_new_closure(c->h.flags);
    object_init(&copy->h, OBJ_CLOSURE, run_new_id(to));
    copy->h.flags = c->h.flags;
    copy->proto = c->proto;
    return copy;
}

static Native *native_shell(Run *to, const Native *f)
{
    Native *copy = run_new_native(to, f->fn, f->name, (int)f->count);
    copy->h.flags = f->h.flags;
    return copy;
}

/* The bytes are shared. An epoch that is nobody's makes who writes first copy them. */
static Userdata *userdata_shell(Run *to, const Userdata *u)
{
    Userdata *copy = run_new_userdata(to, u->tag, 0);
    copy->epoch = EPOCH_NONE;
    copy->size = u->size;
    copy->data = u->data;
    copy->kind = u->kind;
    return copy;
}

static Coroutine *coroutine_shell(Run *to)
{
    Coroutine *copy = mem_new(sizeof *copy);
    object_init(&copy->h, OBJ_COROUTINE, run_new_id(to));
    copy->epoch = to->epoch;
    return copy;
}

static const char *coroutine_refusal(Import *im, const Coroutine *c)
{
    const CoBody *b = heap_coroutine(im->from, c);
    if (b->status == CO_DEAD) return NULL;
    if (b->status != CO_FRESH && b->status != CO_SUSPENDED) return "a running coroutine";
    return stack_holds_world(b) ? "a coroutine within state.fork or state.try" : NULL;
}

/* An empty copy of an object, or NULL where it cannot be copied. */
static void *shell_of(Import *im, void *o, Step step)
{
    switch (object_type(o)) {
    case OBJ_TABLE: return run_new_table(im->to);
    case OBJ_CELL: return run_new_cell(im->to, V_NIL);
    case OBJ_CLOSURE: return closure_shell(im->to, heap_closure(im->from, o));
    case OBJ_NATIVE: return native_shell(im->to, o);
    case OBJ_USERDATA: return userdata_shell(im->to, o);
    default: {
        const char *why = coroutine_refusal(im, o);
        if (!why) return coroutine_shell(im->to);
        refuse(im, why, step);
        return NULL;
    }
    }
}

/* The value as the receiving state has it; a copy is empty at first. */
static Value brought(Import *im, Value v, Step step)
{
    if (is_common(im, v)) return v;
    void *own = own_library(im, value_pointer(v));
    if (own) return value_object(own);
    const TrailItem *known = trail_find(&im->trail, v);
    if (known) return known->copy;
    if (!may_copy(im, 1, COPY_BYTES, step)) return V_NIL;
    void *copy = shell_of(im, value_pointer(v), step);
    if (!copy) return V_NIL;
    if (!trail_add(&im->trail, v, value_object(copy), step)) {
        no_memory(im);
        return V_NIL;
    }
    return value_object(copy);
}

/* Contents ------------------------------------------------------------------------- */

static Table *brought_meta(Import *im, Table *meta, uint32_t at)
{
    if (!meta) return NULL;
    Value copy = brought(im, value_object(meta), (Step){STEP_META, at, V_NIL});
    return value_pointer(copy);
}

static bool contents_are_common(const Import *im, const TableBody *b)
{
    Value key = V_NIL, v;
    while (table_next(b, &key, &v))
        if (!is_common(im, key) || !is_common(im, v)) return false;
    return true;
}

typedef struct TableCopy {
    Import *im;
    TableBody *to;
    uint32_t at;
} TableCopy;

static void fill_pair(void *context, Word key, Word v)
{
    const TableCopy *c = context;
    Value k = brought(c->im, key, (Step){STEP_KEY, c->at, V_NIL});
    Value w = brought(c->im, v, (Step){STEP_VALUE, c->at, key});
    if (k != V_NIL && w != V_NIL) table_add_like(c->to, k, w, c->im->to->epoch);
}

static void fill_array(Import *im, const TableBody *from, TableBody *to, uint32_t at)
{
    for (uint32_t i = 0; i < from->array_size; i++) {
        Value v = pvec_get(&from->array, i), key = value_number(i + 1);
        if (v == V_NIL) continue;
        table_set_int(to, (int64_t)i + 1, brought(im, v, (Step){STEP_VALUE, at, key}),
                      im->to->epoch);
    }
}

static void fill_table(Import *im, const Table *from, Table *to, uint32_t at)
{
    const TableBody *b = heap_table(im->from, from);
    uint64_t entries = b->array_size + (uint64_t)b->hash.count;
    if (!may_copy(im, entries, 0, (Step){STEP_VALUE, at, V_NIL})) return;
    if (contents_are_common(im, b)) {
        table_body_copy(&to->body, b);
        hamt_move_out(&to->body.hash);
    } else if (may_copy(im, 0, entries * ENTRY_BYTES, (Step){STEP_VALUE, at, V_NIL})) {
        table_begin_like(&to->body, b, im->to->epoch); /* a loop over pairs may come too */
        fill_array(im, b, &to->body, at);
        table_each_hashed(b, fill_pair, &(TableCopy){im, &to->body, at});
    }
    to->body.meta = brought_meta(im, b->meta, at);
    to->body.flags &= ~TABLE_FROZEN; /* copied, perhaps */
    to->body.flags |= table_flags(b) & TABLE_GIVEN;
    if (table_is_frozen(b)) heap_freeze(im->to, to);
}

static void fill_values(Import *im, const Value *from, Value *to, uint32_t count, uint32_t at)
{
    for (uint32_t i = 0; i < count; i++)
        to[i] = brought(im, from[i], (Step){STEP_UPVALUE, at, value_number(i + 1)});
}

static void fill_userdata(Import *im, const Userdata *from, Userdata *to, uint32_t at)
{
    const UserdataBody *b = heap_userdata(im->from, from);
    to->body.own = b->own;
    to->body.user = brought(im, b->user, (Step){STEP_USER, at, V_NIL});
    to->body.meta = brought_meta(im, b->meta, at);
    to->body.finalizer = b->finalizer;
}

typedef struct StackCopy {
    Import *im;
    uint32_t at;
} StackCopy;

static void bring_slots(void *context, Value *slots, size_t count)
{
    const StackCopy *c = context;
    for (size_t i = 0; i < count; i++)
        slots[i] = brought(c->im, slots[i], (Step){STEP_STACK, c->at, V_NIL});
}

static void clear_slots(void *context, Value *slots, size_t count)
{
    (void)context;
    memset(slots, 0, count * sizeof *slots);
}

static void unknown_slots(void *context) { no_memory(((const StackCopy *)context)->im); }

/* The function of a frame goes on in the Proto it began in (stack/upvalue.h). */
static void bring_callee(void *context, Value *fp)
{
    const StackCopy *c = context;
    Step step = {STEP_STACK, c->at, V_NIL};
    Value f = upvalue_identity(fp[AT_FUNCTION]);
    if (!value_is(f, OBJ_CLOSURE)) {
        fp[AT_FUNCTION] = brought(c->im, f, step);
    } else if (is_common(c->im, f)) {
        fp[AT_FUNCTION] =
            value_object(upvalue_in_proto(c->im->to, value_pointer(f), frame_proto(fp)));
    } else {
        const Closure *own = upvalue_in_proto(c->im->from, value_pointer(f), frame_proto(fp));
        if (own != heap_closure(c->im->from, value_pointer(f))) f = value_object(own);
        fp[AT_FUNCTION] = brought(c->im, f, step);
    }
}

static const HookState *brought_hook(Import *im, const HookState *from, uint32_t at)
{
    if (!from) return NULL;
    Hook *hook = mem_new(sizeof *hook);
    HookState *to = mem_new(sizeof *to);
    *hook = *from->hook;
    hook->function = brought(im, hook->function, (Step){STEP_STACK, at, V_NIL});
    *to = *from;
    to->hook = hook;
    return to;
}

static void fill_coroutine(Import *im, const Coroutine *from, Coroutine *to, uint32_t at)
{
    const CoBody *b = heap_coroutine(im->from, from);
    if (b->status == CO_DEAD && (!b->segment || stack_holds_world(b))) {
        to->body.status = CO_DEAD;
        return;
    }
    to->body = *b;
    to->body.resumer = NULL;
    to->body.was = NULL;
    to->body.hook = brought_hook(im, b->hook, at);
    if (b->status == CO_RUNNING)
        to->body.segment = NULL; /* it is in its machine, or left over */
    if (!to->body.segment) return;
    size_t slots = stack_slots(b);
    if (!may_copy(im, slots, slots * sizeof(Value), (Step){STEP_STACK, at, V_NIL})) {
        to->body = (CoBody){.status = CO_DEAD};
        return;
    }
    to->body.segment = stack_copy(im->to, b);
    if (!to->body.segment) {
        to->body.status = CO_DEAD;
        no_memory(im);
        return;
    }
    StackVisitor visitor = {.live = bring_slots,
                            .dead = clear_slots,
                            .callee = bring_callee,
                            .unknown = unknown_slots,
                            .context = &(StackCopy){im, at}};
    stack_visit(&visitor, stack_top(&to->body));
}

static void fill(Import *im, uint32_t at)
{
    void *from = value_pointer(im->trail.items[at].object);
    void *to = value_pointer(im->trail.items[at].copy);
    switch (object_type(from)) {
    case OBJ_TABLE: fill_table(im, from, to, at); break;
    case OBJ_CELL:
        ((Cell *)to)->value =
            brought(im, heap_cell(im->from, from), (Step){STEP_CELL, at, V_NIL});
        break;
    case OBJ_CLOSURE: {
        const Closure *c = heap_closure(im->from, from);
        fill_values(im, c->upvalues, ((Closure *)to)->upvalues, c->h.flags, at);
        break;
    }
    case OBJ_NATIVE: {
        const Native *f = from;
        fill_values(im, f->upvalues, ((Native *)to)->upvalues, f->count, at);
        break;
    }
    case OBJ_USERDATA: fill_userdata(im, from, to, at); break;
    default: fill_coroutine(im, from, to, at); break;
    }
}

static bool has_finalizer(Run *R, Value v)
{
    if (value_is_table(v)) return table_flags(heap_table(R, value_pointer(v))) & TABLE_GIVEN;
    return value_is(v, OBJ_USERDATA) &&
           heap_userdata(R, value_pointer(v))->finalizer == FINALIZER_GIVEN;
}

/* What the sending state's collection knows of the copied objects. A copy is another object:
 * its finalizer is to be called, even if the other's has been. */
static void bring_collection(Import *im, uint32_t first)
{
    const Collection *c = &im->from->base->world->collection;
    if (c->weak && !im->to->base->world->collection.weak)
        run_edit_collection(im->to)->weak = true;
    for (uint32_t i = first; i < im->trail.count; i++)
        if (has_finalizer(im->to, im->trail.items[i].copy))
            trace_note_finalizer(im->to, im->trail.items[i].copy);
}

Value import_value(Import *im, Value v)
{
    uint32_t first = im->trail.count;
    v = brought(im, v, (Step){STEP_START, 0, V_NIL});
    while (im->filled < im->trail.count && !im->refused && !im->walk.end)
        fill(im, im->filled++);
    if (im->trail.count > first) bring_collection(im, first);
    mem_count_beside((size_t)(im->trail.count - first) * ITEM_BYTES);
    return im->refused ? V_NIL : v;
}
