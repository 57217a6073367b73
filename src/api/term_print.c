/* SPDX-License-Identifier: MIT */
/*
 * Terms as text: Lua's constructor syntax where there is one.
 *
 *   nil  true  1.5  "a\nb"  {1, 2, x = 3, [4.5] = "y"}
 *   <function>  <pointer>  <table> (a value of a state, by its type)  <reference>
 */
#include "api/term.h"

#include <stdio.h>

enum { DEPTH_MAX = 100 };

typedef struct Printer {
    moonlet_writer *write;
    void *context;
    int depth;
} Printer;

static void put(Printer *p, const char *text) { p->write(p->context, text, strlen(text)); }

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
    const char *s = moonlet_term_to_text(t, NULL);
    if (!s || !*s || (*s >= '0' && *s <= '9')) return false;
    for (; *s; s++)
        if (!(*s >= 'a' && *s <= 'z') && !(*s >= 'A' && *s <= 'Z') && *s != '_' &&
            !(*s >= '0' && *s <= '9'))
            return false;
    return true;
}

static void put_term(Printer *p, const moonlet_term *t);

static void put_item(Printer *p, const TermItem *item)
{
    if (item->key && is_name(item->key)) {
        put(p, item->key->u.bytes);
        put(p, " = ");
    } else if (item->key) {
        put(p, "[");
        put_term(p, item->key);
        put(p, "] = ");
    }
    put_term(p, item->value);
}

static void put_list(Printer *p, const moonlet_term *t)
{
    if (p->depth == DEPTH_MAX) {
        put(p, "{...}");
        return;
    }
    p->depth++;
    put(p, "{");
    for (size_t i = 0; i < t->count; i++) {
        if (i) put(p, ", ");
        put_item(p, &t->u.items[i]);
    }
    put(p, "}");
    p->depth--;
}

static void put_term(Printer *p, const moonlet_term *t)
{
    char text[NUMBER_TEXT_MAX + 1];
    switch (moonlet_term_type_of(t)) {
    case MOONLET_TERM_NIL: put(p, "nil"); break;
    case MOONLET_TERM_BOOLEAN: put(p, t->boolean ? "true" : "false"); break;
    case MOONLET_TERM_NUMBER:
        text[number_format(t->u.number, text)] = 0;
        put(p, text);
        break;
    case MOONLET_TERM_STRING: put_string(p, t->u.bytes, t->count); break;
    case MOONLET_TERM_LIST: put_list(p, t); break;
    case MOONLET_TERM_FUNCTION: put(p, "<function>"); break;
    case MOONLET_TERM_POINTER: put(p, "<pointer>"); break;
    case MOONLET_TERM_REFERENCE: put(p, "<reference>"); break;
    case MOONLET_TERM_VALUE:
        put(p, "<");
        put(p, value_type_name(value_in(t->u.held.value)));
        put(p, ">");
        break;
    }
}

void moonlet_term_write(const moonlet_term *t, moonlet_writer *write, void *context)
{
    Printer p = {write, context, 0};
    put_term(&p, t);
}

static void write_file(void *context, const char *bytes, size_t length)
{
    fwrite(bytes, 1, length, context);
}

void moonlet_term_print(const moonlet_term *t, FILE *file)
{
    moonlet_term_write(t, write_file, file);
}
