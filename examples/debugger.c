/* SPDX-License-Identifier: MIT */
/* A program has gone wrong: back to the line that did it, and on from there with a mended
 * world. */
#include <moonlet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char source[] = "local stock = {apples = 3, pears = 2}\n"
                             "left = 3\n"
                             "function take(what, n)\n"
                             "  stock[what] = stock[what] - n\n"
                             "  left = stock[what]\n"
                             "end\n"
                             "for day, n in ipairs{1, 1, 4, 2} do\n"
                             "  take('apples', n)\n"
                             "end\n"
                             "assert(left >= 0, 'less than nothing is left')\n";

/* The frames, and what variables the innermost one has. */
static void show(moonlet_debugger *d)
{
    const moonlet_state *s = moonlet_debugger_state(d);
    moonlet_stack *stack = moonlet_stack_of(s, moonlet_nil(), 0, 10);
    for (size_t i = 0; i < stack->count; i++) {
        const moonlet_place *p = &stack->places[i];
        printf("  %s at %s:%d\n", p->name ? p->name : "main chunk", p->chunk, p->line);
    }
    moonlet_variables *v =
        moonlet_variables_of(s, stack->places, MOONLET_LOCAL | MOONLET_UPVALUE, 0, 20);
    for (size_t i = 0; i < v->count; i++) {
        char text[40];
        moonlet_to_text(v->items[i].value, text, sizeof text);
        printf("    %s = %s\n", v->items[i].name, text);
    }
    moonlet_variables_release(v);
    moonlet_stack_release(stack);
}

static void say(const char *what, moonlet_debugger *d)
{
    moonlet_moment m = moonlet_debugger_moment(d);
    printf("%s: line %d, after %d steps\n", what, m.line, (int)m.step);
}

/* In the innermost frame, for a look. */
static double number(moonlet_debugger *d, const char *expression)
{
    double out = 0;
    const moonlet_state *s = moonlet_debugger_state(d);
    moonlet_stack *stack = moonlet_stack_of(s, moonlet_nil(), 0, 1);
    moonlet_result r = moonlet_evaluate(s, stack->places, expression);
    moonlet_to_number(moonlet_result_value(&r, 0), &out);
    moonlet_release(r.state);
    moonlet_stack_release(stack);
    return out;
}

/* Nobody takes more than there is: in this future. */
static void mend(moonlet_debugger *d)
{
    const moonlet_state *s = moonlet_debugger_state(d);
    moonlet_stack *stack = moonlet_stack_of(s, moonlet_nil(), 0, 1);
    moonlet_result r =
        moonlet_assign(s, stack->places, "n", moonlet_number(number(d, "stock[what]")));
    moonlet_debugger_change(d, r.state);
    moonlet_release(r.state);
    moonlet_stack_release(stack);
}

int main(void)
{
    moonlet_state *s = moonlet_init();
    moonlet_chunk *chunk = moonlet_compile(source, strlen(source), "=shop", NULL);
    moonlet_result f = moonlet_load_chunk(s, chunk), r;
    moonlet_recording *rec = moonlet_record(f.state, f.values[0], NULL, 0, NULL, &r);
    printf("it ends with: %s\n", r.status == MOONLET_FAILED ? r.error->message : "no error");
    moonlet_release(r.state);

    moonlet_debugger *d = moonlet_debugger_new(rec, NULL);
    moonlet_debugger_first_true(d, "left < 0", 1000, NULL);
    say("first less than nothing", d);
    moonlet_debugger_last_write(d, "left");
    say("who has written that", d);

    moonlet_break b = {.function = "take", .condition = "n > stock[what]"};
    int number_of_it = moonlet_debugger_break(d, &b, NULL);
    if (moonlet_debugger_move(d, MOONLET_MOVE_ON, true)) {
        say("called last with too many", d);
        printf("break %d, hit %d times up to here\n", number_of_it,
               (int)moonlet_debugger_hits(d, number_of_it));
        show(d);
        printf("  %g are wanted, %g are there\n", number(d, "n"), number(d, "stock[what]"));
    }
    moonlet_debugger_go_begin(d);
    while (moonlet_debugger_move(d, MOONLET_MOVE_ON, false)) mend(d);
    printf("another future, in which there are left: %g\n", number(d, "left"));

    moonlet_debugger_release(d);
    moonlet_recording_release(rec);
    moonlet_release(f.state);
    moonlet_chunk_release(chunk);
    moonlet_release(s);
    return EXIT_SUCCESS;
}
