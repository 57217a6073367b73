/* SPDX-License-Identifier: MIT */
/* Functions of the host in both formats: values of the state, and terms outside of it. */
#include <moonlet.h>

#include <stdio.h>

/* Values: sum(...), with a user pointer that counts calls. */
static int sum(moonlet_context *c, const moonlet_value *args, size_t count)
{
    ++*(int *)moonlet_context_user(c);
    double total = 0, d;
    for (size_t i = 0; i < count; i++) {
        if (!moonlet_to_number(args[i], &d))
            return moonlet_bad_argument(c, i + 1, "number expected");
        total += d;
    }
    return moonlet_return_one(c, moonlet_number(total));
}

/* Terms: describe(t) answers the number of its items, and a table. */
static moonlet_term *describe(void *user, const moonlet_term *args, char **error)
{
    (void)user, (void)error;
    const moonlet_term *t = moonlet_term_item(args, 0);
    moonlet_term *about = moonlet_term_list(1, moonlet_term_text("a table"));
    moonlet_term_field(about, "named",
                       moonlet_term_boolean(moonlet_term_find(t, "name") != NULL));
    return moonlet_term_list(2, moonlet_term_number((double)moonlet_term_count(t)), about);
}

/* Goes on after Lua has called back: coroutines may yield across it. */
static int doubled(moonlet_context *c, const moonlet_value *results, size_t count)
{
    double d = 0;
    if (count) moonlet_to_number(results[0], &d);
    return moonlet_return_one(c, moonlet_number(2 * d));
}

static int twice(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_call_then(c, args[0], args + 1, count - 1, doubled, moonlet_nil());
}

int main(void)
{
    int calls = 0;
    const moonlet_entry library[] = {{.name = "sum", .call = sum, .user = &calls},
                                     {.name = "describe", .term_call = describe},
                                     {.name = "twice", .call = twice},
                                     {.name = NULL}};
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_load_module(s, "host", library);
    s = moonlet_next(s, &r);

    r = moonlet_do(s, "print(host.sum(1, 2, 3))\n"
                      "local n, about = host.describe {10, 20, name = 'x'}\n"
                      "print(n, about[1], about.named)\n"
                      "local co = coroutine.wrap(host.twice)\n"
                      "co(function() return coroutine.yield() end)\n"
                      "print('later', co(21))\n"
                      "print(pcall(host.sum, 1, {}))");
    s = moonlet_next(s, &r);
    printf("sum was called %d times\n", calls);
    moonlet_release(s);
    return 0;
}
