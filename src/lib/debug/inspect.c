/* SPDX-License-Identifier: MIT */
/*
 * Levels of a stack and the variables of a function at work.
 *
 * Main invariant: an Activation points into the stack as it is. It is good until Lua code
 * runs.
 */
#include "lib/debug/inspect.h"

#include "operate/error.h"
#include "stack/breaks.h"
#include "stack/hook.h"
#include "stack/trace_stack.h"
#include "stack/upvalue.h"

/* Levels --------------------------------------------------------------------------- */

/* The top frame of a coroutine that does not run; false if it has none. */
static bool cursor_waiting(Run *R, const Coroutine *co, Activation *out)
{
    const CoBody *b = heap_coroutine(R, co);
    if (!b->segment || b->status == CO_FRESH) return false;
    Value *fp = b->segment->slots + b->fp;
    out->c = frame_cursor(b->segment, fp, b->node);
    out->end = fp;
    return true;
}

/* The end of the slots in use below a frame: its header, or the place of its results. */
static const Value *end_below(const Value *base, const Node *ret, const Value *fp)
{
    const Value *end = fp + frame_used_below(ret, base, fp);
    if (ret->kind != N_RET_S && ret->kind != N_RET_N) return end;
    const Value *results = base - ret->a + ret->c;
    return results < end ? results : end;
}

/* Goes to the next frame below. */
static bool go_down(Activation *a)
{
    const Node *ret = a->c.ret;
    const Value *base = a->c.ret_base;
    if (!frame_down(&a->c)) return false;
    a->end = end_below(base, ret, a->c.fp);
    return true;
}

/* Goes to a frame that is seen, if this one is not. */
static bool pass_unseen(Activation *a)
{
    while (!frame_is_seen(a->c.fp))
        if (!go_down(a)) return false;
    return true;
}

bool inspect_level(Machine *M, Coroutine *co, int level, Activation *out)
{
    *out = (Activation){.co = co};
    if (level < 0) return false;
    if (co == M->run.co) {
        out->c = frame_cursor_running(M);
        out->end = out->c.fp;
    } else if (!cursor_waiting(&M->run, co, out)) {
        return false;
    }
    bool found = pass_unseen(out);
    for (; found && level > 0; level--) {
        if (level % STEP_LEVELS == 0) M->fuel--;
        found = go_down(out) && pass_unseen(out);
        if (!found) out->host = out->c.ret->kind == N_GLUE_HALT && level == 1 && !M->alone;
    }
    return found || out->host;
}

Value inspect_function(const Activation *a) { return upvalue_identity(a->c.fp[AT_FUNCTION]); }

int inspect_line(const Activation *a) { return a->host ? -1 : error_line(a->c.fp, a->c.at); }

/* Variables ------------------------------------------------------------------------ */

static const char temporary_name[] = "(*temporary)";

static Variable named(Run *R, const char *name, size_t length, Value *slot)
{
    Variable v = {name, length, slot, *slot, false};
    if (value_is(v.value, OBJ_CELL)) v.value = heap_cell(R, value_pointer(v.value));
    return v;
}

/* Slots outside variables may be left over from frames that are gone, which have more
 * than values in them: only what is surely written has a value to show. */
static Variable temporary(const Activation *a, Value *slot, bool written)
{
    if (slot >= a->end) return (Variable){0};
    Value v = written ? *slot : V_NIL;
    return (Variable){temporary_name, sizeof temporary_name - 1, slot, v, true};
}

static Variable active(Run *R, const Activation *a, const ProtoLocal *l)
{
    Variable v = named(R, l->name->data, l->name->length, a->c.fp + l->slot);
    if (!frame_proto(a->c.fp)->source->stripped) return v;
    v.name = temporary_name;
    v.name_length = sizeof temporary_name - 1;
    return v;
}

static Variable extra_argument(Run *R, const Activation *a, unsigned n)
{
    static const char name[] = "(*vararg)";
    Value *fp = a->c.fp;
    if (n > frame_vararg_count(fp)) return (Variable){0};
    return named(R, name, sizeof name - 1, (Value *)frame_varargs(fp) + n - 1);
}

static bool is_active(const Proto *p, uint32_t i, uint32_t at)
{
    const ProtoLocal *l = &p->locals[i];
    return at < l->end && (i < p->params || l->start <= at);
}

/* The n-th active variable of a Lua function, or what lies above them all. */
static Variable local_variable(Run *R, const Activation *a, unsigned n)
{
    const Proto *p = frame_proto(a->c.fp);
    uint32_t at = proto_index(p, a->c.at);
    unsigned above = 0;
    if (at == UINT32_MAX) return (Variable){0}; /* it has not begun */
    for (uint32_t i = 0; i < p->local_count; i++) {
        const ProtoLocal *l = &p->locals[i];
        if (!is_active(p, i, at)) continue;
        if (--n == 0) return active(R, a, l);
        if (l->slot >= above) above = l->slot + 1u;
    }
    size_t slot = (size_t)above + n - 1;
    return temporary(a, a->c.fp + slot, trace_holds_value(p, a->c.at, slot));
}

Variable inspect_variable(Run *R, const Activation *a, int n)
{
    if (a->host || n == 0) return (Variable){0};
    bool native = !frame_is_lua(a->c.fp);
    if (n < 0) return native ? (Variable){0} : extra_argument(R, a, 0u - (unsigned)n);
    if ((uint32_t)n > a->c.segment->size) return (Variable){0};
    return native ? temporary(a, a->c.fp + n - 1, true) : local_variable(R, a, (unsigned)n);
}

void inspect_assign(Machine *M, const Activation *a, const Variable *v, Value value)
{
    if (UNLIKELY(M->breaks != NULL)) breaks_assign(M);
    if (value_is(*v->slot, OBJ_CELL)) {
        *heap_cell_mut(&M->run, value_pointer(*v->slot)) = value;
        return;
    }
    size_t i = (size_t)(v->slot - a->c.segment->slots);
    bool frozen = a->c.segment->epoch != M->run.epoch;
    Segment *own = frame_own_segment(M, a->co, a->c.segment);
    if (own) own->slots[i] = value;
    if (own && frozen) hook_owned(M, a->co);
}

const String *inspect_parameter(const Proto *p, int n)
{
    if (n < 1 || (unsigned)n > p->params || p->source->stripped) return NULL;
    return p->source->locals[n - 1]->name;
}
