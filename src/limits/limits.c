/* SPDX-License-Identifier: MIT */
/*
 * What a run may use beside steps, and which of it has run out.
 *
 * Main invariant: eval_limit makes no limit looser that the run has already.
 */
#include <pthread.h>
#include <time.h>

#include "control/eval.h"

enum { PORTION_TIMED = 1000, PORTION_HELD = 10000 };

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec t;
    if (clock_gettime(clock, &t) != 0) return 0;
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

uint64_t eval_now(void) { return clock_ns(CLOCK_MONOTONIC); }

void eval_limit_portion(Machine *M, int64_t steps)
{
    if (M->limits.portion > steps) M->limits.portion = steps;
}

void eval_limit_time(Machine *M, uint64_t ns)
{
    uint64_t now = eval_now(), deadline = ns < UINT64_MAX - now ? now + ns : UINT64_MAX;
    if (!M->limits.deadline || deadline < M->limits.deadline) M->limits.deadline = deadline;
    eval_limit_portion(M, PORTION_TIMED);
}

void eval_limit_stack(Machine *M, size_t slots)
{
    M->stack_max = M->limits.stack = slots;
    M->limits.stack_limited = true;
}

void eval_limit_string(Machine *M, size_t length)
{
    if (length >= M->limits.string) return;
    M->limits.string = length;
    M->limits.string_limited = true;
}

void eval_limit_bytes(Machine *M, uint64_t bytes)
{
    if (bytes > MEM_UNBOUNDED / 2) bytes = MEM_UNBOUNDED / 2;
    mem_bound = mem_bound_new(mem_used() + (int64_t)bytes, eval_count_reached, M);
    M->limits.bytes_limited = M->limits.string_limited = true;
    if (bytes / sizeof(Value) >= M->stack_max) return;
    eval_limit_stack(M, (size_t)(bytes / sizeof(Value)));
    M->limits.stack_of_bytes = true;
}

void eval_limit_held(Machine *M, uint64_t bytes)
{
    M->limits.held = bytes;
    eval_limit_string(M, bytes < SIZE_MAX ? (size_t)bytes : SIZE_MAX);
    eval_limit_portion(M, PORTION_HELD);
}

void eval_limit(Machine *M, const EvalLimits *l)
{
    const Limits *now = &M->limits;
    if (l->ns) eval_limit_time(M, l->ns);
    if (l->stack && (!now->stack_limited || l->stack < now->stack))
        eval_limit_stack(M, l->stack);
    if (l->string) eval_limit_string(M, l->string);
    if (l->held && (!now->held || l->held < now->held)) eval_limit_held(M, l->held);
    if (l->bytes) eval_limit_bytes(M, l->bytes);
    if (l->steps) eval_set_budget(M, l->steps);
}

void eval_clock_begin(SharedClock *c, _Atomic uint64_t *spent, uint64_t most)
{
    *c = (SharedClock){.spent = spent, .most = most};
    if (pthread_getcpuclockid(pthread_self(), &c->thread) != 0) c->thread = CLOCK_MONOTONIC;
    c->told = clock_ns(c->thread);
}

bool eval_clock_tell(SharedClock *c)
{
    uint64_t now = clock_ns(c->thread), told = c->told;
    c->told = now;
    return atomic_fetch_add(c->spent, now - told) + (now - told) > c->most;
}

/* A look at a thread's own time is a call of the system. */
static bool is_clock_over(SharedClock *c, uint64_t now)
{
    enum { EVERY_NS = 100000 };
    if (now < c->next) return atomic_load_explicit(c->spent, memory_order_relaxed) > c->most;
    c->next = now + EVERY_NS;
    return eval_clock_tell(c);
}

EvalStop eval_reached(const Machine *M)
{
    if (M->limits.bytes_limited && !mem_room()) return STOP_BYTES;
    if (!M->limits.deadline) return STOP_NONE;
    uint64_t now = eval_now();
    bool over = now > M->limits.deadline || (M->clock && is_clock_over(M->clock, now));
    return over ? STOP_TIME : STOP_NONE;
}

EvalStop eval_stop_reason(const Machine *M)
{
    EvalStop stop = (EvalStop)M->stop;
    if (stop == STOP_STACK && M->limits.stack_of_bytes) return STOP_BYTES;
    if (stop == STOP_STRING && mem_room() < M->limits.string) return STOP_BYTES;
    if (stop == STOP_STRING && M->limits.string == M->limits.held) return STOP_HELD;
    return stop;
}

const char *eval_stop_text(EvalStop stop)
{
    switch (stop) {
    case STOP_STEPS: return "out of steps";
    case STOP_BYTES: return "out of memory";
    case STOP_TIME: return "out of time";
    case STOP_STACK: return "out of stack";
    case STOP_STRING: return "string too long";
    case STOP_HELD: return "too much memory held";
    default: return "interrupted!";
    }
}
