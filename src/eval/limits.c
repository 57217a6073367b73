/* SPDX-License-Identifier: MIT */
/* What a run may use beside steps, and which of it has run out. */
#include <time.h>

#include "eval/eval.h"

enum { PORTION_TIMED = 1000 };

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

void eval_limit_portion(Run *R, int64_t steps)
{
    if (R->portion_max > steps) R->portion_max = steps;
}

void eval_limit_time(Run *R, uint64_t ns)
{
    uint64_t now = now_ns(), deadline = ns < UINT64_MAX - now ? now + ns : UINT64_MAX;
    if (!R->deadline || deadline < R->deadline) R->deadline = deadline;
    eval_limit_portion(R, PORTION_TIMED);
}

void eval_limit_stack(Run *R, size_t slots)
{
    R->stack_max = R->stack_limit = slots;
    R->stack_limited = true;
}

void eval_limit_string(Run *R, size_t length)
{
    if (length >= R->string_max) return;
    R->string_max = length;
    R->string_limited = true;
}

void eval_limit_bytes(Run *R, uint64_t bytes)
{
    uint64_t most = (uint64_t)(INT64_MAX - (int64_t)mem_counted);
    if (bytes > most) bytes = most;
    mem_bound = (MemBound){(int64_t)(mem_counted + bytes), eval_poll_soon, R};
    R->bytes_limited = R->string_limited = true;
    if (bytes / sizeof(Value) >= R->stack_max) return;
    eval_limit_stack(R, (size_t)(bytes / sizeof(Value)));
    R->stack_of_bytes = true;
}

EvalStop eval_reached(const Run *R)
{
    if (R->bytes_limited && !mem_room()) return STOP_BYTES;
    if (R->deadline && now_ns() > R->deadline) return STOP_TIME;
    return STOP_NONE;
}

EvalStop eval_stop_reason(const Run *R)
{
    EvalStop stop = (EvalStop)R->stop;
    if (stop == STOP_STACK && R->stack_of_bytes) return STOP_BYTES;
    if (stop == STOP_STRING && run_string_room(R) < R->string_max) return STOP_BYTES;
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
    default: return "interrupted!";
    }
}
