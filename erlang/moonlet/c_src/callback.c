/* SPDX-License-Identifier: MIT */
/*
 * Erlang functions that Lua programs call, and Erlang terms that they hold.
 *
 * A term is a userdata, with an environment of its own. A function is a Lua closure over such
 * a userdata, so that it is a function to Lua:
 *
 *   function(...) return call(f, ...) end
 *
 * A slice that comes to `call` pauses there, and says in Asked what is to be called. When the
 * program is resumed it comes to the same call again, and now finds a Command: to return, to
 * throw, or to call a Lua function first, for the Erlang function that works in the paused
 * state. After that it pauses anew, with the results:
 *
 *   call --pause--> [Erlang] --RETURN--> goes on
 *                      |  ^
 *                    CALL |
 *                      v  |
 *                    pcall(f, ...) --pause--
 *
 * Each waiting call has a token, so that it is not told what is meant for another one.
 */
#include "nif.h"

typedef struct Held {
    ErlNifEnv *env;
    ERL_NIF_TERM term;
} Held;

/* In each state's private data. */
#define PRIVATE "erlang"

/* Tells an Erlang function of calls, returns and lines; not of those of helpers. Each coroutine
 * has a hook of its own, which it gets when one that is traced resumes it. */
#define TRACE                                                                               \
    "local d, unpack = debug or {}, (table or {}).unpack\n"                                 \
    "local sethook, gethook, getinfo = d.sethook, d.gethook, d.getinfo\n"                   \
    "local getlocal, getupvalue = d.getlocal, d.getupvalue\n"                               \
    "local resume, type = (coroutine or {}).resume, type\n"                                 \
    "local current, hook\n"                                                                 \
    "local function arguments(count)\n"                                                     \
    "  local t, n = {}, 0\n"                                                                \
    "  local function add(i)\n"                                                             \
    "    local name, value = getlocal(4, i)\n"                                              \
    "    if name then n = n + 1 t[n] = value end\n"                                         \
    "    return name\n"                                                                     \
    "  end\n"                                                                               \
    "  for i = 1, count do add(i) end\n"                                                    \
    "  local i = -1\n"                                                                      \
    "  while add(i) do i = i - 1 end\n"                                                     \
    "  return unpack(t, 1, n)\n"                                                            \
    "end\n"                                                                                 \
    "local function follow(func)\n"                                                         \
    "  local _, co\n"                                                                       \
    "  if func == resume then _, co = getlocal(3, 1)\n"                                     \
    "  else _, co = getupvalue(func, 1) end\n"                                              \
    "  if type(co) == 'thread' and gethook(co) ~= hook then sethook(co, hook, 'crl') end\n" \
    "end\n"                                                                                 \
    "function hook(event, line)\n"                                                          \
    "  if not current then sethook() return end\n"                                          \
    "  local i = getinfo(2, 'Suf')\n"                                                       \
    "  if i.what == 'C' then if event == 'call' then follow(i.func) end\n"                  \
    "  elseif i.source == '=erlang' then return\n"                                          \
    "  elseif event == 'line' then current(event, line, i.source)\n"                        \
    "  elseif event == 'return' then current(event, returned())\n"                          \
    "  else current('call', i.func, arguments(i.nparams)) end\n"                            \
    "end\n"                                                                                 \
    "local function trace(f)\n"                                                             \
    "  current = f\n"                                                                       \
    "  sethook(f and hook, f and 'crl' or '')\n"                                            \
    "end\n"

static const char source[] =
    "local call, returned, pcall, debug, xpcall, caught = ...\n"
    "local function guarded(f, ...) return xpcall(f, caught, ...) end\n"
    "local function make(f)\n"
    "  return function(...) return call(f, ...) end\n"
    "end\n" TRACE "return {make = make, pcall = xpcall and guarded or pcall, trace = trace}\n";
static moonlet_chunk *helpers;
static __thread Asked *asked_now;
static __thread const Command *command_now;
static atomic_uint_fast64_t last_token;

void callback_enter(Asked *asked, const Command *command)
{
    *asked = (Asked){.what = ASKED_NOTHING};
    asked_now = asked;
    command_now = command;
}

