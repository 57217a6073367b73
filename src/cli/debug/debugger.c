/* SPDX-License-Identifier: MIT */
/*
 * The commands of the debugger.
 *
 * Main invariant: `places` are the frames of the tour's state, found anew after each move and
 * each set, and `level` is the number of one of them, if there are any. A command that is
 * refused moves nothing.
 */
#include "cli/debug/debugger.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/debug/debugger_break.h"
#include "cli/debug/debugger_show.h"
#include "cli/line/line.h"
#include "cli/output/interrupt.h"
#include "lib/lib.h"

typedef bool Command(Debugger *d, const char *argument); /* false: no more commands */

/* Moving ------------------------------------------------------------------------------ */

/* How many times: once, where nothing is said. Answers 0 after saying what it takes. */
static unsigned long times(const char *a)
{
    char *end;
    unsigned long n = *a ? strtoul(a, &end, 10) : 1;
    if (n && (!*a || (isdigit((unsigned char)*a) && !*end))) return n;
    printf("this takes how many times: 3\n");
    return 0;
}

/* Moves, as often as is said, but as in gdb not beyond a break, unless it goes from one to the
 * next. The only way from the end is back. */
static bool move(Debugger *d, TourMove how, bool back, const char *a)
{
    unsigned long n = times(a);
    if (!n) return true;
    if (!back && !tour_is_within(d->tour->where)) {
        printf("the program has ended: go back with rs, rn or rc\n");
        return true;
    }
    while (n-- && tour_move(d->tour, how, back))
        if (interrupt_flag || (d->tour->hit && how != TOUR_ON)) break;
    debugger_moved(d);
    return true;
}

static bool do_step(Debugger *d, const char *a) { return move(d, TOUR_INTO, false, a); }
static bool do_next(Debugger *d, const char *a) { return move(d, TOUR_OVER, false, a); }
static bool do_finish(Debugger *d, const char *a) { return move(d, TOUR_OUT, false, a); }
static bool do_continue(Debugger *d, const char *a) { return move(d, TOUR_ON, false, a); }
static bool do_back_step(Debugger *d, const char *a) { return move(d, TOUR_INTO, true, a); }
static bool do_back_next(Debugger *d, const char *a) { return move(d, TOUR_OVER, true, a); }
static bool do_back_finish(Debugger *d, const char *a) { return move(d, TOUR_OUT, true, a); }
static bool do_back_continue(Debugger *d, const char *a) { return move(d, TOUR_ON, true, a); }

static bool do_run(Debugger *d, const char *a)
{
    tour_go_first(d->tour);
    debugger_moved(d);
    return true;
}
static bool do_end(Debugger *d, const char *a)
{
    tour_go_end(d->tour);
    debugger_moved(d);
    return true;
}

/* Searching --------------------------------------------------------------------------- */

static bool do_watch(Debugger *d, const char *text)
{
    DebugPath *p = mem_alloc(sizeof *p);
    if (!path_parse(p, text)) {
        printf("watch takes a variable, or a field: a.b[3].c\n");
    } else if (tour_go_change(d->tour, p)) {
        debugger_moved(d);
    } else if (!interrupt_flag) {
        printf("%s has been so %s\n", text,
               p->base == PATH_LOCAL ? "since its function was entered"
               : d->tour->branch     ? "since something was set: rc leads there"
                                     : "from the beginning");
    }
    return true;
}

static bool do_when(Debugger *d, const char *a)
{
    enum { ASKED_MAX = 20000 };
    uint64_t asked;
    if (!debug_is_expression(a))
        printf("when takes an expression: when #queue > 100\n");
    else if (tour_go_true(d->tour, a, ASKED_MAX, &asked))
        debugger_moved(d);
    else if (!interrupt_flag)
        printf("%s: true before none of the %llu lines that were looked at\n", a,
               (unsigned long long)asked);
    return true;
}

/* Looking ----------------------------------------------------------------------------- */

static bool do_print(Debugger *d, const char *a)
{
    if (!*a) {
        printf("print takes an expression\n");
        return true;
    }
    moonlet_result r = debug_evaluate(d->tour->state, debugger_place(d), a);
    debugger_result(d, &r);
    moonlet_release(r.state);
    return true;
}

static bool do_set(Debugger *d, const char *a)
{
    const char *equals = strchr(a, '=');
    char *path = equals ? strndup(a, (size_t)(equals - a)) : NULL;
    while (path && *path && isspace((unsigned char)path[strlen(path) - 1]))
        path[strlen(path) - 1] = 0;
    if (!path || !*path || !equals[1 + strspn(equals + 1, " \t")])
        printf("set takes a variable and a value: set t.x[3] = 5\n");
    else {
        moonlet_result r = tour_assign(d->tour, debugger_place(d), path, equals + 1);
        debugger_result(d, &r);
        moonlet_release(r.state);
        debug_places_free(&d->places);
        d->places = debug_places(d->tour->state, NULL);
    }
    free(path);
    return true;
}

static bool do_backtrace(Debugger *d, const char *a)
{
    debugger_frames(d);
    return true;
}

static bool go_level(Debugger *d, size_t level)
{
    if (level >= d->places.count) {
        printf("there is no such frame\n");
        return true;
    }
    d->level = level;
    debugger_show(d);
    return true;
}

static bool do_up(Debugger *d, const char *a)
{
    unsigned long n = times(a);
    return !n || go_level(d, n < d->places.count ? d->level + n : SIZE_MAX);
}
static bool do_down(Debugger *d, const char *a)
{
    unsigned long n = times(a);
    return !n || go_level(d, d->level - n);
}
static bool do_frame(Debugger *d, const char *a)
{
    if (*a && a[strspn(a, "0123456789")]) {
        printf("frame takes a number: backtrace has them\n");
        return true;
    }
    return go_level(d, (size_t)atoi(a));
}

