/* SPDX-License-Identifier: MIT */
/*
 * Requests for memory that fail, one by one, wherever a run makes one.
 *
 * A run in which the n-th request fails (or all from the n-th on) ends well or with the error
 * that there is no memory. The state from which it came reads as before, word by word, and the
 * state that it returns can run the same script, with the right answer.
 *
 *     test_out_of_memory           some n of each script
 *     OOM_STRIDE=1 CK_TIMEOUT_MULTIPLIER=100 test_out_of_memory       all
 */
#include "api_test.h"
#include "state_dump.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Chunks whose nodes may be on a suspended stack are kept: dumps know them by address. */
static const char world_text[] =
    "data = {} for i = 1, 3000 do data[i] = {i, name = 'n' .. i} end "
    "tick = coroutine.wrap(function() local i = 0 "
    "while true do i = i + 1 coroutine.yield(i) end end) tick() "
    "local n = 0 function count() n = n + 1 return n end "
    "weak = setmetatable({}, {__mode = 'k'}) weak[data] = data";

/* Each gives the same number whatever runs have left behind; -1: its error was caught. */
typedef struct Script {
    const char *name, *text;
    double answer;
} Script;

static const Script scripts[] = {
    {"tables",
     "local t, sum = {}, 0 for i = 1, 2000 do t[i] = {i} t['k' .. i] = i t[i + 0.5] = i end "
     "data[1].name = t table.insert(data, 1, t) table.remove(data, 1) "
     "for i = 1, 2000 do sum = sum + t[i][1] + t['k' .. i] + t[i + 0.5] end return sum",
     6003000},
    {"strings",
     "local s = ('ab'):rep(3000) for i = 1, 3 do s = s .. i .. s end "
     "local t = {} for w in s:gmatch('%d') do t[#t + 1] = ('%s%20d'):format(w, #t) end "
     "return #s + #s:gsub('a', 'xyz') + #table.concat(t, ',') + #s:upper():reverse()",
     192174},
    {"closures",
     "local fs, sum = {}, 0 for i = 1, 800 do local k = i "
     "fs[i] = function() k = k + 1 return function() k = k + 1 return k end end end "
     "count() for i = 1, 800 do sum = sum + fs[i]()() end return sum",
     322000},
    {"coroutines",
     "local cs, sum = {}, 0 for i = 1, 200 do cs[i] = coroutine.wrap(function(a) "
     "local function deep(n) if n == 0 then a = a + coroutine.yield(a) else deep(n - 1) end "
     "return a end return (deep(20)) end) sum = sum + cs[i](i) end "
     "for i = 1, 200 do sum = sum + cs[i](1) end return sum",
     40400},
    {"load",
     "local p = {} for i = 1, 300 do p[i] = 'local function f' .. i % 100 .. '(a) return a + ' "
     ".. i .. ' end t[#t + 1] = f' .. i % 100 .. '(1)' if i % 100 == 0 then p[i] = p[i] .. "
     "' end do ' end end local text = 'local t = {} do ' .. table.concat(p, ' ') .. "
     "' end return #t + t[300]' "
     "local function loaded(x) local f, e = load(x) "
     "return f or e == 'not enough memory' and function() return -1 end or error(e) end "
     "local f = loaded(text) local n = f() "
     "return n > 0 and math.max(loaded(string.dump(f))() * 2, -1) or n",
     1202},
    {"sort",
     "local t = {} for i = 1, 3000 do t[i] = i * 7919 % 3001 end table.sort(t) "
     "table.sort(t, function(a, b) return a > b end) return t[1] + #t",
     6000},
    {"pcall",
     "local ok, x = pcall(function() local t = {} for i = 1, 3000 do t[i] = {('x'):rep(i)} end "
     "local ok, n = pcall(error, #t) return n end) "
     "return tonumber(x) or x == 'not enough memory' and -1 or error(x)",
     3000},
    {"deep", "local function f(n) return n == 0 and 0 or 1 + f(n - 1) end return f(20000)",
     20000},
    {"states",
     "local state = require 'state' local s, n = state.snapshot() n = n or 0 "
     "for i = 1, 500 do data[i][1] = -i end if n < 3 then state.restore(s, n + 1) end "
     "for i = 1, 500 do data[i][1] = i end "
     "local t = state.fork(function() local t = {} for i = 1, 500 do data[i][1] = 0 t[i] = {i} "
     "end return t end) return n + data[500][1] + t[500][1]",
     1003},
    {"frozen frames",
     "local state = require 'state' local args = {} for i = 1, 6000 do args[i] = i end "
     "local function add(n, k) return type(n) == 'number' and n + k or n end "
     "local function frozen(...) local _, n = pcall(function(...) state.snapshot() "
     "local _, n = pcall(function(...) state.snapshot() "
     "local t = {} for i = 1, 300 do t[i] = {} end error(#t, 0) end, ...) "
     "return add(n, select('#', ...)) end, ...) return add(n, select('#', ...)) end "
     "co = coroutine.create(function(...) coroutine.yield(1) return frozen(...) end) "
     "local ok, n = coroutine.resume(co, table.unpack(args)) state.snapshot() "
     "if ok then _, n = coroutine.resume(co) end "
     "return type(n) == 'number' and n or n:find('not enough memory') and -1 or error(n)",
     12300},
    {"long texts",
     "package.path = ('x'):rep(1500) .. '/?.lua;' .. ('y'):rep(1500) .. '/?.lua' "
     "local ok, e = pcall(require, 'nothing') if e == 'not enough memory' then return -1 end "
     "local state, t = require 'state', {} root = t "
     "for i = 1, 12 do local u = {} t[('k'):rep(190) .. i] = u t = u end "
     "local s = state.snapshot() t.x = 1 local d = state.diff(s) "
     "return #e > 3000 and #d[1].path > 1000 and #d or 0",
     1},
    {"map",
     "local state, list, sum = require 'state', {}, 0 for i = 1, 40 do list[i] = i end "
     "local r, e = state.map(function(x) local t = {} for i = 1, 300 do t[i] = {x} end "
     "data[x][1] = t return #t end, list, {threads = 4}) "
     "for i = 1, 40 do local why = e and e[i] "
     "if why and why ~= 'not enough memory' then error(why) end sum = sum + (r[i] or 0) end "
     "return e and -1 or sum",
     12000},
    {"maps in maps",
     "local state, list, sum = require 'state', {}, 0 for i = 1, 20 do list[i] = i end "
     "local function rest(e) for _, why in pairs(e or {}) do "
     "if why ~= 'not enough memory' then error(why) end end return e end "
     "local r, e = state.map(function(x) "
     "local r, e = state.map(function(y) return {y} end, {x, x, x}) "
     "if rest(e) then error('not enough memory', 0) end return #r end, list, {threads = 8}) "
     "for i = 1, 20 do sum = sum + (r[i] or 0) end return rest(e) and -1 or sum",
     60},
};
enum { SCRIPTS = sizeof scripts / sizeof *scripts };

