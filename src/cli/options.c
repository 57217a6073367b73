/* SPDX-License-Identifier: MIT */
/* The command line: which options there are. */
#include "cli/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] = "usage: %s [options] [script [args]]\n"
                            "Available options are:\n"
                            "  -e stat  execute string 'stat'\n"
                            "  -i       enter interactive mode after executing 'script'\n"
                            "  -l name  require library 'name'\n"
                            "  -v       show version information\n"
                            "  -E       ignore environment variables\n"
                            "  --       stop handling options\n"
                            "  -        stop handling options and execute stdin\n";

static const char long_usage[] =
    "  --help            show this help\n"
    "  --version         show version information and do nothing else\n"
    "  --stats           say on standard error what steps and memory it took\n"
    "  --pause=n         try to let no collection stop the program for n milliseconds;\n"
    "                    it takes longer on the whole\n"
    "  --map             call the function that the script returns with each line of stdin,\n"
    "                    many at once, and print what it returns; with these options:\n"
    "  --threads=n       with so many threads (default: the number of processors)\n"
    "  --processes=n     in so many processes instead\n"
    "  --steps=n         with at most n steps for each line\n"
    "  --bytes=n         with at most n bytes allocated for each line\n"
    "  --seconds=n       with at most n seconds for each line\n"
    "  --stack=n         with at most n values on its stack for each line\n"
    "  --string=n        with strings of at most n bytes for each line\n"
    "  --check [file...] say whether files are correct Lua, without running them\n"
    "  --ast [file...]   print the syntax trees of files\n"
    "  --nodes [file...] print the code that the files become\n"
    "  --dump to [file]  write a file as a binary chunk, which runs as the file does\n"
    "  --strip to [file] the same without names of variables and lines\n";

/* --name=number; false if it is not this option, or there is no such number. */
static bool parse_number(const char *word, const char *name, double most, double *out)
{
    size_t length = strlen(name);
    if (strncmp(word, name, length) != 0 || word[length] != '=') return false;
    char *end;
    *out = strtod(word + length + 1, &end);
    return end != word + length + 1 && !*end && *out > 0 && *out <= most;
}

static bool parse_map(MapOptions *m, const char *word)
{
    double n;
    if (parse_number(word, "--threads", 256, &n))
        m->threads = (unsigned)n;
    else if (parse_number(word, "--processes", 256, &n))
        m->processes = (unsigned)n;
    else if (parse_number(word, "--steps", 1e18, &n))
        m->limits.steps = (uint64_t)n;
    else if (parse_number(word, "--bytes", 1e18, &n))
        m->limits.bytes = (uint64_t)n;
    else if (parse_number(word, "--seconds", 1e9, &n))
        m->limits.nanoseconds = (uint64_t)(n * 1e9);
    else if (parse_number(word, "--stack", 1e9, &n))
        m->limits.stack = (size_t)n;
    else if (parse_number(word, "--string", 1e18, &n))
        m->limits.string = (size_t)n;
    else
        return false;
    return true;
}

/* A long option; false if there is none of this name. */
static bool parse_long(Options *o, const char *name)
{
    static const struct {
        const char *name;
        OptionTask task;
    } tasks[] = {
        {"--help", TASK_HELP},   {"--version", TASK_VERSION}, {"--check", TASK_CHECK},
        {"--ast", TASK_AST},     {"--nodes", TASK_NODES},     {"--dump", TASK_DUMP},
        {"--strip", TASK_STRIP},
    };
    double n;
    if (strcmp(name, "--stats") == 0) return o->stats = true;
    if (parse_number(name, "--pause", 1e6, &n)) {
        o->pause = n < 1 ? 1 : (unsigned)n;
        return true;
    }
    if (strcmp(name, "--map") == 0) return o->map = true;
    if (parse_map(&o->mapping, name)) return true;
    for (unsigned i = 0; i < sizeof tasks / sizeof tasks[0]; i++) {
        if (strcmp(name, tasks[i].name) == 0) {
            o->task = tasks[i].task;
            return true;
        }
    }
    return false;
}

/* A short option; false if there is none like it. It may not be glued to anything, but
 * for -E, where lua does not look. */
static bool parse_short(Options *o, const char *word)
{
    switch (word[1]) {
    case 'E': o->no_environment = true; return true;
    case 'i': o->interactive = true; break;
    case 'v': break;
    default: return false;
    }
    o->version = true;
    return word[2] == 0;
}

/* Whether the word ends the options, and what follows is a script and its arguments. */
static bool ends_options(const char *word)
{
    return word[0] != '-' || word[1] == 0 || strcmp(word, "--") == 0;
}

const char *options_parse(Options *o, char **argv)
{
    int i = argv[0] ? 1 : 0;
    *o = (Options){.task = TASK_RUN};
    for (; argv[i] && !ends_options(argv[i]); i++) {
        const char *word = argv[i];
        if (word[1] == '-') {
            if (!parse_long(o, word)) return word;
        } else if (word[1] == 'e' || word[1] == 'l') {
            if (word[1] == 'e') o->execute = true;
            if (word[2]) continue;
            if (!argv[i + 1] || argv[i + 1][0] == '-') return word;
            i++;
        } else if (!parse_short(o, word)) {
            return word;
        }
        if (o->task >= TASK_CHECK) break;
    }
    if (o->task >= TASK_DUMP && !argv[i + 1]) return argv[i];
    if (argv[i] && (o->task >= TASK_CHECK || strcmp(argv[i], "--") == 0)) i++;
    o->rest = i;
    if (o->task < TASK_CHECK && argv[i]) o->script = i;
    return NULL;
}

char option_action(char **argv, int *i, const char **argument)
{
    const char *word = argv[*i];
    if (word[0] != '-' || (word[1] != 'e' && word[1] != 'l')) return 0;
    *argument = word[2] ? word + 2 : argv[++*i];
    return word[1];
}

void options_complain(const char *program, const char *bad)
{
    bool known = bad[1] == 'e' || bad[1] == 'l' || strcmp(bad, "--dump") == 0 ||
                 strcmp(bad, "--strip") == 0;
    fprintf(stderr, known ? "%s: '%s' needs argument\n" : "%s: unrecognized option '%s'\n",
            program, bad);
    fprintf(stderr, usage, program);
}

void options_help(const char *program)
{
    printf(usage, program);
    fputs(long_usage, stdout);
}
