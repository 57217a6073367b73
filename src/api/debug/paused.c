/* SPDX-License-Identifier: MIT */
/*
 * What the host sees of a state in which a program is paused: coroutines, frames, variables,
 * and what an expression is there. See moonlet.h; the work is debug_look.h's.
 *
 * Main invariant: lists are roots, and their texts are copies in collected memory.
 */
#include "api/debug/debug_path.h"
#include "tree/text.h"

/* Frames ------------------------------------------------------------------------------ */

static moonlet_place shown(const DebugPlace *p)
{
    char id[CHUNK_ID_MAX] = "[C]";
    moonlet_place out = {.thread = value_out(value_object(p->co)),
                         .level = (size_t)p->level,
                         .kind = p->kind,
                         .line = p->line,
                         .line_defined = p->first_line};
    if (p->kind && p->name) out.name = api_c_text(p->name->data, p->name->length);
    if (p->chunk) chunk_id(p->chunk, id);
    out.chunk = api_c_text(id, strlen(id));
    if (p->chunk && p->chunk->length && *p->chunk->data == '@')
        out.file = api_c_text(p->chunk->data + 1, p->chunk->length - 1);
    return out;
}

moonlet_stack *moonlet_stack_of(const moonlet_state *s, moonlet_value thread, size_t from,
                                size_t most)
{
    assert_live(s);
    moonlet_stack *out = mem_alloc_root(sizeof *out);
    Value v = value_in(thread);
    bool has = v == V_NIL || value_is(v, OBJ_COROUTINE);
    DebugPlaces all = {0};
    if (has) all = debug_places(s, v == V_NIL ? NULL : value_pointer(v));
    size_t count = from < all.count ? all.count - from : 0;
    if (count > most) count = most;
    moonlet_place *places = count ? mem_try_alloc(count * sizeof *places) : NULL;
    *out = (moonlet_stack){places ? count : 0, places, all.count};
    for (size_t i = 0; i < out->count; i++) places[i] = shown(&all.at[from + i]);
    debug_places_free(&all);
    return out;
}

void moonlet_stack_release(moonlet_stack *stack)
{
    if (stack) mem_free_root(stack);
}

size_t moonlet_threads(const moonlet_state *s, moonlet_value *out, size_t most)
{
    assert_array(out, most);
    assert_live(s);
    Coroutine **all = mem_try_alloc((most + 1) * sizeof *all);
    size_t n = all ? debug_coroutines(s, all, most) : 0;
    for (size_t i = 0; i < n; i++) out[i] = value_out(value_object(all[i]));
    return n;
}

const char *moonlet_thread_status(const moonlet_state *s, moonlet_value thread)
{
    assert_live(s);
    return debug_coroutine_status(s, value_pointer(value_in(thread)));
}

static DebugPlace place_in(const moonlet_place *p)
{
    return (DebugPlace){.co = value_pointer(value_in(p->thread)), .level = (int)p->level};
}

/* Variables --------------------------------------------------------------------------- */

typedef struct Page {
    moonlet_variables *out;
    moonlet_variable *items;
    size_t from, most, room;
} Page;

static void add(Page *page, const DebugVariable *v, moonlet_variable_kind kind)
{
    size_t number = page->out->all++;
    if (number < page->from || page->out->count == page->most) return;
    if (page->out->count == page->room) {
        size_t room = page->room ? 2 * page->room : 16;
        moonlet_variable *more = mem_try_alloc(room * sizeof *more);
        if (!more) return;
        if (page->room) memcpy(more, page->items, page->room * sizeof *more);
        page->out->items = page->items = more;
        page->room = room;
    }
    page->items[page->out->count++] = (moonlet_variable){kind, api_c_text(v->name, v->length),
                                                         v->length, value_out(v->value)};
}

static void add_all(Page *page, DebugVariables all, unsigned kinds,
                    moonlet_variable_kind global)
{
    static const moonlet_variable_kind of[] = {[DEBUG_LOCAL] = MOONLET_LOCAL,
                                               [DEBUG_VARARG] = MOONLET_VARARG,
                                               [DEBUG_UPVALUE] = MOONLET_UPVALUE};
    for (size_t i = 0; i < all.count; i++) {
        DebugVariableKind kind = all.at[i].kind;
        moonlet_variable_kind k = kind == DEBUG_GLOBAL ? global : of[kind];
        if (k & kinds) add(page, &all.at[i], k);
    }
    debug_variables_free(&all);
}

moonlet_variables *moonlet_variables_of(const moonlet_state *s, const moonlet_place *p,
                                        unsigned kinds, size_t from, size_t most)
{
    assert_live(s);
    moonlet_variables *out = mem_alloc_root(sizeof *out);
    *out = (moonlet_variables){0};
    Page page = {.out = out, .from = from, .most = most};
    if (p && kinds & (MOONLET_LOCAL | MOONLET_VARARG | MOONLET_UPVALUE)) {
        DebugPlace place = place_in(p);
        add_all(&page, debug_variables(s, &place), kinds, MOONLET_GLOBAL);
    }
    if (kinds & MOONLET_GLOBAL) add_all(&page, debug_globals(s, true), kinds, MOONLET_GLOBAL);
    if (kinds & MOONLET_LIBRARY)
        add_all(&page, debug_globals(s, false), kinds, MOONLET_LIBRARY);
    return out;
}

void moonlet_variables_release(moonlet_variables *v)
{
    if (v) mem_free_root(v);
}

/* Expressions ------------------------------------------------------------------------- */

moonlet_result moonlet_evaluate(const moonlet_state *s, const moonlet_place *p,
                                const char *text)
{
    assert_live(s);
    assert_given(text);
    if (!p) return debug_evaluate(s, NULL, text);
    DebugPlace place = place_in(p);
    return debug_evaluate(s, &place, text);
}

moonlet_result moonlet_assign(const moonlet_state *s, const moonlet_place *p, const char *path,
                              moonlet_value value)
{
    assert_live(s);
    assert_given(path);
    assert_values(s, &value, 1);
    DebugPath *to = mem_alloc(sizeof *to);
    if (!path_parse(to, path))
        return api_refuse(s, MOONLET_ERROR_HOST, "that is no variable, nor a field");
    if (!p) return path_assign(s, NULL, to, value);
    DebugPlace place = place_in(p);
    return path_assign(s, &place, to, value);
}
