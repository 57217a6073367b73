/* SPDX-License-Identifier: MIT */
/*
 * Reading, setting and joining the captured variables of functions.
 *
 * Main invariant: a closure is never written. What is changed is a stand-in, in the heap map.
 */
#include "stack/upvalue.h"

#include <assert.h>

#include "link/link.h"
#include "stack/breaks.h"
#include "stack/check_stack.h"
#include "stack/frame.h"

/* Reading -------------------------------------------------------------------------- */

static bool is_lua(Value f) { return value_is(f, OBJ_CLOSURE); }

uint32_t upvalue_count(Value f)
{
    if (is_lua(f)) return ((Closure *)value_pointer(f))->proto->upvalue_count;
    const Native *native = value_pointer(f);
    return native->count - (native->h.flags & NATIVE_HIDES ? 1 : 0);
}

const String *upvalue_name(Value f, uint32_t i)
{
    assert(value_is_function(f) && "upvalues are those of functions");
    if (!is_lua(f)) return NULL;
    const Proto *p = ((Closure *)value_pointer(f))->proto;
    return p->source->stripped ? NULL : p->upvalues[i].name;
}

static Value read(Run *R, const Closure *c, uint32_t i)
{
    Value v = c->upvalues[i];
    return c->proto->upvalues[i].cell ? heap_cell(R, value_pointer(v)) : v;
}

Value upvalue_get(Run *R, Value f, uint32_t i)
{
    assert(i < upvalue_count(f) && "the function has the upvalue");
    if (is_lua(f)) return read(R, heap_closure(R, value_pointer(f)), i);
    Value v = ((Native *)value_pointer(f))->upvalues[i];
    return value_is(v, OBJ_CELL) ? heap_cell(R, value_pointer(v)) : v;
}

static uint64_t mixed(uint64_t h, uint64_t x)
{
    h = (h ^ x) * 0x9e3779b97f4a7c15u;
    return h ^ h >> 29;
}

uint64_t upvalue_id(Run *R, Value f, uint32_t i)
{
    assert(i < upvalue_count(f) && "the function has the upvalue");
    const uint64_t no_id = (uint64_t)1 << 63; /* ids are smaller */
    if (!is_lua(f)) return no_id | object_id(value_pointer(f)) << 8 | i;
    const Closure *c = heap_closure(R, value_pointer(f));
    if (c->proto->upvalues[i].cell) return object_id(value_pointer(c->upvalues[i]));
    const AstFunction *source = c->proto->source;
    const AstLocal *l = source->upvalues[i].local;
    uint64_t h = string_hash(source->chunk_name);
    h = mixed(h, l->function ? (uint64_t)l->function->line : 0);
    h = mixed(h, (uint64_t)l->line << 32 | (uint32_t)l->index);
    h = mixed(h, string_hash(l->name));
    return no_id | mixed(h, value_hash(c->upvalues[i]));
}

/* Stand-ins ------------------------------------------------------------------------ */

Closure *upvalue_stand_in(const Closure *f, const Proto *p)
{
    Closure *c = run_new_closure(p->upvalue_count + 1);
    c->h = f->h;
    c->h.type = OBJ_CLOSURE;
    c->h.id_high |= CLOSURE_STAND_IN;
    c->proto = p;
    c->upvalues[p->upvalue_count] = value_object(f);
    return c;
}

static Closure *copy_with(Run *R, Closure *f, uint32_t i, Value v)
{
    const Closure *now = heap_closure(R, f);
    Closure *c = upvalue_stand_in(f, now->proto);
    for (uint32_t k = 0; k < now->proto->upvalue_count; k++)
        c->upvalues[k] = k == i ? v : now->upvalues[k];
    closure_check(c);
    heap_set_closure(R, f, c);
    return c;
}

const Closure *upvalue_in_proto(Run *R, const Closure *c, const Proto *p)
{
    const Closure *f = value_pointer(upvalue_identity(value_object(c)));
    const Closure *now = heap_closure(R, f);
    if (now->proto == p) return now;
    Closure *in_proto = upvalue_stand_in(f, p);
    for (uint32_t i = 0; i < p->upvalue_count; i++)
        in_proto->upvalues[i] = p->upvalues[i].cell ? now->upvalues[i] : read(R, now, i);
    return in_proto;
}

