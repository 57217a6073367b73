/* SPDX-License-Identifier: MIT */
/*
 * Marking all that a run can reach.
 *
 * Main invariant: an object that is marked and not gray has been looked at: all that it refers
 * to strongly is marked.
 */
#include "trace/trace_internal.h"

#include <assert.h>

#include "memory/scratch.h"
#include "state/own.h"

/* Marking -------------------------------------------------------------------------- */

enum { STRING_COST = 32 };

enum { STRING_COUNTED_ONCE = 64 }; /* bytes, at least */

/* Where memory is measured, each that is there, otherwise long ones of the same bytes once. */
static bool counts(Trace *T, const String *s)
{
    if (T->every) return marks_add(&T->marks, s);
    if (T->strong) return false; /* nobody asks for figures */
    return s->length < STRING_COUNTED_ONCE || texts_add(&T->texts, s);
}

static void count_string(Trace *T, const String *s)
{
    if (!(s->h.flags & STRING_INTERNED) && counts(T, s)) T->bytes += STRING_COST + s->length;
}

static bool is_simple(const void *o, ObjectType type)
{
    return type == OBJ_STRING || type == OBJ_LIGHT ||
           (type == OBJ_NATIVE && ((const Native *)o)->count == 0);
}

static void count_simple(Trace *T, const void *o)
{
    T->bytes += sizeof(Native);
    if (T->every) marks_add(&T->marks, o);
}

/* Just marked. */
static void make_gray(Trace *T, void *o)
{
    if (!pointer_list_add(&T->gray, o)) marks_add(&T->waiting, o);
}

void trace_value(Trace *T, Value v)
{
    assert(value_is_valid(v) && "what a state reaches is values");
    if (!value_is_object(v)) return;
    void *o = value_pointer(v);
    ObjectType type = object_type(o);
    if (type == OBJ_STRING)
        count_string(T, o);
    else if (is_simple(o, type))
        count_simple(T, o);
    else if (marks_add(&T->marks, o))
        make_gray(T, o);
}

static void trace_object(Trace *T, const void *o)
{
    if (o) trace_value(T, value_object(o));
}

bool trace_is_dead(const Trace *T, Value v)
{
    if (!value_is_object(v)) return false;
    const void *o = value_pointer(v);
    return !is_simple(o, object_type(o)) && !marks_has(&T->marks, o);
}

/* Tables --------------------------------------------------------------------------- */

void trace_array(const TableBody *t, TraceItemFn *fn, void *context)
{
    assert(t->array_size <= t->array.size && "the vector has the array");
    uint32_t count;
    for (uint32_t i = 0; i < t->array_size; i += count) {
        const Word *words = pvec_piece(&t->array, i, &count);
        if (count > t->array_size - i) count = t->array_size - i;
        for (uint32_t k = 0; k < count; k++)
            if (words[k] != V_NIL) fn(context, i + k, words[k]);
    }
}

static void mark_item(void *T, uint32_t index, Value v) { trace_value(T, v); }
static void mark_key(void *T, Word key, Word value) { trace_value(T, key); }
static void mark_pair(void *T, Word key, Word value)
{
    trace_value(T, key);
    trace_value(T, value);
}

static int weakness(const Trace *T, const Table *meta)
{
    if (!meta || T->strong) return 0;
    Value v = table_get_string(heap_table(T->R, meta), T->mode, T->mode->h.id_low);
    if (!value_is_string(v)) return 0;
    const String *s = value_string(v);
    return (memchr(s->data, 'k', s->length) ? WEAK_KEYS : 0) |
           (memchr(s->data, 'v', s->length) ? WEAK_VALUES : 0);
}

