/* SPDX-License-Identifier: MIT */
/*
 * What a host asks for while requests for memory fail: the right answer, or none.
 *
 * Images, deltas, chains that are collapsed, what is loaded, digests and differences are made
 * once with memory; then again with each request failing in turn, alone and with those after
 * it. What comes is the same to the byte, or an error that there is no memory.
 */
#include "api_test.h"

#include <stdio.h>

#include "memory/mem.h"

/* Which requests fail: those for collected memory and what is counted with them, or those that
 * the C library's malloc gets. */
typedef struct Failing {
    uint64_t first, made;
    bool from; /* those after it, too */
} Failing;
static Failing of_malloc;
static bool watched_malloc; /* while a question is answered */

#ifndef MOONLET_MALLOC
enum { WAYS = MEM_FAIL_UNTIL_REPORTED + 3 };

void *__libc_malloc(size_t size);
void *__libc_calloc(size_t n, size_t size);
void *__libc_realloc(void *p, size_t size);

static bool malloc_fails(void)
{
    if (!watched_malloc) return false;
    uint64_t n = ++of_malloc.made;
    return of_malloc.first && (n == of_malloc.first || (of_malloc.from && n > of_malloc.first));
}

void *malloc(size_t size) { return malloc_fails() ? NULL : __libc_malloc(size); }
void *calloc(size_t n, size_t size) { return malloc_fails() ? NULL : __libc_calloc(n, size); }
void *realloc(void *p, size_t size) { return malloc_fails() ? NULL : __libc_realloc(p, size); }
#else
enum { WAYS = MEM_FAIL_UNTIL_REPORTED + 1 };
#endif

/* In one of so many ways, from the n-th request on (0: none fails). */
static void begin_failures(int way, uint64_t n)
{
    bool by_malloc = way > MEM_FAIL_UNTIL_REPORTED;
    of_malloc = (Failing){by_malloc ? n : 0, 0, way == WAYS - 1};
    mem_fail_requests(by_malloc ? 0 : n, by_malloc ? MEM_FAIL_ONCE : (MemFailMode)way);
    watched_malloc = true;
}

/* Gives how many there were. */
static uint64_t end_failures(int way)
{
    static uint64_t made;
    if (watched_malloc)
        made = way > MEM_FAIL_UNTIL_REPORTED ? of_malloc.made : mem_fail_count();
    watched_malloc = false;
    mem_fail_requests(0, MEM_FAIL_ONCE);
    return made;
}

enum { MOST = 120 }; /* requests that fail, of all that a question makes */
static int way;      /* in which requests fail now */

/* The worlds hold snapshots, so deltas have records that leave things out. */
static const char *const steps[] = {
    "state = require 'state' world = {} held = {} for i = 1, 60 do world[i] = {x = i} end "
    "big = {} for i = 1, 700 do big[i] = i end weak = setmetatable({}, {__mode = 'k'}) "
    "co = coroutine.wrap(function(a) while true do local t = {a} a = coroutine.yield(t) end "
    "end) "
    "held[1] = state.snapshot() kept = co(1)",
    "for i = 1, 5 do world[i].x = -i world[60 + i] = {x = i, [i] = 'new' .. i} "
    "world[50 - i] = nil held[#held + 1] = state.snapshot() kept = co(i) end big[350] = kept",
    "for i = 10, 40 do world[i] = {f = function() return i end} weak[world[i]] = i end "
    "held[2] = nil held[#held + 1] = state.snapshot() big[1] = held kept = nil "
    "text = ('long '):rep(3000)",
};
enum { STEPS = sizeof steps / sizeof *steps };

static moonlet_state *moments[STEPS];
static moonlet_image *images[STEPS]; /* a whole one, and deltas to the one before */

static moonlet_recording *recording;
static moonlet_state *plain;  /* that can be written as terms */
static moonlet_state *played; /* that has frames */

