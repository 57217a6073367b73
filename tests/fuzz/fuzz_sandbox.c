/* SPDX-License-Identifier: MIT */
/*
 * Programs that mean harm, in a sandbox with small limits: each ends, within them, and the
 * state is sound afterwards; so do the host's own walks over what it has left.
 *
 * Bytes that begin with '=' are a source. Others choose, one after the other, what a program
 * is made of, so that nearly all are Lua: calls of every function that a sandbox has, with
 * arguments of all kinds, in loops, handlers, coroutines, metamethods and hooks.
 */
#include <moonlet.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory/mem.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The back-end for fuzzing gives no memory back: then it is time for a new process. */
static const uint64_t process_bytes_max = (uint64_t)1 << 30;

enum {
    STEPS = 3000,
    BYTES = 1 << 20,
    STRING = 1 << 16,
    STACK = 20000,
    RESUMED = 4,
    /* The allocation that goes beyond the limit is made, and what the host makes of a state
     * comes to some more; far beyond that something does not count. */
    BYTES_BOUND = 48 << 20,
    STEPS_BOUND = STEPS + 200000 / 16
};

static moonlet_state *world;
static char *functions[256]; /* of the sandbox, by path */
static size_t function_count;

static void require(bool condition, const char *what)
{
    if (condition) return;
    fprintf(stderr, "fuzz_sandbox: %s\n", what);
    abort();
}

/* Programs ---------------------------------------------------------------------------- */

enum { SOURCE_MAX = 1 << 14, DEPTH_MAX = 6 };

typedef struct Writer {
    const uint8_t *data;
    size_t size, at;
    char source[SOURCE_MAX];
    size_t length;
    int depth;
} Writer;

static unsigned choose(Writer *w, unsigned n)
{
    return w->at < w->size ? w->data[w->at++] % n : 0;
}

static void put(Writer *w, const char *text)
{
    size_t length = strlen(text);
    if (w->length + length + 1 > SOURCE_MAX) return;
    memcpy(w->source + w->length, text, length + 1);
    w->length += length;
}

#define PICK(w_, list_) put(w_, (list_)[choose(w_, sizeof(list_) / sizeof *(list_))])

static const char *const leaves[] = {
    "nil",       "1",         "v",    "t",     "f",          "...",
    "0",         "-1",        "2^31", "2^53",  "1e308",      "0/0",
    "1e6",       "1.5",       "true", "'x'",   "'%s'",       "('x'):rep(9999)",
    "'a*a*a*b'", "{}",        "s",    "co",    "_G",         "_ENV",
    "''",        "'__index'", "'kv'", "'crl'", "'return 1'", "3",
    "print"};
static const char *const binary[] = {
    "+", "-", "*", "/", "%", "^", "..", "==", "~=", "<", "<=", ">", ">=", "and", "or"};
static const char *const unary[] = {"-", "not ", "#"};
static const char *const events[] = {"__index", "__newindex", "__call",   "__eq",
                                     "__lt",    "__le",       "__concat", "__add",
                                     "__unm",   "__len",      "__gc",     "__mode",
                                     "__pairs", "__tostring", "__ipairs", "__metatable"};
static const char *const targets[] = {"v", "t", "t[v]", "t[1]", "t.x", "f", "s", "_G.x", "co"};

static void block(Writer *w);
static void expression(Writer *w);

static void arguments(Writer *w)
{
    unsigned n = choose(w, 4);
    put(w, "(");
    for (unsigned i = 0; i < n; i++) {
        if (i) put(w, ", ");
        expression(w);
    }
    put(w, ")");
}

static void call(Writer *w)
{
    if (choose(w, 8) == 0)
        put(w, "f");
    else
        put(w, functions[choose(w, (unsigned)function_count)]);
    arguments(w);
}

static void function(Writer *w)
{
    put(w, "function(...) ");
    block(w);
    put(w, " end");
}

static void deep_expression(Writer *w)
{
    switch (choose(w, 10)) {
    case 0: function(w); break;
    case 1: put(w, "{"), expression(w), put(w, ", x = "), expression(w), put(w, "}"); break;
    case 2:
        put(w, "("), expression(w), put(w, " "), PICK(w, binary), put(w, " "), expression(w),
            put(w, ")");
        break;
    case 3: put(w, "("), PICK(w, unary), expression(w), put(w, ")"); break;
    case 4: put(w, "("), expression(w), put(w, ")["), expression(w), put(w, "]"); break;
    case 5:
        put(w, "setmetatable({}, {"), PICK(w, events), put(w, " = "), expression(w),
            put(w, "})");
        break;
    case 6: put(w, "coroutine.wrap("), function(w), put(w, ")"), arguments(w); break;
    case 7: put(w, "select(2, pcall("), expression(w), put(w, ", v))"); break;
    default: call(w); break;
    }
}

static void expression(Writer *w)
{
    if (w->depth >= DEPTH_MAX || choose(w, 2) == 0) {
        PICK(w, leaves);
        return;
    }
    w->depth++;
    deep_expression(w);
    w->depth--;
}