void upvalue_refresh_frame(Machine *M, Value *fp)
{
    Value f = upvalue_identity(fp[AT_FUNCTION]);
    if (value_is(f, OBJ_CLOSURE) && object_is_remapped(value_pointer(f)))
        fp[AT_FUNCTION] =
            value_object(upvalue_in_proto(&M->run, value_pointer(f), frame_proto(fp)));
}

static FrameCursor top_frame(Machine *M, const Coroutine *co)
{
    if (M->depth && co == M->run.co) return frame_cursor_running(M);
    const CoBody *b = heap_coroutine(&M->run, co);
    return frame_cursor(b->segment, b->segment->slots + b->fp, NULL);
}

void upvalue_refresh(Machine *M, const Coroutine *co)
{
    FrameCursor c = top_frame(M, co);
    do {
        if (c.segment->epoch != M->run.epoch) return;
        upvalue_refresh_frame(M, c.fp);
    } while (frame_down(&c));
}

/* Frames of one coroutine that run f see its upvalues as they are now. Those in frozen
 * segments do when they are moved (frame_move), those that wait for a resume when they are
 * resumed (switch.c). */
static void refresh_stack(Machine *M, FrameCursor c, const Closure *f)
{
    do {
        if (c.segment->epoch != M->run.epoch) return;
        if (upvalue_identity(c.fp[AT_FUNCTION]) == value_object(f))
            c.fp[AT_FUNCTION] = value_object(upvalue_in_proto(&M->run, f, frame_proto(c.fp)));
    } while (frame_down(&c));
}

static void refresh(Machine *M, const Closure *f)
{
    M->captures++;
    if (!M->depth) return; /* nothing runs */
    for (const Coroutine *co = M->run.co; co; co = heap_coroutine(&M->run, co)->resumer)
        refresh_stack(M, top_frame(M, co), f);
}

void upvalue_set(Machine *M, Closure *f, uint32_t i, Value v)
{
    assert(closure_identity(f) == f && "a program knows no stand-ins");
    assert(i < f->proto->upvalue_count && "the function has the upvalue");
    const Closure *now = heap_closure(&M->run, f);
    if (now->proto->upvalues[i].cell) {
        if (UNLIKELY(M->breaks != NULL)) breaks_store(M, value_pointer(now->upvalues[i]));
        *heap_cell_mut(&M->run, value_pointer(now->upvalues[i])) = v;
        if (now->proto == f->proto) return;
    } else {
        copy_with(&M->run, f, i, v);
    }
    refresh(M, f);
}

bool upvalue_set_native(Machine *M, const Native *f, uint32_t i, Value v)
{
    Value cell = f->upvalues[i];
    if (!(f->h.flags & NATIVE_HIDES) || !value_is(cell, OBJ_CELL)) return false;
    if (UNLIKELY(M->breaks != NULL)) breaks_store(M, value_pointer(cell));
    *heap_cell_mut(&M->run, value_pointer(cell)) = v;
    return true;
}

/* Joining -------------------------------------------------------------------------- */

/* f's stand-in with nothing but cells, made if need be, or NULL where it needs too many slots.
 */
static const Closure *celled(Run *R, Closure *f)
{
    const Closure *now = heap_closure(R, f);
    const Proto *p = link_celled(now->proto);
    if (!p) return NULL;
    if (p == now->proto) return now;
    Closure *c = upvalue_stand_in(f, p);
    for (uint32_t i = 0; i < p->upvalue_count; i++) {
        Value v = now->upvalues[i];
        bool cell = now->proto->upvalues[i].cell;
        c->upvalues[i] = cell ? v : value_object(run_new_cell(R, v));
    }
    closure_check(c);
    heap_set_closure(R, f, c);
    return c;
}

bool upvalue_join(Machine *M, Closure *f, uint32_t i, Closure *g, uint32_t j)
{
    assert(closure_identity(f) == f && closure_identity(g) == g &&
           "a program knows no stand-ins");
    assert(i < f->proto->upvalue_count && j < g->proto->upvalue_count &&
           "the functions have the upvalues");
    const Closure *from = heap_closure(&M->run, g);
    bool cells =
        heap_closure(&M->run, f)->proto->upvalues[i].cell && from->proto->upvalues[j].cell;
    if (!cells && (!(from = celled(&M->run, g)) || !celled(&M->run, f))) return false;
    copy_with(&M->run, f, i, from->upvalues[j]);
    refresh(M, f);
    return true;
}
