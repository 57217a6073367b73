/* SPDX-License-Identifier: MIT */
/*
 * Making, asking and freeing terms.
 *
 * Main invariant: a term owns what hangs below it, but for references. A term for which there
 * was no memory is the one static term `lacking`, which nobody writes to or frees.
 */
#include "api/terms/term.h"

#include <stdarg.h>
#include <stdlib.h>

#include "memory/inject.h"

/* What there was no memory for. Nobody writes to it, or frees it. */
static moonlet_term lacking = {.type = MOONLET_TERM_NIL, .lacks = true};

/* Making ------------------------------------------------------------------------------ */

moonlet_term *term_try_new(moonlet_term_type type)
{
    moonlet_term *t = inject_failure() ? NULL : calloc(1, sizeof *t);
    if (t) t->type = type;
    return t;
}

static moonlet_term *made(moonlet_term *t) { return t ? t : &lacking; }

moonlet_term *moonlet_term_nil(void) { return made(term_try_new(MOONLET_TERM_NIL)); }

moonlet_term *moonlet_term_boolean(bool b)
{
    moonlet_term *t = term_try_new(MOONLET_TERM_BOOLEAN);
    if (t) t->boolean = b;
    return made(t);
}

moonlet_term *moonlet_term_number(double d)
{
    moonlet_term *t = term_try_new(MOONLET_TERM_NUMBER);
    if (t) t->u.number = d;
    return made(t);
}

moonlet_term *term_try_string(const char *bytes, size_t length)
{
    moonlet_term *t = term_try_new(MOONLET_TERM_STRING);
    char *copy = t ? malloc(length + 1) : NULL;
    if (!copy) {
        free(t);
        return NULL;
    }
    if (length) memcpy(copy, bytes, length);
    copy[length] = 0;
    t->u.bytes = copy;
    t->count = length;
    return t;
}

moonlet_term *moonlet_term_string(const char *bytes, size_t length)
{
    assert_array(bytes, length);
    return made(term_try_string(bytes, length));
}

moonlet_term *moonlet_term_text(const char *text)
{
    assert_given(text);
    return moonlet_term_string(text, strlen(text));
}

moonlet_term *moonlet_term_pointer(const void *p)
{
    moonlet_term *t = term_try_new(MOONLET_TERM_POINTER);
    if (t) t->u.pointer = p;
    return made(t);
}

moonlet_term *moonlet_term_function(moonlet_function *call, void *user)
{
    assert_given(call);
    moonlet_term *t = term_try_new(MOONLET_TERM_FUNCTION);
    if (!t) return &lacking;
    t->u.function.call = call;
    t->u.function.user = user;
    return t;
}

moonlet_term *moonlet_term_value(const moonlet_state *s, moonlet_value v)
{
    assert_live(s);
    moonlet_term *t = term_try_new(MOONLET_TERM_VALUE);
    if (!t) return &lacking;
    t->u.held.state = handle_new(s->state, s->config);
    if (!handle_set_values(t->u.held.state, &v.bits, 1)) mem_refuse(); /* it is one: inlined */
    t->u.held.value = v;
    return t;
}

bool term_try_push(moonlet_term *list, moonlet_term *key, moonlet_term *value)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? list->capacity * 2 : 4;
        size_t bytes = capacity * sizeof(TermItem);
        TermItem *more = inject_failure() ? NULL : realloc(list->u.items, bytes);
        if (!more) return false;
        list->capacity = capacity;
        list->u.items = more;
    }
    list->u.items[list->count++] = (TermItem){key, value};
    return true;
}

/* The list says that it lacks something where there is no memory. What is no list keeps
 * nothing. */
static void push(moonlet_term *list, moonlet_term *key, moonlet_term *value)
{
    bool is_list = list && list->type == MOONLET_TERM_LIST;
    if (is_list && term_try_push(list, key, value)) return;
    if (is_list) list->lacks = true;
    moonlet_term_free(key);
    moonlet_term_free(value);
}

moonlet_term *moonlet_term_list(size_t count, ...)
{
    moonlet_term *t = made(term_try_new(MOONLET_TERM_LIST));
    va_list ap;
    va_start(ap, count);
    while (count-- > 0) push(t, NULL, va_arg(ap, moonlet_term *));
    va_end(ap);
    return t;
}