static moonlet_state *base;
static int map_nested;
static size_t space_left; /* for run_in_space */
enum { FIRSTS = 8 };
static int first; /* for call_first */
static Dump before;

static void make_world(void)
{
    char *message = NULL;
    moonlet_chunk *c = moonlet_compile(world_text, strlen(world_text), "=world", &message);
    ck_assert_msg(c != NULL, "%s", message);
    dump_chunk(c);
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_call_chunk(s, c, NULL, 0);
    assert_ok(r);
    base = moonlet_next(s, &r);
    before = dump_state(base->state, DUMP_EXACT);
}

/* What has gone wrong on the way has left nothing behind that no image can have. */
static void check_image(const Script *s, moonlet_state *state, uint64_t n)
{
    size_t length;
    char *message = NULL;
    moonlet_image *saved = moonlet_image_save(state, NULL, NULL, &message);
    ck_assert_msg(saved != NULL, "%s, request %llu fails: %s", s->name, (unsigned long long)n,
                  message);
    const char *bytes = moonlet_image_bytes(saved, &length);
    moonlet_image *loaded = moonlet_image_load(bytes, length, NULL, NULL, &message);
    ck_assert_msg(loaded != NULL, "%s, request %llu fails: %s", s->name, (unsigned long long)n,
                  message);
    moonlet_image_release(loaded);
    moonlet_image_release(saved);
}

static void check_after(const Script *s, moonlet_state *state, uint64_t n)
{
    moonlet_result r = moonlet_do(state, s->text);
    ck_assert_msg(r.status == MOONLET_OK, "%s, after request %llu had failed: %s", s->name,
                  (unsigned long long)n, r.error ? r.error->message : "paused");
    assert_number(moonlet_result_value(&r, 0), s->answer);
    moonlet_release(r.state);
    check_image(s, state, n);
}

