/* SPDX-License-Identifier: MIT */
/*
 * A host's interrupt flag ends waits for files and commands: what has been read by then is not
 * lost, and the run goes on where it was. Signals that set no flag are not noticed. It ends
 * walks over data as well.
 */
#include "api_test.h"

#include <signal.h>
#include <stdio.h>
#include <sys/time.h>
#include <unistd.h>

static volatile int flag;
static volatile sig_atomic_t signals, flag_at;
static int input[2]; /* standard input is the first end of this pipe */

static void on_alarm(int number)
{
    (void)number;
    if (++signals == flag_at) flag = 1;
}

/* Signals every 20 ms, of which number `at` sets the flag. */
static void set_signals(int at)
{
    struct sigaction a = {.sa_handler = on_alarm};
    struct itimerval every = {{0, 20000}, {0, 20000}};
    sigaction(SIGALRM, &a, NULL);
    signals = 0;
    flag = 0;
    flag_at = at;
    setitimer(ITIMER_REAL, &every, NULL);
}

static void end_signals(void)
{
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    flag = 0;
}

static void set_input(void)
{
    ck_assert_int_eq(pipe(input), 0);
    dup2(input[0], STDIN_FILENO);
}

static void feed(const char *text)
{
    ck_assert_int_eq(write(input[1], text, strlen(text)), (ssize_t)strlen(text));
}

static moonlet_state *interruptible(void)
{
    moonlet_limits l = {.interrupt = &flag};
    moonlet_state *s = moonlet_init(), *limited = moonlet_limit(s, &l);
    moonlet_release(s);
    return limited;
}

/* What the source answers when its reads find `before`, then a stop, and then `after`. */
static void assert_read(const char *source, const char *before, const char *after,
                        const char *expected)
{
    moonlet_state *s = interruptible();
    feed(before);
    set_signals(3);
    moonlet_result r = moonlet_do(s, source);
    end_signals();
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    ck_assert_int_eq(r.limit, MOONLET_LIMIT_INTERRUPT);
    feed(after);
    moonlet_result end = moonlet_resume(r.state);
    assert_ok(end);
    assert_bytes(moonlet_result_value(&end, 0), expected);
    moonlet_release(end.state);
    moonlet_release(r.state);
    moonlet_release(s);
}

START_TEST(reads_pause)
{
    set_input();
    assert_read("return io.read()", "", "abc\n", "abc");
    assert_read("return io.read()", "abc", "def\n", "abcdef");
    assert_read("return io.read '*L'", "abc", "def\n", "abcdef\n");
    assert_read("return io.read(6)", "abc", "def", "abcdef");
    assert_read("return io.read(0)", "", "a", "");
    assert_read("return io.read()", "", "b\n", "ab");
}
END_TEST

START_TEST(lines_pause)
{
    set_input();
    assert_read("for l in io.lines() do return l end", "on", "e\n", "one");
    assert_read(
        "local s = '' for l in io.lines() do s = s .. l if #s > 5 then return s end end",
        "one\ntw", "o\nx\n", "onetwo");
}
END_TEST

/* A function that has begun goes on waiting; the run stops behind it. */
START_TEST(several_reads)
{
    set_input();
    moonlet_state *s = interruptible();
    feed("one\ntw");
    set_signals(3);
    int child = fork();
    if (child == 0) {
        usleep(200000);
        feed("o\n");
        _exit(0);
    }
    moonlet_result r = moonlet_do(s, "local a, b = io.read('*l', '*l') return a .. b");
    end_signals();
    while (r.status == MOONLET_PAUSED) {
        moonlet_result next = moonlet_resume(r.state);
        moonlet_release(r.state);
        r = next;
    }
    assert_ok(r);
    assert_bytes(moonlet_result_value(&r, 0), "onetwo");
    moonlet_release(r.state);
    moonlet_release(s);
}
END_TEST

START_TEST(other_signals_do_not_count)
{
    static const char *const sources[] = {
        "return io.popen('sleep 0.2; echo text'):read()",
        "return io.popen('echo te; sleep 0.2; echo xt'):read('*a'):gsub('\\n', '')",
        "return io.popen('printf te; sleep 0.2; echo xt'):read(4)",
        "local a, b, c = os.execute('sleep 0.2; exit 3') return a == nil and b .. c",
        "local p = io.popen('sleep 0.2; cat >/dev/null; exit 4', 'w') "
        "p:write(('x'):rep(200000)) "
        "local a, b, c = p:close() return b .. c",
        "local p = io.popen('sleep 0.2', 'r') return tostring(p:close())",
    };
    static const char *const expected[] = {"text", "text", "text", "exit3", "exit4", "true"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        moonlet_state *s = interruptible();
        set_signals(-1);
        moonlet_result r = moonlet_do(s, sources[i]);
        end_signals();
        assert_ok(r);
        ck_assert_int_gt(signals, 1);
        assert_bytes(moonlet_result_value(&r, 0), expected[i]);
        moonlet_release(r.state);
        moonlet_release(s);
    }
}
END_TEST

/* Walks over data --------------------------------------------------------------------- */

typedef struct Ended {
    uint64_t steps, digest;
    char *text;
} Ended;

/* Runs the source with the flag set for the first `stops` runs of it. */
static Ended run_stopped(const moonlet_state *s, const char *source, int stops)
{
    moonlet_result r = {.status = MOONLET_PAUSED, .state = NULL};
    Ended e = {0};
    for (int n = 0; r.status == MOONLET_PAUSED; n++) {
        moonlet_state *before = r.state;
        ck_assert_int_le(n, stops);
        flag = n < stops;
        r = before ? moonlet_resume(before) : moonlet_do(s, source);
        moonlet_release(before);
        e.steps += r.steps;
        if (r.status == MOONLET_PAUSED) ck_assert_int_eq(r.limit, MOONLET_LIMIT_INTERRUPT);
        ck_assert_msg(n >= stops || r.status == MOONLET_PAUSED, "%d %s %s", n, source,
                      r.error ? r.error->message : "");
    }
    assert_ok(r);
    e.digest = moonlet_digest(r.state);
    size_t length;
    const char *bytes = moonlet_to_bytes(moonlet_result_value(&r, 0), &length);
    e.text = strndup(bytes, length);
    moonlet_release(r.state);
    return e;
}

/* They stop as a loop does, and what they come to later is what they come to at once: steps,
 * ids and all. */
START_TEST(walks_over_data_stop)
{
    static const char *const sources[] = {
        "return S.digest() .. tostring({})",
        "local d = S.diff(old) return #d .. d[1].path .. tostring(d[1]) .. tostring({})",
        "S.freeze(t, true) return tostring(S.frozen(t[9])) .. tostring({})"};
    moonlet_state *s = after(
        interruptible(), "S = require 'state' t = {} for i = 1, 5000 do t[i] = {i, {}} end\n"
                         "old = S.snapshot() for i = 1, 5000 do t[i][1] = -i end");
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        Ended at_once = run_stopped(s, sources[i], 0), later = run_stopped(s, sources[i], 3);
        ck_assert_uint_eq(at_once.steps, later.steps);
        ck_assert_uint_eq(at_once.digest, later.digest);
        ck_assert_str_eq(at_once.text, later.text);
        free(at_once.text);
        free(later.text);
    }
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("interrupt");
    tcase_add_test(t, reads_pause);
    tcase_add_test(t, lines_pause);
    tcase_add_test(t, several_reads);
    tcase_add_test(t, other_signals_do_not_count);
    tcase_add_test(t, walks_over_data_stop);
    return run_suite(t);
}
