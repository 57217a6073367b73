/* SPDX-License-Identifier: MIT */
/*
 * The lines of earlier sessions: see line_history.h.
 *
 * Main invariant: the file holds whole lines only, and whatever is in it does no harm.
 */
#include "cli/line/line_history.h"

#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/output/replace.h"

enum { FILE_MAX = 1 << 20 }; /* bytes, of its end, that are read; twice that is too long */

/* Makes the directory of a file, and those above it. */
static void make_directories(char *file)
{
    for (char *p = file + 1; *p; p++) {
        if (*p != '/') continue;
        *p = 0;
        mkdir(file, 0700);
        *p = '/';
    }
}

char *line_history_file(void)
{
    char file[PATH_MAX];
    const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
    bool own = state && state[0] == '/'; /* others are to be ignored, by its specification */
    if (!own && (!home || home[0] != '/')) return NULL;
    int n = snprintf(file, sizeof file, "%s%s/moonlet/history", own ? state : home,
                     own ? "" : "/.local/state");
    if (n < 0 || n >= (int)sizeof file) return NULL;
    make_directories(file);
    return strdup(file);
}

/* The end of the file, with a zero behind it, or NULL where it cannot be read, or is none. */
static char *read_end(const char *file, off_t *size)
{
    struct stat st;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) return NULL;
    bool good = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
    off_t from = good && st.st_size > FILE_MAX ? st.st_size - FILE_MAX : 0;
    char *text = good ? malloc((size_t)FILE_MAX + 1) : NULL;
    ssize_t n = text ? pread(fd, text, FILE_MAX, from) : -1;
    close(fd);
    if (n < 0) {
        free(text);
        return NULL;
    }
    text[n] = 0;
    for (ssize_t i = 0; i < n; i++)
        if (!text[i]) text[i] = 1; /* its line is not good */
    *size = st.st_size;
    if (from == 0) return text;
    char *whole = strchr(text, '\n'); /* the first line is a part of one */
    if (whole) memmove(text, whole + 1, strlen(whole + 1) + 1);
    return text;
}

static bool is_good(const char *line)
{
    size_t length = strlen(line);
    for (const char *p = line; *p; p++)
        if ((unsigned char)*p < ' ' && *p != '\t') return false;
    return length > 0 && length <= HISTORY_LINE_MAX && !strchr(line, 127);
}

/* Its lines become texts of their own; gives the first of the last ones, *count of them. */
static char **split(char *text, size_t *count)
{
    char **lines = calloc(HISTORY_MAX, sizeof *lines);
    size_t n = 0;
    for (char *line = text, *end; lines && line && *line; line = end) {
        end = strchr(line, '\n');
        if (end) *end++ = 0;
        if (is_good(line)) lines[n++ % HISTORY_MAX] = line;
    }
    *count = n;
    return lines;
}

static const char *line_at(char **lines, size_t count, size_t i)
{
    return lines[count > HISTORY_MAX ? (count + i) % HISTORY_MAX : i];
}

/* The file becomes these lines alone. */
static void shorten(const char *file, char **lines, size_t count, size_t kept)
{
    size_t length = 0;
    char *text = malloc((size_t)FILE_MAX + HISTORY_MAX + 1);
    for (size_t i = 0; text && i < kept; i++)
        length += (size_t)sprintf(text + length, "%s\n", line_at(lines, count, i));
    if (text) replace_file(file, text, length);
    free(text);
}

void line_history_read(const char *file, void (*add)(void *context, const char *line),
                       void *context)
{
    off_t size = 0;
    size_t count = 0;
    char *text = file ? read_end(file, &size) : NULL,
         **lines = text ? split(text, &count) : NULL;
    size_t kept = count > HISTORY_MAX ? HISTORY_MAX : count;
    for (size_t i = 0; lines && i < kept; i++) add(context, line_at(lines, count, i));
    if (lines && size > 2 * (off_t)FILE_MAX) shorten(file, lines, count, kept);
    free(lines);
    free(text);
}

void line_history_append(const char *file, const char *line)
{
    if (!file || !is_good(line)) return;
    int fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0600);
    if (fd < 0) return;
    size_t length = strlen(line);
    char *text = malloc(length + 1);
    if (text) {
        memcpy(text, line, length);
        text[length] = '\n'; /* in one piece, so that two sessions do not mix their lines */
        ssize_t n = write(fd, text, length + 1);
        (void)n;
    }
    free(text);
    close(fd);
}
