/* SPDX-License-Identifier: MIT */
/* A program paused at its limit is a value: it goes on later, twice, in different worlds. */
#include <moonlet.h>

#include <stdio.h>

static double number(const moonlet_state *s, const char *name)
{
    double d = -1;
    moonlet_to_number(moonlet_global(s, name), &d);
    return d;
}

int main(void)
{
    moonlet_limits limits = {.steps = 4000};
    moonlet_state *s = moonlet_init(), *limited = moonlet_limit(s, &limits);
    moonlet_result r = moonlet_do(limited, "step = 1  n = 0\n"
                                           "for i = 1, 10000 do n = n + step end\n"
                                           "return n");
    int portions = 1;
    moonlet_state *first_pause = moonlet_retain(r.state);
    while (r.status == MOONLET_PAUSED) {
        printf("portion %d: n = %.0f\n", portions++, number(r.state, "n"));
        moonlet_state *paused = r.state;
        r = moonlet_resume(paused);
        moonlet_release(paused);
    }
    printf("the end: n = %.0f\n", number(r.state, "n"));
    moonlet_release(r.state);

    /* the same program from its first pause on, with another step and no limit */
    r = moonlet_set(first_pause, "step", moonlet_number(1000));
    moonlet_state *other = moonlet_limit(r.state, NULL);
    moonlet_release(r.state);
    r = moonlet_resume(other);
    printf("another end: n = %.0f\n", number(r.state, "n"));
    moonlet_release(r.state);
    moonlet_release(other);
    moonlet_release(first_pause);
    moonlet_release(limited);
    moonlet_release(s);
    return 0;
}