/* As in lua5.2, unpack says of memory for its results as of the stack's limit. */
static bool is_lack(const moonlet_error *e)
{
    return e->kind == MOONLET_ERROR_MEMORY || strstr(e->message, "too many results to unpack");
}

/* How many requests the run has made; n is 0: none fails. */
static uint64_t run_failing(const Script *s, uint64_t n, MemFailMode mode)
{
    ck_assert(mem_fail_requests(n, mode));
    moonlet_result r = moonlet_do(base, s->text);
    uint64_t made = mem_fail_count();
    mem_fail_requests(0, MEM_FAIL_ONCE);
    if (r.status == MOONLET_OK) {
        double answer = number_of(moonlet_result_value(&r, 0));
        ck_assert_msg(answer == s->answer || (n && answer == -1),
                      "%s, request %llu fails: %g instead of %g", s->name,
                      (unsigned long long)n, answer, s->answer);
    } else {
        ck_assert_int_eq(r.status, MOONLET_FAILED);
        ck_assert_msg(is_lack(r.error), "%s, request %llu fails: %s", s->name,
                      (unsigned long long)n, r.error->message);
    }
    Dump now = dump_state(base->state, DUMP_EXACT);
    ck_assert_msg(dump_equal(&before, &now), "%s, request %llu fails: the old state differs",
                  s->name, (unsigned long long)n);
    dump_free(&now);
    check_after(s, r.state, n);
    moonlet_release(r.state);
    return made;
}

/* Without OOM_STRIDE some RUNS for each script and mode, evenly spread. */
enum { RUNS = 40 };

static uint64_t stride_for(uint64_t requests)
{
    const char *stride = getenv("OOM_STRIDE");
    if (stride && atoi(stride) > 0) return (uint64_t)atoi(stride);
    return requests / RUNS + 1;
}

START_TEST(each_request_may_fail)
{
    const Script *s = &scripts[_i];
    mem_init();
    if (!mem_fail_requests(0, MEM_FAIL_ONCE)) return; /* not in this kind */
    make_world();
    uint64_t requests = run_failing(s, 0, MEM_FAIL_ONCE);
    ck_assert_uint_gt(requests, 0);
    for (MemFailMode mode = MEM_FAIL_ONCE; mode <= MEM_FAIL_UNTIL_REPORTED; mode++)
        for (uint64_t n = 1; n <= requests; n += stride_for(requests)) run_failing(s, n, mode);
    dump_free(&before);
    moonlet_release(base);
}
END_TEST

