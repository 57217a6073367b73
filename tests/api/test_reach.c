/* SPDX-License-Identifier: MIT */
/*
 * All that a program in the default sandbox can get hold of, each with the reason why it may.
 * What is new here fails the test until somebody has thought about it and given a reason.
 *
 * Programs get hold of things by fields, keys, metatables (of tables, userdata and types),
 * upvalues, user values, the registry, and of what functions make.
 */
#include "api_test.h"

#include <stdio.h>

#include "api/api.h"
#include "lib/natives.h"

typedef struct Reached {
    const char *why;
    const char *const *names; /* of rows of the table of natives, or kinds and paths */
} Reached;

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
static const char *const plain[] = {"assert",
                                    "collectgarbage",
                                    "error",
                                    "getmetatable",
                                    "ipairs",
                                    "ipairs:step",
                                    "next",
                                    "pairs",
                                    "pcall",
                                    "rawequal",
                                    "rawget",
                                    "rawlen",
                                    "rawset",
                                    "select",
                                    "setmetatable",
                                    "tonumber",
                                    "tostring",
                                    "type",
                                    "xpcall",
                                    "bit32.arshift",
                                    "bit32.band",
                                    "bit32.bnot",
                                    "bit32.bor",
                                    "bit32.btest",
                                    "bit32.bxor",
                                    "bit32.extract",
                                    "bit32.lrotate",
                                    "bit32.lshift",
                                    "bit32.replace",
                                    "bit32.rrotate",
                                    "bit32.rshift",
                                    "coroutine.create",
                                    "coroutine.resume",
                                    "coroutine.running",
                                    "coroutine.status",
                                    "coroutine.wrap",
                                    "coroutine.yield",
                                    "math.abs",
                                    "math.acos",
                                    "math.asin",
                                    "math.atan",
                                    "math.atan2",
                                    "math.ceil",
                                    "math.cos",
                                    "math.cosh",
                                    "math.deg",
                                    "math.exp",
                                    "math.floor",
                                    "math.fmod",
                                    "math.frexp",
                                    "math.ldexp",
                                    "math.log",
                                    "math.log10",
                                    "math.max",
                                    "math.min",
                                    "math.modf",
                                    "math.pow",
                                    "math.rad",
                                    "math.random",
                                    "math.randomseed",
                                    "math.sin",
                                    "math.sinh",
                                    "math.sqrt",
                                    "math.tan",
                                    "math.tanh",
                                    "string.byte",
                                    "string.char",
                                    "string.dump",
                                    "string.find",
                                    "string.format",
                                    "string.gmatch",
                                    "string.gsub",
                                    "string.len",
                                    "string.lower",
                                    "string.match",
                                    "string.rep",
                                    "string.reverse",
                                    "string.sub",
                                    "string.upper",
                                    "table.concat",
                                    "table.insert",
                                    "table.maxn",
                                    "table.pack",
                                    "table.remove",
                                    "table.sort",
                                    "table.unpack",
                                    "os.difftime",
                                    NULL};
static const Reached functions[] = {
    {"computes from its arguments and changes nothing but the state", plain},
    {"names a table among the globals, and makes it the environment of its caller",
     NAMES("module")},
    {"tells the time, which is no secret; programs whose runs must be repeatable do without",
     NAMES("os.clock", "os.date", "os.time")},
    {"writes what it is given to the host's output; hosts that have other uses for that deny "
     "it",
     NAMES("print", "eprint")},
    {"looks at the program's own functions, which hide nothing",
     NAMES("debug.gethook", "debug.getinfo", "debug.getlocal", "debug.getmetatable",
           "debug.getupvalue", "debug.getuservalue", "debug.traceback", "debug.upvalueid")},
    {"changes the program's own variables, functions and metatables; of native functions it "
     "changes none",
     NAMES("debug.sethook", "debug.setlocal", "debug.setmetatable", "debug.setupvalue",
           "debug.setuservalue", "debug.upvaluejoin")},
    {"gives a table in which libraries have nothing that is listed here as absent",
     NAMES("debug.getregistry")},
    {"does nothing: it stands for the host in stacks", NAMES("debug.?")},
    {"goes on where the function that made it was asked to",
     NAMES("string.gmatch:next", "coroutine.wrap:resume")},
    {NULL, NULL}};
