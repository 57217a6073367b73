/* SPDX-License-Identifier: MIT */
/*
 * Compiling files to look at them, or to write what they become.
 *
 * Main invariant: no code of the files runs.
 */
#include "cli/files.h"

#include <errno.h>
#include <stdio.h>

#include "chunk/chunk.h"
#include "code/read.h"
#include "lib/lib.h"
#include "link/again.h"
#include "link/link.h"

static void write_out(void *context, const char *text, size_t length)
{
    fwrite(text, 1, length, context);
}

static bool inspect(const Cli *c, OptionTask task, const char *name)
{
    String *error;
    if (name && strcmp(name, "-") == 0) name = NULL;
    Closure *f = lib_load_file(c->M, name, NULL, NULL, &error);
    if (!f) {
        report_message(c, lib_c_text(error));
        return false;
    }
    if (task == TASK_AST) ast_print(link_tree(f->proto), write_out, stdout);
    if (task == TASK_NODES) proto_print(f->proto, write_out, stdout);
    return true;
}

static bool cannot_write(const Cli *c, const char *what)
{
    report_message(c, lib_c_text(lib_join("cannot write ", what, ": ", strerror(errno), NULL)));
    return false;
}

/* name "-": standard output. */
static bool write_file(const char *name, const String *bytes)
{
    bool standard = strcmp(name, "-") == 0;
    FILE *f = standard ? stdout : fopen(name, "wb");
    if (!f) return false;
    bool good = fwrite(bytes->data, 1, bytes->length, f) == bytes->length;
    return (standard ? fflush(f) : fclose(f)) == 0 && good;
}

bool files_dump(const Cli *c, bool strip, char **names)
{
    String *error;
    const char *from = names[1] && strcmp(names[1], "-") != 0 ? names[1] : NULL;
    Closure *f = lib_load_file(c->M, from, NULL, NULL, &error);
    if (!f) {
        report_message(c, lib_c_text(error));
        return false;
    }
    String *bytes = code_dump(f->proto, strip);
    if (bytes && write_file(names[0], bytes)) return true;
    return cannot_write(c, strcmp(names[0], "-") == 0 ? "standard output" : names[0]);
}

bool files_inspect(const Cli *c, OptionTask task, char **names)
{
    bool good = true;
    if (!*names) good = inspect(c, task, NULL);
    for (; *names; names++) good = inspect(c, task, *names) && good;
    return report_written(c) && good;
}