static moonlet_image *save(moonlet_state *s, const moonlet_image *base)
{
    char *message = NULL;
    moonlet_image *image = moonlet_image_save(s, base, NULL, &message);
    ck_assert_msg(image != NULL, "%s", message);
    return image;
}

static void make_moments(void)
{
    moonlet_state *s = moonlet_init();
    for (int i = 0; i < STEPS; i++) {
        s = after(s, steps[i]);
        moments[i] = moonlet_retain(s);
        images[i] = save(s, i ? images[i - 1] : NULL);
    }
    s = after(s,
              "function play() local t = {} for i = 1, 3000 do t[i % 90] = {i, os.clock} end "
              "return #t end");
    moonlet_result r;
    recording = moonlet_record(s, moonlet_global(s, "play"), NULL, 0, NULL, &r);
    ck_assert_ptr_nonnull(recording);
    played = world("units = {} for i = 1, 200 do local u = {x = i} units[i] = u "
                   "u.turn = coroutine.wrap(function() while true do u.x = u.x + 1 "
                   "coroutine.yield() end end) end n = 0 function frame() n = n + 1 "
                   "for i = n, 200, 3 do units[i].turn() units[i][n] = {n} end end");
    plain = world("t = {} for i = 1, 300 do t[i] = {i, x = 'text' .. i} end");
    moonlet_release(r.state);
    moonlet_release(s);
}

/* What each question answers, as text, to be given to free(); NULL: there was no memory. */
typedef char *Question(void);

static char *hex(const char *bytes, size_t length)
{
    char *text = calloc(2 * length + 1, 1);
    for (size_t i = 0; i < length; i++) snprintf(text + 2 * i, 3, "%02x", (uint8_t)bytes[i]);
    return text;
}

static char *text_of_image(moonlet_image *image, char *message)
{
    size_t length;
    end_failures(way);
    if (!image) {
        ck_assert_msg(!message || strstr(message, "not enough memory"), "%s", message);
        free(message);
        return NULL;
    }
    const char *bytes = moonlet_image_bytes(image, &length);
    char *text = hex(bytes, length);
    moonlet_image_release(image);
    return text;
}

static char *ask_whole(void)
{
    char *message = NULL;
    moonlet_image *image = moonlet_image_save(moments[STEPS - 1], NULL, NULL, &message);
    return text_of_image(image, message);
}

static char *ask_delta(void)
{
    char *message = NULL;
    moonlet_image *image = moonlet_image_save(moments[STEPS - 1], images[0], NULL, &message);
    return text_of_image(image, message);
}

static char *ask_small_delta(void)
{
    char *message = NULL;
    moonlet_image *image = moonlet_image_save(moments[1], images[0], NULL, &message);
    return text_of_image(image, message);
}

static char *ask_collapsed(void)
{
    char *message = NULL;
    const char *bytes[STEPS];
    size_t lengths[STEPS];
    for (int i = 0; i < STEPS; i++) bytes[i] = moonlet_image_bytes(images[i], &lengths[i]);
    moonlet_image *image = moonlet_image_collapse(bytes, lengths, STEPS, NULL, NULL, &message);
    return text_of_image(image, message);
}

static char *digits(uint64_t n)
{
    char text[20];
    snprintf(text, sizeof text, "%llx", (unsigned long long)n);
    return strdup(text);
}

static uint64_t digest_of(moonlet_image *image)
{
    moonlet_state *s = moonlet_image_state(image);
    uint64_t digest = moonlet_digest(s);
    moonlet_release(s);
    return digest;
}

static char *ask_loaded(void)
{
    size_t length;
    char *message = NULL, *text = NULL;
    const char *bytes = moonlet_image_bytes(images[1], &length);
    moonlet_image *image = moonlet_image_load(bytes, length, images[0], NULL, &message);
    end_failures(way);
    if (!image) return text_of_image(NULL, message);
    text = digits(digest_of(image));
    moonlet_image_release(image);
    return text;
}