static const Reached others[] = {
    {"a library of the functions above",
     NAMES("table _G", "table _G.bit32", "table _G.coroutine", "table _G.debug",
           "table _G.math", "table _G.os", "table _G.string", "table _G.table")},
    {"where libraries keep what they share: the libraries that are loaded, the main coroutine",
     NAMES("table registry", "table registry._LOADED", "thread registry.1")},
    {"strings have methods by it", NAMES("table string<metatable>")},
    {NULL, NULL}};

/* Looking ----------------------------------------------------------------------------- */

enum { FOUND_MAX = 400, NAME_SIZE = 120 };

typedef struct Search {
    Machine *M;
    Table *seen;
    char found[FOUND_MAX][NAME_SIZE];
    bool native[FOUND_MAX];
    size_t count;
} Search;

static void search(Search *s, Value v, const char *path);

static void note(Search *s, const char *text, bool native)
{
    ck_assert_uint_lt(s->count, FOUND_MAX);
    snprintf(s->found[s->count], NAME_SIZE, "%s", text);
    s->native[s->count++] = native;
}

static void search_table(Search *s, Table *t, const char *path)
{
    char below[NAME_SIZE], name[40];
    Value key = V_NIL, v;
    const TableBody *b = heap_table(&s->M->run, t);
    while (table_next(b, &key, &v)) {
        moonlet_to_text(value_out(key), name, sizeof name);
        snprintf(below, sizeof below, "%s<key>", path);
        search(s, key, below);
        snprintf(below, sizeof below, "%s.%s", path, name);
        search(s, v, below);
    }
}

static void search_native(Search *s, const Native *f, const char *path)
{
    const NativeDef *row = natives_by_function(f->fn);
    ck_assert_msg(row != NULL, "%s is not in the table of natives", path);
    ck_assert_msg(row->sandbox, "%s: %s, which a sandbox should not have: %s", path, row->name,
                  row->why);
    note(s, row->name, true);
    for (uint32_t i = 0; i < f->count; i++) search(s, f->upvalues[i], path);
}

static void search(Search *s, Value v, const char *path)
{
    char text[NAME_SIZE];
    if (!value_is_object(v) || value_is_string(v)) return;
    if (run_get(&s->M->run, s->seen, v) != V_NIL) return;
    run_set(&s->M->run, s->seen, v, V_TRUE);
    if (value_is(v, OBJ_NATIVE)) {
        search_native(s, value_pointer(v), path);
        return;
    }
    snprintf(text, sizeof text, "%s %s", value_type_name(v), path);
    note(s, text, false);
    const Table *meta =
        value_is_table(v) || value_is(v, OBJ_USERDATA) ? run_metatable(&s->M->run, v) : NULL;
    snprintf(text, sizeof text, "%s<metatable>", path);
    if (meta) search(s, value_object(meta), text);
    if (value_is_table(v)) search_table(s, value_pointer(v), path);
    snprintf(text, sizeof text, "%s<user value>", path);
    if (value_is(v, OBJ_USERDATA))
        search(s, heap_userdata(&s->M->run, value_pointer(v))->user, text);
}

static void search_all(Search *s, const State *state)
{
    char path[NAME_SIZE];
    s->M = machine_begin(state);
    s->seen = run_new_table(&s->M->run);
    const World *w = s->M->run.world;
    search(s, value_object(w->globals), "_G");
    search(s, value_object(w->registry), "registry");
    for (int t = 0; t < TYPE_COUNT; t++) {
        snprintf(path, sizeof path, "%s<metatable>", lua_type_name((LuaType)t));
        if (w->type_meta[t]) search(s, value_object(w->type_meta[t]), path);
    }
    machine_end(s->M);
}

/* Comparing --------------------------------------------------------------------------- */

static bool listed(const Reached *list, const char *name)
{
    for (; list->why; list++)
        for (const char *const *n = list->names; *n; n++)
            if (strcmp(*n, name) == 0) return true;
    return false;
}

static bool found(const Search *s, const char *name)
{
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->found[i], name) == 0) return true;
    return false;
}

