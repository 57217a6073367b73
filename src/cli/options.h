/* SPDX-License-Identifier: MIT */
/*
 * The command line, as lua's (manual 7):
 *
 *   moonlet [options] [script [args]]        the options are executed in their order
 *   moonlet --map script [args]              a line in, a line out: cli/map.h
 *   moonlet --check|--ast|--nodes [file...]  looks at files and runs nothing
 *   moonlet --dump|--strip to [file]         writes a file as a binary chunk
 *
 * Parsing only looks: argv stays as it is, and what -e and -l say is found there again
 * when their turn comes.
 */
#ifndef MOONLET_OPTIONS_H
#define MOONLET_OPTIONS_H

#include <stdbool.h>

#include "moonlet.h"

typedef enum OptionTask {
    TASK_RUN,
    TASK_HELP,
    TASK_VERSION,
    TASK_CHECK, /* these: argv[rest...] are files */
    TASK_AST,
    TASK_NODES,
    TASK_DUMP,
    TASK_STRIP
} OptionTask;

/* For --map. */
typedef struct MapOptions {
    unsigned threads, processes; /* 0: as many as processors; none */
    moonlet_limits limits;       /* of each line */
} MapOptions;

typedef struct Options {
    OptionTask task;
    int rest;                           /* index in argv of the first word that is no option */
    int script;                         /* index of the script, 0 for none */
    bool interactive, version, execute; /* -i, -v, -e */
    bool no_environment;                /* -E */
    bool stats;                         /* --stats */
    unsigned pause;                     /* --pause: milliseconds, 0 for none */
    bool map;                           /* --map */
    MapOptions mapping;
} Options;

/* NULL, or the option that is none or lacks its argument. argv ends with NULL. */
const char *options_parse(Options *o, char **argv);

/* The option at argv[*i] if it is -e or -l: 'e' or 'l', with its argument, and *i is at
 * the argument's word. Else 0. Only for what options_parse has accepted. */
char option_action(char **argv, int *i, const char **argument);

/* To standard error, what is wrong with an option and how to do better; to standard
 * output, all that there is. */
void options_complain(const char *program, const char *bad);
void options_help(const char *program);

#endif
