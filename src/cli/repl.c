/* SPDX-License-Identifier: MIT */
/* The interactive mode. */
#include "cli/repl.h"

#include <stdio.h>

#include "cli/line.h"
#include "lib/lib.h"
#include "syntax/parser.h"

static const char *prompt_of(Run *R, const char *name, const char *otherwise)
{
    Value v = run_get_field(R, R->world->globals, name);
    if (!value_is_string(v) && !value_is_number(v)) return otherwise;
    return lib_c_text(value_string(value_to_text(R, v)));
}

static String *first_line(Run *R, LineInput *in)
{
    String *line = line_read(in, prompt_of(R, "_PROMPT", "> "));
    if (!line) return NULL;
    line_remember(in, line);
    if (line->length == 0 || line->data[0] != '=') return line;
    return string_concat(string_from_c("return "), line->data + 1, line->length - 1);
}

/* The text and a further line; NULL: there is none. */
static String *another_line(Run *R, LineInput *in, String *text)
{
    String *line = line_read(in, prompt_of(R, "_PROMPT2", ">> "));
    if (!line) return NULL;
    line_remember(in, line);
    return string_concat(string_concat(text, "\n", 1), line->data, line->length);
}

/* Lines as long as they make no whole chunk; NULL: there are no more. */
static String *read_chunk(Run *R, LineInput *in, String *name)
{
    String *text = first_line(R, in);
    while (text && parse_chunk(text->data, text->length, name, false).incomplete)
        text = another_line(R, in, text);
    return text;
}

/* Calls print with the results of the last call. */
static void show_results(const Cli *c)
{
    Run *R = c->R;
    size_t n = R->result_count;
    if (!n) return;
    Value *results = mem_alloc(n * sizeof *results);
    memcpy(results, R->results, n * sizeof *results);
    if (eval_call(R, run_get_field(R, R->world->globals, "print"), results, n) == RUN_OK)
        return;
    bool text = value_is_string(R->error) || value_is_number(R->error);
    const char *why = text ? lib_c_text(value_string(value_to_text(R, R->error))) : "(null)";
    report_message(c, lib_c_text(lib_join("error calling 'print' (", why, ")", NULL)));
}

void repl_run(Cli *c)
{
    const char *program = c->program;
    Run *R = c->R;
    String *text, *error, *name = string_from_c("=stdin");
    LineInput *in = line_open();
    c->program = NULL;
    while ((text = read_chunk(R, in, name))) {
        Closure *f = native_load(R, text->data, text->length, name, NULL, &error);
        if (report_run(c, f, error, NULL, 0)) show_results(c);
    }
    putchar('\n');
    fflush(stdout);
    line_close(in);
    c->program = program;
}