moonlet_term *moonlet_term_add(moonlet_term *list, moonlet_term *value)
{
    push(list, NULL, value);
    return list;
}

moonlet_term *moonlet_term_pair(moonlet_term *list, moonlet_term *key, moonlet_term *value)
{
    push(list, key, value);
    return list;
}

moonlet_term *moonlet_term_field(moonlet_term *list, const char *key, moonlet_term *value)
{
    assert_given(key);
    push(list, moonlet_term_text(key), value);
    return list;
}

/* Freeing ----------------------------------------------------------------------------- */

static moonlet_term *free_later(moonlet_term *t, moonlet_term *rest)
{
    if (!t || t == &lacking) return rest;
    t->next = rest;
    return t;
}

void moonlet_term_free(moonlet_term *t)
{
    moonlet_term *rest = free_later(t, NULL);
    while (rest) {
        t = rest;
        rest = t->next;
        if (t->type == MOONLET_TERM_LIST) {
            for (size_t i = 0; i < t->count; i++)
                rest = free_later(t->u.items[i].key, free_later(t->u.items[i].value, rest));
            free(t->u.items);
        }
        if (t->type == MOONLET_TERM_STRING) free(t->u.bytes);
        if (t->type == MOONLET_TERM_VALUE) moonlet_release(t->u.held.state);
        free(t);
    }
}

/* Looking ----------------------------------------------------------------------------- */

moonlet_term_type moonlet_term_type_of(const moonlet_term *t)
{
    return t ? t->type : MOONLET_TERM_NIL;
}

static bool is(const moonlet_term *t, moonlet_term_type type) { return t && t->type == type; }

bool moonlet_term_is_true(const moonlet_term *t)
{
    return !is(t, MOONLET_TERM_BOOLEAN) ? moonlet_term_type_of(t) != MOONLET_TERM_NIL
                                        : t->boolean;
}

double moonlet_term_to_number(const moonlet_term *t, double otherwise)
{
    return is(t, MOONLET_TERM_NUMBER) ? t->u.number : otherwise;
}

const char *moonlet_term_to_text(const moonlet_term *t, size_t *length)
{
    if (!is(t, MOONLET_TERM_STRING)) return NULL;
    if (length) *length = t->count;
    return t->u.bytes;
}

const void *moonlet_term_to_pointer(const moonlet_term *t)
{
    return is(t, MOONLET_TERM_POINTER) ? t->u.pointer : NULL;
}

moonlet_value moonlet_term_to_value(const moonlet_term *t, const moonlet_state **s)
{
    if (s) *s = is(t, MOONLET_TERM_VALUE) ? t->u.held.state : NULL;
    return is(t, MOONLET_TERM_VALUE) ? t->u.held.value : moonlet_nil();
}

size_t moonlet_term_count(const moonlet_term *t)
{
    return is(t, MOONLET_TERM_LIST) ? t->count : 0;
}

const moonlet_term *moonlet_term_key(const moonlet_term *t, size_t i)
{
    return i < moonlet_term_count(t) ? t->u.items[i].key : NULL;
}

const moonlet_term *moonlet_term_item(const moonlet_term *t, size_t i)
{
    return i < moonlet_term_count(t) ? t->u.items[i].value : NULL;
}

const moonlet_term *moonlet_term_target(const moonlet_term *t)
{
    return is(t, MOONLET_TERM_REFERENCE) ? t->u.target : NULL;
}

/* The later of two items with one key counts, as in a table constructor. */
const moonlet_term *moonlet_term_find(const moonlet_term *t, const char *key)
{
    assert_given(key);
    size_t length = strlen(key);
    for (size_t i = moonlet_term_count(t); i-- > 0;) {
        const moonlet_term *k = t->u.items[i].key;
        if (is(k, MOONLET_TERM_STRING) && k->count == length &&
            memcmp(k->u.bytes, key, length) == 0)
            return t->u.items[i].value;
    }
    return NULL;
}

const moonlet_term *moonlet_term_index(const moonlet_term *t, double key)
{
    const moonlet_term *found = NULL;
    double position = 0;
    for (size_t i = 0; i < moonlet_term_count(t); i++) {
        const moonlet_term *k = t->u.items[i].key;
        if (k ? is(k, MOONLET_TERM_NUMBER) && k->u.number == key : ++position == key)
            found = t->u.items[i].value;
    }
    return found;
}