static void assert_all_found(const Search *s, const Reached *list)
{
    for (; list->why; list++)
        for (const char *const *n = list->names; *n; n++)
            ck_assert_msg(found(s, *n), "%s is listed, but not to be had", *n);
}

static moonlet_state *sandbox(const char *const *deny, const char *const *allow)
{
    moonlet_state *s = moonlet_init(), *box = moonlet_sandbox(s, deny, allow);
    moonlet_release(s);
    return box;
}

START_TEST(everything_in_a_sandbox_has_a_reason)
{
    static Search s;
    moonlet_state *box = sandbox(NULL, NULL);
    search_all(&s, box->state);
    moonlet_result r = moonlet_do(box, "return string.gmatch('a', 'a'), coroutine.wrap(print), "
                                       "ipairs({}), pairs({})");
    assert_ok(r);
    s.M = machine_begin(r.state->state);
    s.seen = run_new_table(&s.M->run);
    for (size_t i = 0; i < 2; i++) {
        const Native *f = value_pointer(value_in(r.values[i]));
        const NativeDef *row = natives_by_function(f->fn);
        ck_assert_ptr_nonnull(row);
        ck_assert(row->sandbox);
        note(&s, row->name, true);
    }
    machine_end(s.M);
    for (size_t i = 0; i < s.count; i++)
        ck_assert_msg(listed(s.native[i] ? functions : others, s.found[i]),
                      "%s is new in the sandbox: why may it be there?", s.found[i]);
    assert_all_found(&s, functions);
    assert_all_found(&s, others);
    moonlet_release(r.state);
    moonlet_release(box);
}
END_TEST

/* The rows say which functions a sandbox has, and so it is. */
START_TEST(rows_and_the_sandbox_agree)
{
    static Search s;
    moonlet_state *box = sandbox(NULL, NULL);
    search_all(&s, box->state);
    for (const NativeDef *row = natives_next(NULL); row; row = natives_next(row)) {
        if (row->place != PLACE_FIELD || strncmp(row->name, "state.", 6) == 0) continue;
        ck_assert_msg(row->sandbox == found(&s, row->name), "%s", row->name);
    }
    moonlet_release(box);
}
END_TEST

/* Lists ------------------------------------------------------------------------------- */

/* true or false for each expression of names that the program can get hold of. */
static void assert_has(const moonlet_state *s, const char *path, bool expected)
{
    char source[200];
    snprintf(source, sizeof source,
             "local t = _G for k in ('%s'):gmatch('[^.]+') do t = t[k] "
             "if t == nil then return false end end return true",
             path);
    moonlet_result r = moonlet_do(s, source);
    assert_ok(r);
    ck_assert_msg(moonlet_is_true(r.values[0]) == expected, "%s", path);
    moonlet_release(r.state);
}

START_TEST(the_longest_path_wins)
{
    typedef struct Case {
        const char *deny[4], *allow[4], *has[6], *has_not[6];
    } Case;
    static const Case cases[] = {
        {{"os"}, {"os.time"}, {"os.time", "string.rep"}, {"os.clock", "os.exit", "os.date"}},
        {{"os"}, {"os.time", "os.date"}, {"os.time", "os.date"}, {"os.clock"}},
        {{"os", "os.time"}, {"os"}, {"os.clock", "os.exit"}, {"os.time"}},
        {{"os"}, {"os"}, {"os.clock"}, {"none"}},
        {{"os.time"}, {"os"}, {"os.clock"}, {"os.time"}},
        {{"a"}, {"a.b.c"}, {"a.b.c.d", "a.b"}, {"a.x", "a.b.x", "a.b.c2"}},
        {{"a", "a.b.c"}, {"a.b"}, {"a.b.x", "a.b.c2"}, {"a.x", "a.b.c"}},
        {{"a", "a.b.c"}, {"a.b", "a.b.c.d"}, {"a.b.x", "a.b.c.d"}, {"a.x", "a.b.c.e"}},
        {{"a"}, {"a.f.x"}, {"os"}, {"a.f", "a.x", "a.b"}},
        {{"a.b"}, {"a.b.none"}, {"a.x", "a.b"}, {"a.b.c", "a.b.x"}},
        {{"nothing", "a.none.x", "a.f.x"}, {"nothing.x"}, {"a.f", "a.x"}, {"nothing"}},
    };
    moonlet_state *s = world("a = {x = 1, f = print, b = {x = 1, c2 = 1, c = {d = 1, e = 1}}} "
                             "a['b.c'] = 1 a.b['c\\0'] = 1 a[1], a[a] = 1, 2 a.self = a "
                             "setmetatable(a.b, {__index = os})");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const Case *c = &cases[i];
        moonlet_state *box = moonlet_sandbox(s, c->deny, c->allow);
        for (int k = 0; c->has[k]; k++) assert_has(box, c->has[k], true);
        for (int k = 0; c->has_not[k]; k++) assert_has(box, c->has_not[k], false);
        moonlet_release(box);
    }
    moonlet_state *box = moonlet_sandbox(s, (const char *const[]){"a", NULL},
                                         (const char *const[]){"a.b.c", NULL});
    ck_assert_double_eq(number_in(box, "(function() local n = 0 for k, v in next, a do n = n + "
                                       "1 end for k, v in next, a.b do n = n + 1 end return n "
                                       "end)()"),
                        2);
    ck_assert_double_eq(number_in(box, "getmetatable(a.b) == nil and 1 or 0"), 1);
    moonlet_release(box);
    moonlet_release(s);
}
END_TEST

