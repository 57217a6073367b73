/* SPDX-License-Identifier: MIT */
/* Paths: parsed, resolved, and looked up at other moments; see debug_path.h. */
#include "api/debug/debug_path.h"

#include <ctype.h>
#include <stdlib.h>

#include "stack/breaks.h"
#include "stack/upvalue.h"

static DebugSeen seen(Value v)
{
    DebugSeen s = {true, value_type(v), V_NIL, 0};
    if (value_is_string(v))
        s.identity = (uint64_t)string_hash(value_string(v)) << 32 ^ value_string(v)->length;
    else if (!value_is_object(v))
        s.plain = v;
    else
        s.identity = object_id(value_pointer(v));
    return s;
}

/* Texts ------------------------------------------------------------------------------- */

static bool is_name(char c) { return isalnum((unsigned char)c) || c == '_'; }

/* "text" or 'text', without escapes; *at is left behind it. */
static bool parse_quoted(const char **at, PathKey *k)
{
    char quote = **at;
    const char *end = strchr(*at + 1, quote);
    if (!end) return false;
    k->text = *at + 1;
    k->length = (size_t)(end - k->text);
    *at = end + 1;
    return !memchr(k->text, '\\', k->length);
}

/* [3], ["text"], .name; the first one is a name only. */
static bool parse_key(const char **at, bool first, PathKey *k)
{
    const char *p = *at;
    char *end;
    *k = (PathKey){0};
    if (!first && *p == '[') {
        p++;
        if (*p == '"' || *p == '\'') {
            if (!parse_quoted(&p, k)) return false;
        } else {
            k->number = true;
            k->n = strtod(p, &end);
            if (end == p || k->n != k->n) return false;
            p = end;
        }
        *at = p + 1;
        return *p == ']';
    }
    if (!first && *p++ != '.') return false;
    k->text = p;
    while (is_name(*p)) p++;
    k->length = (size_t)(p - k->text);
    *at = p;
    return k->length && !isdigit((unsigned char)*k->text);
}

bool path_parse(DebugPath *p, const char *text)
{
    *p = (DebugPath){.base = PATH_GLOBAL};
    if (strlen(text) >= sizeof p->text) return false;
    strcpy(p->text, text);
    for (const char *at = p->text; *at; p->count++) {
        if (p->count == PATH_KEYS_MAX) return false;
        if (!parse_key(&at, !p->count, &p->keys[p->count])) return false;
    }
    return p->count > 0;
}

/* Stores ------------------------------------------------------------------------------ */

