/* SPDX-License-Identifier: MIT */
/* What is given to runs: limits, a trace function; and what is taken from worlds. */
#include "api/path.h"
#include "lib/lib.h"

/* Configurations ---------------------------------------------------------------------- */

static moonlet_state *configured(const moonlet_state *s, const Config *c)
{
    static const moonlet_limits none;
    bool plain = !c->trace && memcmp(&c->limits, &none, sizeof none) == 0;
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

const char *moonlet_limit_text(moonlet_limit_kind kind)
{
    switch (kind) {
    case MOONLET_LIMIT_NONE: return "no limit";
    case MOONLET_LIMIT_STEPS: return eval_stop_text(STOP_STEPS);
    case MOONLET_LIMIT_BYTES: return eval_stop_text(STOP_BYTES);
    case MOONLET_LIMIT_TIME: return eval_stop_text(STOP_TIME);
    case MOONLET_LIMIT_STACK: return eval_stop_text(STOP_STACK);
    case MOONLET_LIMIT_STRING: return eval_stop_text(STOP_STRING);
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

void *moonlet_trace_data(const moonlet_state *s)
{
    assert_live(s);
    return s->config ? s->config->trace_data : NULL;
}

/* Sandboxes --------------------------------------------------------------------------- */

const char *const moonlet_sandbox_default[] = {
    "io",        "file",       "os.execute", "os.exit", "os.getenv",
    "os.remove", "os.rename",  "os.tmpname", "package", "load",
    "loadfile",  "loadstring", "require",    "dofile",  NULL};

static bool listed(const char *const *list, const char *name)
{
    for (; list && *list; list++)
        if (strcmp(*list, name) == 0) return true;
    return false;
}

static Value step(Run *R, Value v, Value key)
{
    return value_is_table(v) ? run_get(R, value_pointer(v), key) : V_NIL;
}

/* Removes what is at the path from a table; the table on the way is the library's own. */
static void remove_path(Run *R, Table *from, const char *path)
{
    size_t count;
    Value *keys = path_keys(path, &count), at = value_object(from);
    if (!count) return;
    for (size_t i = 0; i + 1 < count; i++) at = step(R, at, keys[i]);
    if (step(R, at, keys[count - 1]) != V_NIL)
        run_set(R, value_pointer(at), keys[count - 1], V_NIL);
}

/* What the registry, which debug.getregistry shows, has of a library. */
static void forget(Run *R, const char *path)
{
    static const struct {
        const char *path, *field;
    } kept[] = {{"io", "_IO_input"}, {"io", "_IO_output"}, {"package", "_PRELOAD"}};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        if (strcmp(kept[i].path, path) == 0)
            run_set_field(R, R->world->registry, kept[i].field, V_NIL);
}

moonlet_state *moonlet_sandbox(const moonlet_state *s, const char *const *deny,
                               const char *const *allow)
{
    assert_live(s);
    Run *R = run_begin(s->state);
    Table *loaded = lib_registry_table(R, "_LOADED");
    for (deny = deny ? deny : moonlet_sandbox_default; *deny; deny++) {
        if (listed(allow, *deny)) continue;
        remove_path(R, R->world->globals, *deny);
        remove_path(R, loaded, *deny);
        forget(R, *deny);
    }
    State *state = run_snapshot(R);
    state->paused = s->state->paused;
    run_end(R);
    return handle_new(state, s->config);
}