bool callback_leave(void)
{
    bool obeyed = !command_now;
    asked_now = NULL;
    command_now = NULL;
    return obeyed;
}

/* s, or a state that comes of it, in which *f is a function. */
static moonlet_state *with_function(moonlet_state *s, const char *name, moonlet_function *call,
                                    moonlet_value *f)
{
    moonlet_result r = moonlet_new_function(s, name, call, NULL);
    *f = r.status == MOONLET_OK ? r.values[0] : moonlet_nil();
    return moonlet_next(s, &r);
}

/* Terms as userdata --------------------------------------------------------------------- */

static void held_copy(void *to, const void *from, size_t size)
{
    const Held *h = from;
    Held copy = {.env = h->env ? enif_alloc_env() : NULL};
    if (h->env) copy.term = enif_make_copy(copy.env, h->term);
    *(Held *)to = copy;
}

static void held_finalize(void *bytes, size_t size)
{
    Held *h = bytes;
    if (h->env) enif_free_env(h->env);
}

static bool held_save(const void *bytes, moonlet_writer *write, void *context)
{
    const Held *h = bytes;
    ErlNifBinary b;
    if (!h->env || !enif_term_to_binary(h->env, h->term, &b)) return false;
    write(context, (char *)b.data, b.size);
    enif_release_binary(&b);
    return true;
}

static bool held_load(void *to, const char *bytes, size_t length)
{
    Held *h = to;
    ErlNifEnv *env = enif_alloc_env();
    ERL_NIF_TERM term;
    const unsigned char *data = (const unsigned char *)bytes;
    if (enif_binary_to_term(env, data, length, &term, ERL_NIF_BIN2TERM_SAFE) != length) {
        enif_free_env(env);
        return false;
    }
    *h = (Held){env, term};
    return true;
}

static void held_digest(const void *bytes, size_t size, moonlet_add_bytes *add, void *to)
{
    const Held *h = bytes;
    ErlNifBinary b;
    if (!h->env || !enif_term_to_binary(h->env, h->term, &b)) return;
    add(to, b.data, b.size);
    enif_release_binary(&b);
}

static const moonlet_type_info held_type = {.name = "erlang term",
                                            .size = sizeof(Held),
                                            .copy = held_copy,
                                            .finalize = held_finalize,
                                            .digest = held_digest,
                                            .save = held_save,
                                            .load = held_load};

moonlet_result callback_userdata(const moonlet_state *s, ErlNifEnv *env, ERL_NIF_TERM t)
{
    Held h = {.env = enif_alloc_env()};
    h.term = enif_make_copy(h.env, t);
    return moonlet_new_userdata(s, &held_type, &h);
}

bool callback_term(ErlNifEnv *env, const moonlet_state *s, moonlet_value v, ERL_NIF_TERM *out)
{
    const Held *h = moonlet_userdata(s, v, &held_type);
    if (!h) return false;
    *out = enif_make_copy(env, h->term);
    return true;
}

/* (userdata, other): the first has the other's term from now on, in this state. */
static int held_put(moonlet_context *c, const moonlet_value *args, size_t count)
{
    const Held *from = count == 2 ? moonlet_context_userdata(c, args[1], &held_type) : NULL;
    Held *to = from ? moonlet_context_userdata_write(c, args[0], &held_type) : NULL;
    if (!to || !from->env) return moonlet_fail(c, "no terms of Erlang's");
    ErlNifEnv *env = enif_alloc_env();
    ERL_NIF_TERM term = enif_make_copy(env, from->term);
    if (to->env) enif_free_env(to->env);
    *to = (Held){env, term};
    return moonlet_return(c, NULL, 0);
}

moonlet_result callback_put(const moonlet_state *s, moonlet_value to, moonlet_value from)
{
    moonlet_value f, args[2] = {to, from};
    moonlet_state *now = with_function(moonlet_retain(s), "erlang_put", held_put, &f);
    moonlet_result r = moonlet_call(now, f, args, 2);
    moonlet_release(now);
    return r;
}

/* Calls --------------------------------------------------------------------------------- */

static int call_finished(moonlet_context *c, const moonlet_value *values, size_t count);

