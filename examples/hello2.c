/* SPDX-License-Identifier: MIT */
/*
 * Hello again: every function of the interface, in the order of docs/LUERL.md. Each line
 * of the output begins with the name of Luerl's function.
 */
#include <moonlet.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char path[] = "/tmp/moonlet-hello2-XXXXXX";

/* Prints a result's values, releases its state. */
static void show(const char *name, moonlet_result r)
{
    printf("%-18s", name);
    if (r.status == MOONLET_FAILED) printf(" %s", r.error->message);
    if (r.status == MOONLET_PAUSED) printf(" paused");
    moonlet_term *t = moonlet_decode_list(r.state, r.values, r.count, 0, NULL);
    if (t && r.status == MOONLET_OK) moonlet_term_print(t, stdout);
    putchar('\n');
    moonlet_term_free(t);
    moonlet_release(r.state);
}

static void show_term(const char *name, moonlet_term *t)
{
    printf("%-18s", name);
    moonlet_term_print(t, stdout);
    putchar('\n');
    moonlet_term_free(t);
}

static moonlet_term *numbers(double a, double b)
{
    return moonlet_term_list(2, moonlet_term_number(a), moonlet_term_number(b));
}

static void write_script(const char *text)
{
    int file = mkstemp(path);
    FILE *f = file >= 0 ? fdopen(file, "w") : NULL;
    if (!f) exit(1);
    fputs(text, f);
    fclose(f);
}

/* eval, do, load: from texts, files and chunks ----------------------------------------- */

static moonlet_state *run_sources(moonlet_state *s)
{
    const char *directory = "/tmp", *name = path + strlen("/tmp/");
    moonlet_term *results;
    show_term("eval", moonlet_eval(s, "return 1 + 1", NULL));
    show_term("evalfile", moonlet_evalfile(NULL, path, NULL));
    show("do", moonlet_do(s, "return 'a', 'b'"));
    moonlet_result r = moonlet_do_terms(s, "return {x = 1}", &results);
    moonlet_release(r.state);
    show_term("do_dec", results);
    show("dofile", moonlet_dofile(s, path));

    r = moonlet_load(s, "return 6 * ...");
    moonlet_value f = r.values[0], seven = moonlet_number(7);
    s = moonlet_next(s, &r);
    show("load, call", moonlet_call(s, f, &seven, 1));
    r = moonlet_loadfile(s, path);
    show("loadfile", moonlet_call(r.state, r.values[0], NULL, 0));
    moonlet_release(r.state);
    r = moonlet_path_loadfile(s, directory, name);
    bool full = strcmp(moonlet_to_text(r.values[1], (char[64]){0}, 64), path) == 0;
    printf("%-18s%s\n", "path_loadfile", full ? "gives the full name" : "?");
    moonlet_release(r.state);

    moonlet_chunk *c = moonlet_compile("return ...", 10, "=echo", NULL);
    moonlet_term *args = numbers(1, 2);
    r = moonlet_load_chunk(s, c);
    show("call", moonlet_call(r.state, r.values[0], &seven, 1));
    moonlet_release(r.state);
    show("call_chunk", moonlet_call_chunk(s, c, &seven, 1));
    r = moonlet_call_chunk_terms(s, c, args, &results);
    moonlet_release(r.state);
    show_term("call_chunk", results);
    moonlet_term_free(args);
    moonlet_chunk_release(c);
    return s;
}

/* Functions, methods, tables by path ---------------------------------------------------- */

static moonlet_state *call_by_path(moonlet_state *s)
{
    moonlet_term *results, *args = numbers(3, 4);
    moonlet_value v[2] = {moonlet_number(3), moonlet_number(4)};
    moonlet_result r =
        moonlet_do(s, "t = {f = function(...) return select('#', ...) end, k = 5}\n"
                      "function t:m(a, b) return self.k + a * b end");
    s = moonlet_next(s, &r);
    r = moonlet_call_function_terms(s, "t.f", args, &results);
    moonlet_release(r.state);
    show_term("call_function", results);
    show("call_function1", moonlet_call_function(s, "t.f", v, 2));
    r = moonlet_call_method_terms(s, "t.m", args, &results);
    moonlet_release(r.state);
    show_term("call_method", results);
    show("call_method1", moonlet_call_method(s, "t.m", v, 2));
    moonlet_term_free(args);
    return s;
}