static bool do_list(Debugger *d, const char *a)
{
    enum { LINES = 11 };
    const DebugPlace *p = debugger_place(d);
    int line = *a ? atoi(a) : p ? p->line : 1;
    if (line < 1)
        printf("list takes the number of a line\n");
    else
        debugger_list(d, line, LINES);
    return true;
}

static bool do_info(Debugger *d, const char *a)
{
    const Tour *t = d->tour;
    if (*a == 'l' || *a == 'g') {
        debugger_variables(d, *a == 'g');
    } else if (*a == 'b') {
        debugger_breaks(d);
    } else {
        if (tour_is_within(t->where)) printf("step %llu of ", (unsigned long long)t->now.step);
        printf("%llu steps, digest %016llx\n",
               (unsigned long long)moonlet_recording_steps(t->rec),
               (unsigned long long)moonlet_digest(t->state));
        printf("info also takes locals, globals, breaks\n");
    }
    return true;
}

static bool do_quit(Debugger *d, const char *a) { return false; }
static bool do_help(Debugger *d, const char *a);

/* Commands ---------------------------------------------------------------------------- */

static const struct {
    const char *name, *alias;
    Command *run;
    bool repeats; /* an empty line does it again */
    const char *help;
} commands[] = {
    {"step", "s", do_step, true, "to the next line"},
    {"next", "n", do_next, true, "the same, but over calls"},
    {"finish", "fin", do_finish, true, "to where the function returns"},
    {"continue", "c", do_continue, true, "to the next break, or the end"},
    {"reverse-step", "rs", do_back_step, true, "back to the line before"},
    {"reverse-next", "rn", do_back_next, true, "the same, but over calls"},
    {"reverse-finish", "rfin", do_back_finish, true, "back to where the function was called"},
    {"reverse-continue", "rc", do_back_continue, true,
     "back to the last break, or the beginning"},
    {"watch", "wa", do_watch, true,
     "back to the line that has changed a variable last: watch t.x[3]"},
    {"when", "wh", do_when, false, "to where an expression is first true: when #queue > 100"},
    {"run", "r", do_run, false, "to the beginning"},
    {"end", "e", do_end, false, "to the end, or where the program has failed"},
    {"break", "b", debugger_break, false,
     "stop at a line, file:line or a function [hits % 10] [if expr] [log text {expr}]"},
    {"catch", "ca", debugger_catch, false,
     "stop where an error is raised that is caught [if expr]"},
    {"delete", "d", debugger_delete, false, "that break no more; without a number, none"},
    {"print", "p", do_print, false, "the value of an expression, in the frame"},
    {"set", "set", do_set, false, "change a variable, and go on from there for real"},
    {"backtrace", "bt", do_backtrace, false, "the frames"},
    {"up", "u", do_up, true, "look at the frame that has called"},
    {"down", "do", do_down, true, "look at the frame that was called"},
    {"frame", "f", do_frame, false, "look at a frame by its number"},
    {"list", "l", do_list, false, "lines of the source, around this one or another"},
    {"info", "i", do_info, false, "where this is; info locals, globals, breaks"},
    {"help", "h", do_help, false, "this"},
    {"quit", "q", do_quit, false, "leave"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

static bool do_help(Debugger *d, const char *a)
{
    for (int i = 0; i < COMMANDS; i++)
        printf("%-5s %-17s %s\n", commands[i].alias, commands[i].name, commands[i].help);
    return true;
}

/* The command that a word means: an alias, or the beginning of a name, or -1 where there is
 * none. */
static int find_command(const char *word, size_t length)
{
    for (int i = 0; i < COMMANDS; i++)
        if (strlen(commands[i].alias) == length && !memcmp(commands[i].alias, word, length))
            return i;
    for (int i = 0; i < COMMANDS; i++)
        if (strncmp(commands[i].name, word, length) == 0) return i;
    return -1;
}

static bool execute(Debugger *d, const char *line)
{
    size_t length = 0;
    while (line[length] && !isspace((unsigned char)line[length])) length++;
    int i = find_command(line, length);
    if (i < 0) {
        printf("no command '%.*s': help lists them\n", (int)length, line);
        return true;
    }
    const char *argument = line + length;
    while (isspace((unsigned char)*argument)) argument++;
    interrupt_begin();
    bool more = commands[i].run(d, argument);
    interrupt_end();
    if (interrupt_flag) printf("interrupted\n");
    return more;
}

static bool is_repeated(const char *line)
{
    size_t length = strcspn(line, " \t");
    int i = find_command(line, length);
    return i >= 0 && commands[i].repeats;
}

static void read_commands(Debugger *d)
{
    LineInput *in = line_open();
    enum { LAST_MAX = 300 };
    char last[LAST_MAX] = "";
    bool more = true;
    while (more) {
        fflush(stdout);
        String *s = line_read(in, "(moonlet) ");
        if (!s) break;
        const char *line = lib_c_text(s);
        while (isspace((unsigned char)*line)) line++;
        line_remember(in, s);
        if (*line) snprintf(last, sizeof last, "%s", is_repeated(line) ? line : "");
        if (*line || *last) more = execute(d, *line ? line : last);
    }
    line_close(in);
}

void debugger_run(const Cli *c, moonlet_recording *rec)
{
    Debugger d = {.cli = c, .tour = tour_begin(rec)};
    d.tour->says = debugger_says;
    d.tour->interrupt = &interrupt_flag;
    printf("recorded: %llu steps\n", (unsigned long long)moonlet_recording_steps(rec));
    debugger_moved(&d);
    read_commands(&d);
    debug_places_free(&d.places);
    tour_end(d.tour);
}
