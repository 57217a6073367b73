/* SPDX-License-Identifier: MIT */
/* One chunk, compiled once, travels between states, and between threads. */
#include <moonlet.h>

#include <pthread.h>
#include <stdio.h>
#include <string.h>

enum { WORKERS = 4 };

typedef struct Work {
    const moonlet_state *state;
    const moonlet_chunk *chunk;
    int n;
    double answer;
} Work;

static void *run(void *context)
{
    Work *w = context;
    moonlet_value n = moonlet_number(w->n);
    moonlet_result r = moonlet_call_chunk(w->state, w->chunk, &n, 1);
    moonlet_to_number(moonlet_result_value(&r, 0), &w->answer);
    moonlet_release(r.state);
    return NULL;
}

int main(void)
{
    const char *source = "local n = ... for i = 1, n do count = count + i end return count";
    char *message;
    moonlet_chunk *chunk = moonlet_compile(source, strlen(source), "=chunk", &message);
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_do(s, "count = 1000");
    s = moonlet_next(s, &r);

    pthread_t threads[WORKERS];
    Work work[WORKERS];
    for (int i = 0; i < WORKERS; i++) {
        work[i] = (Work){s, chunk, 1000 * (i + 1), 0};
        pthread_create(&threads[i], NULL, run, &work[i]);
    }
    for (int i = 0; i < WORKERS; i++) {
        pthread_join(threads[i], NULL);
        printf("%d: %.0f\n", work[i].n, work[i].answer);
    }
    printf("count is still %.0f\n",
           (moonlet_to_number(moonlet_global(s, "count"), &work[0].answer), work[0].answer));
    moonlet_chunk_release(chunk);
    moonlet_release(s);
    return 0;
}
