/* SPDX-License-Identifier: MIT */
/*
 * The operating system (manual 6.9). Dates are osdate.h's business.
 *
 * What these functions touch (files, environment, locale, clock) is the process's: it
 * is no part of a state, and a fork sees what the other has done.
 *
 * Main invariant: what is learnt from the system passes through outside.h, so a replay is told
 * the same.
 */
#include "control/collect.h"
#include "lib/io/process.h"
#include "lib/lib.h"
#include "lib/natives.h"
#include "outside/outside.h"
#include "text/osdate.h"

#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

/* Processes ------------------------------------------------------------------------ */

static int os_clock(Machine *M, Value *a, int n)
{
    NATIVE_RETURN(value_number(outside_number(M, (double)clock() / CLOCKS_PER_SEC)));
}

static int os_execute(Machine *M, Value *a, int n)
{
    String *command;
    if (!arg_string_or_null(M, a, n, 0, &command)) return NATIVE_ERROR;
    lib_pay_system();
    bool real = !outside_recalls(M);
    if (!command) NATIVE_RETURN(value_boolean(outside_answer(M, real && system(NULL))));
    int status = 0;
    if (real && process_run(M, lib_c_text(command), &status) < 0) return NATIVE_ERROR;
    return process_result(M, a, status);
}

static int exit_closed(Machine *M, Value *a, int n)
{
    outside_exit(M, (int)value_to_double(a[0]));
    return native_stop(M);
}

static int os_exit(Machine *M, Value *a, int n)
{
    int32_t status;
    if (n && value_is_boolean(a[0]))
        status = a[0] == V_TRUE ? EXIT_SUCCESS : EXIT_FAILURE;
    else if (!arg_int_or(M, a, n, 0, EXIT_SUCCESS, &status))
        return NATIVE_ERROR;
    a[0] = value_number(status);
    if (n < 2 || value_is_false(a[1])) return exit_closed(M, a, 1);
    return collect_close_call(M, a, 1, exit_closed);
}

static int os_getenv(Machine *M, Value *a, int n)
{
    String *name = arg_string(M, a, n, 0);
    if (!name) return NATIVE_ERROR;
    const char *value = outside_text(M, getenv(lib_c_text(name)));
    NATIVE_RETURN(value ? new_c_string(value) : V_NIL);
}

static const char *set_locale(int category, const char *locale)
{
    const char *now = setlocale(category, locale), *collate = setlocale(LC_COLLATE, NULL);
    string_use_locale(strcmp(collate, "C") != 0 && strcmp(collate, "POSIX") != 0);
    return now;
}

static int os_setlocale(Machine *M, Value *a, int n)
{
    static const int categories[] = {LC_ALL,      LC_COLLATE, LC_CTYPE,
                                     LC_MONETARY, LC_NUMERIC, LC_TIME};
    static const char *const names[] = {"all",     "collate", "ctype", "monetary",
                                        "numeric", "time",    NULL};
    String *locale;
    if (!arg_string_or_null(M, a, n, 0, &locale)) return NATIVE_ERROR;
    int category = arg_option(M, a, n, 1, "all", names);
    if (category < 0) return NATIVE_ERROR;
    const char *now = locale && !outside_recalls(M)
                          ? set_locale(categories[category], lib_c_text(locale))
                          : setlocale(categories[category], NULL);
    now = outside_text(M, now);
    NATIVE_RETURN(now ? new_c_string(now) : V_NIL);
}

/* Files ---------------------------------------------------------------------------- */

static int os_remove(Machine *M, Value *a, int n)
{
    String *name = arg_string(M, a, n, 0);
    if (!name) return NATIVE_ERROR;
    const char *text = lib_c_text(name);
    lib_pay_system();
    return lib_file_result(M, a, outside_done(M, outside_recalls(M) || remove(text) == 0),
                           text);
}

static int os_rename(Machine *M, Value *a, int n)
{
    String *from = arg_string(M, a, n, 0);
    String *to = from ? arg_string(M, a, n, 1) : NULL;
    if (!to) return NATIVE_ERROR;
    lib_pay_system();
    bool ok = outside_recalls(M) || rename(lib_c_text(from), lib_c_text(to)) == 0;
    return lib_file_result(M, a, outside_done(M, ok), NULL);
}

static int os_tmpname(Machine *M, Value *a, int n)
{
    char made[] = "/tmp/lua_XXXXXX";
    lib_pay_system();
    int file = outside_recalls(M) ? -1 : mkstemp(made);
    const char *name = outside_text(M, file < 0 ? NULL : made);
    if (!name) return native_error(M, "unable to generate a unique filename");
    if (file >= 0) close(file);
    NATIVE_RETURN(new_c_string(name));
}

