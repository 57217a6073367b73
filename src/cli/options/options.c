/* SPDX-License-Identifier: MIT */
/*
 * The command line: which options there are.
 *
 * Main invariant: argv stays as it is: what -e and -l say is found there again when their turn
 * comes.
 */
#include "cli/options/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
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
    "  --seed=n          hash strings by the seed n: pairs has another order with each\n"
    "  --undo=n          keep n states to go back to in interactive mode (default: 1000)\n"
    "  --save=file       write the world to a file when the script ends; or, when Ctrl-C or\n"
    "                    one of the limits below stops it, as it is then, to go on with later\n"
    "  --load=file       go on with a program that was saved so, or begin in its world;\n"
    "                    more of them, in order: what was saved with --delta\n"
    "  --delta           save just what differs from the file that was loaded last\n"
    "  -d                run the script to its end, and debug what it has done, also\n"
    "                    backwards; or what --record has written\n"
    "  --dap[=port]      debug for an editor, by the Debug Adapter Protocol, on the standard\n"
    "                    input and output, or a port of this machine\n"
    "  --record=file     record what the script does, and write that to a file when it ends\n"
    "  --collapse=file   save the chain of all files that --load names as one, and run "
    "nothing;\n"
    "                    with --delta what differs from the first of them\n"
    "  --show=file       say what is in a saved world, and what is large\n"
    "  --diff a b        say what differs between two saved worlds\n"
    "  --map             call the function that the script returns with each line of stdin,\n"
    "                    many at once, and print what it returns; with these options:\n"
    "  --threads=n       with so many threads (default: the number of processors)\n"
    "  --processes=n     in so many processes instead\n"
    "  --steps=n         with at most n steps for each line, or until it is saved\n"
    "  --bytes=n         the same with at most n bytes allocated\n"
    "  --held=n          the same with at most n bytes alive\n"
    "  --seconds=n       the same with at most n seconds\n"
    "  --stack=n         the same with at most n values on its stack\n"
    "  --string=n        the same with strings of at most n bytes\n"
    "  --check [file...] say whether files are correct Lua, without running them\n"
    "  --ast [file...]   print the syntax trees of files\n"
    "  --nodes [file...] print the code that the files become\n"
    "  --dump to [file]  write a file as a binary chunk, which runs as the file does;\n"
    "                    to '-' for standard output\n"
    "  --strip to [file] the same without names of variables and lines\n";

/* Long options ---------------------------------------------------------------------- */

/* X(name, most, whole, what it sets) */
#define NUMBERS(X)                                                          \
    X("pause", 1e6, false, o->pause = n < 1 ? 1 : (unsigned)n)              \
    X("undo", 1e9, true, o->frames = (size_t)n)                             \
    X("threads", 256, true, o->mapping.threads = (unsigned)n)               \
    X("processes", 256, true, o->mapping.processes = (unsigned)n)           \
    X("steps", 1e18, true, o->mapping.limits.steps = (uint64_t)n)           \
    X("bytes", 1e18, true, o->mapping.limits.bytes = (uint64_t)n)           \
    X("held", 1e18, true, o->mapping.limits.held = (uint64_t)n)             \
    X("seconds", 1e9, false, o->mapping.limits.nanoseconds = seconds_ns(n)) \
    X("stack", 1e9, true, o->mapping.limits.stack = (size_t)n)              \
    X("string", 1e18, true, o->mapping.limits.string = (size_t)n)

enum { UNDO_DEFAULT = 1000 };

/* What getopt_long answers: a task, one of these, or the number of an option that takes one. */
enum {
    LONG_STATS = TASK_STRIP + 1,
    LONG_MAP,
    LONG_SEED,
    LONG_SAVE,
    LONG_LOAD,
    LONG_DELTA,
    LONG_RECORD,
    LONG_DAP,
    LONG_NUMBER = 100
};

static const struct option long_options[] = {
    {"help", no_argument, NULL, TASK_HELP},
    {"version", no_argument, NULL, TASK_VERSION},
    {"check", no_argument, NULL, TASK_CHECK},
    {"ast", no_argument, NULL, TASK_AST},
    {"nodes", no_argument, NULL, TASK_NODES},
    {"dump", no_argument, NULL, TASK_DUMP},
    {"strip", no_argument, NULL, TASK_STRIP},
    {"stats", no_argument, NULL, LONG_STATS},
    {"map", no_argument, NULL, LONG_MAP},
    {"save", required_argument, NULL, LONG_SAVE},
    {"load", required_argument, NULL, LONG_LOAD},
    {"delta", no_argument, NULL, LONG_DELTA},
    {"dap", optional_argument, NULL, LONG_DAP},
    {"record", required_argument, NULL, LONG_RECORD},
    {"show", required_argument, NULL, TASK_SHOW},
    {"collapse", required_argument, NULL, TASK_COLLAPSE},
    {"diff", no_argument, NULL, TASK_DIFF},
    {"seed", required_argument, NULL, LONG_SEED},
#define X_OPTION(name, most, whole, set) {name, required_argument, NULL, LONG_NUMBER},
    NUMBERS(X_OPTION)
#undef X_OPTION
        {0}};

