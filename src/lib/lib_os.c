/* SPDX-License-Identifier: MIT */
/*
 * The operating system (manual 6.9). Dates are osdate.h's business.
 *
 * What these functions touch (files, environment, locale, clock) is the process's: it
 * is no part of a state, and a fork sees what the other has done.
 */
#include "eval/collect.h"
#include "lib/lib.h"
#include "lib/osdate.h"

#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Processes ------------------------------------------------------------------------ */

static int os_clock(Run *R, Value *a, int n)
{
    NATIVE_RETURN(value_number((double)clock() / CLOCKS_PER_SEC));
}

static int os_execute(Run *R, Value *a, int n)
{
    String *command;
    if (!arg_string_or_null(R, a, n, 0, &command)) return NATIVE_ERROR;
    if (!command) NATIVE_RETURN(value_boolean(system(NULL)));
    return lib_exec_result(R, a, system(lib_c_text(command)));
}

static int exit_closed(Run *R, Value *a, int n) { exit((int)value_to_double(a[0])); }

static int os_exit(Run *R, Value *a, int n)
{
    int32_t status;
    if (n && value_is_boolean(a[0]))
        status = a[0] == V_TRUE ? EXIT_SUCCESS : EXIT_FAILURE;
    else if (!arg_int_or(R, a, n, 0, EXIT_SUCCESS, &status))
        return NATIVE_ERROR;
    if (n < 2 || value_is_false(a[1])) exit(status);
    a[0] = value_number(status);
    return collect_close_call(R, a, 1, exit_closed);
}

static int os_getenv(Run *R, Value *a, int n)
{
    String *name = arg_string(R, a, n, 0);
    if (!name) return NATIVE_ERROR;
    const char *value = getenv(lib_c_text(name));
    NATIVE_RETURN(value ? new_c_string(value) : V_NIL);
}

static int os_setlocale(Run *R, Value *a, int n)
{
    static const int categories[] = {LC_ALL,      LC_COLLATE, LC_CTYPE,
                                     LC_MONETARY, LC_NUMERIC, LC_TIME};
    static const char *const names[] = {"all",     "collate", "ctype", "monetary",
                                        "numeric", "time",    NULL};
    String *locale;
    if (!arg_string_or_null(R, a, n, 0, &locale)) return NATIVE_ERROR;
    int category = arg_option(R, a, n, 1, "all", names);
    if (category < 0) return NATIVE_ERROR;
    const char *now = setlocale(categories[category], locale ? lib_c_text(locale) : NULL);
    const char *collate = setlocale(LC_COLLATE, NULL);
    if (locale) string_use_locale(strcmp(collate, "C") != 0 && strcmp(collate, "POSIX") != 0);
    NATIVE_RETURN(now ? new_c_string(now) : V_NIL);
}

/* Files ---------------------------------------------------------------------------- */

static int os_remove(Run *R, Value *a, int n)
{
    String *name = arg_string(R, a, n, 0);
    if (!name) return NATIVE_ERROR;
    const char *text = lib_c_text(name);
    return lib_file_result(R, a, remove(text) == 0, text);
}

static int os_rename(Run *R, Value *a, int n)
{
    String *from = arg_string(R, a, n, 0);
    String *to = from ? arg_string(R, a, n, 1) : NULL;
    if (!to) return NATIVE_ERROR;
    return lib_file_result(R, a, rename(lib_c_text(from), lib_c_text(to)) == 0, NULL);
}

static int os_tmpname(Run *R, Value *a, int n)
{
    char name[] = "/tmp/lua_XXXXXX";
    int file = mkstemp(name);
    if (file < 0) return native_error(R, "unable to generate a unique filename");
    close(file);
    NATIVE_RETURN(new_c_string(name));
}

/* Dates ---------------------------------------------------------------------------- */

static int os_difftime(Run *R, Value *a, int n)
{
    double later, earlier;
    if (!arg_number_or(R, a, n, 1, 0, &earlier) || !arg_number(R, a, n, 0, &later))
        return NATIVE_ERROR;
    NATIVE_RETURN(value_number(
        difftime((time_t)double_to_integer(later), (time_t)double_to_integer(earlier))));
}

