/* SPDX-License-Identifier: MIT */
/*
 * Recordings for the host: see moonlet.h, and record/record.h for what they are.
 *
 *   moonlet_recording (a root) -> Record, and the configuration that replays run with: that of
 *   the state, without its limits, which have had their effect when it was recorded. Of one
 *   from bytes it is the host that it was loaded with, if the state had one for state.save.
 *
 * Main invariant: a recording is never changed by what is looked up in it, but for points that
 * make that faster.
 */
#include "api/image/record.h"

#include <stdlib.h>

#include "api/image/image.h"
#include "record/file.h"

static moonlet_recording *new_recording(Record *r, const Config *config)
{
    moonlet_recording *rec = mem_alloc_root(sizeof *rec);
    *rec = (moonlet_recording){.record = r};
    if (!config) return rec;
    Config *c = mem_alloc(sizeof *c);
    *c = *config;
    c->limits = (moonlet_limits){0};
    c->trace = NULL;
    rec->config = c;
    r->hosted = config->images != NULL;
    return rec;
}

void moonlet_recording_release(moonlet_recording *rec)
{
    if (!rec) return;
    record_free(rec->record);
    mem_free_root(rec);
}

uint64_t moonlet_recording_steps(const moonlet_recording *rec)
{
    assert_given(rec);
    return rec->record->steps;
}

moonlet_status moonlet_recording_status(const moonlet_recording *rec)
{
    assert_given(rec);
    switch (rec->record->end) {
    case RECORD_OK: return MOONLET_OK;
    case RECORD_FAILED: return MOONLET_FAILED;
    default: return MOONLET_PAUSED;
    }
}

/* Recording --------------------------------------------------------------------------- */

static void on_exit_of(Machine *M, int status)
{
    moonlet_recording *rec = M->outside->context_of_exit;
    record_end(rec->record, RECORD_EXITED);
    if (rec->options.exits) rec->options.exits(rec->options.data, rec, status);
}

static void watch_exit(moonlet_recording *rec)
{
    Outside *o = &rec->record->outside;
    o->exit = on_exit_of;
    o->context_of_exit = rec;
    o->stays = rec->options.stays;
}

static RecordEnd end_of(RunStatus status)
{
    return status == RUN_OK ? RECORD_OK : status == RUN_ERROR ? RECORD_FAILED : RECORD_PAUSED;
}

moonlet_recording *moonlet_record(const moonlet_state *s, moonlet_value function,
                                  const moonlet_value *args, size_t count,
                                  const moonlet_record_options *options, moonlet_result *r)
{
    assert_given(r);
    HostRun S;
    moonlet_record_options o = options ? *options : (moonlet_record_options){0};
    assert_live(s);
    if (s->state->base->paused) {
        *r = api_refuse(s, MOONLET_ERROR_HOST, "a state with a paused program");
        return NULL;
    }
    moonlet_recording *rec = new_recording(record_new(o.spacing, o.bytes), s->config);
    rec->options = o;
    api_begin(&S, s);
    assert_values(s, &function, 1);
    assert_values(s, args, count);
    watch_exit(rec);
    record_begin(rec->record, S.M);
    RunStatus status = eval_call(S.M, value_in(function), (const Value *)args, count);
    if (rec->record->M) record_end(rec->record, end_of(status));
    *r = api_end(&S, status);
    if (r->status == MOONLET_PAUSED && !rec->record->steps) /* before the first poll's point */
        record_add(rec->record, (RecordPoint){.state = (State *)r->state->state});
    if (rec->record->count) return rec;
    moonlet_recording_release(rec); /* what cannot be called has no moments */
    return NULL;
}