/* Dates ---------------------------------------------------------------------------- */

static int os_difftime(Machine *M, Value *a, int n)
{
    double later, earlier;
    if (!arg_number_or(M, a, n, 1, 0, &earlier) || !arg_number(M, a, n, 0, &later))
        return NATIVE_ERROR;
    NATIVE_RETURN(value_number(
        difftime((time_t)double_to_integer(later), (time_t)double_to_integer(earlier))));
}

static Value date_table(Machine *M, const struct tm *fields)
{
    Table *t = run_new_table(&M->run);
    table_begin(&t->body, 0, OSDATE_FIELD_COUNT + 1, M->run.epoch);
    for (int i = 0; i < OSDATE_FIELD_COUNT; i++) {
        int64_t v;
        const char *name = osdate_field(fields, i, &v);
        run_set_field(&M->run, t, name, value_number((double)v));
    }
    if (fields->tm_isdst >= 0)
        run_set_field(&M->run, t, "isdst", value_boolean(fields->tm_isdst != 0));
    return value_object(t);
}

/* Where a replay runs there may be another time zone, or locale. */
static OsdateKind recall_date(Machine *M, OsdateKind kind, struct tm *fields, Buffer *text)
{
    size_t length;
    int32_t seen[] = {
        kind,           fields->tm_sec,  fields->tm_min,  fields->tm_hour, fields->tm_mday,
        fields->tm_mon, fields->tm_year, fields->tm_wday, fields->tm_yday, fields->tm_isdst};
    if (!M->outside) return kind;
    outside_record(M, SEEN_DATE, seen, sizeof seen);
    *fields = (struct tm){.tm_sec = seen[1],
                          .tm_min = seen[2],
                          .tm_hour = seen[3],
                          .tm_mday = seen[4],
                          .tm_mon = seen[5],
                          .tm_year = seen[6],
                          .tm_wday = seen[7],
                          .tm_yday = seen[8],
                          .tm_isdst = seen[9]};
    if (!outside_recalls(M)) {
        outside_write(M, SEEN_BYTES, text->data, text->length);
    } else {
        const uint8_t *bytes = outside_read(M, SEEN_BYTES, &length);
        buffer_clear(text);
        buffer_append(text, (const char *)bytes, length);
    }
    return (OsdateKind)seen[0];
}

/* os.date's frame, where its format is long: the format, its seconds, where it has come to in
 * the format, and the text so far. */
enum { DATE_FORMAT, DATE_SECONDS, DATE_OFFSET, DATE_TEXT, DATE_AT };

/* The format as C sees it: up to its first zero. */
static size_t date_length(const String *format)
{
    return strnlen(format->data, format->length);
}

static const String *date_done(const Value *a)
{
    return a[DATE_TEXT] == V_NIL ? NULL : value_string(a[DATE_TEXT]);
}

static int date_go_on(Machine *M, Value *a, int n);

/* There is no room for what comes next, or for the whole. */
static int date_full(Machine *M, Value *a, size_t at, Buffer *out)
{
    const String *done = date_done(a);
    int code = native_text_full(M, out, &done);
    if (code != NATIVE_SUSPEND) return code;
    a[DATE_TEXT] = string_value(done);
    a[DATE_OFFSET] = value_number((double)at);
    return native_suspend(M, a, DATE_AT, date_go_on);
}

static int date_result(Machine *M, Value *a, OsdateKind kind, struct tm *fields, size_t at,
                       Buffer *out)
{
    const String *s = buffer_join(out, kind == OSDATE_TEXT ? date_done(a) : NULL, true);
    Buffer text;
    if (!s && kind == OSDATE_TEXT) return date_full(M, a, at, out);
    if (!s) return native_memory_error(M);
    if (!M->outside && kind == OSDATE_TEXT) NATIVE_RETURN(string_value(s));
    buffer_init(&text, STRING_MAX);
    buffer_append(&text, s->data, s->length);
    kind = recall_date(M, kind, fields, &text);
    s = buffer_finish(&text);
    if (!s) return native_memory_error(M);
    switch (kind) {
    case OSDATE_NONE: NATIVE_RETURN(V_NIL);
    case OSDATE_TABLE: NATIVE_RETURN(date_table(M, fields));
    case OSDATE_ERROR:
        return native_arg_error(M, NULL, 0, 0, "%.*s", (int)(s->length & INT_MAX), s->data);
    default: NATIVE_RETURN(string_value(s));
    }
}

