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

/* Tells an Erlang function of calls, returns and lines; not of those of helpers. */
#define TRACE                                                                           \
    "local sethook, getinfo, getlocal = debug.sethook, debug.getinfo, debug.getlocal\n" \
    "local unpack = table.unpack\n"                                                     \
    "local function arguments(count)\n"                                                 \
    "  local t, n = {}, 0\n"                                                            \
    "  local function add(i)\n"                                                         \
    "    local name, value = getlocal(4, i)\n"                                          \
    "    if name then n = n + 1 t[n] = value end\n"                                     \
    "    return name\n"                                                                 \
    "  end\n"                                                                           \
    "  for i = 1, count do add(i) end\n"                                                \
    "  local i = -1\n"                                                                  \
    "  while add(i) do i = i - 1 end\n"                                                 \
    "  return unpack(t, 1, n)\n"                                                        \
    "end\n"                                                                             \
    "local function trace(f)\n"                                                         \
    "  sethook(f and function(event, line)\n"                                           \
    "    local i = getinfo(2, 'Suf')\n"                                                 \
    "    if i.what == 'C' or i.source == '=erlang' then return end\n"                   \
    "    if event == 'line' then f(event, line, i.source)\n"                            \
    "    elseif event == 'return' then f(event)\n"                                      \
    "    else f('call', i.func, arguments(i.nparams)) end\n"                            \
    "  end, f and 'crl' or '')\n"                                                       \
    "end\n"

static const char source[] =
    "local call, pcall, debug = ...\n"
    "local function make(f)\n"
    "  return function(...) return call(f, ...) end\n"
    "end\n" TRACE "return {make = make, pcall = pcall, trace = trace}\n";
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

/* Terms as userdata --------------------------------------------------------------------- */

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
    return moonlet_fail(c, "Erlang functions cannot be called here");
}

static int call_erlang(moonlet_context *c, const moonlet_value *args, size_t count)
{
    if (!asked_now || !count) return no_erlang(c);
    const Pending *p = command_now ? &command_now->pending : NULL;
    if (p && p->callee == args[0].bits && p->count == count) return obey(c);
    Pending mine = {atomic_fetch_add(&last_token, 1) + 1, args[0].bits, count};
    return wait_as(c, ASKED_CALL, &mine, args, count);
}

/* A Lua function that was called for the Erlang function has returned. */
static int call_finished(moonlet_context *c, const moonlet_value *values, size_t count)
{
    double token = 0;
    moonlet_to_number(moonlet_context_data(c), &token);
    if (!asked_now) return no_erlang(c);
    if (command_now && command_now->pending.token == (uint64_t)token) return obey(c);
    Pending mine = {(uint64_t)token, 0, 0};
    return wait_as(c, ASKED_DONE, &mine, values, count);
}

/* States -------------------------------------------------------------------------------- */

static const moonlet_entry entries[] = {{"erlang", call_erlang, NULL, NULL},
                                        {"erlang_then", call_finished, NULL, NULL},
                                        {NULL, NULL, NULL, NULL}};
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
    moonlet_result r = moonlet_new_function(s, "erlang", call_erlang, NULL);
    moonlet_value pcall = moonlet_global(s, "pcall");
    moonlet_state *now = r.state;
    if (r.status != MOONLET_OK) return moonlet_next(s, &r);
    moonlet_value args[3] = {r.values[0], pcall, moonlet_global(now, "debug")};
    r = moonlet_call_chunk(now, helpers, args, 3);
    moonlet_release(now);
    if (r.status != MOONLET_OK) return moonlet_next(s, &r);
    now = moonlet_put_private(r.state, PRIVATE, r.values[0]);
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