static void scan_table(Trace *T, Table *t)
{
    const TableBody *b = heap_table(T->R, t);
#ifdef MOONLET_STRESS
    table_check(b);
#endif
    T->bytes += sizeof(Table) + b->array.size * sizeof(Word) +
                b->hash.count * sizeof(HamtEntry) * 3 / 2;
    T->slots += b->array.size + b->hash.count;
    trace_object(T, b->meta);
    int kind = weakness(T, b->meta);
    if (kind) pointer_list_note(&T->weak[kind], t);
    switch (kind) {
    case 0:
        trace_array(b, mark_item, T);
        table_each_hashed(b, mark_pair, T);
        break;
    case WEAK_KEYS: trace_array(b, mark_item, T); break; /* the rest: trace_propagate */
    case WEAK_VALUES: table_each_hashed(b, mark_key, T); break;
    default: break;
    }
}

/* Other objects ---------------------------------------------------------------------- */

static void scan_values(Trace *T, const Value *v, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) trace_value(T, v[i]);
}

static void scan_coroutine(Trace *T, const Coroutine *c)
{
    const CoBody *b = heap_coroutine(T->R, c);
    T->bytes += sizeof(Coroutine);
    if (coroutine_has_resumer(b)) trace_object(T, b->resumer);
    if (b->hook) trace_value(T, b->hook->hook->function);
    if (b->cause) scan_values(T, b->cause->about, b->cause->count);
    if (T->roots->beside) T->roots->beside(T, c, T->roots->holder);
    if (c == T->R->co || !b->segment) return; /* the running one is a root of its own, */
    if (b->status == CO_RUNNING)
        return; /* and where nothing runs it has what is left of that */
    T->roots->stack(T, b, T->roots->context);
}

static void scan_userdata(Trace *T, const Userdata *u)
{
    const UserdataBody *b = heap_userdata(T->R, u);
    T->bytes += sizeof(Userdata) + u->size;
    if (T->roots->snapshot_tag && u->tag == T->roots->snapshot_tag && u->data)
        marks_add(&T->snapshots, u->data);
    trace_object(T, b->meta);
    trace_value(T, b->user);
}

/* What it captures now; not what it did before the debug library has given it other variables:
 * frames that run it see these at the latest when control returns to them. */
static void scan_closure(Trace *T, const Closure *f)
{
    assert(closure_identity(f) == f && "stand-ins are for frames alone");
    T->bytes += sizeof(Closure) + f->h.flags * sizeof(Value);
    scan_values(T, heap_closure(T->R, f)->upvalues, f->h.flags);
}

static void scan_contents(Trace *T, void *o)
{
    switch (object_type(o)) {
    case OBJ_TABLE: scan_table(T, o); break;
    case OBJ_CLOSURE: scan_closure(T, o); break;
    case OBJ_NATIVE: {
        const Native *f = o;
        T->bytes += sizeof(Native) + f->count * sizeof(Value);
        scan_values(T, f->upvalues, f->count);
        break;
    }
    case OBJ_COROUTINE: scan_coroutine(T, o); break;
    case OBJ_USERDATA: scan_userdata(T, o); break;
    case OBJ_CELL:
        T->bytes += sizeof(Cell);
        trace_value(T, heap_cell(T->R, o));
        break;
    default: break;
    }
}

/* What is in a weak-keyed table under a key that is found to be alive. */
static void scan_awaited(Trace *T, const void *key)
{
    const EphemeronPair *pair = NULL;
    while ((pair = ephemerons_next(&T->ephemerons, key, pair))) trace_value(T, pair->value);
}

static void scan(Trace *T, void *o)
{
    scan_contents(T, o);
    if (T->ephemerons.count) scan_awaited(T, o);
}

/* The next one that waits is scanned. */
static void scan_waiting(Trace *T)
{
    void *o = marks_next(&T->waiting, T->waiting_from);
    if (!o) o = marks_next(&T->waiting, 0);
    marks_remove(&T->waiting, o);
    T->waiting_from = (uintptr_t)o;
    scan(T, o);
}

