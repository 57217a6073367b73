/* SPDX-License-Identifier: MIT */
/*
 * bench_record: what going about in long recordings costs (no arguments), and what recording
 * and replaying a program does (bench/record):
 *
 *   bench_record MODE FILE   MODE: plain, record, replay, break. Prints on standard error the
 *                            processor time of that, the largest resident set in KB, and steps
 *
 * break: the program is replayed once, with a break at its last line but one, which is not
 * reached.
 */
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"

static void fail(const char *what)
{
    fprintf(stderr, "bench_record: %s\n", what ? what : "failed");
    exit(EXIT_FAILURE);
}

static moonlet_recording *recorded(const moonlet_result *f)
{
    moonlet_result r;
    moonlet_recording *rec = moonlet_record(f->state, f->values[0], NULL, 0, NULL, &r);
    if (r.status != MOONLET_OK) fail(r.error ? r.error->message : "paused");
    moonlet_release(r.state);
    return rec;
}

/* A program of the suite -------------------------------------------------------------- */

static double plain(const moonlet_result *f)
{
    double begin = clock_busy();
    moonlet_result r = moonlet_call(f->state, f->values[0], NULL, 0);
    if (r.status != MOONLET_OK) fail(r.error ? r.error->message : "paused");
    moonlet_release(r.state);
    return clock_busy() - begin;
}

static double record(const moonlet_result *f)
{
    double begin = clock_busy();
    moonlet_recording_release(recorded(f));
    return clock_busy() - begin;
}

/* From the first state, as what has been saved elsewhere. */
static double replay(const moonlet_result *f)
{
    size_t length;
    char *message = NULL;
    moonlet_recording *rec = recorded(f);
    char *bytes = moonlet_recording_save(rec, NULL, &length, &message);
    moonlet_recording_release(rec);
    rec = bytes ? moonlet_recording_load(bytes, length, NULL, &message) : NULL;
    if (!rec) fail(message);
    double begin = clock_busy();
    moonlet_state *s = moonlet_recording_state(rec, moonlet_recording_steps(rec));
    double time = clock_busy() - begin;
    if (!s) fail("the replay is another one");
    moonlet_release(s);
    moonlet_recording_release(rec);
    free(bytes);
    return time;
}

static double with_break(const moonlet_result *f, const char *file, int line)
{
    moonlet_recording *rec = recorded(f);
    moonlet_debugger *d = moonlet_debugger_new(rec, NULL);
    moonlet_break b = {.file = file, .line = line};
    int number = moonlet_debugger_break(d, &b, NULL);
    if (!number) fail("there is no such break");
    double begin = clock_busy();
    if (moonlet_debugger_run(d)) fail("the line has been reached");
    double end = clock_busy();
    moonlet_debugger_go_end(d); /* which has been done there, too */
    double time = 2 * end - begin - clock_busy();
    moonlet_debugger_release(d);
    moonlet_recording_release(rec);
    return time;
}

static int lines_of(const char *file)
{
    int lines = 0, c;
    FILE *f = fopen(file, "r");
    if (!f) fail(file);
    while ((c = getc(f)) != EOF) lines += c == '\n';
    fclose(f);
    return lines;
}

static void program(const char *mode, const char *file)
{
    moonlet_result none = moonlet_set(moonlet_init(), "file", moonlet_text(file));
    none = moonlet_do(none.state, "arg = {[0] = file}");
    moonlet_state *s = none.state;
    moonlet_result f = moonlet_loadfile(s, file);
    struct rusage used;
    if (f.status != MOONLET_OK) fail(f.error->message);
    double time = strcmp(mode, "plain") == 0    ? plain(&f)
                  : strcmp(mode, "record") == 0 ? record(&f)
                  : strcmp(mode, "replay") == 0 ? replay(&f)
                                                : with_break(&f, file, lines_of(file) - 1);
    getrusage(RUSAGE_SELF, &used);
    fprintf(stderr, "%.4f %ld 0\n", time, used.ru_maxrss);
}

/* Long runs --------------------------------------------------------------------------- */

static moonlet_recording *run_of(const char *source)
{
    moonlet_state *s = moonlet_init();
    moonlet_chunk *c = moonlet_compile(source, strlen(source), "=run", NULL);
    if (!c) fail(source);
    moonlet_result f = moonlet_load_chunk(s, c);
    moonlet_chunk_release(c);
    if (f.status != MOONLET_OK) fail(f.error->message);
    double begin = clock_busy();
    moonlet_recording *rec = recorded(&f);
    printf("%.2g steps, recorded in %.2f s, %.0f MB\n", (double)moonlet_recording_steps(rec),
           clock_busy() - begin, resident_mb());
    moonlet_release(f.state);
    moonlet_release(s);
    return rec;
}