static int wait_as(moonlet_context *c, int what, const Pending *p, const moonlet_value *values,
                   size_t count)
{
    Asked *a = asked_now;
    free(a->values);
    *a = (Asked){.what = what, .pending = *p, .count = count};
    a->values = take(count * sizeof *values);
    if (count) memcpy(a->values, values, count * sizeof *values);
    return moonlet_pause(c);
}

/* Where pcall finds it: function, arguments. */
static int call_inside(moonlet_context *c, const Command *command)
{
    size_t count = command->count + 1;
    moonlet_value few[VALUES_INLINE + 1], *args = few;
    moonlet_value token = moonlet_number((double)command->pending.token);
    if (count > VALUES_INLINE + 1) args = take(count * sizeof *args);
    args[0] = command->function;
    if (command->count) memcpy(args + 1, command->values, command->count * sizeof *args);
    int code = moonlet_call_then(c, command->pcall, args, count, call_finished, token);
    if (args != few) free(args);
    return code;
}

static int obey(moonlet_context *c)
{
    const Command *command = command_now;
    command_now = NULL;
    switch (command->what) {
    case COMMAND_RETURN: return moonlet_return(c, command->values, command->count);
    case COMMAND_THROW: return moonlet_throw(c, command->values[0]);
    default: return call_inside(c, command);
    }
}

static int no_erlang(moonlet_context *c)
{
    return moonlet_throw(c, moonlet_text("Erlang functions cannot be called here"));
}

static int call_erlang(moonlet_context *c, const moonlet_value *args, size_t count)
{
    if (!asked_now || !count) return no_erlang(c);
    const Pending *p = command_now ? &command_now->pending : NULL;
    if (p && p->callee == args[0].bits && p->count == count) return obey(c);
    Pending mine = {
        .token = atomic_fetch_add(&last_token, 1) + 1, .callee = args[0].bits, .count = count};
    return wait_as(c, ASKED_CALL, &mine, args, count);
}

/* A Lua function that was called for the Erlang function has returned. */
static int call_finished(moonlet_context *c, const moonlet_value *values, size_t count)
{
    double token = 0;
    moonlet_to_number(moonlet_context_data(c), &token);
    if (!asked_now) return no_erlang(c);
    if (command_now && command_now->pending.token == (uint64_t)token) return obey(c);
    Pending mine = {.token = (uint64_t)token};
    return wait_as(c, ASKED_DONE, &mine, values, count);
}

/* What an error in a call for an Erlang function is about goes with it through xpcall, in a
 * table: value, kind, name, values of the cause; it is told from a program's tables by a field.
 */
#define CAUGHT "erlang: caught"
enum { CAUGHT_VALUE = 1, CAUGHT_KIND, CAUGHT_NAME, CAUGHT_VALUES };

static int caught(moonlet_context *c, const moonlet_value *args, size_t count)
{
    moonlet_value error = count ? args[0] : moonlet_nil();
    moonlet_cause cause = moonlet_context_cause(c);
    if (cause.kind == MOONLET_CAUSE_NONE) return moonlet_return_one(c, error);
    moonlet_value *values = take((cause.count + 1) * sizeof *values);
    if (cause.count) memcpy(values, cause.values, cause.count * sizeof *values);
    moonlet_value t = moonlet_context_new_table(c);
    if (moonlet_type_of(t) == MOONLET_TABLE) {
        moonlet_context_set_index(c, t, CAUGHT_VALUE, error);
        moonlet_context_set_index(c, t, CAUGHT_KIND, moonlet_number(cause.kind));
        moonlet_context_set_index(c, t, CAUGHT_NAME, moonlet_text(cause.name));
        for (size_t i = 0; i < cause.count; i++)
            moonlet_context_set_index(c, t, (int64_t)(CAUGHT_VALUES + i), values[i]);
        moonlet_context_set_field(c, t, CAUGHT, moonlet_number((double)cause.count));
        error = t;
    }
    free(values);
    return moonlet_return_one(c, error);
}

static moonlet_value caught_at(const moonlet_state *s, moonlet_value t, size_t i)
{
    return moonlet_raw_get(s, t, moonlet_number((double)i));
}

