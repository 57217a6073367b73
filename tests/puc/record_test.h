/* SPDX-License-Identifier: MIT */
/* What the tests of recordings of C functions share: a program that calls one is recorded, and
 * its moments are the same whoever replays them, and without a call of C. */
#ifndef RECORD_TEST_H
#define RECORD_TEST_H

#include "../api/api_test.h"

#include <lauxlib.h>
#include <lua.h>
#include <lualib.h>
#include <moonlet_puc.h>
#include <stdio.h>
#include <unistd.h>

#include "api/api.h"

/* What programs write is nobody's business. */
static void hush(void) { ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout)); }

static moonlet_state *with_function(moonlet_state *s, const char *name, lua_CFunction fn)
{
    moonlet_puc_name_function(name, fn);
    moonlet_result r = moonlet_puc_new_function(s, fn);
    assert_ok(r);
    s = moonlet_next(s, &r);
    r = moonlet_set(s, name, r.values[0]);
    assert_ok(r);
    return moonlet_next(s, &r);
}

/* The source, run and recorded; s is released. */
static moonlet_recording *record_source(moonlet_state *s, const char *source, uint64_t spacing)
{
    moonlet_record_options o = {.spacing = spacing, .stays = true};
    moonlet_result f = moonlet_load(s, source), r;
    assert_ok(f);
    moonlet_recording *rec = moonlet_record(f.state, f.values[0], NULL, 0, &o, &r);
    ck_assert_ptr_nonnull(rec);
    ck_assert_msg(r.status == MOONLET_OK, "%s", r.error ? r.error->traceback : "paused");
    moonlet_release(r.state);
    moonlet_release(f.state);
    moonlet_release(s);
    return rec;
}

static moonlet_recording *elsewhere(const moonlet_recording *rec)
{
    size_t length;
    char *message = NULL, *bytes = moonlet_recording_save(rec, NULL, &length, &message);
    ck_assert_msg(bytes, "%s", message);
    moonlet_image_host host = {.open_modules = true};
    moonlet_recording *loaded = moonlet_recording_load(bytes, length, &host, &message);
    ck_assert_msg(loaded, "%s", message);
    free(bytes);
    return loaded;
}

static void compare_at(moonlet_recording *a, moonlet_recording *b, uint64_t step,
                       const char *name)
{
    moonlet_state *x = moonlet_recording_state(a, step), *y = moonlet_recording_state(b, step);
    ck_assert_msg(x && y, "%s: no state at step %llu", name, (unsigned long long)step);
    bool same = moonlet_digest(x) == moonlet_digest(y) &&
                x->state->next_id == y->state->next_id &&
                x->state->counted == y->state->counted;
    ck_assert_msg(same, "%s: not the same at step %llu: ids %llu %llu, bytes %llu %llu", name,
                  (unsigned long long)step, (unsigned long long)x->state->next_id,
                  (unsigned long long)y->state->next_id, (unsigned long long)x->state->counted,
                  (unsigned long long)y->state->counted);
    moonlet_release(x);
    moonlet_release(y);
}

/* The moments of the recording are the same where there are no states but the first, and in a
 * recording that has come from a file. */
static void replays(moonlet_recording *rec, const char *name)
{
    uint64_t steps = moonlet_recording_steps(rec);
    moonlet_recording *loaded = elsewhere(rec);
    for (uint64_t i = 0; i <= 12; i++) compare_at(rec, loaded, steps * i / 12, name);
    moonlet_recording_release(loaded);
}

#endif
