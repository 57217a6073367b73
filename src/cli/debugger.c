/* SPDX-License-Identifier: MIT */
/* The commands of the debugger. */
#include "cli/debugger.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/debugger_state.h"
#include "cli/line.h"
#include "lib/lib.h"

typedef bool Command(Debugger *d, const char *argument); /* false: no more commands */

/* Moving ------------------------------------------------------------------------------ */

static bool any_line(void *context, const DebugEvent *e) { return true; }

/* A line of the same function, or of what has called it. */
static bool not_within(void *context, const DebugEvent *e)
{
    const Debugger *d = context;
    return !debug_is_within(e, d->here);
}

static bool outside_of(void *context, const DebugEvent *e)
{
    const Debugger *d = context;
    DebugFrame f = debug_frame(e);
    if (f.coroutine == d->here.coroutine) return f.depth < d->here.depth;
    return !debug_is_within(e, d->here);
}

/* From the end there is only the way back. */
static bool can_go(const Debugger *d, bool back)
{
    if (back || d->where == AT_LINE) return true;
    printf("the program has ended: go back with rs, rn or rc\n");
    return false;
}

static bool move(Debugger *d, bool back, DebugVisit *visit, bool breaks)
{
    if (!can_go(d, back)) return true;
    if (breaks)
        debugger_seek_break(d, back, visit, d);
    else
        debugger_seek(d, back, visit, d);
    return true;
}

/* At the end, rn and rfin have no frame to compare with. */
static DebugVisit *or_any(const Debugger *d, DebugVisit *visit)
{
    return d->where == AT_LINE ? visit : any_line;
}

static bool do_step(Debugger *d, const char *a) { return move(d, false, any_line, false); }
static bool do_next(Debugger *d, const char *a) { return move(d, false, not_within, true); }
static bool do_finish(Debugger *d, const char *a) { return move(d, false, outside_of, true); }
static bool do_continue(Debugger *d, const char *a) { return move(d, false, NULL, true); }
static bool do_back_step(Debugger *d, const char *a) { return move(d, true, any_line, false); }
static bool do_back_next(Debugger *d, const char *a)
{
    return move(d, true, or_any(d, not_within), true);
}
static bool do_back_finish(Debugger *d, const char *a)
{
    return move(d, true, or_any(d, outside_of), true);
}
static bool do_back_continue(Debugger *d, const char *a) { return move(d, true, NULL, true); }

static bool do_run(Debugger *d, const char *a)
{
    d->hit = 0;
    debugger_go(d, (DebugTime){0, 0});
    return true;
}
static bool do_end(Debugger *d, const char *a)
{
    debugger_go_end(d);
    return true;
}
static bool do_watch(Debugger *d, const char *a)
{
    debugger_watch(d, a);
    return true;
}
static bool do_when(Debugger *d, const char *a)
{
    if (*a) debugger_when(d, a);
    if (!*a) printf("when takes an expression\n");
    return true;
}

/* Breaks ------------------------------------------------------------------------------ */

static void show_break(const Break *b)
{
    printf("break %d at %s:%d%s", b->number, b->file, b->line,
           b->function ? " (function)" : "");
    if (b->condition) printf(" if %s", b->condition);
    if (b->hits) printf(", hit %llu times", (unsigned long long)b->hits);
    printf("\n");
}

/* Where the function is that the expression gives now, or at the program's end. */
static bool find_function(Debugger *d, const char *expression, Break *b)
{
    bool good;
    char *place = debugger_look(d->state, LOOK_FUNCTION, d->level, expression, &good);
    if (!good) {
        free(place);
        moonlet_state *end = moonlet_recording_state(d->rec, UINT64_MAX);
        place = end ? debugger_look(end, LOOK_FUNCTION, 0, expression, &good) : NULL;
        moonlet_release(end);
    }
    char *name = NULL;
    if (good) b->line = (int)strtol(place, &name, 10);
    if (good) snprintf(b->file, sizeof b->file, "%s", name + 1 + (name[1] == '@'));
    if (!good && place) printf("%s\n", place);
    b->function = true;
    free(place);
    return good;
}

/* line, file:line or a function. */
static bool parse_place(Debugger *d, const char *text, Break *b)
{
    const char *colon = strrchr(text, ':'), *digits = colon ? colon + 1 : text;
    size_t n = strspn(digits, "0123456789");
    if (!n || digits[n]) return find_function(d, text, b);
    b->line = atoi(digits);
    if (colon)
        snprintf(b->file, sizeof b->file, "%.*s", (int)(colon - text), text);
    else
        snprintf(b->file, sizeof b->file, "%s", d->chunk + (*d->chunk == '@'));
    return true;
}

