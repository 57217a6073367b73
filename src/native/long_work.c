/* SPDX-License-Identifier: MIT */
/*
 * Long work that stops when the run is to stop; see long_work.h.
 *
 * Main invariant: work that has been given up is neither charged nor counted.
 */
#include "native/long_work.h"

#include "control/eval.h"

int long_work_end(const LongWork *w)
{
    Machine *M = w->M;
    int64_t spent = machine_spent(M);
    size_t counted = (size_t)(mem_counted - w->counted);
    machine_set_spent(M, w->spent);
    mem_uncount(counted);
    mem_count_beside(counted);
    int stopped = native_woken(M);
    if (stopped) return stopped;
    machine_set_spent(M, machine_spent(M) + spent - w->spent);
    mem_uncount_beside(counted);
    mem_count(counted);
    return 0;
}

int long_work_given_up(const LongWork *w)
{
    Machine *M = w->M;
    machine_set_spent(M, w->spent);
    mem_counted = w->counted;
    M->stop = STOP_NONE;
    M->error = V_NIL;
    int stopped = native_woken(M);
    M->paid = w->paid;
    return stopped;
}

int long_work_do(Machine *M, Value *a, int n, LongWorkFn *fn)
{
    for (;;) {
        const Value first = a[0];
        LongWork w = long_work_begin(M);
        mem_look.given_up = &w.given_up;
        int answer = fn(M, a, n);
        mem_look.given_up = NULL;
        if (LIKELY(!w.given_up)) return answer;
        a[0] = first;
        answer = long_work_given_up(&w);
        if (answer) return answer;
    }
}