static bool complain(Options *o, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    vsnprintf(o->complaint, sizeof o->complaint, format, ap);
    va_end(ap);
    return false;
}

static uint64_t seconds_ns(double n)
{
    uint64_t ns = (uint64_t)(n * 1e9);
    return ns ? ns : 1; /* 0 would be no limit */
}

static bool parse_number(Options *o, const char *name, double most, bool whole, double *out)
{
    const char *kind = whole ? "whole number" : "number";
    char *end;
    *out = strtod(optarg, &end);
    bool good = end != optarg && !*end && *out > 0 && *out <= most;
    if (good && (!whole || *out == (double)(uint64_t)*out)) return true;
    return complain(o, "bad value '%s' for '--%s': it takes a %s above 0, at most %.0f", optarg,
                    name, kind, most);
}

/* A whole number of 64 bits, which no double has. */
static bool set_seed(Options *o)
{
    char *end = optarg;
    errno = 0;
    if (*optarg >= '0' && *optarg <= '9') o->seed = strtoull(optarg, &end, 0);
    if (end != optarg && !*end && !errno) return o->seeded = true;
    return complain(o, "bad value '%s' for '--seed': it takes a whole number of 64 bits",
                    optarg);
}

/* Which options it goes with. */
static void note_number(Options *o, const char *name)
{
    if (strcmp(name, "threads") == 0 || strcmp(name, "processes") == 0)
        o->of_map = name;
    else if (strcmp(name, "pause") != 0 && strcmp(name, "undo") != 0)
        o->of_limit = name;
}

static bool set_number(Options *o, const char *name)
{
    double n;
#define X_SET(name_, most, whole, set)                              \
    if (strcmp(name, name_) == 0) {                                 \
        if (!parse_number(o, name_, most, whole, &n)) return false; \
        set;                                                        \
        note_number(o, name);                                       \
    }
    NUMBERS(X_SET)
#undef X_SET
    return true;
}

/* The port of --dap, which may have none. */
static bool set_port(Options *o)
{
    char *end;
    o->dap = true;
    o->dap_port = DAP_NO_PORT;
    if (!optarg) return true;
    o->dap_port = (int)strtol(optarg, &end, 10);
    if (*optarg >= '0' && *optarg <= '9' && !*end && o->dap_port <= 65535 && strlen(optarg) < 6)
        return true;
    return complain(o, "bad value '%s' for '--dap': it takes a port, 0 for any", optarg);
}

static bool add_load(Options *o, const char *file)
{
    if (o->load_count == LOADS_MAX)
        return complain(o, "more than %d times '--load'", LOADS_MAX);
    o->loads[o->load_count++] = file;
    return true;
}

/* Whether it is short for several options: getopt_long takes the first where all have an
 * argument, and else says the same as of one that is not known. */
static bool is_ambiguous(const char *word)
{
    const char *name = word + 2;
    size_t length = strcspn(name, "="), found = 0;
    for (const struct option *l = long_options; l->name; l++) {
        if (strncmp(l->name, name, length) != 0) continue;
        if (!l->name[length]) return false;
        found++;
    }
    return found > 1;
}

/* The option at argv[*i], and what belongs to it; *i is behind them then. */
static bool parse_long(Options *o, int count, char **argv, int *i)
{
    int which = 0;
    const char *word = argv[*i];
    optind = *i;
    opterr = 0;
    if (is_ambiguous(word)) return complain(o, "option '%s' is ambiguous", word);
    int answer = getopt_long(count, argv, "+:", long_options, &which);
    *i = optind;
    switch (answer) {
    case ':': return complain(o, "'%s' needs argument", word);
    case '?':
        if (optopt) return complain(o, "'%.*s' takes no value", (int)strcspn(word, "="), word);
        return complain(o, "unrecognized option '%s'", word);
    case LONG_STATS: return o->stats = true;
    case LONG_MAP: return o->map = true;
    case LONG_SEED: return set_seed(o);
    case LONG_SAVE: o->save = optarg; return true;
    case LONG_LOAD: return add_load(o, optarg);
    case LONG_DELTA: return o->delta = true;
    case LONG_RECORD: o->record = optarg; return true;
    case LONG_DAP: return set_port(o);
    case TASK_SHOW:
        o->show = optarg;
        o->task = TASK_SHOW;
        return true;
    case TASK_COLLAPSE:
        o->collapse = optarg;
        o->task = TASK_COLLAPSE;
        return true;
    case LONG_NUMBER: return set_number(o, long_options[which].name);
    default: o->task = (OptionTask)answer; return true;
    }
}