static void drain(Trace *T)
{
    for (;;) {
        while (T->gray.count) scan(T, T->gray.items[--T->gray.count]);
        if (!T->waiting.count) return;
        scan_waiting(T);
    }
}

void trace_each_weak(const Trace *T, int kind, size_t from, TraceTableFn *fn, void *context)
{
    const PointerList *l = &T->weak[kind];
    if (!l->failed) {
        for (size_t i = from; i < l->count; i++) fn(context, l->items[i]);
        return;
    }
    void *o = NULL;
    while ((o = marks_next(&T->marks, (uintptr_t)o + MEM_GRANULE)))
        if (object_type(o) == OBJ_TABLE && weakness(T, heap_table(T->R, o)->meta) == kind)
            fn(context, o);
}

/* A live key makes its value live; any other one may yet be found to be. */
static void mark_ephemeron(void *context, Word key, Word value)
{
    Trace *T = context;
    if (value_is_string(key)) trace_value(T, key);
    if (!trace_is_dead(T, key))
        trace_value(T, value);
    else if (value_is_object(value))
        ephemerons_add(&T->ephemerons, value_pointer(key), value);
}

static void mark_ephemerons(void *context, Table *t)
{
    Trace *T = context;
    table_each_hashed(heap_table(T->R, t), mark_ephemeron, T);
    drain(T);
}

/* Marks until nothing is new, where there is no memory to note what waits. */
static void propagate_again(Trace *T)
{
    size_t before;
    T->ephemerons.failed = true;
    do {
        before = T->marks.count;
        trace_each_weak(T, WEAK_KEYS, 0, mark_ephemerons, T);
    } while (T->marks.count != before);
}

/* Values can make keys live, of the same table or of others. */
static void trace_propagate(Trace *T)
{
    const PointerList *weak = &T->weak[WEAK_KEYS];
    Ephemerons *e = &T->ephemerons;
    drain(T);
    while (e->tables < weak->count && !weak->failed && !e->failed)
        mark_ephemerons(T, weak->items[e->tables++]);
    if (weak->failed || e->failed) propagate_again(T);
}

/* The trace -------------------------------------------------------------------------- */

static void mark_roots(Trace *T)
{
    Run *R = T->R;
    const World *w = R->world;
    trace_object(T, w->globals);
    trace_object(T, w->registry);
    trace_object(T, w->hidden);
    for (int t = 0; t < TYPE_COUNT; t++) trace_object(T, w->type_meta[t]);
    trace_object(T, w->main);
    if (T->strong)
        trace_object(T, w->collection.finalizers);
    else if (w->collection.finalizers)
        marks_add(&T->marks, w->collection.finalizers);
    trace_object(T, w->collection.queue);
    trace_object(T, R->co);
    const TraceRoots *roots = T->roots;
    trace_object(T, roots->waiting);
    for (size_t i = 0; i < roots->count; i++) trace_value(T, roots->values[i]);
    for (const Pins *p = roots->pins; p; p = p->next)
        for (size_t i = 0; i < p->count; i++) trace_value(T, p->values[i]);
    if (roots->held) roots->held(T, roots->holder);
    if (R->co) roots->stack(T, NULL, roots->context);
}

/* The queue lives, and all it leads to; and what will be in it `later`. */
static void revive(Trace *T, bool later)
{
    const Collection *c = &T->R->world->collection;
    if (c->queue && marks_add(&T->marks, c->queue))
        make_gray(T, c->queue);
    else if (c->queue) /* it was empty when it was looked at */
        trace_array(heap_table(T->R, c->queue), mark_item, T);
    if (later) trace_array(heap_table(T->R, c->finalizers), mark_item, T);
    trace_propagate(T);
}

/* Weak values first, so that a finalizer does not find its object in them; weak keys
 * after the objects to be finalized have come to life again (manual 2.5.2). */