static Value date_table(Run *R, const struct tm *fields)
{
    Table *t = run_new_table(R);
    for (int i = 0; i < OSDATE_FIELD_COUNT; i++) {
        int64_t v;
        const char *name = osdate_field(fields, i, &v);
        run_set_field(R, t, name, value_number((double)v));
    }
    if (fields->tm_isdst >= 0)
        run_set_field(R, t, "isdst", value_boolean(fields->tm_isdst != 0));
    return value_object(t);
}

static int os_date(Run *R, Value *a, int n)
{
    struct tm fields;
    Buffer text;
    String *format;
    double seconds;
    if (!arg_string_or_null(R, a, n, 0, &format) ||
        !arg_number_or(R, a, n, 1, (double)time(NULL), &seconds))
        return NATIVE_ERROR;
    if (!format) format = string_from_c("%c");
    buffer_init(&text, run_string_room(R));
    switch (osdate_format(format->data, format->length, seconds, &fields, &text)) {
    case OSDATE_NONE: NATIVE_RETURN(V_NIL);
    case OSDATE_TABLE: NATIVE_RETURN(date_table(R, &fields));
    case OSDATE_ERROR: return native_arg_error(R, 0, "%.*s", (int)text.length, text.data);
    default: break;
    }
    const String *s = buffer_finish(&text);
    if (!s) return native_memory_error(R);
    NATIVE_RETURN(string_value(s));
}

/* os.time's frame: the table, which field it is at, and the fields so far. Reading them
 * may call __index. */
enum { TIME_TABLE, TIME_FIELD, TIME_FIELDS, TIME_AT = TIME_FIELDS + OSDATE_INPUT_COUNT + 1 };

static int time_field(Run *R, Value *a, int n);

static int time_ask(Run *R, Value *a)
{
    int i = (int)value_to_double(a[TIME_FIELD]);
    const char *name = i < OSDATE_INPUT_COUNT ? osdate_input_name(i) : "isdst";
    Value key = string_value(string_intern(name, strlen(name)));
    return native_index(R, a, TIME_AT, a[TIME_TABLE], key, time_field);
}

static int time_result(Run *R, Value *a)
{
    struct tm fields = {0};
    double seconds;
    for (int i = 0; i < OSDATE_INPUT_COUNT; i++) {
        Value v = a[TIME_FIELDS + i];
        osdate_set_input(&fields, i, v != V_NIL, v == V_NIL ? 0 : value_to_double(v));
    }
    Value dst = a[TIME_FIELDS + OSDATE_INPUT_COUNT];
    fields.tm_isdst = dst == V_NIL ? -1 : !value_is_false(dst);
    if (!osdate_seconds(&fields, &seconds)) NATIVE_RETURN(V_NIL);
    NATIVE_RETURN(value_number(seconds));
}

/* Takes the value of a field, and asks for the next one. */
static int time_field(Run *R, Value *a, int n)
{
    struct tm unused = {0};
    double d = 0;
    int i = (int)value_to_double(a[TIME_FIELD]);
    Value v = lib_result(R, 0);
    if (i == OSDATE_INPUT_COUNT) {
        a[TIME_FIELDS + i] = v;
        return time_result(R, a);
    }
    bool given = value_to_number(v, &d);
    if (!osdate_set_input(&unused, i, given, d))
        return native_error(R, "field '%s' missing in date table", osdate_input_name(i));
    a[TIME_FIELDS + i] = given ? value_number(d) : V_NIL;
    a[TIME_FIELD] = value_number(i + 1);
    return time_ask(R, a);
}

static int os_time(Run *R, Value *a, int n)
{
    if (arg_absent(a, n, 0)) NATIVE_RETURN(value_number((double)time(NULL)));
    if (!arg_table(R, a, n, 0)) return NATIVE_ERROR;
    a[TIME_FIELD] = value_number(0);
    for (int i = TIME_FIELDS; i < TIME_AT; i++) a[i] = V_NIL;
    return time_ask(R, a);
}

/* Opening -------------------------------------------------------------------------- */

static const NativeDef functions[] = {
    {"clock", os_clock},     {"date", os_date},       {"difftime", os_difftime},
    {"execute", os_execute}, {"exit", os_exit},       {"getenv", os_getenv},
    {"remove", os_remove},   {"rename", os_rename},   {"setlocale", os_setlocale},
    {"time", os_time},       {"tmpname", os_tmpname}, {NULL, NULL},
};

void lib_open_os(Run *R) { lib_new(R, "os", functions); }
