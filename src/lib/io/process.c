/* SPDX-License-Identifier: MIT */
/*
 * Commands: starting them, and waiting for them so that Ctrl-C ends the wait.
 *
 * Main invariant: how signals are handled is afterwards what it was before.
 */
#define _GNU_SOURCE /* pipe2 */
#include "lib/io/process.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "outside/outside.h"

#include "outside/outside.h"

extern char **environ;

enum { SHELL_INTERRUPTED = 130 }; /* a shell's answer for a command that SIGINT has ended */

/* Starting --------------------------------------------------------------------------- */

/* own: the command's end of a pipe, which becomes its file `as`, or -1 where there is none.
 * Signals do what they did before, in the command. 0, or an error's number. */
static int start(const char *command, int own, int as, const sigset_t *defaults, pid_t *pid)
{
    char *const argv[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t how;
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&how);
    if (own >= 0) posix_spawn_file_actions_adddup2(&files, own, as);
    if (defaults) {
        posix_spawnattr_setsigdefault(&how, defaults);
        posix_spawnattr_setflags(&how, POSIX_SPAWN_SETSIGDEF);
    }
    int error = posix_spawn(pid, "/bin/sh", &files, &how, argv, environ);
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&how);
    return error;
}

/* Whether glibc takes this mode: r or w, and perhaps e. */
static bool is_mode(const char *mode)
{
    bool read = false, write = false;
    for (; *mode; mode++) {
        if (!strchr("rwe", *mode)) return false;
        read |= *mode == 'r';
        write |= *mode == 'w';
    }
    return read != write;
}

FILE *process_open(const char *command, const char *mode, pid_t *pid)
{
    int ends[2];
    if (!is_mode(mode)) {
        errno = EINVAL;
        return NULL;
    }
    bool reads = strchr(mode, 'r') != NULL;
    if (pipe2(ends, O_CLOEXEC) != 0) return NULL;
    int ours = ends[!reads], own = ends[reads];
    int error = start(command, own, reads ? STDOUT_FILENO : STDIN_FILENO, NULL, pid);
    close(own);
    FILE *f = error ? NULL : fdopen(ours, reads ? "r" : "w");
    if (f) return f;
    if (!error) error = errno;
    close(ours);
    errno = error;
    return NULL;
}

/* Waiting ---------------------------------------------------------------------------- */

bool process_abandon(Machine *M, pid_t pid)
{
    if (!stop_flag(M->interrupt) || *M->interrupt == INTERRUPT_ALL) return false;
    kill(pid, SIGINT);
    return true;
}

static bool died_of_interrupt(int status)
{
    return WIFSIGNALED(status) ? WTERMSIG(status) == SIGINT
                               : WEXITSTATUS(status) == SHELL_INTERRUPTED;
}

int process_wait(Machine *M, pid_t pid, int *status)
{
    while (waitpid(pid, status, 0) < 0) {
        if (errno != EINTR) {
            *status = -1;
            return 0;
        }
        if (process_abandon(M, pid)) return native_woken(M);
    }
    if (!stop_flag(M->interrupt)) return 0;
    if (died_of_interrupt(*status)) return native_woken(M);
    *M->interrupt = 0; /* it was the command's to answer */
    return 0;
}

/* What SIGINT and SIGQUIT do when they have no handler is put off while a command runs. */
typedef struct Ignored {
    sigset_t set; /* those that are ignored now and had not been */
    struct sigaction before[2];
} Ignored;

static const int terminal_signals[2] = {SIGINT, SIGQUIT};

static void ignore_signals(Ignored *i)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};
    sigemptyset(&i->set);
    for (int k = 0; k < 2; k++) {
        sigaction(terminal_signals[k], NULL, &i->before[k]);
        if (i->before[k].sa_handler != SIG_DFL) continue;
        sigaction(terminal_signals[k], &ignore, NULL);
        sigaddset(&i->set, terminal_signals[k]);
    }
}

static void restore_signals(const Ignored *i)
{
    for (int k = 0; k < 2; k++)
        if (sigismember(&i->set, terminal_signals[k]))
            sigaction(terminal_signals[k], &i->before[k], NULL);
}

int process_run(Machine *M, const char *command, int *status)
{
    Ignored ignored;
    pid_t pid;
    int result = 0;
    ignore_signals(&ignored);
    int error = start(command, -1, -1, &ignored.set, &pid);
    if (error)
        *status = -1;
    else
        result = process_wait(M, pid, status);
    restore_signals(&ignored);
    if (error) errno = error;
    return result;
}

int process_result(Machine *M, Value *a, int status)
{
    status = outside_int(M, status, INT_MIN, INT_MAX);
    if (status == -1) outside_done(M, false);
    return lib_exec_result(M, a, status);
}
