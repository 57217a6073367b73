/* SPDX-License-Identifier: MIT */
#include "state/import.h"

void import_begin(Import *im, Run *to, Run *from, uint64_t shared_below)
{
    *im = (Import){.to = to, .from = from, .shared_below = shared_below};
}

static void push(Import *im, Value original, Value copy)
{
    if (im->count + 2 > im->capacity) {
        size_t capacity = im->capacity ? im->capacity * 2 : 32;
        Value *more = mem_alloc(capacity * sizeof *more);
        if (im->count) memcpy(more, im->pending, im->count * sizeof *more);
        im->pending = more;
        im->capacity = capacity;
    }
    im->pending[im->count++] = original;
    im->pending[im->count++] = copy;
}

/* An empty copy of an object; its contents come later. NULL if it cannot be copied. */
static void *shell_of(Import *im, void *o)
{
    Run *to = im->to;
    switch (object_type(o)) {
    case OBJ_TABLE: return run_new_table(to);
    case OBJ_CELL: return run_new_cell(to, V_NIL);
    case OBJ_CLOSURE: {
        const Closure *c = heap_closure(im->from, o);
        Closure *copy = run_new_closure(c->h.flags);
        object_init(&copy->h, OBJ_CLOSURE, run_new_id(to));
        copy->h.flags = c->h.flags;
        copy->proto = c->proto;
        return copy;
    }
    case OBJ_NATIVE: {
        const Native *f = o;
        Native *copy = run_new_native(to, f->fn, f->name, (int)f->count);
        copy->h.flags = f->h.flags;
        return copy;
    }
    default: return NULL;
    }
}

/* The object's copy, made if need be. */
static Value copy_of(Import *im, Value v)
{
    if (!im->copies) im->copies = run_new_table(im->from);
    Value known = table_get(&im->copies->body, v);
    if (known != V_NIL) return known;
    void *copy = shell_of(im, value_pointer(v));
    if (!copy) {
        im->refused = value_type_name(v);
        return V_NIL;
    }
    table_set(&im->copies->body, v, value_object(copy), im->from->epoch);
    push(im, v, value_object(copy));
    return value_object(copy);
}

static Value brought(Import *im, Value v)
{
    if (!value_is_object(v)) return v;
    void *o = value_pointer(v);
    ObjectType type = object_type(o);
    if (type == OBJ_STRING || type == OBJ_LIGHT || object_id(o) < im->shared_below) return v;
    return copy_of(im, v);
}

static void fill_table(Import *im, const Table *from, Table *to)
{
    const TableBody *b = heap_table(im->from, from);
    Value key = V_NIL, v;
    while (table_next(b, &key, &v)) {
        Value k = brought(im, key), w = brought(im, v);
        if (k != V_NIL) table_set(&to->body, k, w, im->to->epoch);
    }
    if (b->meta) to->body.meta = value_pointer(brought(im, value_object(b->meta)));
}

static void fill(Import *im, void *from, void *to)
{
    switch (object_type(from)) {
    case OBJ_TABLE: fill_table(im, from, to); break;
    case OBJ_CELL: ((Cell *)to)->value = brought(im, heap_cell(im->from, from)); break;
    case OBJ_CLOSURE: {
        const Closure *c = heap_closure(im->from, from);
        for (uint32_t i = 0; i < c->h.flags; i++)
            ((Closure *)to)->upvalues[i] = brought(im, c->upvalues[i]);
        break;
    }
    default: {
        const Native *f = from;
        for (uint32_t i = 0; i < f->count; i++)
            ((Native *)to)->upvalues[i] = brought(im, f->upvalues[i]);
        break;
    }
    }
}

Value import_value(Import *im, Value v)
{
    v = brought(im, v);
    while (im->count) {
        im->count -= 2;
        fill(im, value_pointer(im->pending[im->count]),
             value_pointer(im->pending[im->count + 1]));
    }
    return v;
}
