/* SPDX-License-Identifier: MIT */
/*
 * Values for people: all but tables. See look.h.
 *
 * Main invariant: how much is shown is bounded in entries, depth and bytes, whatever the value
 * is. What a __tostring changes is gone with the run in which it is looked.
 */
#include "cli/output/look.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include "api/api.h"
#include "api/host/host.h"
#include "lib/lib.h"
#include "lib/natives.h"
#include "operate/error.h"
#include "operate/meta.h"
#include "stack/trace_stack.h"
#include "tree/text.h"
#include "value/number.h"

enum {
    WIDTH = 80,
    WIDTH_MIN = 20,
    WIDTH_MAX = 400,
    TEXT_SHOWN = 1000,
    INNER_SHOWN = 60,
    LINES_SPREAD = 60
};

static size_t terminal_width(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return WIDTH;
    return size.ws_col < WIDTH_MIN   ? WIDTH_MIN
           : size.ws_col > WIDTH_MAX ? WIDTH_MAX
                                     : size.ws_col;
}

void look_begin(Look *l, const Cli *c, const State *s, Sheet *out)
{
    *l = (Look){.cli = *c, .out = out, .width = terminal_width(), .lines_left = LINES_SPREAD};
    l->cli.M = machine_begin(s);
    l->cli.M->run.co = NULL;
    api_attach(l->cli.M);
}

void look_end(Look *l) { machine_end_look(l->cli.M); }

/* Parts -------------------------------------------------------------------------------- */

static void show_number(Sheet *out, Value v)
{
    char text[NUMBER_TEXT_MAX + 1];
    text[number_format(value_to_double(v), text)] = 0;
    sheet_text(out, INK_NUMBER, text);
}

static void show_string(Look *l, const String *s)
{
    size_t most = l->depth ? INNER_SHOWN : TEXT_SHOWN;
    size_t shown = s->length > most ? most : s->length;
    while (shown < s->length && shown && ((unsigned char)s->data[shown] & 0xc0) == 0x80)
        shown--;
    sheet_quoted(l->out, INK_STRING, s->data, shown);
    if (shown < s->length)
        sheet_format(l->out, INK_NOTE, "... (%zu bytes more)", s->length - shown);
}

/* "name:12" of a chunk; no line if it has none. */
static void show_place(Sheet *out, const String *chunk_name, int line)
{
    char id[CHUNK_ID_MAX];
    chunk_id(chunk_name, id);
    sheet_safe(out, INK_FUNCTION, id, strlen(id));
    if (line > 0) sheet_format(out, INK_FUNCTION, ":%d", line);
}

static void show_closure(Look *l, const AstFunction *f)
{
    sheet_text(l->out, INK_FUNCTION, f->line ? "function (" : "chunk (");
    for (int i = 0; i < f->params; i++) {
        const String *name = f->locals[i]->name;
        if (i) sheet_text(l->out, INK_FUNCTION, ", ");
        sheet_safe(l->out, INK_FUNCTION, name->data, name->length);
    }
    if (f->vararg) sheet_text(l->out, INK_FUNCTION, f->params ? ", ..." : "...");
    sheet_text(l->out, INK_FUNCTION, ") ");
    show_place(l->out, f->chunk_name, f->line);
}

/* What a function is: `function (a, b)` and its place, of a library its name. */
static void look_function(Look *l, Value v)
{
    if (value_is(v, OBJ_CLOSURE)) {
        const Closure *f = value_pointer(v);
        show_closure(l, heap_closure(&l->cli.M->run, f)->proto->source);
        return;
    }
    const Native *f = value_pointer(v);
    const HostFunction *record = host_record(f);
    const NativeDef *row = natives_by_function(f->fn);
    const char *name = record && record->name ? record->name : row ? row->name : f->name;
    sheet_text(l->out, INK_FUNCTION, "function ");
    sheet_safe(l->out, INK_FUNCTION, name, strlen(name));
    sheet_text(l->out, INK_FUNCTION, " [C]");
}

/* Where it goes on: the innermost Lua function. */
static void show_coroutine(Look *l, const Coroutine *co)
{
    static const char *const words[] = {"not begun", "suspended", "suspended",
                                        "running",   "normal",    "dead"};
    const CoBody *b = heap_coroutine(&l->cli.M->run, co);
    sheet_format(l->out, INK_FUNCTION, "coroutine %s", words[b->status]);
    if (b->status != CO_SUSPENDED && b->status != CO_PAUSED) return;
    StackTop top = stack_top(b);
    FrameCursor c = frame_cursor(b->segment, top.fp, top.node);
    while (!frame_is_lua(c.fp) && frame_down(&c)) {
    }
    if (!frame_is_lua(c.fp)) return;
    sheet_text(l->out, INK_FUNCTION, " at ");
    show_place(l->out, frame_proto(c.fp)->source->chunk_name, error_line(c.fp, c.at));
}

/* What __tostring makes of it. Answers false where there is none. Its results are in what is
 * looked with. */
static bool show_by_itself(Look *l, Value v)
{
    Machine *M = l->cli.M;
    Value tostring = meta_of(M, v, META_TOSTRING);
    if (tostring == V_NIL) return false;
    bool good = report_try(&l->cli, tostring, &v, 1) == RUN_OK && M->result_count &&
                value_is_string(M->results[0]);
    if (!good) {
        sheet_format(l->out, INK_NOTE, "%s whose __tostring fails", value_type_name(v));
        return true;
    }
    const String *s = value_string(M->results[0]);
    size_t most = l->depth ? INNER_SHOWN : TEXT_SHOWN;
    sheet_safe(l->out, INK_PLAIN, s->data, s->length > most ? most : s->length);
    if (s->length > most) sheet_text(l->out, INK_NOTE, "...");
    return true;
}

void look_value(Look *l, Value v, bool flat)
{
    if (value_is_number(v)) {
        show_number(l->out, v);
    } else if (value_is_string(v)) {
        show_string(l, value_string(v));
    } else if (!value_is_object(v)) {
        sheet_text(l->out, INK_WORD, v == V_NIL ? "nil" : v == V_TRUE ? "true" : "false");
    } else if (!show_by_itself(l, v)) {
        if (value_is_table(v))
            look_table(l, value_pointer(v), flat);
        else if (value_is_function(v))
            look_function(l, v);
        else if (value_is(v, OBJ_COROUTINE))
            show_coroutine(l, value_pointer(v));
        else
            sheet_text(l->out, INK_FUNCTION,
                       value_is(v, OBJ_LIGHT) ? "light userdata" : "userdata");
    }
}

void look_show(Look *l, Value v, size_t first)
{
    l->first = first;
    l->left = l->depth = 0;
    l->lines_left = LINES_SPREAD;
    look_value(l, v, false);
}