static bool has_key(const DebugPath *p, Value key)
{
    for (int i = p->base == PATH_LOCAL; i < p->count; i++) {
        const PathKey *k = &p->keys[i];
        if (k->number) {
            if (value_is_number(key) && value_to_double(key) == k->n) return true;
        } else if (value_is_string(key) && value_string(key)->length == k->length &&
                   memcmp(value_string(key)->data, k->text, k->length) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_named(const DebugPath *p, const String *name)
{
    const PathKey *k = &p->keys[0];
    return name && name->length == k->length && memcmp(name->data, k->text, k->length) == 0;
}

static void find_slots(DebugPath *p, const Proto *proto)
{
    p->proto = proto;
    p->slot_count = 0;
    for (uint32_t i = 0; i < proto->local_count && p->slot_count <= PATH_SLOTS_MAX; i++) {
        if (!is_named(p, proto->locals[i].name)) continue;
        if (p->slot_count < PATH_SLOTS_MAX) p->slots[p->slot_count] = proto->locals[i].slot;
        p->slot_count++;
    }
}

static bool may_write(const DebugPath *p, const Node *n)
{
    for (int i = 0; i < p->slot_count; i++)
        if (node_may_write(n, p->slots[i])) return true;
    return false;
}

/* Before what may write a local variable, before the call whose result does, and after it. */
static unsigned local_wants(DebugPath *p, const Proto *proto, uint32_t i)
{
    const Node *n = &proto->nodes[i];
    if (proto->source != p->function) return 0;
    if (p->proto != proto) find_slots(p, proto);
    if (p->slot_count > PATH_SLOTS_MAX) return proto->lines[i] ? BREAK_LINE | BREAK_ENTRY : 0;
    unsigned entry = i == breaks_first_line(proto) ? BREAK_LINE | BREAK_ENTRY : 0;
    bool result = i + 1 < proto->node_count && frame_is_called(n + 1) && may_write(p, n + 1);
    if (result || may_write(p, n) || (i && may_write(p, n - 1))) return entry | BREAK_STORE;
    return entry;
}

unsigned path_wants_lines(const DebugPath *p, const Proto *proto, uint32_t i)
{
    if (p->base != PATH_LOCAL || proto->source != p->function || !proto->lines[i]) return 0;
    return i == breaks_first_line(proto) ? BREAK_LINE | BREAK_ENTRY : BREAK_LINE;
}

unsigned path_wants(DebugPath *p, const Proto *proto, uint32_t i)
{
    const Node *n = &proto->nodes[i];
    if (p->base == PATH_LOCAL) return local_wants(p, proto, i);
    if (n->kind == N_SET_UPCELL || n->kind == N_SET_CELL)
        return p->base == PATH_OBJECT ? BREAK_STORE : 0;
    switch (node_kinds[n->kind].op) {
    case DO_SET_FIELD: return has_key(p, n->k.v) ? BREAK_STORE : 0;
    case DO_SET_ITEM: return has_key(p, value_number(n->aux)) ? BREAK_STORE : 0;
    case DO_SET_INDEX: return BREAK_STORE;
    default: return 0;
    }
}

/* Finding ----------------------------------------------------------------------------- */

static Activation activation_of(const DebugEvent *e)
{
    return (Activation){.c = frame_cursor(e->segment, e->fp, e->n),
                        .co = e->M->run.co,
                        .end = e->fp + frame_extent(e->fp)};
}

/* The last of the name hides the others. */
static bool find_local(const DebugPath *p, const DebugEvent *e, Variable *out)
{
    Activation a = activation_of(e);
    const PathKey *name = &p->keys[0];
    bool found = false;
    for (int i = 1;; i++) {
        Variable v = inspect_variable(&e->M->run, &a, i);
        if (!v.name) return found;
        if (v.temporary || v.name_length != name->length ||
            memcmp(v.name, name->text, name->length) != 0)
            continue;
        found = true;
        *out = v;
    }
}

/* The cell that the function has captured under this name; NULL: there is none. */
static Cell *find_captured(const DebugPath *p, const DebugEvent *e)
{
    const Closure *f = value_pointer(e->fp[-1]);
    for (uint32_t i = 0; i < f->proto->upvalue_count; i++) {
        const ProtoUpvalue *u = &f->proto->upvalues[i];
        if (!u->name || u->name->length != p->keys[0].length ||
            memcmp(u->name->data, p->keys[0].text, u->name->length) != 0)
            continue;
        return value_is(f->upvalues[i], OBJ_CELL) ? value_pointer(f->upvalues[i]) : NULL;
    }
    return NULL;
}

void path_bind(DebugPath *p, const DebugEvent *e)
{
    Variable v;
    if (p->base != PATH_GLOBAL || !e->n) return;
    bool local = find_local(p, e, &v);
    Cell *cell = local && value_is(*v.slot, OBJ_CELL) ? value_pointer(*v.slot)
                 : local                              ? NULL
                                                      : find_captured(p, e);
    p->frame = debug_frame(e);
    p->function = frame_proto(e->fp)->source;
    if (cell) {
        p->base = PATH_OBJECT;
        p->id = object_id(cell);
    } else if (local) {
        p->base = PATH_LOCAL;
    }
}

/* The object of an id, which is looked for when there may be one, and not again: in another
 * replay it may be elsewhere. */
static void *find_object(DebugPath *p, DebugEvent *e)
{
    if (p->replay != e->replay) {
        p->replay = e->replay;
        p->object = NULL;
        p->given_up = false;
    }
    if (p->object || p->given_up || e->M->run.next_id <= p->id) return p->object;
    if (!e->n && !e->begin) return NULL;
    p->object = e->n ? debug_find_object(e, p->id) : debug_object(e->begin, p->id);
    p->given_up = !p->object;
    return p->object;
}

static Value key_of(const PathKey *k)
{
    return k->number ? value_number(k->n) : new_string(k->text, k->length);
}

moonlet_value path_key(const DebugPath *p, int i) { return value_out(key_of(&p->keys[i])); }

/* The value that the path begins with, and the number of the first key from there. */
static bool find_base(DebugPath *p, DebugEvent *e, Value *v, int *first)
{
    Variable local;
    *first = 1;
    switch (p->base) {
    case PATH_LOCAL:
        if (!find_local(p, e, &local)) return false;
        *v = local.value;
        return true;
    case PATH_OBJECT:
        if (!find_object(p, e)) return false;
        *v = value_object(p->object);
        if (object_type(p->object) == OBJ_CELL) {
            *v = heap_cell(&e->M->run, p->object);
            return true;
        }
        break;
    default: *v = value_object(e->M->run.world->globals);
    }
    *first = 0;
    return true;
}

static DebugSeen follow(DebugPath *p, const DebugEvent *e, Value v, int i)
{
    for (; i < p->count; i++) {
        if (!value_is_table(v)) return (DebugSeen){0};
        v = run_get(&e->M->run, value_pointer(v), key_of(&p->keys[i]));
    }
    return seen(v);
}

static bool is_in_frame(const DebugPath *p, const DebugEvent *e)
{
    if (!e->n) return false;
    DebugFrame f = debug_frame(e);
    return f.coroutine == p->frame.coroutine && f.depth == p->frame.depth;
}

DebugSeen path_see(DebugPath *p, DebugEvent *e, bool *relevant)
{
    Value v;
    int i;
    *relevant = p->base != PATH_LOCAL || is_in_frame(p, e);
    if (!*relevant || !find_base(p, e, &v, &i)) return (DebugSeen){0};
    return follow(p, e, v, i);
}

static bool is_place(const DebugPath *p, const DebugPlace *place)
{
    return place->frame.coroutine == p->frame.coroutine && place->frame.depth == p->frame.depth;
}

/* The variable that the path begins with, in its frame. */
static bool find_local_in(const DebugPath *p, const moonlet_state *s, Value *out)
{
    DebugPlaces all = debug_places(s, NULL);
    size_t i = 0;
    while (i < all.count && !is_place(p, &all.at[i])) i++;
    DebugVariables v = {0};
    if (i < all.count) v = debug_variables(s, &all.at[i]);
    const DebugVariable *x = debug_variable_find(&v, p->keys[0].text, p->keys[0].length);
    bool found = x && x->kind == DEBUG_LOCAL;
    if (found) *out = x->value;
    debug_variables_free(&v);
    debug_places_free(&all);
    return found;
}

DebugSeen path_see_in(DebugPath *p, const moonlet_state *s)
{
    DebugSeen found = {0};
    Value v;
    int i = 1;
    bool local = p->base == PATH_LOCAL;
    if (local && !find_local_in(p, s, &v)) return found;
    DebugEvent e = {.M = machine_begin(s->state)};
    p->object = p->base == PATH_OBJECT ? debug_object(s, p->id) : NULL;
    p->given_up = !p->object;
    e.replay = p->replay;
    if (local || find_base(p, &e, &v, &i)) found = follow(p, &e, v, i);
    machine_end(e.M);
    return found;
}

/* Assigning ---------------------------------------------------------------------------- */

/* The table and the key that the path ends in. false: there is no such table. */
static bool find_field(const moonlet_state *s, const DebugPath *p, moonlet_value v, int first,
                       moonlet_value *table, moonlet_value *key)
{
    for (int i = first; i < p->count; i++) {
        *table = v;
        *key = path_key(p, i);
        if (!value_is_table(value_in(v))) return false;
        v = moonlet_raw_get(s, v, *key);
    }
    return true;
}

moonlet_result path_assign(const moonlet_state *s, const DebugPlace *place, const DebugPath *p,
                           moonlet_value value)
{
    DebugVariables all = place ? debug_variables(s, place) : (DebugVariables){0};
    const DebugVariable *v = debug_variable_find(&all, p->keys[0].text, p->keys[0].length);
    moonlet_value table, key,
        base = value_out(v ? v->value : value_object(s->state->world->globals));
    moonlet_result r;
    if (v && p->count == 1) {
        r = debug_assign(s, place, v, value_in(value));
    } else if (find_field(s, p, base, v != NULL, &table, &key)) {
        r = moonlet_set_keys(s, table, &key, 1, value);
    } else {
        r = api_refuse(s, MOONLET_ERROR_HOST, "there is no such table");
    }
    debug_variables_free(&all);
    return r;
}
