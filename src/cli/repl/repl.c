/* SPDX-License-Identifier: MIT */
/*
 * The interactive mode.
 *
 * Main invariant: a chunk is called when its text is whole, and an error in it ends neither the
 * session nor the world.
 */
#include "cli/repl/repl.h"

#include <stdio.h>
#include <unistd.h>

#include "chunk/chunk.h"
#include "cli/line/line.h"
#include "lib/lib.h"

const char *repl_prompt(Machine *M, const char *name, const char *otherwise)
{
    Value v = run_get_field(&M->run, M->run.world->globals, name);
    if (!value_is_string(v) && !value_is_number(v)) return otherwise;
    return lib_c_text(value_string(value_to_text(M, v)));
}

static String *first_line(Machine *M, LineInput *in)
{
    String *line = line_read(in, repl_prompt(M, "_PROMPT", "> "));
    if (!line) return NULL;
    line_remember(in, line);
    if (line->length == 0 || line->data[0] != '=') return line;
    return string_concat(string_from_c("return "), line->data + 1, line->length - 1);
}

/* The text and a further line, or NULL where there is none. */
static String *another_line(Machine *M, LineInput *in, String *text)
{
    String *line = line_read(in, repl_prompt(M, "_PROMPT2", ">> "));
    if (!line) return NULL;
    line_remember(in, line);
    return string_concat(string_concat(text, "\n", 1), line->data, line->length);
}

/* Lines as long as they make no whole chunk, or NULL where there are no more. */
static String *read_chunk(Machine *M, LineInput *in, String *name)
{
    String *text = first_line(M, in);
    while (text && parse_chunk(text->data, text->length, name, false).incomplete)
        text = another_line(M, in, text);
    return text;
}

Value *repl_results(const Cli *c, size_t *count)
{
    Value *results = mem_try_alloc((*count + 1) * sizeof *results);
    if (!results) {
        report_message(c, "not enough memory");
        *count = 0;
    }
    if (*count) memcpy(results, c->M->results, *count * sizeof *results);
    return results;
}

void repl_print(const Cli *c, const Value *values, size_t count)
{
    Machine *M = c->M;
    if (!count) return;
    if (eval_call(M, run_get_field(&M->run, M->run.world->globals, "print"), values, count) ==
        RUN_OK)
        return;
    bool text = value_is_string(M->error) || value_is_number(M->error);
    const char *why = text ? lib_c_text(value_string(value_to_text(M, M->error))) : "(null)";
    report_message(c, lib_c_text(lib_join("error calling 'print' (", why, ")", NULL)));
}

static void run_lines(Cli *c)
{
    Machine *M = c->M;
    String *text, *error, *name = string_from_c("=stdin");
    LineInput *in = line_open();
    while ((text = read_chunk(M, in, name))) {
        Closure *f = native_load(M, text->data, text->length, name, NULL, &error);
        bool good = report_run(c, f, error, NULL, 0);
        size_t count = good ? M->result_count : 0;
        if (count) repl_print(c, repl_results(c, &count), count);
        if (M->status == RUN_PAUSED) break; /* at a limit */
    }
    putchar('\n');
    fflush(stdout);
    line_close(in);
}

void repl_run(Cli *c, size_t frames)
{
    const char *program = c->program;
    c->program = NULL;
    if (isatty(STDIN_FILENO))
        repl_run_terminal(c, frames);
    else
        run_lines(c);
    c->program = program;
}
