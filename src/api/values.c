/* SPDX-License-Identifier: MIT */
/* Values as the host sees them. */
#include "api/api.h"

_Static_assert((int)MOONLET_THREAD == (int)TYPE_THREAD && (int)MOONLET_LIGHT == (int)TYPE_LIGHT,
               "the public types are the internal ones");

moonlet_value moonlet_nil(void) { return value_out(V_NIL); }
moonlet_value moonlet_boolean(bool b) { return value_out(value_boolean(b)); }
moonlet_value moonlet_number(double d) { return value_out(value_number_checked(d)); }

moonlet_value moonlet_string(const char *bytes, size_t length)
{
    api_init();
    String *s = string_new(bytes, length);
    return value_out(s ? string_value(s) : V_NIL);
}

moonlet_value moonlet_text(const char *text) { return moonlet_string(text, strlen(text)); }

moonlet_type moonlet_type_of(moonlet_value v) { return (moonlet_type)value_type(value_in(v)); }

const char *moonlet_type_name(moonlet_type type) { return lua_type_name((LuaType)type); }

bool moonlet_is_true(moonlet_value v) { return !value_is_false(value_in(v)); }

bool moonlet_to_number(moonlet_value v, double *out)
{
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

bool moonlet_equal(moonlet_value a, moonlet_value b)
{
    return value_equal(value_in(a), value_in(b));
}