/* The default list with a hole: a function of io, and no more than it needs. */
START_TEST(one_function_of_a_library)
{
    moonlet_state *box = sandbox(NULL, (const char *const[]){"io.write", "os.getenv", NULL});
    assert_has(box, "io.write", true);
    assert_has(box, "io.read", false);
    assert_has(box, "os.getenv", true);
    assert_has(box, "os.exit", false);
    moonlet_result r = moonlet_do(box, "io.write('') return debug.getregistry()._IO_input");
    assert_ok(r);
    ck_assert_int_eq(moonlet_type_of(r.values[0]), MOONLET_NIL);
    moonlet_release(r.state);
    moonlet_release(box);
}
END_TEST

/* Read-only libraries can be taken away as well, and stay read-only. */
START_TEST(frozen_libraries_in_a_sandbox)
{
    moonlet_state *s = moonlet_init(), *frozen = moonlet_freeze_libraries(s);
    moonlet_state *box =
        moonlet_sandbox(frozen, NULL, (const char *const[]){"os.getenv", NULL});
    assert_has(box, "os.exit", false);
    assert_has(box, "os.getenv", true);
    ck_assert(moonlet_is_frozen(box, moonlet_global(box, "os")));
    moonlet_result r = moonlet_do(box, "os.exit = print");
    assert_error(r, MOONLET_ERROR_RUNTIME,
                 "[string \"os.exit = print\"]:1: attempt to modify "
                 "a readonly table");
    r = moonlet_do(box, "x = 1 getmetatable('').__index = nil");
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    moonlet_release(r.state);
    moonlet_release(box);
    moonlet_release(frozen);
    moonlet_release(s);
}
END_TEST

/* What is in a state before it becomes a sandbox cannot bring back what goes. */
START_TEST(the_library_state_starts_no_threads)
{
    moonlet_state *s = world("local own = require 'state' s = own"),
                  *box = moonlet_sandbox(s, NULL, NULL);
    assert_has(s, "s.map", true);
    assert_has(box, "s.map", false);
    assert_has(box, "s.fork", true);
    moonlet_release(box);
    moonlet_release(s);
}
END_TEST

static int with_callback(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_call_then(c, args[0], args + 1, count - 1, NULL, moonlet_number(5));
}

static int then_sum(moonlet_context *c, const moonlet_value *args, size_t count)
{
    (void)args;
    double d = 0;
    moonlet_to_number(moonlet_context_data(c), &d);
    return moonlet_return_one(c, moonlet_number(d + (double)count));
}

static int with_then(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_call_then(c, args[0], args + 1, count - 1, then_sum, moonlet_number(5));
}

/* The debug library changes nothing of natives, the host's among them: neither what they have
 * captured nor what they have on the stack. It does not show their addresses. */