moonlet_recording *recording_go_on(const moonlet_state *s,
                                   const moonlet_record_options *options, moonlet_result *r)
{
    HostRun S;
    moonlet_record_options o = options ? *options : (moonlet_record_options){0};
    moonlet_recording *rec = new_recording(record_new(o.spacing, o.bytes), s->config);
    rec->options = o;
    api_begin_resumed(&S, s);
    watch_exit(rec);
    record_begin(rec->record, S.M);
    record_add(rec->record, (RecordPoint){.state = (State *)s->state});
    RunStatus status = eval_resume_paused(S.M);
    if (rec->record->M) record_end(rec->record, end_of(status)); /* the process did not end */
    *r = api_end(&S, status);
    return rec;
}

moonlet_recording *moonlet_record_resume(const moonlet_state *s,
                                         const moonlet_record_options *options,
                                         moonlet_result *r)
{
    assert_given(r);
    assert_live(s);
    if (s->state->base->paused) return recording_go_on(s, options, r);
    *r = api_refuse(s, MOONLET_ERROR_HOST, "no program is paused");
    return NULL;
}

/* Moments ----------------------------------------------------------------------------- */

void recording_begin(moonlet_recording *rec, RecordingReplay *p, uint64_t before)
{
    RecordPoint from = *record_point(rec->record, before);
    p->h = handle_new(from.state, rec->config);
    api_begin_resumed(&p->S, p->h);
    replay_begin(&p->replay, rec->record, &from, p->S.M);
}

moonlet_state *recording_end(moonlet_recording *rec, RecordingReplay *p, bool wanted)
{
    outside_give(p->S.M, NULL);
    p->S.M->stops = NULL;
    State *state = api_pack(&p->S, false);
    api_drop(&p->S);
    moonlet_release(p->h);
    return wanted ? handle_new(state, rec->config) : NULL;
}

moonlet_state *recording_state(moonlet_recording *rec, uint64_t step, bool *whole)
{
    RecordingReplay p;
    *whole = true;
    Record *r = rec->record;
    if (step > r->steps) step = r->steps;
    if (!r->count) return NULL;
    const RecordPoint *from = record_point(r, step + 1);
    if (from->step == step) return handle_new(from->state, rec->config);
    recording_begin(rec, &p, step + 1);
    replay_run(&p.replay, step, 0);
    *whole =
        !replay_lacks(&p.replay) && (!replay_has_ended(&p.replay) || r->end >= RECORD_PAUSED);
    return recording_end(rec, &p, true);
}

moonlet_state *moonlet_recording_state(moonlet_recording *rec, uint64_t step)
{
    assert_given(rec);
    bool whole;
    moonlet_state *s = recording_state(rec, step, &whole);
    if (whole) return s;
    moonlet_release(s);
    return NULL;
}

/* Files ------------------------------------------------------------------------------- */

static char *refuse(char **message, const char *text)
{
    if (message) *message = strdup(text);
    return NULL;
}

char *moonlet_recording_save(const moonlet_recording *rec, const moonlet_image_host *host,
                             size_t *length, char **message)
{
    assert_given(rec);
    assert_given(length);
    ImageNames *names = image_names_new(host);
    ByteSink out = {0};
    char error[IMAGE_ERROR_MAX];
    bool good = record_write(rec->record, image_names_host(names), &out, error);
    image_names_free(names);
    if (good) {
        *length = out.length;
        return (char *)out.bytes;
    }
    sink_free(&out);
    return refuse(message, error);
}

moonlet_recording *moonlet_recording_load(const char *bytes, size_t length,
                                          const moonlet_image_host *host, char **message)
{
    assert_array(bytes, length);
    char error[IMAGE_ERROR_MAX];
    moonlet_release(moonlet_init()); /* the libraries have been opened once */
    ImageNames *names = image_names_new(host);
    Record *r = record_read((const uint8_t *)bytes, length, image_names_host(names), error);
    char *missing = image_names_missing(names);
    image_names_free(names);
    Config config = {.images = host};
    if (r && !missing) return new_recording(r, r->hosted && host ? &config : NULL);
    refuse(message, missing ? missing : error);
    record_free(r);
    free(missing);
    return NULL;
}

bool moonlet_is_recording(const char *bytes, size_t length)
{
    assert_array(bytes, length);
    return record_begins((const uint8_t *)bytes, length);
}
