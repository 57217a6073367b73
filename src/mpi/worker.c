/* SPDX-License-Identifier: MIT */
/*
 * A rank that works: asks, works, answers, until a batch has no line.
 *
 * Main invariant: a batch is answered whole before the next one is asked for.
 */
#include "job.h"

void worker_run(const Job *j)
{
    Bytes batch = {0}, answers = {0};
    for (;;) {
        message_send(0, &answers);
        batch.length = answers.length = 0;
        message_receive(0, &batch);
        if (!batch.length) break;
        job_work(j, &batch, &answers);
    }
    bytes_free(&batch);
    bytes_free(&answers);
}