enum { DATE_STEP = 8 }; /* bytes of a format for a step: of conversions, which are slow */

/* Appends from *at on, until the end, or what is no conversion, or (false) there is no room
 * (*full), or the run has to stop. */
static bool date_text(Machine *M, const String *format, size_t length, const struct tm *fields,
                      size_t *at, bool *full, Buffer *out)
{
    *full = false;
    while (*at < length) {
        size_t before = buffer_length(out);
        size_t next = osdate_append(format->data, length, *at, fields, out);
        if (UNLIKELY(out->error)) {
            buffer_cut(out, before);
            *full = true;
            return false;
        }
        if (next == *at) break;
        M->fuel -= (int64_t)(next / DATE_STEP - *at / DATE_STEP);
        *at = next;
        if (UNLIKELY(M->fuel < 0) && !native_go_on(M)) return false;
    }
    return true;
}

static int date_suspend(Machine *M, Value *a, size_t at, Buffer *out)
{
    const String *done = buffer_join(out, date_done(a), false);
    if (!done) return date_full(M, a, at, out);
    a[DATE_TEXT] = string_value(done);
    a[DATE_OFFSET] = value_number((double)at);
    return native_suspend(M, a, DATE_AT, date_go_on);
}

static int date_go_on(Machine *M, Value *a, int n)
{
    struct tm fields = {0};
    Buffer out;
    bool full;
    size_t begin, at = (size_t)value_to_double(a[DATE_OFFSET]);
    const String *format = value_string(a[DATE_FORMAT]);
    size_t length = date_length(format);
    OsdateKind kind =
        osdate_begin(format->data, length, value_to_double(a[DATE_SECONDS]), &fields, &begin);
    if (at < begin) at = begin;
    buffer_init_joined(&out, machine_string_room(M));
    if (kind == OSDATE_TEXT && !date_text(M, format, length, &fields, &at, &full, &out))
        return full ? date_full(M, a, at, &out) : date_suspend(M, a, at, &out);
    if (kind == OSDATE_TEXT && at < length) {
        buffer_init_joined(&out, machine_string_room(M));
        osdate_refuse(format->data, length, at, &out);
        kind = OSDATE_ERROR;
    }
    return date_result(M, a, kind, &fields, at, &out);
}

static int os_date(Machine *M, Value *a, int n)
{
    String *format;
    double seconds;
    if (!arg_string_or_null(M, a, n, 0, &format) ||
        !arg_number_or(M, a, n, 1, outside_number(M, (double)time(NULL)), &seconds))
        return NATIVE_ERROR;
    a[DATE_FORMAT] = format ? string_value(format) : new_c_string("%c");
    a[DATE_SECONDS] = value_number_checked(seconds);
    a[DATE_OFFSET] = value_number(0);
    a[DATE_TEXT] = V_NIL;
    return date_go_on(M, a, 0);
}

/* os.time's frame: the table, which field it is at, and the fields so far. Reading them
 * may call __index. */
enum { TIME_TABLE, TIME_FIELD, TIME_FIELDS, TIME_AT = TIME_FIELDS + OSDATE_INPUT_COUNT + 1 };

static int time_field(Machine *M, Value *a, int n);

static int time_ask(Machine *M, Value *a)
{
    int i = (int)value_to_double(a[TIME_FIELD]);
    const char *name = i < OSDATE_INPUT_COUNT ? osdate_input_name(i) : "isdst";
    Value key = string_value(run_name(name));
    return native_index(M, a, TIME_AT, a[TIME_TABLE], key, time_field);
}

enum { CALENDAR_STEPS = 8 }; /* what the system takes to find out the time of a date */

static int time_result(Machine *M, Value *a)
{
    struct tm fields = {0};
    double seconds;
    mem_work_pay((size_t)CALENDAR_STEPS * MEM_WORK_STEP);
    for (int i = 0; i < OSDATE_INPUT_COUNT; i++) {
        Value v = a[TIME_FIELDS + i];
        osdate_set_input(&fields, i, v != V_NIL, v == V_NIL ? 0 : value_to_double(v));
    }
    Value dst = a[TIME_FIELDS + OSDATE_INPUT_COUNT];
    fields.tm_isdst = dst == V_NIL ? -1 : !value_is_false(dst);
    if (!outside_answer(M, osdate_seconds(&fields, &seconds))) NATIVE_RETURN(V_NIL);
    NATIVE_RETURN(value_number(outside_number(M, seconds)));
}