static bool do_break(Debugger *d, const char *argument)
{
    Break b = {.number = d->breaks_made + 1};
    char text[NAME_MAX_SHOWN];
    snprintf(text, sizeof text, "%s", argument);
    char *condition = strstr(text, " if ");
    if (condition) *condition = 0;
    if (!*text || d->break_count == BREAKS_MAX) {
        printf(*text ? "too many breaks\n" : "break takes a line, file:line or a function\n");
        return true;
    }
    if (!parse_place(d, text, &b)) return true;
    if (condition) b.condition = strdup(condition + 4);
    d->breaks_made++;
    d->breaks[d->break_count++] = b;
    show_break(&b);
    return true;
}

static bool do_delete(Debugger *d, const char *argument)
{
    int n = 0, number = atoi(argument);
    for (int i = 0; i < d->break_count; i++) {
        if (!*argument || d->breaks[i].number == number)
            free(d->breaks[i].condition);
        else
            d->breaks[n++] = d->breaks[i];
    }
    if (n == d->break_count) printf("there is no such break\n");
    d->break_count = n;
    return true;
}

/* Looking ----------------------------------------------------------------------------- */

static bool look(Debugger *d, Look what, const char *text)
{
    bool good;
    char *answer = debugger_look(d->state, what, d->level, text, &good);
    if (answer && *answer) printf("%s\n", answer);
    free(answer);
    return true;
}

static bool do_print(Debugger *d, const char *a)
{
    if (*a) return look(d, LOOK_PRINT, a);
    printf("print takes an expression\n");
    return true;
}
static bool do_backtrace(Debugger *d, const char *a) { return look(d, LOOK_FRAMES, ""); }

static bool go_level(Debugger *d, int level)
{
    bool good;
    char *place = debugger_look(d->state, LOOK_PLACE, level, "", &good), *end;
    if (good) {
        d->level = level;
        d->line = (int)strtol(place, &end, 10);
        snprintf(d->chunk, sizeof d->chunk, "%s", end + 1);
        debugger_show(d);
    } else {
        printf("%s\n", place);
    }
    free(place);
    return true;
}

static bool do_up(Debugger *d, const char *a) { return go_level(d, d->level + 1); }
static bool do_down(Debugger *d, const char *a) { return go_level(d, d->level - 1); }
static bool do_frame(Debugger *d, const char *a) { return go_level(d, atoi(a)); }

static bool do_list(Debugger *d, const char *a)
{
    enum { LINES = 11 };
    debugger_list(d, *a ? atoi(a) : d->line, LINES);
    return true;
}

static bool do_info(Debugger *d, const char *a)
{
    if (strncmp(a, "l", 1) == 0) return look(d, LOOK_LOCALS, "");
    if (strncmp(a, "g", 1) == 0) return look(d, LOOK_GLOBALS, "");
    for (int i = 0; *a == 'b' && i < d->break_count; i++) show_break(&d->breaks[i]);
    if (*a == 'b') return true;
    if (d->where == AT_LINE) printf("step %llu of ", (unsigned long long)d->now.step);
    printf("%llu steps, digest %016llx\n", (unsigned long long)moonlet_recording_steps(d->rec),
           (unsigned long long)moonlet_digest(d->state));
    printf("info also takes locals, globals, breaks\n");
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
    {"watch", "wa", do_watch, true, "back to where a variable was written last: watch t.x[3]"},
    {"when", "wh", do_when, false, "to where an expression is first true: when #queue > 100"},
    {"run", "r", do_run, false, "to the beginning"},
    {"end", "e", do_end, false, "to the end, or where the program has failed"},
    {"break", "b", do_break, false, "stop at a line, file:line or a function [if expression]"},
    {"delete", "d", do_delete, false, "that break no more; without a number, none"},
    {"print", "p", do_print, false, "the value of an expression, in the frame"},
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

/* The command that a word means: an alias, or the beginning of a name; -1: none. */
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
    return commands[i].run(d, argument);
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
    char last[NAME_MAX_SHOWN] = "";
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
    Debugger d = {.cli = c, .rec = rec};
    printf("recorded: %llu steps\n", (unsigned long long)moonlet_recording_steps(rec));
    if (rec->record->end == RECORD_FAILED)
        debugger_go_end(&d);
    else if (!debugger_go(&d, (DebugTime){0, 0}))
        debugger_go_end(&d);
    read_commands(&d);
    for (int i = 0; i < d.break_count; i++) free(d.breaks[i].condition);
    moonlet_release(d.state);
}