static char *ask_digest(void)
{
    uint64_t digest;
    bool known = moonlet_digest_limited(moments[STEPS - 1], &digest);
    end_failures(way);
    if (!known) return NULL;
    return digits(digest);
}

static char *ask_difference(void)
{
    moonlet_result r = moonlet_diff(moments[0], moments[STEPS - 1]);
    end_failures(way);
    if (r.status == MOONLET_FAILED) {
        ck_assert_str_eq(r.error->message, "not enough memory");
        moonlet_release(r.state);
        return NULL;
    }
    moonlet_value list = moonlet_result_value(&r, 0);
    char text[20000] = "";
    size_t length = 0;
    for (int i = 1; i <= (int)moonlet_raw_length(r.state, list); i++) {
        moonlet_value item = moonlet_raw_get(r.state, list, moonlet_number(i));
        for (int k = 0; k < 3; k++) {
            moonlet_value v = moonlet_raw_get(
                r.state, item,
                moonlet_string((const char *[]){"path", "old", "new"}[k], k ? 3 : 4));
            size_t n = 0;
            const char *bytes = moonlet_to_bytes(v, &n);
            if (!bytes) continue;
            length +=
                (size_t)snprintf(text + length, sizeof text - length, "%.*s ", (int)n, bytes);
            ck_assert_uint_lt(length, sizeof text);
        }
    }
    moonlet_release(r.state);
    return strdup(text);
}

static char *ask_moment(void)
{
    moonlet_state *s =
        moonlet_recording_state(recording, moonlet_recording_steps(recording) / 2);
    end_failures(way);
    if (!s) return NULL;
    char *text = digits(moonlet_digest(s));
    moonlet_release(s);
    return text;
}

static char *ask_recording(void)
{
    size_t length;
    char *message = NULL, *bytes = moonlet_recording_save(recording, NULL, &length, &message);
    end_failures(way);
    if (!bytes) return text_of_image(NULL, message);
    char *text = hex(bytes, length);
    free(bytes);
    return text;
}

static char *ask_terms(void)
{
    char *message = NULL, *text = NULL;
    size_t length;
    moonlet_term *t = moonlet_externalize(plain, &message);
    end_failures(way);
    if (!t) return text_of_image(NULL, message);
    FILE *f = open_memstream(&text, &length);
    ck_assert(moonlet_term_print(t, f));
    fclose(f);
    moonlet_term_free(t);
    return text;
}

/* A call that fails has changed nothing: it can be made again. */
static void play_frame(moonlet_timeline *t)
{
    moonlet_result r = moonlet_timeline_call(t, "frame", NULL, 0);
    if (r.status == MOONLET_OK) return;
    end_failures(way);
    ck_assert(strstr(r.error->message, "not enough memory"));
    r = moonlet_timeline_call(t, "frame", NULL, 0);
    assert_ok(r);
}

static char *ask_timeline(void)
{
    enum { FRAMES = 12, FROM = 9, TO = 4 };
    uint64_t digest;
    bool went_back = false; /* asserted later: Check asks malloc for each assertion */
    moonlet_timeline *t = moonlet_timeline_begin(played, 8);
    for (int i = 1; i <= FRAMES; i++) {
        play_frame(t);
        moonlet_timeline_digest(t, moonlet_timeline_frame(t), &digest);
        if (i == FROM) went_back = moonlet_timeline_back(t, TO);
    }
    end_failures(way);
    ck_assert(went_back);
    ck_assert_uint_eq(moonlet_timeline_frame(t), FRAMES - FROM + TO);
    moonlet_state *s = moonlet_timeline_state(t);
    ck_assert(moonlet_timeline_digest(t, moonlet_timeline_frame(t), &digest));
    ck_assert_uint_eq(digest, moonlet_digest(s));
    moonlet_release(s);
    moonlet_timeline_end(t);
    return digits(digest);
}

