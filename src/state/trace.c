/* SPDX-License-Identifier: MIT */
#include "state/trace_internal.h"

/* Marking -------------------------------------------------------------------------- */

enum { STRING_COST = 32 };

/* Long ones have a mark, to be counted once. */
static void count_string(Trace *T, const String *s)
{
    if (s->h.flags & STRING_INTERNED) return;
    if ((s->length < 64 && !T->every) || marks_add(&T->marks, s))
        T->bytes += STRING_COST + s->length;
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

void trace_value(Trace *T, Value v)
{
    if (!value_is_object(v)) return;
    void *o = value_pointer(v);
    ObjectType type = object_type(o);
    if (type == OBJ_STRING)
        count_string(T, o);
    else if (is_simple(o, type))
        count_simple(T, o);
    else if (marks_add(&T->marks, o))
        pointer_list_add(&T->gray, o);
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

void trace_array(const Pvec *array, TraceItemFn *fn, void *context)
{
    uint32_t count;
    for (uint32_t i = 0; i < array->size; i += count) {
        const Word *words = pvec_chunk(array, i, &count);
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

enum { WEAK_KEYS = 1, WEAK_VALUES = 2 };

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
    T->bytes += sizeof(Table) + b->array.size * sizeof(Word) +
                b->hash.count * sizeof(HamtEntry) * 3 / 2;
    trace_object(T, b->meta);
    switch (weakness(T, b->meta)) {
    case 0:
        trace_array(&b->array, mark_item, T);
        hamt_each(&b->hash, mark_pair, T);
        break;
    case WEAK_KEYS: /* the rest in converge */
        trace_array(&b->array, mark_item, T);
        pointer_list_add(&T->ephemerons, t);
        break;
    case WEAK_VALUES:
        hamt_each(&b->hash, mark_key, T);
        pointer_list_add(&T->weak_values, t);
        break;
    default: pointer_list_add(&T->weak_both, t); break;
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
    if (b->status >= CO_PAUSED && b->status != CO_DEAD) trace_object(T, b->resumer);
    if (b->hook) trace_value(T, b->hook->hook->function);
    if (c == T->R->co || !b->segment) return; /* the running one is a root of its own */
    T->bytes += b->segment->size * sizeof(Value);
    T->stack(T, b, T->context);
}

static void scan_userdata(Trace *T, const Userdata *u)
{
    const UserdataBody *b = heap_userdata(T->R, u);
    T->bytes += sizeof(Userdata) + u->size;
    trace_object(T, b->meta);
    trace_value(T, b->user);
}

static void scan_closure(Trace *T, const Closure *f)
{
    T->bytes += sizeof(Closure) + f->h.flags * sizeof(Value);
    scan_values(T, f->upvalues, f->h.flags);
    trace_object(T, closure_identity(f));
    trace_object(T, heap_closure(T->R, f));
}

static void scan(Trace *T, void *o)
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

static void drain(Trace *T)
{
    while (T->gray.count) scan(T, T->gray.items[--T->gray.count]);
}

/* A live key makes its value live. */
static void mark_ephemeron(void *context, Word key, Word value)
{
    Trace *T = context;
    if (value_is_string(key)) trace_value(T, key);
    if (!trace_is_dead(T, key)) trace_value(T, value);
}

/* Values can make keys live, of the same table or of others: until nothing is new. */
void trace_propagate(Trace *T)
{
    size_t before;
    drain(T);
    do {
        before = T->marks.count;
        for (size_t i = 0; i < T->ephemerons.count; i++) {
            hamt_each(&heap_table(T->R, T->ephemerons.items[i])->hash, mark_ephemeron, T);
            drain(T);
        }
    } while (T->marks.count != before);
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
    trace_object(T, R->boundary);
    for (size_t i = 0; i < R->pinned_count; i++) trace_value(T, R->pinned[i]);
    if (R->co) T->stack(T, NULL, T->context);
}

/* Weak values first, so that a finalizer does not find its object in them; weak keys
 * after the objects to be finalized have come to life again (manual 2.5.2). */
static void clear_weak(Trace *T)
{
    weak_clear_values(T, &T->weak_values, 0);
    weak_clear_values(T, &T->weak_both, 0);
    size_t values = T->weak_values.count, both = T->weak_both.count;
    if (finalize_separate(T->R, T)) {
        marks_add(&T->marks, T->R->world->collection.queue);
        pointer_list_add(&T->gray, T->R->world->collection.queue);
        trace_propagate(T);
    }
    weak_clear_keys(T, &T->ephemerons);
    weak_clear_keys(T, &T->weak_both);
    weak_clear_values(T, &T->weak_values, values);
    weak_clear_values(T, &T->weak_both, both);
}

static void take_down(Trace *T)
{
    Run *R = T->R;
    Collection *c = run_edit_collection(R);
    c->counted = run_counted(R);
    c->bytes = T->bytes;
    c->objects = (uint32_t)T->marks.count;
    c->entries = R->heap.count;
    c->credit = 0;
    c->weak = T->weak_values.count + T->weak_both.count + T->ephemerons.count > 0;
    c->probes = c->weak ? 0 : c->probes + (c->probes < 16);
}

void trace_mark(Trace *T, Run *R, TraceStackFn *stack, void *context)
{
    T->R = R;
    T->stack = stack;
    T->context = context;
    T->mode = string_intern("__mode", 6);
    string_hash(T->mode);
    marks_init(&T->marks, R->world->collection.objects);
    mark_roots(T);
    trace_propagate(T);
}

void trace_free(Trace *T)
{
    marks_free(&T->marks);
    pointer_list_free(&T->gray);
    pointer_list_free(&T->weak_values);
    pointer_list_free(&T->ephemerons);
    pointer_list_free(&T->weak_both);
}

bool trace_has(void *T, const void *object)
{
    return marks_has(&((const Trace *)T)->marks, object);
}

void trace_run(Run *R, TraceStackFn *stack, void *context)
{
    Trace T = {0};
    trace_mark(&T, R, stack, context);
    clear_weak(&T);
    heap_retain(R, trace_has, &T);
    take_down(&T);
    trace_free(&T);
}

void trace_purge(Run *R, TraceStackFn *stack, void *context)
{
    Trace T = {.strong = true};
    uint64_t counted = mem_count_stop();
    trace_mark(&T, R, stack, context);
    heap_retain(R, trace_has, &T);
    Collection *c = run_edit_collection(R);
    c->objects = (uint32_t)T.marks.count;
    c->entries = R->heap.count;
    trace_free(&T);
    mem_count_go_on(counted);
}