void callback_uncaught(const moonlet_state *s, moonlet_value v, Uncaught *out)
{
    double count, kind;
    *out = (Uncaught){.error = {.value = v, .cause = {.name = ""}}};
    if (moonlet_type_of(v) != MOONLET_TABLE) return;
    if (!moonlet_to_number(moonlet_raw_get(s, v, moonlet_text(CAUGHT)), &count)) return;
    if (!moonlet_to_number(caught_at(s, v, CAUGHT_KIND), &kind)) return;
    if (!(kind >= 0 && kind <= MOONLET_CAUSE_NATIVE && count >= 0 && count < UINT16_MAX))
        return;
    moonlet_to_text(caught_at(s, v, CAUGHT_NAME), out->name, sizeof out->name);
    out->values = take(((size_t)count + 1) * sizeof *out->values);
    for (size_t i = 0; i < (size_t)count; i++)
        out->values[i] = caught_at(s, v, CAUGHT_VALUES + i);
    out->error.value = caught_at(s, v, CAUGHT_VALUE);
    out->error.cause =
        (moonlet_cause){(moonlet_cause_kind)kind, out->name, (size_t)count, out->values};
}

/* To the trace, at a return: what is returned. */
static int returned(moonlet_context *c, const moonlet_value *args, size_t count)
{
    size_t some;
    const moonlet_value *values = moonlet_context_returned(c, &some);
    return moonlet_return(c, values, some);
}

/* States -------------------------------------------------------------------------------- */

static const moonlet_entry entries[] = {{.name = "erlang", .call = call_erlang},
                                        {.name = "erlang_then", .call = call_finished},
                                        {.name = "erlang_returned", .call = returned},
                                        {.name = "erlang_caught", .call = caught},
                                        {.name = NULL}};
static const moonlet_library libraries[] = {{"", entries}, {NULL, NULL}};
static const moonlet_type_info *const types[] = {&held_type, NULL};
static const moonlet_image_host image_host = {.libraries = libraries, .types = types};

const moonlet_image_host *callback_image_host(void) { return &image_host; }

bool callback_init(void)
{
    helpers = moonlet_compile(source, sizeof source - 1, "=erlang", NULL);
    return helpers != NULL;
}

static moonlet_state *with_helpers(moonlet_state *s)
{
    moonlet_value args[6] = {moonlet_nil()};
    s = with_function(s, "erlang", call_erlang, &args[0]);
    s = with_function(s, "erlang_returned", returned, &args[1]);
    args[2] = moonlet_global(s, "pcall");
    args[3] = moonlet_global(s, "debug");
    args[4] = moonlet_global(s, "xpcall");
    s = with_function(s, "erlang_caught", caught, &args[5]);
    moonlet_result r = moonlet_call_chunk(s, helpers, args, 6);
    if (r.status != MOONLET_OK) return moonlet_next(s, &r);
    moonlet_state *now = moonlet_put_private(r.state, PRIVATE, r.values[0]);
    moonlet_release(r.state);
    moonlet_release(s);
    return now;
}

static moonlet_value helper(const moonlet_state *s, const char *name)
{
    return moonlet_raw_get(s, moonlet_get_private(s, PRIVATE), moonlet_text(name));
}

static bool has_helpers(const moonlet_state *s)
{
    return moonlet_type_of(helper(s, "make")) == MOONLET_FUNCTION;
}

moonlet_state *callback_prepare(moonlet_state *s)
{
    moonlet_state *prepared = has_helpers(s) ? s : with_helpers(s);
    if (has_helpers(prepared)) return prepared;
    moonlet_release(prepared);
    return NULL;
}

moonlet_value callback_pcall(const moonlet_state *s) { return helper(s, "pcall"); }

moonlet_value callback_trace(const moonlet_state *s) { return helper(s, "trace"); }

moonlet_result callback_function(const moonlet_state *s, ErlNifEnv *env, ERL_NIF_TERM fun)
{
    moonlet_result r = callback_userdata(s, env, fun);
    if (r.status != MOONLET_OK) return r;
    moonlet_value held = r.values[0];
    moonlet_result made = moonlet_call(r.state, helper(r.state, "make"), &held, 1);
    moonlet_release(r.state);
    return made;
}
