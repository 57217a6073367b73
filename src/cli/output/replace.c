/* SPDX-License-Identifier: MIT */
/*
 * Replacing a file as a whole: see replace.h.
 *
 * Main invariant: whoever opens the name of a regular file finds the old bytes or the new
 * ones, whole. Only what is no regular file is written to in place.
 */
#include "cli/output/replace.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct Replacing {
    char target[PATH_MAX];    /* where links lead */
    char temporary[PATH_MAX]; /* beside it */
    char directory[PATH_MAX];
    mode_t mode;
    bool plain; /* it is a regular file, or there is none yet */
} Replacing;

static mode_t mode_of_new_files(void)
{
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

static bool look(Replacing *r, const char *file)
{
    struct stat st;
    char copy[PATH_MAX];
    if (!realpath(file, r->target)) {
        if (errno != ENOENT || strlen(file) >= sizeof r->target) return false;
        strcpy(r->target, file);
    }
    bool there = stat(r->target, &st) == 0;
    r->plain = !there || S_ISREG(st.st_mode);
    r->mode = there ? st.st_mode & 07777 : mode_of_new_files();
    if (there && S_ISDIR(st.st_mode)) {
        errno = EISDIR;
        return false;
    }
    strcpy(copy, r->target);
    strcpy(r->directory, dirname(copy));
    int n = snprintf(r->temporary, sizeof r->temporary, "%s.XXXXXX", r->target);
    if (n < (int)sizeof r->temporary) return true;
    errno = ENAMETOOLONG;
    return false;
}

static bool write_all(int fd, const char *bytes, size_t length)
{
    while (length) {
        ssize_t n = write(fd, bytes, length);
        if (n < 0 && errno != EINTR) return false;
        if (n <= 0) continue;
        bytes += n;
        length -= (size_t)n;
    }
    return true;
}

/* A new name is on the disk when its directory is; file systems that cannot do that say so. */
static bool sync_directory(const char *directory)
{
    int fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool good = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL || errno == EROFS);
    int why = errno;
    if (fd >= 0) close(fd);
    errno = why;
    return good;
}

static bool write_beside(Replacing *r, int fd, const char *bytes, size_t length)
{
    bool good = fchmod(fd, r->mode) == 0 && write_all(fd, bytes, length) && fsync(fd) == 0;
    int why = errno;
    if (close(fd) != 0 && good) {
        why = errno;
        good = false;
    }
    if (good && rename(r->temporary, r->target) == 0) return sync_directory(r->directory);
    if (good) why = errno;
    unlink(r->temporary);
    errno = why;
    return false;
}

static bool write_through(const char *file, const char *bytes, size_t length)
{
    int fd = open(file, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return false;
    bool good = write_all(fd, bytes, length);
    int why = errno;
    if (close(fd) == 0 || !good) errno = why;
    return good;
}

static bool is_standard(const char *file) { return strcmp(file, "-") == 0; }

bool replace_file(const char *file, const char *bytes, size_t length)
{
    Replacing r;
    if (is_standard(file))
        return fflush(stdout) == 0 && write_all(STDOUT_FILENO, bytes, length);
    if (!look(&r, file)) return false;
    if (!r.plain) return write_through(file, bytes, length);
    int fd = mkstemp(r.temporary);
    return fd >= 0 && write_beside(&r, fd, bytes, length);
}

bool replace_is_possible(const char *file)
{
    Replacing r;
    if (is_standard(file)) return true;
    if (!look(&r, file)) return false;
    return access(r.plain ? r.directory : r.target, W_OK) == 0;
}