START_TEST(natives_are_out_of_reach)
{
    static const moonlet_entry entries[] = {{.name = "callback", .call = with_callback},
                                            {.name = "summed", .call = with_then},
                                            {.name = NULL}};
    moonlet_state *box = sandbox(NULL, NULL);
    moonlet_result r = moonlet_load_module(box, "host", entries);
    box = moonlet_next(box, &r);
    r = moonlet_do(
        box,
        "local function spoil()\n"
        "  for level = 1, 20 do\n"
        "    local info = debug.getinfo(level, 'S')\n"
        "    if not info then break end\n"
        "    for i = -20, info.what == 'C' and 80 or 0 do\n"
        "      debug.getlocal(level, i) debug.setlocal(level, i, 'spoilt')\n"
        "    end\n"
        "  end\n"
        "  return 1, 2, 3\n"
        "end\n"
        "for _, f in ipairs{host.callback, host.summed, ('x'):gmatch('.'), "
        "coroutine.wrap(spoil), ipairs, tostring} do\n"
        "  for i = 1, 8 do\n"
        "    local name, v = debug.getupvalue(f, i)\n"
        "    assert(type(v) ~= 'userdata' and not debug.setupvalue(f, i, 'spoilt'))\n"
        "  end\n"
        "end\n"
        "assert(host.summed(spoil) == 8 and select('#', host.callback(spoil)) == 3)\n"
        "local t = {5, 2, 4, 1, 3}\n"
        "table.sort(t, function(a, b) spoil() return a < b end)\n"
        "assert(table.concat(t) == '12345')\n"
        "assert(('abc'):gsub('.', function(c) spoil() return c .. c end) == 'aabbcc')\n"
        "assert(tostring(setmetatable({}, {__tostring = function() spoil() return 'y' end})) "
        "== 'y')\n"
        "assert(pcall(spoil) and xpcall(spoil, spoil) and not xpcall(error, spoil))\n"
        "local made = {1, 2, (spoil()), 4, spoil()} assert(#made == 7 and made[4] == 4)\n"
        "return coroutine.wrap(function() coroutine.yield(spoil()) end)()");
    assert_ok(r);
    moonlet_release(r.state);
    moonlet_release(box);
}
END_TEST

/* Temporary values of Lua functions neither: a table that is being made stays one. */
START_TEST(what_the_evaluator_holds_is_out_of_reach)
{
    moonlet_state *box = sandbox(NULL, NULL);
    moonlet_result r = moonlet_do(
        box, "local function spoil(v)\n"
             "  for level = 2, 6 do for i = -9, debug.getinfo(level) and 40 or -10 do\n"
             "    local name = debug.getlocal(level, i)\n"
             "    if name == '(*temporary)' then\n"
             "      assert(debug.setlocal(level, i, v) == nil)\n"
             "    end\n"
             "  end end\n"
             "  return v\n"
             "end\n"
             "local n = 0\n"
             "for _, v in ipairs{'x', 1, print, {}, true} do\n"
             "  local t = {1, 2, spoil(v), x = spoil(v), {spoil(v)}, spoil(v)}\n"
             "  n = n + #t\n"
             "  for i = 1, 2 do for k in pairs{spoil(v), spoil(v)} do n = n + 1 end end\n"
             "  n = n + select('#', 1, 2, spoil(v), 3)\n"
             "  local s = 'a' .. tostring(spoil(1)) .. 'b'\n"
             "  n = n + #s\n"
             "end\n"
             "return n");
    assert_ok(r);
    assert_number(r.values[0], 5 * (5 + 4 + 4 + 3));
    moonlet_release(r.state);
    moonlet_release(box);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("reach");
    tcase_add_test(t, everything_in_a_sandbox_has_a_reason);
    tcase_add_test(t, rows_and_the_sandbox_agree);
    tcase_add_test(t, the_longest_path_wins);
    tcase_add_test(t, one_function_of_a_library);
    tcase_add_test(t, frozen_libraries_in_a_sandbox);
    tcase_add_test(t, the_library_state_starts_no_threads);
    tcase_add_test(t, natives_are_out_of_reach);
    tcase_add_test(t, what_the_evaluator_holds_is_out_of_reach);
    return run_suite(t);
}