/* Short options and all --------------------------------------------------------------- */

/* A short option; false if there is none like it. It may not be glued to anything, but
 * for -E, where lua does not look. */
static bool parse_short(Options *o, const char *word)
{
    switch (word[1]) {
    case 'E': o->no_environment = true; return true;
    case 'd': o->debug = true; return word[2] == 0;
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

/* -e and -l with their argument, as lua takes them: glued, or the next word if that is no
 * option. */
static bool parse_argument(Options *o, char **argv, int *i)
{
    const char *word = argv[(*i)++];
    if (word[1] == 'e') o->execute = true;
    if (word[1] == 'l') o->library = true;
    if (word[2]) return true;
    if (!argv[*i] || argv[*i][0] == '-') return complain(o, "'%s' needs argument", word);
    ++*i;
    return true;
}

/* The worlds of lines are of others. */
static bool check_map(Options *o)
{
    const char *name = o->save ? "--save" : o->load_count ? "--load" : NULL;
    return !name || complain(o, "'%s' does not go with '--map'", name);
}

/* A recording is of one script, from its beginning to its end. */
static bool check_record(Options *o)
{
    const char *name = o->save ? "--save" : o->load_count ? "--load" : o->map ? "--map" : NULL;
    const char *this = o->record ? "--record" : "-d";
    if (name) return complain(o, "'%s' does not go with '%s'", name, this);
    return o->script || complain(o, "'%s' needs a script", this);
}

static bool check_collapse(Options *o, char **argv)
{
    if (argv[o->rest])
        return complain(o, "'--collapse' takes one file: '%s' is too many", argv[o->rest]);
    if (o->save) return complain(o, "'--save' does not go with '--collapse'");
    return o->load_count || complain(o, "'--collapse' needs '--load'");
}

/* What only some options go with. */
static bool check(Options *o, char **argv)
{
    bool dumps = o->task >= TASK_DUMP;
    const char *name = o->task == TASK_DUMP ? "--dump" : "--strip";
    if (dumps && !argv[o->rest]) return complain(o, "'%s' needs argument", name);
    if (dumps && argv[o->rest + 1] && argv[o->rest + 2])
        return complain(o, "'%s' takes one file: '%s' is too many", name, argv[o->rest + 2]);
    if (o->task == TASK_DIFF && (!argv[o->rest] || !argv[o->rest + 1] || argv[o->rest + 2]))
        return complain(o, "'--diff' takes two files");
    if (o->task == TASK_SHOW && argv[o->rest])
        return complain(o, "'--show' takes one file: '%s' is too many", argv[o->rest]);
    if (o->of_map && !o->map) return complain(o, "'--%s' goes with '--map' only", o->of_map);
    if (o->of_limit && !o->map && !o->save)
        return complain(o, "'--%s' goes with '--map' or '--save' only", o->of_limit);
    if (o->dap && (o->script || o->record || o->debug || o->map || o->save || o->load_count))
        return complain(
            o, "'--dap' takes no script and no other world: its client says what to run");
    if ((o->record || o->debug) && !check_record(o)) return false;
    if (o->delta && !((o->save || o->collapse) && o->load_count))
        return complain(o, "'--delta' goes with '--load' and '--save' only");
    if (o->task == TASK_COLLAPSE && !check_collapse(o, argv)) return false;
    return !o->map || check_map(o);
}

bool options_parse(Options *o, char **argv)
{
    int i = argv[0] ? 1 : 0, count = i;
    *o = (Options){.task = TASK_RUN, .frames = UNDO_DEFAULT};
    while (argv[count]) count++;
    while (argv[i] && !ends_options(argv[i]) && o->task < TASK_CHECK) {
        const char *word = argv[i];
        if (word[1] == '-') {
            if (!parse_long(o, count, argv, &i)) return false;
        } else if (word[1] == 'e' || word[1] == 'l') {
            if (!parse_argument(o, argv, &i)) return false;
        } else if (parse_short(o, word)) {
            i++;
        } else {
            return complain(o, "unrecognized option '%s'", word);
        }
    }
    if (argv[i] && o->task < TASK_CHECK && strcmp(argv[i], "--") == 0) i++;
    o->rest = i;
    if (o->task < TASK_CHECK && argv[i]) o->script = i;
    return check(o, argv);
}

char option_action(char **argv, int *i, const char **argument)
{
    const char *word = argv[*i];
    if (word[0] != '-' || (word[1] != 'e' && word[1] != 'l')) return 0;
    *argument = word[2] ? word + 2 : argv[++*i];
    return word[1];
}

void options_complain(const char *program, const Options *o)
{
    fprintf(stderr, "%s: %s\n", program, o->complaint);
    fprintf(stderr, usage, program);
}

void options_help(const char *program)
{
    printf(usage, program);
    fputs(long_usage, stdout);
}
