/* SPDX-License-Identifier: MIT */
/*
 * A pool of processes.
 *
 *   shared   [next | current 0 | current 1 | ...]    memory that all of them see
 *   answer   [item 8 | length 8 | bytes...]          in a pipe for each worker
 *
 * current is the item that a worker has in hand, from 1; 0: none. When a worker has ended
 * with one in hand of which no answer came, that item is lost.
 *
 * Main invariant: an item that was taken is answered, or its worker has ended and it is lost:
 * none is waited for in vain.
 */
#include "map/pool.h"
#include "memory/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

enum { WORKERS_MAX = 256, PIECE = 1 << 16 };

typedef struct Shared {
    atomic_size_t next;
    atomic_size_t current[WORKERS_MAX];
} Shared;

typedef struct Worker {
    pid_t pid; /* 0: none */
    int pipe;
    Pack in; /* what has come and is no whole answer yet */
} Worker;

typedef struct Herd {
    const Pool *pool;
    Shared *shared;
    Worker workers[WORKERS_MAX];
    unsigned count, running;
    bool *answered;
    size_t done;
    bool stopped; /* and the workers killed: what they had in hand is not lost but stopped */
} Herd;

typedef struct AnswerHeader {
    uint64_t item, length;
} AnswerHeader;

/* In a worker ---------------------------------------------------------------------- */

static void write_all(int pipe, const void *bytes, size_t length)
{
    const char *at = bytes;
    while (length > 0) {
        ssize_t n = write(pipe, at, length);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) _exit(EXIT_FAILURE);
        at += n;
        length -= (size_t)n;
    }
}

/* What it has written to files must not wait for an end that does not come. */
static void answer(const Pool *pool, size_t i, int pipe)
{
    Pack out = {0};
    pool->pack(pool->context, i, &out);
    fflush(NULL);
    AnswerHeader header = {i, out.length};
    write_all(pipe, &header, sizeof header);
    write_all(pipe, out.bytes, out.length);
    pack_free(&out);
}

/* Not SIG_IGN, which the commands that an item starts would inherit. */
static void let_go(int number) { (void)number; }

static _Noreturn void work(const Pool *pool, Shared *shared, unsigned self, int pipe,
                           pid_t parent)
{
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(EXIT_FAILURE); /* it ended before that */
#endif
    signal(SIGINT, let_go); /* of a terminal: the one who waits decides */
    watch_forget();
    mem_refuse_helpers(); /* the other workers have the processors */
    for (;;) {
        size_t i = atomic_fetch_add(&shared->next, 1);
        if (i >= pool->count) _exit(EXIT_SUCCESS);
        atomic_store(&shared->current[self], i + 1);
        pool->item(pool->context, i);
        answer(pool, i, pipe);
        atomic_store(&shared->current[self], 0);
    }
}

/* In the one that waits ------------------------------------------------------------ */

/* One fork at a time in the whole process, or workers of one pool would hold the pipes of
 * another one open, so that nobody saw its workers end. */
static pid_t fork_worker(const Herd *h, unsigned w, int ends[2])
{
    static pthread_mutex_t forking = PTHREAD_MUTEX_INITIALIZER;
    pid_t parent = getpid(), pid = -1;
    pthread_mutex_lock(&forking);
    if (pipe(ends) == 0) {
        fcntl(ends[0], F_SETFD, FD_CLOEXEC);
        fcntl(ends[1], F_SETFD, FD_CLOEXEC);
        pid = fork();
        if (pid == 0) {
            pthread_mutex_unlock(&forking);
            pool_leave_crew();
            close(ends[0]);
            work(h->pool, h->shared, w, ends[1], parent);
        }
        close(ends[1]);
        if (pid < 0) close(ends[0]);
    }
    pthread_mutex_unlock(&forking);
    return pid;
}

static bool start(Herd *h, unsigned w)
{
    int ends[2];
    fflush(NULL); /* or both would write it */
    pid_t pid = fork_worker(h, w, ends);
    if (pid < 0) return false;
    fcntl(ends[0], F_SETFL, O_NONBLOCK);
    h->workers[w].pid = pid;
    h->workers[w].pipe = ends[0];
    h->running++;
    return true;
}

static void give(Herd *h, size_t i, const char *bytes, size_t length, const char *why)
{
    if (i >= h->pool->count || h->answered[i]) return;
    h->answered[i] = true;
    h->done += bytes != NULL;
    h->pool->unpack(h->pool->context, i, bytes, length, why);
}