/* Places all over the run, each far from the one before: the first step back there, and one
 * more. */
static void steps_back(moonlet_recording *rec)
{
    enum { PLACES = 40 };
    double first = 0, more = 0, first_longest = 0, more_longest = 0;
    uint64_t steps = moonlet_recording_steps(rec), at = 12345;
    moonlet_debugger *d = moonlet_debugger_new(rec, NULL);
    for (int i = 0; i < PLACES; i++) {
        at = (at + steps / 7 * 3 + 98765) % steps;
        if (!moonlet_debugger_go(d, at, 0)) fail("there is no such line");
        for (int k = 0; k < 2; k++) {
            double begin = clock_busy();
            moonlet_debugger_move(d, MOONLET_MOVE_INTO, true);
            double time = clock_busy() - begin, *longest = k ? &more_longest : &first_longest;
            *(k ? &more : &first) += time * 1e3 / PLACES;
            if (time * 1e3 > *longest) *longest = time * 1e3;
        }
    }
    printf("  a step back, ms: mean %.2f, longest %.2f; another one %.2f, %.2f\n", first,
           first_longest, more, more_longest);
    moonlet_debugger_release(d);
}

static void back_to(moonlet_recording *rec, int line)
{
    moonlet_debugger *d = moonlet_debugger_new(rec, NULL);
    moonlet_break b = {.file = "run", .line = line};
    if (!moonlet_debugger_break(d, &b, NULL)) fail("no break");
    moonlet_debugger_go_end(d);
    double begin = clock_busy();
    if (!moonlet_debugger_move(d, MOONLET_MOVE_ON, true)) fail("no such line");
    printf("  reverse continue to line %d: %.2f s\n", line, clock_busy() - begin);
    moonlet_debugger_release(d);
}

static void written(moonlet_recording *rec, const char *path)
{
    moonlet_debugger *d = moonlet_debugger_new(rec, NULL);
    moonlet_debugger_go_end(d);
    moonlet_debugger_move(d, MOONLET_MOVE_INTO, true);
    double begin = clock_busy();
    bool found = moonlet_debugger_last_write(d, path);
    printf("  last write of %s: %.2f s, line %d\n", path, clock_busy() - begin,
           found ? moonlet_debugger_moment(d).line : 0);
    moonlet_debugger_release(d);
}

static void true_at(moonlet_recording *rec, const char *expression)
{
    moonlet_debugger *d = moonlet_debugger_new(rec, NULL);
    double begin = clock_busy();
    bool found = moonlet_debugger_first_true(d, expression, 20000, NULL);
    printf("  first true %s: %.2f s%s\n", expression, clock_busy() - begin,
           found ? "" : ", not found");
    moonlet_debugger_release(d);
}

static const char head[] = "first = 1\nlocal kept = 2\nt = {x = 3}\nlocal s = 0\n";

static void long_runs(void)
{
    static const struct {
        const char *name, *text;
    } runs[] = {
        {"a loop", "for i = 1, 1e8 do s = s + i end\n"},
        {"calls", "local function f(x) return x + 1 end\nfor i = 1, 5e7 do s = f(s) end\n"},
        {"a table, written at each turn", "for i = 1, 1e8 do t[i % 100] = i end\n"},
        {"what allocates", "for i = 1, 1e8 do if i % 8 == 0 then s = {i} end end\n"},
    };
    char source[400];
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        snprintf(source, sizeof source, "%s%slast = s + kept\n", head, runs[i].text);
        if (strstr(runs[i].text, "{i}")) strcpy(strstr(source, "s + kept"), "s\nkept = kept\n");
        printf("%s: ", runs[i].name);
        moonlet_recording *rec = run_of(source);
        steps_back(rec);
        back_to(rec, 2);
        written(rec, "first");
        written(rec, "t.x");
        written(rec, "kept");
        written(rec, "s");
        true_at(rec, "t and t.x == 3");
        moonlet_recording_release(rec);
    }
    printf("ten times the loop: ");
    snprintf(source, sizeof source, "%sfor i = 1, 1e9 do s = s + i end\nlast = s\n", head);
    moonlet_recording *rec = run_of(source);
    steps_back(rec);
    moonlet_recording_release(rec);
}

int main(int argc, char **argv)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    if (argc == 3)
        program(argv[1], argv[2]);
    else
        long_runs();
    return 0;
}
