/* SPDX-License-Identifier: MIT */
/* Compiling files to look at them. */
#include "cli/files.h"

#include <stdio.h>

#include "eval/link.h"
#include "lib/lib.h"
#include "syntax/parser.h"

static void write_out(void *context, const char *text, size_t length)
{
    fwrite(text, 1, length, context);
}

static bool inspect(const Cli *c, OptionTask task, const char *name)
{
    String *error;
    if (name && strcmp(name, "-") == 0) name = NULL;
    Closure *f = lib_load_file(c->R, name, NULL, V_NIL, &error);
    if (!f) {
        report_message(c, lib_c_text(error));
        return false;
    }
    if (task == TASK_AST) ast_print(f->proto->source, write_out, stdout);
    if (task == TASK_NODES) link_print(f->proto, write_out, stdout);
    return true;
}

bool files_inspect(const Cli *c, OptionTask task, char **names)
{
    bool good = true;
    if (!*names) return inspect(c, task, NULL);
    for (; *names; names++) good = inspect(c, task, *names) && good;
    return good;
}