/* Takes the value of a field, and asks for the next one. */
static int time_field(Machine *M, Value *a, int n)
{
    struct tm unused = {0};
    double d = 0;
    int i = (int)value_to_double(a[TIME_FIELD]);
    Value v = lib_result(M, 0);
    if (i == OSDATE_INPUT_COUNT) {
        a[TIME_FIELDS + i] = v;
        return time_result(M, a);
    }
    bool given = value_to_number(v, &d);
    if (!osdate_set_input(&unused, i, given, d))
        return native_error(M, "field '%s' missing in date table", osdate_input_name(i));
    a[TIME_FIELDS + i] = given ? value_number(d) : V_NIL;
    a[TIME_FIELD] = value_number(i + 1);
    return time_ask(M, a);
}

static int os_time(Machine *M, Value *a, int n)
{
    if (arg_absent(a, n, 0)) NATIVE_RETURN(value_number(outside_number(M, (double)time(NULL))));
    if (!arg_table(M, a, n, 0)) return NATIVE_ERROR;
    a[TIME_FIELD] = value_number(0);
    for (int i = TIME_FIELDS; i < TIME_AT; i++) a[i] = V_NIL;
    return time_ask(M, a);
}

/* Opening -------------------------------------------------------------------------- */

static bool time_holds(const Value *a, size_t used)
{
    (void)used;
    return frame_size_in(a[TIME_FIELD]) <= OSDATE_INPUT_COUNT;
}

static bool date_holds(const Value *a, size_t used)
{
    (void)used;
    return frame_size_in(a[DATE_OFFSET]) <= date_length(value_string(a[DATE_FORMAT]));
}

const NativeDef natives_os[] = {
    NATIVE_SEES("os.clock", os_clock, WORK_FIXED, OUTSIDE_CLOCK, true,
                "tells the processor time used, which limits hardly hide",
                NATIVE_DOC("", "Seconds of processor time that the program has used.")),
    NATIVE_SEES(
        "os.date", os_date, WORK_BYTES, OUTSIDE_CLOCK, true, "tells the time of day",
        NATIVE_DOC("[format [, time]]", "A time as text, as strftime; \"*t\" as a table.")),
    NATIVE_OWN("os.difftime", os_difftime, WORK_FIXED,
               NATIVE_DOC("b, a", "Seconds from a to b.")),
    NATIVE_SEES("os.execute", os_execute, WORK_BYTES, OUTSIDE_PROCESS, false, "runs commands",
                NATIVE_DOC("[command]",
                           "Runs a command: true or nil, \"exit\" or \"signal\", a number.")),
    NATIVE_SEES("os.exit", os_exit, WORK_FIXED, OUTSIDE_PROCESS, false, "ends the process",
                NATIVE_DOC("[code [, close]]", "Ends the program.")),
    NATIVE_SEES("os.getenv", os_getenv, WORK_FIXED, OUTSIDE_PROCESS, false,
                "reads the environment",
                NATIVE_DOC("name", "A variable of the environment, or nil.")),
    NATIVE_SEES("os.remove", os_remove, WORK_FIXED, OUTSIDE_FILES, false, "removes files",
                NATIVE_DOC("name", "Removes a file.")),
    NATIVE_SEES("os.rename", os_rename, WORK_FIXED, OUTSIDE_FILES, false, "renames files",
                NATIVE_DOC("from, to", "Renames a file.")),
    NATIVE_SEES(
        "os.setlocale", os_setlocale, WORK_FIXED, OUTSIDE_PROCESS, false,
        "reads and changes the locale of the process",
        NATIVE_DOC("[locale [, category]]", "Sets the locale of the process, or tells it.")),
    NATIVE_SEES(
        "os.time", os_time, WORK_FIXED, OUTSIDE_CLOCK, true, "tells the time of day",
        NATIVE_DOC("[t]", "Seconds since 1970, now or of a table with year, month, day ...")),
    NATIVE_SEES("os.tmpname", os_tmpname, WORK_FIXED, OUTSIDE_FILES, false, "makes files",
                NATIVE_DOC("", "A name for a file that is not there yet.")),
    NATIVE_CONTINUED("os.date:go_on", date_go_on, WORK_BYTES, "|os.date|", "sniS*",
                     .holds = date_holds),
    NATIVE_CONTINUED("os.time:field", time_field, WORK_FIXED, "|os.time|", "tiNNNNNN.*",
                     .holds = time_holds),
    NATIVE_CONTINUED("os.exit:closed", exit_closed, WORK_FIXED, "|os.exit|", "*"),
    NATIVE_ROWS_END,
};

void lib_open_os(Machine *M) { lib_new(M, "os", natives_os); }