/* Hands on the whole answers. */
static void take_answers(Herd *h, Pack *in)
{
    size_t at = 0;
    AnswerHeader header;
    while (in->length - at >= sizeof header) {
        memcpy(&header, in->bytes + at, sizeof header);
        if (header.length > in->length - at - sizeof header) break;
        give(h, header.item, in->bytes + at + sizeof header, header.length, NULL);
        at += sizeof header + header.length;
    }
    if (at) memmove(in->bytes, in->bytes + at, in->length - at);
    in->length -= at;
}

/* Reads what has come; false at the end. */
static bool read_some(Herd *h, Worker *w)
{
    char bytes[PIECE];
    for (;;) {
        ssize_t n = read(w->pipe, bytes, sizeof bytes);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return errno == EAGAIN || errno == EWOULDBLOCK;
        if (n == 0) return false;
        pack_bytes(&w->in, bytes, (size_t)n);
        take_answers(h, &w->in);
    }
}

static const char *ending(int status, char *out, size_t size)
{
    if (WIFSIGNALED(status))
        snprintf(out, size, "the process was killed by signal %d", WTERMSIG(status));
    else
        snprintf(out, size, "the process ended with status %d",
                 WIFEXITED(status) ? WEXITSTATUS(status) : 0);
    return out;
}

/* The worker is gone, or is made to go: what it had in hand is lost. */
static void end(Herd *h, unsigned index, int status)
{
    char why[64];
    Worker *w = &h->workers[index];
    size_t lost = atomic_exchange(&h->shared->current[index], 0);
    if (lost && !h->stopped) give(h, lost - 1, NULL, 0, ending(status, why, sizeof why));
    close(w->pipe);
    pack_free(&w->in);
    w->pid = 0;
    h->running--;
}

static bool work_left(const Herd *h)
{
    return atomic_load(&h->shared->next) < h->pool->count && !stop_wanted(h->pool->stop);
}

static void reap(Herd *h, unsigned index)
{
    int status = 0;
    while (waitpid(h->workers[index].pid, &status, 0) < 0 && errno == EINTR) continue;
    end(h, index, status);
    if (work_left(h)) start(h, index);
}

static void kill_all(Herd *h)
{
    for (unsigned i = 0; i < h->count; i++)
        if (h->workers[i].pid) kill(h->workers[i].pid, SIGKILL);
}

static void wait_for_some(Herd *h)
{
    struct pollfd fds[WORKERS_MAX];
    unsigned owner[WORKERS_MAX], n = 0;
    for (unsigned i = 0; i < h->count; i++) {
        if (!h->workers[i].pid) continue;
        owner[n] = i;
        fds[n++] = (struct pollfd){.fd = h->workers[i].pipe, .events = POLLIN};
    }
    if (poll(fds, n, POOL_TELL_MS) <= 0) return;
    for (unsigned k = 0; k < n; k++)
        if (fds[k].revents && !read_some(h, &h->workers[owner[k]])) reap(h, owner[k]);
}

static void watch(Herd *h)
{
    PoolClock clock = {0};
    while (h->running) {
        if (!h->stopped && stop_wanted(h->pool->stop)) {
            h->stopped = true;
            kill_all(h);
        }
        if (!h->stopped) pool_tell(h->pool, &clock, h->done);
        wait_for_some(h);
    }
}

/* Items taken by workers that ended before they could say so. */
static void give_up_lost(Herd *h)
{
    size_t taken = atomic_load(&h->shared->next);
    if (taken > h->pool->count) taken = h->pool->count;
    if (h->stopped) return;
    for (size_t i = 0; i < taken; i++) give(h, i, NULL, 0, "the process ended");
}

static Shared *share(void)
{
    void *p =
        mmap(NULL, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

size_t pool_fork(const Pool *pool)
{
    Herd *h = calloc(1, sizeof *h);
    bool *answered = calloc(pool->count + 1, 1);
    Shared *shared = share();
    size_t done = 0;
    if (h && answered && shared) {
        *h = (Herd){.pool = pool, .shared = shared, .answered = answered};
        h->count = pool->workers ? pool->workers : pool_processors();
        if (h->count > WORKERS_MAX) h->count = WORKERS_MAX;
        if (h->count > pool->count) h->count = (unsigned)pool->count;
        for (unsigned i = 0; i < h->count && work_left(h); i++)
            if (!start(h, i)) break;
        watch(h);
        give_up_lost(h);
        done = h->done;
        if (pool->progress) pool->progress(pool->context, done);
    }
    if (shared) munmap(shared, sizeof *shared);
    free(answered);
    free(h);
    return done;
}
