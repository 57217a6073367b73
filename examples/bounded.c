/* SPDX-License-Identifier: MIT */
/* A callback with limits: when it runs away, it has not happened. */
#include <moonlet.h>

#include <stdio.h>

static const char source[] = "score = 0\n"
                             "function on_event(n)\n"
                             "  for i = 1, n do score = score + 1 end\n"
                             "  return score\n"
                             "end";

int main(void)
{
    moonlet_limits limits = {.steps = 1000, .bytes = 1 << 20};
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_do(s, source);
    s = moonlet_next(s, &r);
    moonlet_state *limited = moonlet_limit(s, &limits);
    moonlet_release(s);
    s = limited;

    double events[] = {10, 100, 1e9, 20};
    for (int i = 0; i < 4; i++) {
        moonlet_value n = moonlet_number(events[i]);
        char score[32];
        r = moonlet_call_function(s, "on_event", &n, 1);
        printf("event %-6g %s, ", events[i],
               r.status == MOONLET_OK ? "done" : "stopped and undone");
        s = moonlet_next(s, &r); /* the new world, or the old one */
        printf("score %s\n", moonlet_to_text(moonlet_global(s, "score"), score, sizeof score));
    }
    moonlet_release(s);
    return 0;
}
