/* SPDX-License-Identifier: MIT */
/*
 * The words that Tab offers, as a list: see line.h.
 *
 * Main invariant: the words are copies of their own, and after a failure of memory the list is
 * shorter.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/line/line.h"

void line_add_word(LineWords *words, const char *bytes, size_t length)
{
    if (words->count == words->room) {
        size_t room = words->room ? 2 * words->room : 64;
        char **items = reallocarray(words->items, room, sizeof *items);
        if (!items) return;
        words->items = items;
        words->room = room;
    }
    char *copy = strndup(bytes, length);
    if (copy) words->items[words->count++] = copy;
}

static int compare(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

size_t line_sort_words(LineWords *words)
{
    size_t n = 0, common;
    if (!words->count) return 0;
    qsort(words->items, words->count, sizeof *words->items, compare);
    for (size_t i = 0; i < words->count; i++) {
        if (n && strcmp(words->items[n - 1], words->items[i]) == 0)
            free(words->items[i]);
        else
            words->items[n++] = words->items[i];
    }
    words->count = n;
    const char *first = words->items[0],
               *last = words->items[n - 1]; /* the others are between */
    for (common = 0; first[common] && first[common] == last[common];) common++;
    return common;
}

void line_free_words(LineWords *words)
{
    for (size_t i = 0; i < words->count; i++) free(words->items[i]);
    free(words->items);
    *words = (LineWords){0};
}
