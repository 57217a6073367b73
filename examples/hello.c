/* SPDX-License-Identifier: MIT */
/* Hello: run some Lua, call a function, keep the old state. */
#include <moonlet.h>

#include <stdio.h>

int main(void)
{
    moonlet_state *s = moonlet_init();

    /* a text */
    moonlet_result r = moonlet_do(s, "print('Hello, Lua!')");
    s = moonlet_next(s, &r);

    /* a function, and a value that comes back */
    r = moonlet_do(s,
                   "function greet(name) greeted = name return 'Hello, ' .. name .. '!' end");
    s = moonlet_next(s, &r);
    moonlet_value name = moonlet_text("world");
    r = moonlet_call_function(s, "greet", &name, 1);
    char text[64];
    printf("%s\n", moonlet_to_text(moonlet_result_value(&r, 0), text, sizeof text));

    /* in the new state somebody was greeted; the old one does not know */
    printf("new: %s\n", moonlet_to_text(moonlet_global(r.state, "greeted"), text, sizeof text));
    printf("old: %s\n", moonlet_to_text(moonlet_global(s, "greeted"), text, sizeof text));
    moonlet_release(r.state);

    /* an error is a value too */
    r = moonlet_do(s, "local nobody\ngreet(nobody.name)");
    moonlet_error_print(r.error, stdout);
    moonlet_release(r.state);
    moonlet_release(s);
    return 0;
}