static void statement(Writer *w)
{
    switch (choose(w, 10)) {
    case 0: PICK(w, targets), put(w, " = "), expression(w); break;
    case 1:
        put(w, "for i = 1, "), PICK(w, leaves), put(w, " do v = i "), block(w), put(w, " end");
        break;
    case 2:
        put(w, "for k, x in pairs("), expression(w), put(w, ") do v, t = k, x "), block(w),
            put(w, " end");
        break;
    case 3: put(w, "while "), expression(w), put(w, " do "), block(w), put(w, " end"); break;
    case 4: put(w, "if "), expression(w), put(w, " then "), block(w), put(w, " end"); break;
    case 5: put(w, "local v, t = "), expression(w), put(w, ", "), expression(w); break;
    case 6: put(w, "f = "), function(w); break;
    case 7: put(w, "debug.sethook("), function(w), put(w, ", 'l', 1)"); break;
    case 8: put(w, "xpcall("), function(w), put(w, ", "), function(w), put(w, ")"); break;
    default: call(w); break;
    }
    put(w, "; ");
}

static void block(Writer *w)
{
    if (w->depth >= DEPTH_MAX) return;
    w->depth++;
    for (unsigned n = choose(w, 4); n > 0; n--) statement(w);
    if (choose(w, 3) == 0) put(w, "return "), expression(w);
    w->depth--;
}

static void program(Writer *w)
{
    put(w, "local v, t, s, f = ..., {1, 2, 3, x = 4}, 'abc', tostring "
           "local co = coroutine.create(function(...) while true do coroutine.yield(...) end "
           "end) ");
    while (w->at < w->size && w->length < SOURCE_MAX / 2) statement(w);
    put(w, "return v, t, f, s, co");
}

/* Running ----------------------------------------------------------------------------- */

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const char *const allow[] = {NULL};
    static const char *const deny[] = {"io",          "file",      "os.execute",   "os.exit",
                                       "os.getenv",   "os.remove", "os.rename",    "os.tmpname",
                                       "os.clock",    "os.time",   "os.date",      "package",
                                       "loadfile",    "require",   "os.setlocale", "dofile",
                                       "debug.debug", "print",     "eprint",       NULL};
    static const moonlet_limits limits = {
        .steps = STEPS, .bytes = BYTES, .stack = STACK, .string = STRING};
    moonlet_state *all = moonlet_init(), *box = moonlet_sandbox(all, deny, allow);
    moonlet_result r = moonlet_do(
        box, "local names = {} for k, v in pairs(_G) do if type(v) == 'function' then "
             "names[#names + 1] = k elseif type(v) == 'table' and k ~= '_G' then for n, f in "
             "pairs(v) do if type(f) == 'function' then names[#names + 1] = k .. '.' .. n end "
             "end end end table.sort(names) return unpack(names)");
    require(r.status == MOONLET_OK && r.count > 100 && r.count < 256, "functions");
    for (size_t i = 0; i < r.count; i++) {
        char name[64];
        functions[function_count++] = strdup(moonlet_to_text(r.values[i], name, sizeof name));
    }
    moonlet_release(r.state);
    world = moonlet_limit(box, &limits);
    moonlet_release(box);
    moonlet_release(all);
    return 0;
}

static void look(const moonlet_result *r)
{
    uint64_t digest;
    moonlet_memory(r->state, world);
    moonlet_digest_limited(r->state, &digest);
    for (unsigned flags = 0; flags < 2; flags++)
        moonlet_term_free(moonlet_decode_list(r->state, r->values, r->count, flags, NULL));
    if (r->error) free(moonlet_error_format(r->error));
    if (!r->count || r->status != MOONLET_OK) return;
    moonlet_result q = moonlet_import(world, r->state, r->values, r->count, world);
    moonlet_release(q.state);
    moonlet_state *frozen = moonlet_freeze(r->state, r->values[r->count - 1], true);
    moonlet_release(frozen);
}

static void run(const char *source)
{
    uint64_t before = mem_bytes_total();
    moonlet_result r = moonlet_do(world, source);
    for (int i = 0;; i++) {
        require(r.steps <= STEPS_BOUND, "more steps than the limit");
        require(mem_bytes_total() - before <= BYTES_BOUND, "more bytes than the limit");
        look(&r);
        if (r.status != MOONLET_PAUSED || i == RESUMED) break;
        before = mem_bytes_total();
        moonlet_result next = moonlet_resume(r.state);
        moonlet_release(r.state);
        r = next;
    }
    moonlet_release(r.state);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static Writer w;
    if (mem_bytes_total() > process_bytes_max) return raise(SIGUSR1), 0;
    if (size && *data == '=') {
        char *source = calloc(size, 1);
        require(source != NULL, "memory");
        memcpy(source, data + 1, size - 1);
        run(source);
        free(source);
        return 0;
    }
    w = (Writer){.data = data, .size = size};
    program(&w);
    if (getenv("FUZZ_SHOW")) fprintf(stderr, "%s\n", w.source);
    run(w.source);
    return 0;
}