static moonlet_state *get_and_set(moonlet_state *s)
{
    moonlet_term *t = numbers(10, 20), *got;
    moonlet_result r = moonlet_set_term(s, "t.list", t);
    s = moonlet_next(s, &r);
    moonlet_term_free(t);
    r = moonlet_get_term(s, "t.list", &got);
    moonlet_release(r.state);
    show_term("set_table", got);
    r = moonlet_set(s, "t.k", moonlet_number(6));
    s = moonlet_next(s, &r);
    show("set_table1", moonlet_get(s, "t.k"));
    r = moonlet_get_term(s, "t.k", &got);
    moonlet_release(r.state);
    show_term("get_table", got);
    moonlet_value keys[3] = {moonlet_text("t"), moonlet_text("list"), moonlet_number(2)};
    show("get_table1", moonlet_get_keys(s, moonlet_globals(s), keys, 3));
    r = moonlet_set_keys(s, moonlet_globals(s), keys, 3, moonlet_number(21));
    s = moonlet_next(s, &r);
    show("set_table_keys", moonlet_get_keys(s, moonlet_globals(s), keys, 2));
    moonlet_value pairs[2] = {moonlet_text("x"), moonlet_boolean(true)};
    show("alloc_table", moonlet_new_table(s, pairs, 1));
    return s;
}

/* Terms, private data, modules, errors, the rest ------------------------------------------ */

static void encode_and_decode(const moonlet_state *s)
{
    moonlet_term *t = moonlet_term_field(numbers(1, 2), "name", moonlet_term_text("x"));
    moonlet_result r = moonlet_encode(s, t);
    show_term("encode, decode", moonlet_decode(r.state, r.values[0], 0, NULL));
    moonlet_release(r.state);
    show("encode_list", moonlet_encode_list(s, t));
    moonlet_term_free(t);
    char *message;
    r = moonlet_do(s, "local t = {} t.me = t return t");
    moonlet_decode(r.state, r.values[0], 0, &message);
    printf("%-18s%s\n", "decode", message);
    free(message);
    moonlet_release(r.state);
}

static void private_data(const moonlet_state *s)
{
    moonlet_state *with = moonlet_put_private(s, "secret", moonlet_number(42));
    moonlet_state *without = moonlet_delete_private(with, "secret");
    double d = 0;
    moonlet_to_number(moonlet_get_private(with, "secret"), &d);
    printf("%-18s%g\n", "get_private", d);
    printf("%-18s%s\n", "delete_private",
           moonlet_type_name(moonlet_type_of(moonlet_get_private(without, "secret"))));
    moonlet_release(without);
    moonlet_release(with);
}

static int shout(moonlet_context *c, const moonlet_value *args, size_t count)
{
    char text[64] = "";
    if (!count) return moonlet_fail(c, "nothing to shout");
    moonlet_to_text(args[0], text, sizeof text - 1);
    strcat(text, "!");
    return moonlet_return_one(c, moonlet_text(text));
}

static void count_steps(void *data, const char *chunk, int line)
{
    (void)chunk, (void)line;
    ++*(int *)data;
}

static void the_rest(moonlet_state *s)
{
    const moonlet_entry entries[] = {{.name = "shout", .call = shout}, {.name = NULL}};
    moonlet_value hello = moonlet_text("hello");
    moonlet_result r = moonlet_load_module(s, "voice", entries);
    s = moonlet_next(s, &r);
    show("load_module", moonlet_call_function(s, "voice.shout", &hello, 1));
    r = moonlet_do(s, "voice.shout()");
    printf("%-18s%zu frames, line %d: %s\n", "get_stacktrace", r.error->count, r.error->line,
           r.error->message);
    moonlet_release(r.state);

    int steps = 0;
    moonlet_state *traced = moonlet_set_trace(s, count_steps, &steps);
    show("set_trace_func", moonlet_do(traced, "for i = 1, 10 do end return 'traced'"));
    printf("%-18s%s\n", "get_trace_data",
           *(int *)moonlet_trace_data(traced) >= 9 ? "counted" : "?");
    moonlet_release(traced);

    moonlet_term *outside = moonlet_externalize(s, NULL);
    moonlet_result in = moonlet_internalize(outside);
    show("internalize", moonlet_get(in.state, "t.k"));
    moonlet_release(in.state);
    moonlet_term_free(outside);
    moonlet_collect();
    printf("%-18s\n", "gc");
    moonlet_release(s);
    printf("%-18s\n", "stop");
}

int main(void)
{
    write_script("return 'from a file'");
    moonlet_state *s = moonlet_init();
    s = run_sources(s);
    s = call_by_path(s);
    s = get_and_set(s);
    encode_and_decode(s);
    private_data(s);
    the_rest(s);
    unlink(path);
    return 0;
}