/* Programs that work with many natives: those that have lists and buffers of their own. */
static const char *const programs[] = {
    "local t = {} for w in ('the quick brown fox '):rep(60):gmatch('%a+') do t[#t + 1] = w end "
    "table.sort(t) return table.concat(t, ','):gsub('(q)(u)', '%2%1'):upper():reverse()",
    "local f = assert(load(('x = (x or 0) + 1 '):rep(90) .. ' return function(a) return a "
    "end')) "
    "local g = assert(load(string.dump(f))) g() return tostring(x) .. #string.dump(g)",
    "local f = io.tmpfile() f:write(('line %d\\n'):rep(300)) f:seek('set') local n = 0 "
    "for l in f:lines() do n = n + #l end f:close() return ('%d %s'):format(n, os.date('!%c', "
    "0))",
    "local s = state.save() local t = state.load(s) "
    "return state.digest(t) .. #state.save(t, t) .. #state.diff(t, state.load(state.save()))",
    "local r, e = state.map(function(i) return {i, ('y'):rep(i)} end, {1, 2, 3}) "
    "if e then error(select(2, next(e)), 0) end "
    "return r[3][2] .. tostring(select(2, pcall(error, 'e', 0))) .. debug.traceback('t', 1)",
    "local ok, e = pcall(require, 'nothing') return (e:gsub('no file[^\\n]*', ''))",
};
enum { PROGRAMS = sizeof programs / sizeof *programs };
static int program; /* of these, to be asked about */

static char *ask_program(void)
{
    moonlet_result r = moonlet_do(moments[STEPS - 1], programs[program]);
    size_t length = 0;
    end_failures(way);
    if (r.status == MOONLET_FAILED)
        ck_assert_msg(strstr(r.error->message, "not enough memory"), "%s", r.error->message);
    const char *bytes =
        r.status == MOONLET_OK ? moonlet_to_bytes(moonlet_result_value(&r, 0), &length) : NULL;
    char *text = bytes ? strndup(bytes, length) : NULL;
    moonlet_release(r.state);
    if (!text || !strstr(text, "not enough memory")) return text;
    free(text); /* it has caught the error */
    return NULL;
}

static Question *const questions[] = {ask_whole,     ask_delta,  ask_small_delta, ask_collapsed,
                                      ask_loaded,    ask_digest, ask_difference,  ask_moment,
                                      ask_recording, ask_terms,  ask_timeline};
enum { QUESTIONS = sizeof questions / sizeof *questions };

static char *ask(Question *question, uint64_t n, uint64_t *made)
{
    begin_failures(way, n);
    char *answer = question();
    *made = end_failures(way);
    mem_recover();
    return answer;
}

START_TEST(answers_are_right_or_none)
{
    program = _i % (QUESTIONS + PROGRAMS) - QUESTIONS;
    Question *question = program < 0 ? questions[program + QUESTIONS] : ask_program;
    uint64_t requests, made, none = 0;
    mem_init();
    if (!mem_fail_requests(0, MEM_FAIL_ONCE)) return; /* not in this kind */
    make_moments();
    way = _i / (QUESTIONS + PROGRAMS);
    char *right = ask(question, 0, &requests);
    ck_assert_ptr_nonnull(right);
    for (uint64_t n = 1; n <= requests; n += requests / MOST + 1) {
        char *answer = ask(question, n, &made);
        ck_assert_msg(!answer || strcmp(answer, right) == 0,
                      "request %d of %d fails in way %d: another answer", (int)n, (int)requests,
                      way);
        none += !answer;
        free(answer);
    }
    /* A digest has memory put by for what it has met, and one failure is made good by others.
     */
    bool always = question == ask_digest || question == ask_moment || question == ask_timeline;
    ck_assert_msg(always || none > 0 || !requests, "something has failed");
    char *again = ask(question, 0, &made);
    ck_assert_str_eq(again, right);
    free(again);
    free(right);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("answers without memory");
    tcase_add_loop_test(t, answers_are_right_or_none, 0, (QUESTIONS + PROGRAMS) * WAYS);
    return run_suite(t);
}
