/* SPDX-License-Identifier: MIT */
/*
 * What is given to runs and walks: limits, a trace function.
 *
 * Main invariant: a configuration is never written once a state has it: to change one is to
 * make another.
 */
#include "api/api.h"
#include "native/native.h"

/* Configurations ---------------------------------------------------------------------- */

static moonlet_state *configured(const moonlet_state *s, const Config *c)
{
    static const Config none;
    bool plain = memcmp(c, &none, sizeof none) == 0;
    return handle_new(s->state, plain ? NULL : memcpy(mem_alloc(sizeof *c), c, sizeof *c));
}

static Config config_of(const moonlet_state *s)
{
    assert_live(s);
    Config c;
    memset(&c, 0, sizeof c);
    if (s->config) memcpy(&c, s->config, sizeof c);
    return c;
}

moonlet_state *moonlet_limit(const moonlet_state *s, const moonlet_limits *limits)
{
    Config c = config_of(s);
    memset(&c.limits, 0, sizeof c.limits);
    if (limits) c.limits = *limits;
    return configured(s, &c);
}

moonlet_state *moonlet_set_decoding(const moonlet_state *s,
                                    const moonlet_decode_options *options)
{
    Config c = config_of(s);
    memset(&c.decoding, 0, sizeof c.decoding);
    if (options) c.decoding = *options;
    return configured(s, &c);
}

const char *moonlet_limit_text(moonlet_limit_kind kind)
{
    switch (kind) {
    case MOONLET_LIMIT_NONE: return "no limit";
    case MOONLET_LIMIT_STEPS: return eval_stop_text(STOP_STEPS);
    case MOONLET_LIMIT_BYTES: return eval_stop_text(STOP_BYTES);
    case MOONLET_LIMIT_TIME: return eval_stop_text(STOP_TIME);
    case MOONLET_LIMIT_STACK: return eval_stop_text(STOP_STACK);
    case MOONLET_LIMIT_STRING: return eval_stop_text(STOP_STRING);
    case MOONLET_LIMIT_HELD: return eval_stop_text(STOP_HELD);
    default: return eval_stop_text(STOP_OUTSIDE);
    }
}

moonlet_state *moonlet_set_trace(const moonlet_state *s, moonlet_trace_function *trace,
                                 void *data)
{
    Config c = config_of(s);
    c.trace = trace;
    c.trace_data = data;
    return configured(s, &c);
}

moonlet_state *moonlet_set_image_host(const moonlet_state *s, const moonlet_image_host *host)
{
    Config c = config_of(s);
    c.images = host;
    return configured(s, &c);
}

moonlet_state *moonlet_set_user(const moonlet_state *s, void *user)
{
    Config c = config_of(s);
    c.user = user;
    return configured(s, &c);
}

moonlet_state *moonlet_set_held(const moonlet_state *s, moonlet_held_function *held, void *user)
{
    Config c = config_of(s);
    c.held = held;
    c.held_user = user;
    return configured(s, &c);
}

void *moonlet_user(const moonlet_state *s)
{
    assert_live(s);
    return s->config ? s->config->user : NULL;
}

void *moonlet_trace_data(const moonlet_state *s)
{
    assert_live(s);
    return s->config ? s->config->trace_data : NULL;
}

/* Walks ------------------------------------------------------------------------------- */

static uint64_t values_of(uint64_t steps)
{
    return steps < UINT64_MAX / STEP_VALUES ? steps * STEP_VALUES : UINT64_MAX;
}

static bool is_interrupted(const void *limits)
{
    return stop_flag(((const moonlet_limits *)limits)->interrupt);
}

Walk api_walk(const moonlet_state *s)
{
    Walk w = walk_begin();
    if (!s->config) return w;
    const moonlet_limits *l = &s->config->limits;
    if (l->steps) w.nodes_max = values_of(l->steps);
    if (l->bytes) w.bytes_max = l->bytes;
    if (l->nanoseconds) walk_limit_time(&w, l->nanoseconds);
    w.stopped = l->interrupt ? is_interrupted : NULL;
    w.by = l;
    return w;
}

moonlet_limit_kind api_walk_limit(const Walk *w)
{
    switch (w->end) {
    case WALK_NODES: return MOONLET_LIMIT_STEPS;
    case WALK_BYTES: return MOONLET_LIMIT_BYTES;
    case WALK_DEPTH: return MOONLET_LIMIT_STACK;
    case WALK_TIME: return MOONLET_LIMIT_TIME;
    case WALK_STOPPED: return MOONLET_LIMIT_INTERRUPT;
    default: return MOONLET_LIMIT_NONE;
    }
}