static void clear_weak(Trace *T)
{
    bool later = false;
    assert(!trace_failed(T) && "all that is alive is marked");
    weak_clear_values(T, WEAK_VALUES, 0);
    weak_clear_values(T, WEAK_KEYS | WEAK_VALUES, 0);
    size_t values = T->weak[WEAK_VALUES].count, both = T->weak[WEAK_KEYS | WEAK_VALUES].count;
    if (finalize_separate(T->R, T, &later) || later) revive(T, later);
    if (trace_failed(T)) return;
    weak_clear_keys(T, WEAK_KEYS);
    weak_clear_keys(T, WEAK_KEYS | WEAK_VALUES);
    weak_clear_values(T, WEAK_VALUES, values);
    weak_clear_values(T, WEAK_KEYS | WEAK_VALUES, both);
}

static bool found_weak(const Trace *T)
{
    for (int kind = 1; kind < WEAK_KINDS; kind++)
        if (T->weak[kind].count || T->weak[kind].failed) return true;
    return false;
}

static void take_down(Trace *T)
{
    assert(!trace_failed(T) && "all that is alive has been counted");
    Run *R = T->R;
    Collection *c = run_edit_collection(R);
    c->counted = run_counted(R);
    c->bytes = T->bytes;
    c->objects = (uint32_t)T->marks.count;
    c->entries = R->heap.count;
    c->purged = c->counted;
    c->credit = 0;
    c->weak = found_weak(T);
    c->probes = c->weak ? 0 : c->probes + (c->probes < 16);
}

void trace_mark(Trace *T, Run *R, const TraceRoots *roots)
{
    assert(roots->stack && "somebody walks the stacks");
    T->R = R;
    T->roots = roots;
    T->mode = string_intern("__mode", 6);
    string_hash(T->mode);
    T->marks.sure = T->waiting.sure = T->snapshots.sure = true;
    T->gray = (PointerList){.items = T->first, .capacity = TRACE_FIRST, .lent = true};
    mark_roots(T);
    trace_propagate(T);
}

bool trace_failed(const Trace *T)
{
    return T->marks.failed || T->waiting.failed || T->snapshots.failed;
}

/* Puts the next trace off, as if nothing had been found, until as much again has been
 * allocated. */
static void put_off(Run *R)
{
    Collection *c = run_edit_collection(R);
    c->counted = c->purged = run_counted(R);
    c->credit = 0;
    c->entries = R->heap.count;
}

void trace_free(Trace *T)
{
    marks_free(&T->marks);
    marks_free(&T->waiting);
    marks_free(&T->snapshots);
    texts_free(&T->texts);
    scratch_leave();
    pointer_list_free(&T->gray);
    ephemerons_free(&T->ephemerons);
    for (int kind = 0; kind < WEAK_KINDS; kind++) pointer_list_free(&T->weak[kind]);
}

bool trace_has(void *T, const void *object)
{
    return marks_has(&((const Trace *)T)->marks, object);
}

uint64_t trace_run(Run *R, const TraceRoots *roots)
{
    Trace T = {0};
    trace_mark(&T, R, roots);
    if (!trace_failed(&T)) clear_weak(&T);
    if (!trace_failed(&T)) {
        heap_retain(R, trace_has, &T);
        take_down(&T);
        if (roots->snapshot_tag) own_drop_unseen(R, &T.snapshots);
    } else {
        put_off(R);
    }
    trace_free(&T);
    return T.slots;
}

void trace_purge(Run *R, const TraceRoots *roots)
{
    Trace T = {.strong = true};
    uint64_t counted = mem_count_stop();
    trace_mark(&T, R, roots);
    if (!trace_failed(&T)) {
        heap_retain(R, trace_has, &T);
        run_edit_collection(R)->objects = (uint32_t)T.marks.count;
    }
    run_edit_collection(R)->entries = R->heap.count;
    trace_free(&T);
    mem_count_go_on(counted);
    run_edit_collection(R)->purged = run_counted(R);
}
