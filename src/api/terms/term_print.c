/* SPDX-License-Identifier: MIT */
/*
 * Terms as text: an expression of Lua that gives an equal value, where there is one.
 *
 *   nil  true  1.5  -0  1/0  "a\nb"  {1, 2, x = 3, ["end"] = 4, [0.1] = "y"}
 *
 * What has none is in angle brackets, so that Lua refuses the text, and the answer is false:
 *
 *   <function>  <pointer>  <table> (a value of a state, by its type)  <reference>  <too deep>
 *
 * Main invariant: a text that is given with true is Lua for an equal value.
 */
#include "api/terms/term.h"

#include <math.h>
#include <stdio.h>

#include "syntax/lexer.h"

enum { DEPTH_MAX = 180 }; /* Lua reads expressions that are some 190 deep */

typedef struct Printer {
    moonlet_writer *write;
    void *context;
    int depth;
    bool lost; /* something that no expression gives */
} Printer;

static void put(Printer *p, const char *text) { p->write(p->context, text, strlen(text)); }

static void put_lost(Printer *p, const char *what)
{
    put(p, "<");
    put(p, what);
    put(p, ">");
    p->lost = true;
}

/* 0/0 is a NaN of the machine's choice, of which the other sign is the contrary. */
static void put_number(Printer *p, double d)
{
    char text[NUMBER_TEXT_MAX + 1];
    volatile double zero = 0;
    if (isnan(d)) {
        put(p, !signbit(d) == !signbit(zero / zero) ? "0/0" : "-(0/0)");
    } else if (isinf(d)) {
        put(p, d > 0 ? "1/0" : "-1/0");
    } else {
        text[number_format_exact(d, text)] = 0;
        put(p, text);
    }
}

static void put_string(Printer *p, const char *bytes, size_t length)
{
    put(p, "\"");
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)bytes[i];
        char text[8] = {(char)c, 0};
        if (c == '\n') {
            strcpy(text, "\\n");
        } else if (c == '"' || c == '\\') {
            snprintf(text, sizeof text, "\\%c", c);
        } else if (c < 32 || c == 127) {
            snprintf(text, sizeof text, "\\%03u", c);
        }
        p->write(p->context, text, strlen(text));
    }
    put(p, "\"");
}

static bool is_name(const moonlet_term *t)
{
    size_t length;
    const char *s = moonlet_term_to_text(t, &length);
    if (!s || !length || (*s >= '0' && *s <= '9') || lexer_reserves(s, length)) return false;
    for (size_t i = 0; i < length; i++)
        if (!(s[i] >= 'a' && s[i] <= 'z') && !(s[i] >= 'A' && s[i] <= 'Z') && s[i] != '_' &&
            !(s[i] >= '0' && s[i] <= '9'))
            return false;
    return true;
}

static void put_term(Printer *p, const moonlet_term *t);

/* Writes a key in brackets; nil and NaN are no keys. */
static void put_key(Printer *p, const moonlet_term *key)
{
    moonlet_term_type type = moonlet_term_type_of(key);
    if (type == MOONLET_TERM_NIL || (type == MOONLET_TERM_NUMBER && isnan(key->u.number)))
        p->lost = true;
    put(p, "[");
    put_term(p, key);
    put(p, "] = ");
}

/* position: to be written where there is no key, else 0. */
static void put_item(Printer *p, const TermItem *item, size_t position)
{
    char text[32];
    if (item->key && is_name(item->key)) {
        put(p, item->key->u.bytes);
        put(p, " = ");
    } else if (item->key) {
        put_key(p, item->key);
    } else if (position) {
        snprintf(text, sizeof text, "[%zu] = ", position);
        put(p, text);
    }
    put_term(p, item->value);
}

static bool is_position(const moonlet_term *key, size_t positions)
{
    if (moonlet_term_type_of(key) != MOONLET_TERM_NUMBER) return false;
    double d = key->u.number;
    return d >= 1 && d <= (double)positions && d == floor(d);
}

/* Is a key one of the positions of items without? Then order decides which of the two is left,
 * as it does among keys in Lua, but not among keys and positions. */
static bool has_numbered(const moonlet_term *t)
{
    size_t positions = 0;
    for (size_t i = 0; i < t->count; i++) positions += !t->u.items[i].key;
    for (size_t i = 0; positions && i < t->count; i++)
        if (t->u.items[i].key && is_position(t->u.items[i].key, positions)) return true;
    return false;
}

static void put_list(Printer *p, const moonlet_term *t)
{
    bool numbered = has_numbered(t);
    size_t position = 0;
    if (p->depth == DEPTH_MAX) {
        put_lost(p, "too deep");
        return;
    }
    p->depth++;
    put(p, "{");
    for (size_t i = 0; i < t->count; i++) {
        if (i) put(p, ", ");
        position += !t->u.items[i].key;
        put_item(p, &t->u.items[i], numbered ? position : 0);
    }
    put(p, "}");
    p->depth--;
}

static void put_value(Printer *p, Value v)
{
    if (value_is_number(v))
        put_number(p, value_to_double(v));
    else if (value_is_string(v))
        put_string(p, value_string(v)->data, value_string(v)->length);
    else if (value_is_object(v))
        put_lost(p, value_type_name(v));
    else
        put(p, v == V_NIL ? "nil" : v == V_TRUE ? "true" : "false");
}

static void put_term(Printer *p, const moonlet_term *t)
{
    switch (moonlet_term_type_of(t)) {
    case MOONLET_TERM_NIL:
        if (t && t->lacks)
            put_lost(p, "not enough memory");
        else
            put(p, "nil");
        break;
    case MOONLET_TERM_BOOLEAN: put(p, t->boolean ? "true" : "false"); break;
    case MOONLET_TERM_NUMBER: put_number(p, t->u.number); break;
    case MOONLET_TERM_STRING: put_string(p, t->u.bytes, t->count); break;
    case MOONLET_TERM_LIST:
        put_list(p, t);
        p->lost |= t->lacks;
        break;
    case MOONLET_TERM_FUNCTION: put_lost(p, "function"); break;
    case MOONLET_TERM_POINTER: put_lost(p, "pointer"); break;
    case MOONLET_TERM_REFERENCE: put_lost(p, "reference"); break;
    case MOONLET_TERM_VALUE: put_value(p, value_in(t->u.held.value)); break;
    }
}

bool moonlet_term_write(const moonlet_term *t, moonlet_writer *write, void *context)
{
    assert_given(write);
    Printer p = {write, context, 0, false};
    put_term(&p, t);
    return !p.lost;
}

static void write_file(void *context, const char *bytes, size_t length)
{
    fwrite(bytes, 1, length, context);
}

bool moonlet_term_print(const moonlet_term *t, FILE *file)
{
    assert_given(file);
    return moonlet_term_write(t, write_file, file);
}