/* How a process ends in which all requests fail from the n-th on, or the n-th alone. */
static int status_of(void (*body)(void), uint64_t n, MemFailMode mode)
{
    int status;
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (!child) {
        mem_fail_requests(n, mode);
        body();
        _exit(0);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

static void assert_survives(void (*body)(void), uint64_t n, MemFailMode mode)
{
    int status = status_of(body, n, mode);
    ck_assert_msg(status == 0, "request %d fails in mode %d, %d bytes: status %x", (int)n,
                  (int)mode, (int)space_left, (unsigned)status);
}

static void run_from_start(void)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r =
        moonlet_do(s, "local t = {} for i = 1, 1000 do t[i] = {i} end return #t");
    if (r.status == MOONLET_FAILED && is_lack(r.error)) _exit(0);
    if (r.status == MOONLET_OK && number_of(moonlet_result_value(&r, 0)) == 1000) _exit(0);
    _exit(1);
}

/* Before there is a reserve, the first heap is one. No request has been made here yet. */
START_TEST(starting_may_fail)
{
    enum { FIRST = 120 };
    if (!mem_fail_requests(0, MEM_FAIL_ONCE)) return; /* not in this kind */
    for (MemFailMode mode = MEM_FAIL_ONCE; mode <= MEM_FAIL_UNTIL_REPORTED; mode++)
        for (uint64_t n = 1; n <= FIRST; n += n < 24 ? 1 : 9)
            assert_survives(run_from_start, n, mode);
}
END_TEST

#ifndef MOONLET_MALLOC
static size_t space_used(void)
{
    size_t pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (!f || fscanf(f, "%zu", &pages) != 1) _exit(2);
    fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* What a host may call before it has a state. */
static void call_first(void)
{
    static const moonlet_type_info type = {.name = "first"};
    switch (first) {
    case 1: moonlet_string("text", 4); break;
    case 2: moonlet_pointer(&type); break;
    case 3: moonlet_bytes_allocated(); break;
    case 4: moonlet_collect(); break;
    case 5: moonlet_idle(1000000); break;
    case 6: moonlet_thread_attach(); break;
    case 7: moonlet_collector_pauses(); break;
    case FIRSTS: moonlet_bytes_held(); break;
    default: break;
    }
}

static void run_in_space(void)
{
    size_t space = space_used() + space_left;
    if (setrlimit(RLIMIT_AS, &(struct rlimit){space, space}) != 0) _exit(2);
    call_first();
    char *message = &(char){0};
    moonlet_chunk *c = moonlet_compile("return 1", 8, NULL, &message);
    moonlet_state *s = moonlet_init();
    if (!s) _exit(c != NULL || message);
    moonlet_result r = moonlet_do(s, "local t = {} for i = 1, 1e9 do t[i] = {i} end");
    _exit(r.status != MOONLET_FAILED || !is_lack(r.error));
}

/* Whatever address space there is, a process has a state or none, and a run ends with an error.
 */
START_TEST(space_may_lack)
{
    enum { STEP = 224 << 10, MOST = 9 << 20, BEGIN = 4 << 20 };
    for (space_left = 0; space_left < MOST; space_left += STEP)
        assert_survives(run_in_space, 0, MEM_FAIL_ONCE);
    for (first = 1; first <= FIRSTS; first++)
        for (space_left = 0; space_left < BEGIN; space_left += 4 * STEP)
            assert_survives(run_in_space, 0, MEM_FAIL_ONCE);
    first = 0;
}
END_TEST
#endif

static void run_map(void)
{
    moonlet_result r = moonlet_do(base, scripts[SCRIPTS - 1 - map_nested].text);
    _exit(r.status == MOONLET_FAILED && !is_lack(r.error));
}

/* Threads that all begin while there is no memory, in many orders. */
START_TEST(maps_without_memory_end)
{
    enum { FIRST = 300, LOOPS = 4 };
    mem_init();
    if (!mem_fail_requests(0, MEM_FAIL_ONCE)) return; /* not in this kind */
    make_world();
    map_nested = _i;
    for (uint64_t n = 1; n <= FIRST; n += n < 60 ? 7 : 31)
        for (int i = 0; i < LOOPS; i++) assert_survives(run_map, n, MEM_FAIL_FROM);
    dump_free(&before);
    moonlet_release(base);
}
END_TEST

/* A paused program is resumed: its frame is too large for the reserve. */
START_TEST(resuming_may_fail)
{
    mem_init();
    if (!mem_fail_requests(0, MEM_FAIL_ONCE)) return; /* not in this kind */
    moonlet_state *s =
        world("t = {} for i = 1, 6000 do t[i] = i end "
              "function f(...) for i = 1, 1e5 do end return select('#', ...) end");
    moonlet_limits limits = {.steps = 1000};
    moonlet_state *limited = moonlet_limit(s, &limits);
    moonlet_result paused = moonlet_do(limited, "return f(table.unpack(t))");
    ck_assert_int_eq(paused.status, MOONLET_PAUSED);
    bool failed = false;
    for (uint64_t n = 1, made = 1; n <= made; n++) {
        mem_fail_requests(n, MEM_FAIL_FROM);
        moonlet_result r = moonlet_resume(paused.state);
        made = mem_fail_count();
        mem_fail_requests(0, MEM_FAIL_ONCE);
        if (r.status == MOONLET_FAILED) ck_assert_int_eq(r.error->kind, MOONLET_ERROR_MEMORY);
        failed = failed || r.status == MOONLET_FAILED;
        moonlet_release(r.state);
    }
    ck_assert(failed);
    moonlet_state *free = moonlet_limit(paused.state, NULL);
    moonlet_result r = moonlet_resume(free);
    assert_ok(r);
    assert_number(moonlet_result_value(&r, 0), 6000);
    moonlet_release(r.state);
    moonlet_release(free);
    moonlet_release(paused.state);
    moonlet_release(limited);
    moonlet_release(s);
}
END_TEST

/* A list of terms in which something lacks cannot be encoded; what is there is freed. */
START_TEST(terms_may_fail)
{
    mem_init();
    if (!mem_fail_requests(0, MEM_FAIL_ONCE)) return; /* not in this kind */
    moonlet_state *s = moonlet_init();
    bool failed = false;
    for (uint64_t n = 1, made = 1; n <= made + 1; n++) {
        mem_fail_requests(n, MEM_FAIL_ONCE);
        moonlet_term *inner =
            moonlet_term_list(2, moonlet_term_number(1), moonlet_term_text("b"));
        moonlet_term_field(inner, "x", moonlet_term_boolean(true));
        moonlet_term *list =
            moonlet_term_list(5, inner, moonlet_term_nil(), moonlet_term_pointer(s),
                              moonlet_term_text("c"), moonlet_term_number(2));
        made = mem_fail_count();
        mem_fail_requests(0, MEM_FAIL_ONCE);
        moonlet_result r = moonlet_encode(s, list), many = moonlet_encode_list(s, list);
        bool fails = n <= made;
        ck_assert_int_eq(r.status, fails ? MOONLET_FAILED : MOONLET_OK);
        ck_assert_int_eq(many.status, fails ? MOONLET_FAILED : MOONLET_OK);
        if (fails) ck_assert_str_eq(r.error->message, "not enough memory");
        failed = failed || fails;
        moonlet_release(r.state);
        moonlet_release(many.state);
        moonlet_term_free(list);
    }
    ck_assert(failed);
    moonlet_release(s);
}
END_TEST

/* A long source, which is its own name, with an error or without. */
START_TEST(compiling_may_fail)
{
    mem_init();
    if (!mem_fail_requests(0, MEM_FAIL_ONCE)) return; /* not in this kind */
    char source[5000], *message;
    moonlet_state *s = moonlet_init();
    memset(source, ' ', sizeof source);
    snprintf(source + 4000, 1000, _i ? "return '%0900d' + +" : "return #'%0900d'", 1);
    for (MemFailMode mode = MEM_FAIL_ONCE; mode <= MEM_FAIL_UNTIL_REPORTED; mode++) {
        for (uint64_t n = 1, made = 1; n <= made + 1; n++) {
            message = NULL;
            mem_fail_requests(n, mode);
            moonlet_chunk *c = moonlet_compile(source, strlen(source), NULL, &message);
            made = mem_fail_count();
            mem_fail_requests(n, mode);
            moonlet_result r = moonlet_do(s, source);
            if (mem_fail_count() > made) made = mem_fail_count();
            mem_fail_requests(0, MEM_FAIL_ONCE);
            mem_recover();
            ck_assert(n <= made || !c == (_i == 1));
            ck_assert(n <= made || (r.status == MOONLET_OK) == (_i == 0));
            free(message);
            moonlet_chunk_release(c);
            moonlet_release(r.state);
        }
    }
    moonlet_release(s);
}
END_TEST

START_TEST(dumps_may_fail)
{
    mem_init();
    if (!mem_fail_requests(0, MEM_FAIL_ONCE)) return; /* not in this kind */
    const char *source = "return function(a) return a + 1 end";
    moonlet_chunk *c = moonlet_compile(source, strlen(source), "=c", NULL);
    size_t length = 1, whole = 0;
    for (uint64_t n = 1, made = 1; n <= made + 1; n++) {
        mem_fail_requests(n, MEM_FAIL_FROM);
        char *dump = moonlet_chunk_dump(c, false, &length);
        made = mem_fail_count();
        mem_fail_requests(0, MEM_FAIL_ONCE);
        mem_recover();
        if (n > made) whole = length;
        ck_assert(n <= made || dump);
        free(dump);
    }
    ck_assert_uint_gt(whole, 0);
    moonlet_chunk_release(c);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("out of memory");
    tcase_add_loop_test(t, each_request_may_fail, 0, SCRIPTS);
    tcase_add_test(t, starting_may_fail);
#ifndef MOONLET_MALLOC
    tcase_add_test(t, space_may_lack);
#endif
    tcase_add_loop_test(t, maps_without_memory_end, 0, 2);
    tcase_add_test(t, resuming_may_fail);
    tcase_add_test(t, terms_may_fail);
    tcase_add_test(t, dumps_may_fail);
    tcase_add_loop_test(t, compiling_may_fail, 0, 2);
    return run_suite(t);
}
