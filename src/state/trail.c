/* SPDX-License-Identifier: MIT */
/*
 * The objects that a walk has met, and the paths to them.
 *
 * Main invariant: an object has one item, and its index is in the table under the object.
 */
#include "state/trail.h"

#include <assert.h>
#include <stdio.h>

#include "value/number.h"

TrailItem *trail_find(const Trail *t, Value object)
{
    assert(t->R && "a trail has a run whose ids it uses");
    Value at = t->index ? table_get(&t->index->body, object) : V_NIL;
    return at == V_NIL ? NULL : &t->items[(uint32_t)value_to_double(at)];
}

static bool grow(Trail *t)
{
    uint32_t capacity = t->capacity ? t->capacity * 2 : 16;
    TrailItem *more = mem_try_alloc(capacity * sizeof *more);
    if (!more) mem_refuse();
    if (!more) return false;
    if (t->count) memcpy(more, t->items, t->count * sizeof *more);
    t->items = more;
    t->capacity = capacity;
    return true;
}

TrailItem *trail_add(Trail *t, Value object, Value copy, Step step)
{
    assert(value_is_object(object) && "objects are met");
    if (!t->index) t->index = run_new_table(t->R);
    if (mem_short || (t->count == t->capacity && !grow(t))) return NULL;
    table_set(&t->index->body, object, value_number(t->count), t->index->epoch);
    TrailItem *item = &t->items[t->count++];
    *item = (TrailItem){object, copy, step};
    return item;
}

/* Paths ---------------------------------------------------------------------------- */

enum { STEPS_MAX = 32, NAME_MAX_SHOWN = 40 };

static bool is_name_byte(unsigned char c, bool first)
{
    return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (c >= '0' && c <= '9' && !first);
}

static bool is_name(const String *s)
{
    for (size_t i = 0; i < s->length; i++)
        if (!is_name_byte((unsigned char)s->data[i], i == 0)) return false;
    return s->length > 0;
}

/* A string as Lua reads it, so no byte does anything to a terminal; cut where it is long. */
static int write_text(char *out, size_t size, const String *s)
{
    char shown[4 * NAME_MAX_SHOWN + 1], *to = shown;
    size_t n = s->length < NAME_MAX_SHOWN ? s->length : NAME_MAX_SHOWN;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s->data[i];
        if (c < ' ' || c == 127)
            to += sprintf(to, "\\%03u", c);
        else if (c == '"' || c == '\\')
            to += sprintf(to, "\\%c", c);
        else
            *to++ = (char)c;
    }
    *to = 0;
    const char *more = n < s->length ? "..." : "";
    return is_name(s) ? snprintf(out, size, ".%s%s", shown, more)
                      : snprintf(out, size, "[\"%s%s\"]", shown, more);
}

static int write_key(char *out, size_t size, Value key)
{
    if (value_is_string(key)) return write_text(out, size, value_string(key));
    if (key == V_TRUE || key == V_FALSE)
        return snprintf(out, size, "[%s]", key == V_TRUE ? "true" : "false");
    if (!value_is_number(key)) return snprintf(out, size, "[%s]", value_type_name(key));
    char number[NUMBER_TEXT_MAX + 1];
    number[number_format(value_to_double(key), number)] = 0;
    return snprintf(out, size, "[%s]", number);
}

static int write_step(char *out, size_t size, Step s)
{
    switch (s.kind) {
    case STEP_VALUE: return write_key(out, size, s.key);
    case STEP_KEY: return snprintf(out, size, ".<key>");
    case STEP_META: return snprintf(out, size, ".<metatable>");
    case STEP_UPVALUE: return snprintf(out, size, ".<upvalue %g>", value_to_double(s.key));
    case STEP_STACK: return snprintf(out, size, ".<stack>");
    case STEP_USER: return snprintf(out, size, ".<uservalue>");
    default: return 0;
    }
}

const char *trail_path(const Trail *t, Step step, char *out, size_t size)
{
    Step way[STEPS_MAX];
    size_t count = 0, used = 0;
    for (; step.kind != STEP_START; step = t->items[step.from].step)
        if (count < STEPS_MAX) way[count++] = step; /* the innermost ones of a long way */
    used += (size_t)snprintf(out, size, "value%s", count == STEPS_MAX ? "..." : "");
    while (count > 0 && used < size) {
        int n = write_step(out + used, size - used, way[--count]);
        used += n > 0 ? (size_t)n : 0;
    }
    return out;
}
