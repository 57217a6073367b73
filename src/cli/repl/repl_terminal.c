/* SPDX-License-Identifier: MIT */
/*
 * The interactive mode at a terminal: see session.h.
 *
 * Main invariant: between two lines the machine has what the current frame has, as far as
 * programs can tell. What a line has changed becomes a frame when the line has ended, also by
 * an error.
 */
#include <stdio.h>

#include "chunk/chunk.h"
#include "cli/output/look.h"
#include "cli/repl/repl.h"
#include "cli/repl/session.h"
#include "lib/natives.h"

static String *chunk_name(void) { return string_from_c("=stdin"); }

/* Reading ------------------------------------------------------------------------------ */

/* Whether the text is a whole chunk, or goes on in the next line. */
static bool parses(const String *text, bool *incomplete)
{
    ParseResult p = parse_chunk(text->data, text->length, chunk_name(), false);
    *incomplete = p.incomplete;
    return p.main != NULL;
}

const String *repl_chunk(const String *line, bool *incomplete)
{
    bool forced = line->length && line->data[0] == '=', goes_on;
    const char *text = line->data + forced;
    size_t length = line->length - forced;
    const String *expression = string_concat(string_from_c("return "), text, length);
    if (parses(expression, incomplete)) return expression;
    if (forced) return *incomplete ? NULL : expression;
    goes_on = *incomplete;
    if (parses(line, incomplete)) return line;
    *incomplete |= goes_on;
    return NULL;
}

/* One or more lines that are a chunk, or a command, or NULL where there are no more. */
static const String *read_chunk(Repl *r, const String **line)
{
    Machine *M = r->c->M;
    const String *text = NULL, *chunk = NULL;
    bool incomplete = true;
    while (incomplete) {
        String *next = line_read(r->in, text ? repl_prompt(M, "_PROMPT2", ">> ")
                                             : repl_prompt(M, "_PROMPT", "> "));
        if (!next) return NULL;
        if (line_dropped(r->in)) {
            text = NULL;
            continue;
        }
        line_remember(r->in, next);
        text =
            text ? string_concat(string_concat(text, "\n", 1), next->data, next->length) : next;
        *line = text;
        if (!text || command_is(text)) return text;
        chunk = repl_chunk(text, &incomplete);
    }
    return chunk ? chunk : text; /* which is no Lua: that is told when it is loaded */
}

/* Showing ------------------------------------------------------------------------------ */

void repl_show(Repl *r, const State *s, Value v, size_t first)
{
    Look look;
    look_begin(&look, r->c, s, &r->out);
    look_show(&look, v, first);
    r->shown_in = s;
    r->shown = v;
    r->shown_next = look.left ? first + LOOK_PAGE : 0;
    look_end(&look);
}

/* Whether the program has a print of its own, which shows what lines answer then. */
static bool prints_itself(Machine *M)
{
    Value print = run_get_field(&M->run, M->run.world->globals, "print");
    return !value_is(print, OBJ_NATIVE) ||
           ((const Native *)value_pointer(print))->fn != natives_by_name("print")->fn;
}

static void show_results(Repl *r, const State *s, const Value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (i) sheet_text(&r->out, INK_PLAIN, "\t");
        repl_show(r, s, values[i], 0);
    }
    sheet_line(&r->out, 0);
    sheet_print(&r->out);
}

/* What was shown last may be much, too. */
static void shed(Repl *r)
{
    r->shown_in = NULL;
    r->shown = V_NIL;
    r->shown_next = 0;
    size_t dropped = frames_shed(r->frames);
    if (!dropped) return;
    sheet_format(&r->out, INK_NOTE, "for want of memory %zu states are no longer kept\n",
                 dropped);
    sheet_print(&r->out);
}

/* Running ------------------------------------------------------------------------------ */

bool repl_line(Repl *r, const String *chunk, const String *line)
{
    Machine *M = r->c->M;
    String *error;
    State *after;
    Closure *f = native_load(M, chunk->data, chunk->length, chunk_name(), NULL, &error);
    bool good = report_run(r->c, f, error, NULL, 0);
    size_t count = good ? M->result_count : 0;
    r->ended = M->status == RUN_PAUSED; /* at a limit */
    if (!f || r->ended) return false;
    bool own_print = count && prints_itself(M);
    Value *values = repl_results(r->c, &count);
    if (own_print) repl_print(r->c, values, count);
    frames_add(r->frames, line, !good, values, count, &after);
    if (count && !own_print) show_results(r, after, values, count);
    if (!good && M->raised == RAISED_BY_MEMORY) shed(r);
    return good;
}

void repl_run_terminal(Cli *c, size_t frames)
{
    Repl *r = mem_alloc_root(sizeof *r);
    const String *chunk, *line = NULL;
    *r = (Repl){.c = c, .in = line_open(), .frames = frames_begin(c->M, frames)};
    r->out.coloured = sheet_wants_colours();
    line_completes(r->in, complete_line, r);
    puts("  :help says what there is beside Lua");
    while (!r->ended && (chunk = read_chunk(r, &line))) {
        if (command_is(line))
            command_run(r, line);
        else if (line->length)
            repl_line(r, chunk, line);
    }
    putchar('\n');
    fflush(stdout);
    line_close(r->in);
    frames_end(r->frames);
    sheet_free(&r->out);
    mem_free_root(r);
}
