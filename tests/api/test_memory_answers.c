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
    moonlet_release(s);
}

/* What each question answers, as text, to be given to free(); NULL: there was no memory. */
typedef char *Question(void);

static char *text_of_image(moonlet_image *image, char *message)
{
    size_t length;
    if (!image) {
        ck_assert_msg(!message || strstr(message, "not enough memory"), "%s", message);
        free(message);
        return NULL;
    }
    const char *bytes = moonlet_image_bytes(image, &length);
    char *text = calloc(2 * length + 1, 1);
    for (size_t i = 0; i < length; i++) snprintf(text + 2 * i, 3, "%02x", (uint8_t)bytes[i]);
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
    mem_fail_requests(0, MEM_FAIL_ONCE);
    if (!image) return text_of_image(NULL, message);
    text = digits(digest_of(image));
    moonlet_image_release(image);
    return text;
}

static char *ask_digest(void)
{
    uint64_t digest;
    if (!moonlet_digest_limited(moments[STEPS - 1], &digest)) return NULL;
    return digits(digest);
}

static char *ask_difference(void)
{
    moonlet_result r = moonlet_diff(moments[0], moments[STEPS - 1]);
    mem_fail_requests(0, MEM_FAIL_ONCE);
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
            size_t n;
            const char *bytes = moonlet_to_bytes(v, &n);
            length += (size_t)snprintf(text + length, sizeof text - length, "%s ", bytes);
            ck_assert_uint_lt(length, sizeof text);
        }
    }
    moonlet_release(r.state);
    return strdup(text);
}

static Question *const questions[] = {ask_whole,  ask_delta,  ask_small_delta, ask_collapsed,
                                      ask_loaded, ask_digest, ask_difference};
enum { QUESTIONS = sizeof questions / sizeof *questions };

START_TEST(answers_are_right_or_none)
{
    mem_init();
    if (!mem_fail_requests(0, MEM_FAIL_ONCE)) return; /* not in this kind */
    make_moments();
    mem_fail_requests(0, MEM_FAIL_ONCE);
    char *right = questions[_i]();
    ck_assert_ptr_nonnull(right);
    uint64_t requests = mem_fail_count(), none = 0;
    mem_fail_requests(0, MEM_FAIL_ONCE);
    for (MemFailMode mode = MEM_FAIL_ONCE; mode <= MEM_FAIL_UNTIL_REPORTED; mode++)
        for (uint64_t n = 1; n <= requests; n++) {
            mem_fail_requests(n, mode);
            char *answer = questions[_i]();
            mem_fail_requests(0, MEM_FAIL_ONCE);
            mem_recover();
            ck_assert_msg(!answer || strcmp(answer, right) == 0,
                          "request %d of %d fails in mode %d: another answer", (int)n,
                          (int)requests, (int)mode);
            none += !answer;
            free(answer);
        }
    bool always = questions[_i] == ask_digest; /* it has memory put by for what it has met */
    ck_assert_msg(always || none > 0, "something has failed");
    char *again = questions[_i]();
    ck_assert_str_eq(again, right);
    free(again);
    free(right);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("answers without memory");
    tcase_add_loop_test(t, answers_are_right_or_none, 0, QUESTIONS);
    return run_suite(t);
}
