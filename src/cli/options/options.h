/* SPDX-License-Identifier: MIT */
/*
 * The command line, as lua's (manual 7):
 *
 *   moonlet [options] [script [args]]        the options are executed in their order
 *   moonlet --load=file --save=file [script] begins in a world, keeps one: world.h
 *   moonlet --record=file script [args]      records what it does: cli/debug/record.h
 *   moonlet -d script|file [args]            records it and looks at it: debugger.h
 *   moonlet --show=file, --diff a b          says what is in images: show.h, diff.h
 *   moonlet --collapse=file                  a chain of images as one: collapse.h
 *   moonlet --map script [args]              a line in, a line out: cli/worlds/map.h
 *   moonlet --check|--ast|--nodes [file...]  looks at files and runs nothing
 *   moonlet --dump|--strip to|- [file]       writes a file as a binary chunk
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
    TASK_SHOW,
    TASK_COLLAPSE,
    TASK_DIFF, /* argv[rest], argv[rest + 1] are two images */
    TASK_DUMP,
    TASK_STRIP
} OptionTask;

enum { LOADS_MAX = 100 };

/* The options of --map. The limits are also those of a program whose world is saved. */
typedef struct MapOptions {
    unsigned threads, processes; /* 0: as many as processors; none */
    moonlet_limits limits;       /* of each line, or of the program */
} MapOptions;

enum { DAP_NO_PORT = -1 };

typedef struct Options {
    OptionTask task;
    int rest;                           /* index in argv of the first word that is no option */
    int script;                         /* index of the script, 0 for none */
    bool interactive, version, execute; /* -i, -v, -e */
    bool library;                       /* -l */
    bool no_environment;                /* -E */
    bool stats;                         /* --stats */
    unsigned pause;                     /* --pause: milliseconds, 0 for none */
    size_t frames;                      /* --undo: that the interactive mode keeps */
    bool seeded;                        /* --seed */
    uint64_t seed;
    const char *save, *show;      /* --save, --show; NULL: no */
    const char *collapse;         /* --collapse; NULL: no */
    const char *loads[LOADS_MAX]; /* --load */
    int load_count;
    bool delta;         /* --delta */
    const char *record; /* --record; NULL: no */
    bool debug;         /* -d */
    bool dap;           /* --dap */
    int dap_port;       /* 0: any; or DAP_NO_PORT */
    bool map;           /* --map */
    MapOptions mapping;
    const char *of_map;   /* the last option that only --map has; NULL: none */
    const char *of_limit; /* the last one that limits; NULL: none */
    char complaint[200];
} Options;

/* Answers false if an option or its value is wrong, which o->complaint says. argv ends with
 * NULL. Long options are getopt_long's: --name=value, --name value, or enough of the name. */
bool options_parse(Options *o, char **argv);

/* The option at argv[*i] if it is -e or -l: 'e' or 'l', with its argument, and *i is at
 * the argument's word. Else 0. Only for what options_parse has accepted. */
char option_action(char **argv, int *i, const char **argument);

/* The first writes to standard error what is wrong with an option and how to do better. The
 * second writes to standard output all options that there are. */
void options_complain(const char *program, const Options *o);
void options_help(const char *program);

#endif
