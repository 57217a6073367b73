/* SPDX-License-Identifier: MIT */
/* No math for you! Code of strangers in a world without what reaches out of it. */
#include <moonlet.h>

#include <stdio.h>

static void try(const moonlet_state *s, const char *source)
{
    moonlet_result r = moonlet_do(s, source);
    char text[64] = "paused: it would never end";
    if (r.status == MOONLET_OK) moonlet_to_text(moonlet_result_value(&r, 0), text, sizeof text);
    printf("%-36s %s\n", source, r.status == MOONLET_FAILED ? r.error->message : text);
    moonlet_release(r.state);
}

int main(void)
{
    static const char *const no_math[] = {"math", NULL};
    moonlet_limits limits = {.steps = 10000, .bytes = 1 << 20};
    moonlet_state *s = moonlet_init();
    moonlet_state *safe = moonlet_sandbox(s, NULL, NULL);
    moonlet_state *strict = moonlet_sandbox(safe, no_math, NULL);
    moonlet_state *limited = moonlet_limit(strict, &limits);

    printf("In a sandbox:\n");
    try(safe, "return os.getenv('HOME')");
    try(safe, "return math.floor(3.7)");
    printf("Without math:\n");
    try(limited, "return math.floor(3.7)");
    try(limited, "return ('ab'):rep(3)");
    printf("With limits:\n");
    try(limited, "while true do end");
    try(limited, "pcall(load)  while true do end");

    moonlet_release(limited);
    moonlet_release(strict);
    moonlet_release(safe);
    moonlet_release(s);
    return 0;
}
