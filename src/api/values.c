/* SPDX-License-Identifier: MIT */
/*
 * Values as the host sees them.
 *
 * Main invariant: a value has the same bits within and without, so converting costs nothing.
 */
#include "api/api.h"

#include <stdarg.h>

_Static_assert((int)MOONLET_THREAD == (int)TYPE_THREAD && (int)MOONLET_LIGHT == (int)TYPE_LIGHT,
               "the public types are the internal ones");
_Static_assert(sizeof(moonlet_value) == sizeof(Value) && offsetof(moonlet_value, bits) == 0 &&
                   _Alignof(moonlet_value) == _Alignof(Value),
               "an array of public values is one of values");

moonlet_value moonlet_nil(void) { return value_out(V_NIL); }
moonlet_value moonlet_boolean(bool b) { return value_out(value_boolean(b)); }
moonlet_value moonlet_number(double d) { return value_out(value_number_checked(d)); }

moonlet_value moonlet_string(const char *bytes, size_t length)
{
    assert_array(bytes, length);
    String *s = api_init() ? string_new(bytes, length) : NULL;
    return value_out(s ? string_value(s) : V_NIL);
}

moonlet_value moonlet_text(const char *text)
{
    assert_given(text);
    return moonlet_string(text, strlen(text));
}

moonlet_type moonlet_type_of(moonlet_value v) { return (moonlet_type)value_type(value_in(v)); }

const char *moonlet_type_name(moonlet_type type) { return lua_type_name((LuaType)type); }

bool moonlet_is_true(moonlet_value v) { return !value_is_false(value_in(v)); }

bool moonlet_to_number(moonlet_value v, double *out)
{
    assert_given(out);
    double d;
    if (!value_to_number(value_in(v), &d)) return false;
    *out = d;
    return true;
}

const char *moonlet_to_bytes(moonlet_value v, size_t *length)
{
    if (!value_is_string(value_in(v))) return NULL;
    const String *s = value_string(value_in(v));
    if (length) *length = s->length;
    return s->data;
}

bool moonlet_to_integer(moonlet_value v, int64_t *out)
{
    assert_given(out);
    double d;
    if (!value_to_number(value_in(v), &d) || !(d >= -0x1p63 && d < 0x1p63)) return false;
    if (d != (double)(int64_t)d) return false;
    *out = (int64_t)d;
    return true;
}

const char *moonlet_to_text(moonlet_value value, char *out, size_t size)
{
    assert_given(out);
    Value v = value_in(value);
    char number[NUMBER_TEXT_MAX + 1];
    const char *text = value_type_name(v);
    if (value_is_boolean(v)) text = v == V_TRUE ? "true" : "false";
    size_t length = strlen(text);
    if (value_is_string(v)) {
        text = value_string(v)->data;
        length = value_string(v)->length;
    }
    if (value_is_number(v)) {
        length = number_format(value_to_double(v), number);
        text = number;
    }
    if (!size) return out;
    if (length >= size) length = size - 1;
    mem_copy(out, text, length);
    out[length] = 0;
    return out;
}

moonlet_value moonlet_pointer(const void *p)
{
    if (!api_init()) return value_out(V_NIL);
    Light *light = mem_new(sizeof *light);
    object_init(&light->h, OBJ_LIGHT, 0);
    light->pointer = (void *)(uintptr_t)p;
    return value_out(value_object(light));
}

void *moonlet_to_pointer(moonlet_value v)
{
    return value_is(value_in(v), OBJ_LIGHT) ? ((Light *)value_pointer(value_in(v)))->pointer
                                            : NULL;
}

/* Stores v as the letter says; false if it is none of that. */
static bool convert(moonlet_value v, char letter, va_list *ap)
{
    switch (letter) {
    case 'n': return moonlet_to_number(v, va_arg(*ap, double *));
    case 'i': return moonlet_to_integer(v, va_arg(*ap, int64_t *));
    case 'b': *va_arg(*ap, bool *) = moonlet_is_true(v); return true;
    case 'v': *va_arg(*ap, moonlet_value *) = v; return true;
    case 's': {
        const char **bytes = va_arg(*ap, const char **), *found;
        size_t *length = va_arg(*ap, size_t *);
        if ((found = moonlet_to_bytes(v, length))) *bytes = found;
        return found != NULL;
    }
    default: return false;
    }
}

static void skip(char letter, va_list *ap)
{
    (void)va_arg(*ap, void *);
    if (letter == 's') (void)va_arg(*ap, void *);
}

size_t moonlet_convert(const moonlet_value *values, size_t count, const char *format, ...)
{
    assert_array(values, count);
    assert_given(format);
    va_list ap;
    bool optional = false;
    size_t i = 0, bad = 0;
    va_start(ap, format);
    for (; *format && !bad; format++) {
        if (*format == '|') {
            optional = true;
            continue;
        }
        moonlet_value v = i < count ? values[i] : moonlet_nil();
        if (optional && value_in(v) == V_NIL)
            skip(*format, &ap);
        else if ((i >= count && *format != 'v') || !convert(v, *format, &ap))
            bad = i + 1;
        i++;
    }
    va_end(ap);
    return bad;
}

bool moonlet_equal(moonlet_value a, moonlet_value b)
{
    return value_equal(value_in(a), value_in(b));
}

uint64_t moonlet_identity(moonlet_value value)
{
    Value v = value_in(value);
    if (!value_is_object(v) || value_is_string(v)) return 0;
    return value_printed_id(v);
}
