/* SPDX-License-Identifier: MIT */
/* Wrong use of the API ends a debug build with a message; each in a process of its own. */
#include "api_test.h"

#ifdef MOONLET_DEBUG

#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

static moonlet_state *s;
static moonlet_context *kept;

static void *use_context(void *c)
{
    moonlet_context_globals(c);
    return NULL;
}

static int keep(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args;
    kept = c;
    if (count) {
        pthread_t thread;
        pthread_create(&thread, NULL, use_context, c);
        pthread_join(thread, NULL);
    }
    return moonlet_return(c, NULL, 0);
}

static void null_state(void) { moonlet_do(NULL, "x = 1"); }
static void null_source(void) { moonlet_do(s, NULL); }
static void null_loaded(void) { moonlet_load(s, NULL); }
static void null_file(void) { moonlet_dofile(s, NULL); }
static void null_file_state(void) { moonlet_dofile(NULL, "/dev/null"); }
static void null_chunk(void) { moonlet_load_chunk(s, NULL); }
static void null_path(void) { moonlet_call_function(s, NULL, NULL, 0); }
static void released(void)
{
    moonlet_release(s);
    moonlet_do(s, "x = 1");
}
static void released_twice(void)
{
    moonlet_release(s);
    moonlet_release(s);
}
static void foreign_value(void)
{
    moonlet_result r = moonlet_do(s, "return {}");
    moonlet_set(s, "x", r.values[0]); /* s is older than the table */
}
static void no_value(void) { moonlet_set(s, "x", (moonlet_value){5}); }
static void foreign_context(void)
{
    moonlet_result r = moonlet_new_function(s, "keep", keep, NULL);
    moonlet_value one = moonlet_number(1);
    moonlet_call(r.state, r.values[0], &one, 1);
}

/* What to do wrong, and what is said about it. */
static const struct {
    void (*act)(void);
    const char *message;
} cases[] = {
    {null_state, "NULL given for a state"},
    {null_source, "NULL given for source"},
    {null_loaded, "NULL given for source"},
    {null_file, "NULL given for path"},
    {null_file_state, "NULL given for a state"},
    {null_chunk, "NULL given for c"},
    {null_path, "NULL given for path"},
    {released, "a state that has been released"},
    {released_twice, "a state that has been released"},
    {foreign_value, "a value of another state: a table"},
    {no_value, "a value that is none"},
    {foreign_context, "a context of another thread"},
};

/* The message goes through a pipe to a child that has the exit code of the comparison. */
static int said(int from, const char *message)
{
    char text[256] = "", expected[256];
    ssize_t n = read(from, text, sizeof text - 1);
    snprintf(expected, sizeof expected, "moonlet: wrong use: %s\n", message);
    return n > 0 && strcmp(text, expected) == 0;
}

START_TEST(wrong_use)
{
    int ends[2], status;
    ck_assert_int_eq(pipe(ends), 0);
    s = moonlet_init();
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        cases[_i].act();
        _exit(0);
    }
    waitpid(child, &status, 0);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    ck_assert(said(ends[0], cases[_i].message));
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("misuse");
    tcase_add_loop_test(t, wrong_use, 0, sizeof cases / sizeof *cases);
    return run_suite(t);
}

#else
int main(void) { return 0; }
#endif
