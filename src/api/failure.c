/* SPDX-License-Identifier: MIT */
/* Errors as records in collected memory. */
#include "api/api.h"

const char *api_c_text(const char *bytes, size_t length)
{
    char *text = mem_alloc_atomic(length + 1);
    if (length) memcpy(text, bytes, length);
    text[length] = 0;
    return text;
}

moonlet_error *api_error(moonlet_error_kind kind, Value value, int line, const char *message,
                         size_t length, const String *traceback)
{
    moonlet_error *e = mem_alloc(sizeof *e);
    e->kind = kind;
    e->value = value_out(value);
    e->line = line;
    e->message = api_c_text(message, length);
    e->traceback = traceback ? api_c_text(traceback->data, traceback->length) : e->message;
    return e;
}
