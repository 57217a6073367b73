/* SPDX-License-Identifier: MIT */
/*
 * Histories of states on disk: libmoonlet-history, over SQLite.
 *
 *     moonlet_history *h = moonlet_history_open("game.history", NULL, &message);
 *     int64_t last = moonlet_history_append(h, s, 0, "start", &message);
 *     last = moonlet_history_append(h, s, last, NULL, &message);   // each frame
 *     moonlet_history_sync(h, &message);                           // now it is on the disk
 *     s = moonlet_history_read(h, last, &message);
 *
 * A history is a forest: each entry has a state, perhaps a parent, and a label. What is stored
 * are images (moonlet.h): a delta to the parent where that is small, else a whole one, at most
 * `chain` deltas in a row; so to read an entry is to load a bounded number of images.
 *
 * Durable: what was appended before moonlet_history_sync came back with true is there after a
 * crash of the program, or of the machine; of what was appended later, some of the first
 * entries may be, whole. A history is one thread's at a time, and one process's that writes.
 *
 * On error functions answer NULL, 0 or false and set *message, unless message is NULL, to a
 * text to be given to free(); the history is as it was before the call. Only when the disk or
 * memory fails while something is written may all be gone that had not been synced, as after a
 * crash: moonlet_history_last tells what is there, and it can be gone on with.
 */
#ifndef MOONLET_HISTORY_H
#define MOONLET_HISTORY_H

#include "moonlet.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct moonlet_history moonlet_history;

/* 0 and NULL are for the default. */
typedef struct moonlet_history_options {
    unsigned chain; /* deltas in a row, at the most (32) */
    unsigned batch; /* entries that are written before a sync of its own; 0: only
                       moonlet_history_sync and _close write to the disk for sure */
    const moonlet_image_host *host; /* for images; lives as long as the history */
    bool read_only;
} moonlet_history_options;

typedef struct moonlet_history_entry {
    int64_t id;        /* above 0; in the order of appending */
    int64_t parent;    /* 0: none */
    const char *label; /* "": none; good until the function that is told of it returns */
    int64_t time;      /* of appending, in milliseconds since 1970 */
    size_t bytes;      /* of its image */
    bool delta;
} moonlet_history_entry;

/* Opens a file, or makes it. */
MOONLET_API moonlet_history *moonlet_history_open(const char *path,
                                                  const moonlet_history_options *options,
                                                  char **message);
/* Syncs and closes; h may be NULL. Answers false when what was not synced may be lost. */
MOONLET_API bool moonlet_history_close(moonlet_history *h, char **message);

/*
 * Adds an entry; parent 0: the first of a branch of its own. label may be NULL. Gives its id; 0
 * on error. A delta costs what has changed, if the parent was appended or read here lately.
 */
MOONLET_API int64_t moonlet_history_append(moonlet_history *h, const moonlet_state *s,
                                           int64_t parent, const char *label, char **message);
/* All that was appended is on the disk when this comes back. */
MOONLET_API bool moonlet_history_sync(moonlet_history *h, char **message);

/* The state of an entry, to be released; NULL when there is none, or it cannot be read. */
MOONLET_API moonlet_state *moonlet_history_read(moonlet_history *h, int64_t id, char **message);
/* The newest entry, that with a label (the newest one), 0: there is none. */
MOONLET_API int64_t moonlet_history_last(moonlet_history *h, char **message);
MOONLET_API int64_t moonlet_history_find(moonlet_history *h, const char *label, char **message);
/* Gives each entry to a function, by id, as long as it answers true: all; the children of one
 * (of 0: those without a parent). It must not change the history. */
typedef bool moonlet_history_visit(void *data, const moonlet_history_entry *entry);
MOONLET_API bool moonlet_history_each(moonlet_history *h, moonlet_history_visit *visit,
                                      void *data, char **message);
MOONLET_API bool moonlet_history_children(moonlet_history *h, int64_t id,
                                          moonlet_history_visit *visit, void *data,
                                          char **message);
/* Forgets an entry; its children become those of its parent. Its image stays in the file as
 * long as others are deltas to it. */
MOONLET_API bool moonlet_history_remove(moonlet_history *h, int64_t id, char **message);
/* Forgets all entries but the `keep` newest ones and those with a label. */
MOONLET_API bool moonlet_history_prune(moonlet_history *h, uint64_t keep, char **message);

#ifdef __cplusplus
}
#endif
#endif
