/* SPDX-License-Identifier: MIT */
/*
 * Recordings: a moment's world is the same whichever states were kept on the way, at any step;
 * recording takes no steps; what the outside has answered is told again; files of recordings go
 * elsewhere, and may come from anywhere.
 */
#include "api/image/record.h"
#include "api_test.h"
#include "lib/natives.h"
#include "random_program.h"
#include "state_dump.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* What programs write is nobody's business. */
static int stdout_was;

static void hush(void)
{
    fflush(stdout);
    stdout_was = dup(STDOUT_FILENO);
    ck_assert_ptr_nonnull(freopen("/dev/null", "w", stdout));
}

static void speak(void)
{
    fflush(stdout);
    dup2(stdout_was, STDOUT_FILENO);
    close(stdout_was);
}

/* Every moment ------------------------------------------------------------------------ */

/* The source as a function, value 0. */
static moonlet_result function_of(const moonlet_state *s, const char *source)
{
    moonlet_result r = moonlet_load(s, source);
    assert_ok(r);
    return r;
}

static moonlet_recording *recorded(const moonlet_result *f, uint64_t spacing, moonlet_result *r)
{
    moonlet_record_options o = {.spacing = spacing};
    moonlet_recording *rec = moonlet_record(f->state, f->values[0], NULL, 0, &o, r);
    ck_assert_ptr_nonnull(rec);
    return rec;
}

/* Where the paused program is. */
static char *place_of(const moonlet_state *s)
{
    moonlet_result r = moonlet_stacktrace(s);
    char *text = r.error ? moonlet_error_format(r.error) : strdup("nowhere");
    moonlet_release(r.state);
    return text;
}

/* Object by object, with ids, in the order of pairs, and where the program is. (Where segments
 * of the stack begin depends on the states that were kept.) */
static bool host_differs; /* by address, in a world that was loaded */

static bool same(const moonlet_state *a, const moonlet_state *b)
{
    Dump x = dump_state(a->state, DUMP_LOADED), y = dump_state(b->state, DUMP_LOADED);
    char *p = place_of(a), *q = place_of(b);
    bool equal = (host_differs || dump_equal(&x, &y)) &&
                 moonlet_digest(a) == moonlet_digest(b) &&
                 a->state->next_id == b->state->next_id && strcmp(p, q) == 0;
    free(p);
    free(q);
    dump_free(&x);
    dump_free(&y);
    return equal;
}

/* At this step both recordings have the same world. */
static void compare_at(moonlet_recording *a, moonlet_recording *b, uint64_t step,
                       const char *name)
{
    moonlet_state *x = moonlet_recording_state(a, step), *y = moonlet_recording_state(b, step);
    ck_assert_msg(x && y, "%s: no state at step %llu", name, (unsigned long long)step);
    ck_assert_msg(same(x, y), "%s: not the same at step %llu", name, (unsigned long long)step);
    moonlet_release(x);
    moonlet_release(y);
}

/* What the outside says may be another thing each time. */
static bool uses_files(const char *source)
{
    return strstr(source, "io.") || strstr(source, "os.") || strstr(source, "package.");
}

enum { MOMENTS = 20, NEIGHBOURS = 10, REPLAYED = 1000000 /* steps, all together */ };
enum { LONG = 300000 };

/* Backwards: moments all over the run, and a stretch in its middle. */
static void compare(moonlet_recording *a, moonlet_recording *b, const char *name)
{
    uint64_t steps = moonlet_recording_steps(a), most = REPLAYED / (steps + 1);
    uint64_t moments = most < MOMENTS ? most + 1 : MOMENTS;
    ck_assert_uint_eq(steps, moonlet_recording_steps(b));
    for (uint64_t i = moments + 1; i-- > 0;) compare_at(a, b, steps * i / moments, name);
    for (uint64_t i = NEIGHBOURS; i-- > 0;) compare_at(a, b, steps / 3 + i, name);
}

/* The same recording, but for all states that were kept on the way. */
static moonlet_recording *beginning_of(const moonlet_recording *rec, Record *r)
{
    moonlet_recording *first = calloc(1, sizeof *first);
    ck_assert_ptr_nonnull(first);
    *r = *rec->record;
    r->count = 1;
    *first = *rec;
    first->record = r;
    return first;
}

static void check_recording(moonlet_recording *rec, const char *name)
{
    Record r;
    moonlet_recording *first = beginning_of(rec, &r);
    compare(rec, first, name);
    free(first);
}

/* For long programs, or many, some are left out. */
static bool at_all_spacings = true;

static void check_program(const char *source, const char *name)
{
    static const uint64_t spacings[] = {1, 7, 97, 1000, 0};
    moonlet_state *s = moonlet_init();
    moonlet_result f = function_of(s, source), plain, r;
    plain = moonlet_call(f.state, f.values[0], NULL, 0);
    size_t count = sizeof spacings / sizeof *spacings;
    for (size_t i = plain.steps > LONG   ? count
                    : plain.steps > 3000 ? 2
                                         : 0;
         i < count; i += 1 + !at_all_spacings) {
        moonlet_recording *rec = recorded(&f, spacings[i], &r);
        ck_assert_int_eq(plain.status, r.status);
        ck_assert_uint_eq(r.steps, moonlet_recording_steps(rec));
        bool pays = strstr(source, "state.diff"); /* by what the heap map has */
        ck_assert_msg(plain.steps == r.steps || uses_files(source) || pays,
                      "%s: %llu steps, and recorded %llu", name,
                      (unsigned long long)plain.steps, (unsigned long long)r.steps);
        check_recording(rec, name);
        moonlet_recording_release(rec);
        moonlet_release(r.state);
    }
    moonlet_release(plain.state);
    moonlet_release(f.state);
    moonlet_release(s);
}

START_TEST(moments_of_a_loop)
{
    check_program("t = {} for i = 1, 5000 do t[i % 50] = i .. '' end return #t", "loop");
}
END_TEST

START_TEST(moments_within_natives)
{
    check_program(
        "local t = {} for i = 1, 3000 do t[i] = i * 7919 % 3001 end\n"
        "table.sort(t) s = table.concat(t, ' ')\n"
        "n = select(2, s:gsub('%d+', function(d) return d + 1 end))\n"
        "big = ('x'):rep(1e6) big = big .. big:reverse() ok = big:find('y', 1, true)\n"
        "c = coroutine.wrap(function() for i = 1, 500 do coroutine.yield(i) end end)\n"
        "for i = 1, 500 do sum = (sum or 0) + c() end\n"
        "for i = 1, 300 do pcall(error, {i}) x = tostring(i):rep(i) end\n"
        "collectgarbage() kb = collectgarbage('count')",
        "natives");
}
END_TEST

/* Seeds of random programs: RECORD_SEEDS, or a few. */
static int seeds(void)
{
    const char *wanted = getenv("RECORD_SEEDS");
    return wanted ? atoi(wanted) : 4;
}

/* Programs that do all that there is, some one after the other in a world. */
START_TEST(moments_of_random_programs)
{
    enum { RUNS = 4, PROGRAMS = 8 };
    static Program p;
    static char source[sizeof p.text * PROGRAMS];
    p.seed = (uint64_t)_i * 1000 + 1;
    for (int run = 0; run < RUNS; run++) {
        size_t length = strlen(strcpy(source, program_world));
        for (int i = 0; i < PROGRAMS; i++) {
            program_make(&p);
            if (length + p.length + 40 > sizeof source) break;
            length += (size_t)snprintf(source + length, sizeof source - length,
                                       "pcall(function()\n%s\nend)\n", p.text);
        }
        check_program(source, "random");
    }
}
END_TEST

/* Objects that were written, and have died, are swept from the heap map, or not. */
START_TEST(moments_of_differences)
{
    check_program("local s = require'state' t = {} all = {}\n"
                  "for i = 1, 400 do t[i] = {i} all[i] = {i} end\n"
                  "for k = 1, 40 do\n"
                  "  local before = s.snapshot()\n"
                  "  for i = 1, 30 do t[i * k % 400 + 1].x = k t[i] = {k, {}} end\n"
                  "  if k % 7 == 0 then collectgarbage() end\n"
                  "  n = #s.diff(before) sum = (sum or 0) + n kb = collectgarbage('count')\n"
                  "end",
                  "state.diff");
}
END_TEST

START_TEST(moments_of_a_failure)
{
    check_program("for i = 1, 3000 do n = i if i == 2500 then error('no', 0) end end",
                  "failure");
}
END_TEST

static char *read_file(const char *path)
{
    FILE *f = fopen(path, "rb");
    char *text = calloc(1, 1 << 20);
    ck_assert(f && text && fread(text, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return text;
}

/* Programs that end the process, or read what the test has not. */
static bool is_left_out(const char *source)
{
    return strstr(source, "os.exit") || strstr(source, "io.read(") || strstr(source, "stdin");
}

/* Each is a process of its own: kinds of builds with malloc give nothing back before it ends.
 */
enum { PARTS = 32 };

START_TEST(moments_of_the_lua_tests)
{
    at_all_spacings = false;
    struct dirent **entries;
    int n = scandir("tests/lua", &entries, NULL, alphasort), all = 0;
    for (int i = 0; i < n; i++) {
        const char *name = entries[i]->d_name, *end = strrchr(name, '.');
        char path[300];
        snprintf(path, sizeof path, "tests/lua/%s", name);
        if (end && strcmp(end, ".lua") == 0) {
            char *source = read_file(path), *message = NULL;
            moonlet_chunk *c = moonlet_compile(source, strlen(source), NULL, &message);
            bool tried = c && !is_left_out(source);
            if (tried && all++ % PARTS == _i) check_program(source, name);
            moonlet_chunk_release(c);
            free(message);
            free(source);
        }
        free(entries[i]);
    }
    free(entries);
    ck_assert_int_gt(all, 50);
}
END_TEST

/* The outside ------------------------------------------------------------------------- */

/* For each function that looks outside, what it is called for here: a test of its own follows,
 * or why it has none. */
static const char *const covered[] = {
    "eprint",
    "print",
    "dofile",
    "loadfile",
    "os.clock",
    "os.date",
    "os.time",
    "os.execute",
    "os.getenv",
    "os.remove",
    "os.rename",
    "os.setlocale",
    "os.tmpname",
    "io.close",
    "io.flush",
    "io.input",
    "io.lines",
    "io.open",
    "io.output",
    "io.popen",
    "io.read",
    "io.tmpfile",
    "io.type",
    "io.write",
    "file.__gc",
    "file.__tostring",
    "file.flush",
    "file.lines",
    "file.lines:step",
    "file.read",
    "file.seek",
    "file.setvbuf",
    "file.write",
    "package.searchpath",
    "package.searchers:lua",
    "require",
    "os.exit",     /* exits_are_told_of */
    "debug.debug", /* the standard input, as io.read */
    "package.loadlib",
    "package.searchers:c",
    "package.searchers:croot", /* C libraries load again */
    "state.map",               /* maps_run_in_order */
};

START_TEST(all_that_looks_outside_is_covered)
{
    for (const NativeDef *row = natives_next(NULL); row; row = natives_next(row)) {
        bool found = !row->outside;
        for (size_t i = 0; i < sizeof covered / sizeof *covered; i++)
            found |= strcmp(covered[i], row->name) == 0;
        ck_assert_msg(found, "%s looks outside: is it recorded?", row->name);
    }
}
END_TEST

static const char looking[] =
    "local dir = ... local name = dir .. '/record-test'\n"
    "out = {} local function note(...) for i = 1, select('#', ...) do\n"
    "  out[#out + 1] = tostring((select(i, ...))) end end\n"
    "note(os.clock(), os.time(), os.date(), os.date('*t').sec, os.getenv('RECORD_TEST'))\n"
    "note(os.time{year = 2000, month = 1, day = 1}) note(os.setlocale()) note(os.execute())\n"
    "note(os.execute('exit 3'))\n"
    "local f = assert(io.open(name, 'w')) f:setvbuf('full', 1000)\n"
    "note(io.type(f), tostring(f) ~= '') f:write('one\\n', 2, '\\n3 rest\\nmore\\n') "
    "f:flush()\n"
    "note(f:seek('cur')) f:close() note(io.type(f), pcall(f.write, f, 'x'))\n"
    "for line in io.lines(name) do note(line) end\n"
    "f = io.open(name) note(f:read('*l', '*n', '*n', '*a')) note(f:read(0), f:seek('set', 1))\n"
    "for a, b in f:lines(1, '*L') do note(a, b) end f:close()\n"
    "io.input(name) note(io.read('*a')) io.close(io.input()) io.input(io.stdin)\n"
    "io.output(name) io.write('return ...') io.close() io.output(io.stdout) io.flush()\n"
    "note(loadfile(name)(7), dofile(name)) note(package.searchpath('x', name))\n"
    "package.path = dir .. '/?' note(require('record-test')) note(pcall(require, 'no-such'))\n"
    "local p = io.popen('echo $RECORD_TEST; exit 5') note(p:read('*a')) note(p:close())\n"
    "local t = io.tmpfile() t:write('abc') t:seek('set') note(t:read(2)) t = nil "
    "collectgarbage()\n"
    "note(os.rename(name, name .. '2'), os.remove(name .. '2'), os.remove(name .. '2'))\n"
    "local n = os.tmpname() note(n) os.remove(n) print(n) io.write(n) eprint()\n"
    "note(host()) for i = 1, 20 do last = i end note(host()) note(pcall(host, 'fail'))\n";

static int host_calls;

static int host_clock(moonlet_context *c, const moonlet_value *args, size_t count)
{
    host_calls++;
    if (count) return moonlet_fail(c, "failed at %d", host_calls);
    moonlet_value v[4] = {moonlet_number(host_calls), moonlet_text("text"), moonlet_nil(),
                          moonlet_boolean(true)};
    return moonlet_return(c, v, 4);
}

static int host_table(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_return_one(c, moonlet_context_new_table(c));
}

static const moonlet_entry outside_host[] = {
    {.name = "host", .call = host_clock, .looks_outside = true},
    {.name = "bad", .call = host_table, .looks_outside = true},
    {0},
};
static const moonlet_library libraries[] = {{"", outside_host}, {0}};
static const moonlet_image_host image_host = {.libraries = libraries};

static moonlet_state *host_world(void)
{
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_load_module(s, "", outside_host);
    assert_ok(r);
    return moonlet_next(s, &r);
}

static moonlet_recording *through_bytes(const moonlet_recording *rec)
{
    size_t length;
    char *message = NULL, *bytes = moonlet_recording_save(rec, &image_host, &length, &message);
    ck_assert_msg(bytes != NULL, "%s", message);
    ck_assert(moonlet_is_recording(bytes, length));
    moonlet_recording *loaded = moonlet_recording_load(bytes, length, &image_host, &message);
    ck_assert_msg(loaded != NULL, "%s", message);
    free(bytes);
    return loaded;
}

/* Nothing of what it has seen is there any more. */
START_TEST(the_outside_answers_again)
{
    char directory[] = "/tmp/moonlet-record-XXXXXX";
    moonlet_state *s = host_world();
    ck_assert_ptr_nonnull(mkdtemp(directory));
    setenv("RECORD_TEST", "seen", 1);
    moonlet_result f = function_of(s, looking), r;
    moonlet_value argument = moonlet_text(directory);
    moonlet_record_options o = {.spacing = 50};
    moonlet_recording *rec = moonlet_record(f.state, f.values[0], &argument, 1, &o, &r);
    assert_ok(r);
    ck_assert_int_eq(host_calls, 3);
    setenv("RECORD_TEST", "other", 1);
    ck_assert_int_eq(rmdir(directory), 0);
    check_recording(rec, "looking");
    moonlet_recording *loaded = through_bytes(rec);
    host_differs = true;
    compare(rec, loaded, "looking, loaded");
    host_differs = false;
    moonlet_state *end = moonlet_recording_state(loaded, UINT64_MAX);
    ck_assert_uint_eq(moonlet_digest(end), moonlet_digest(r.state));
    ck_assert_int_eq(host_calls, 3);
    moonlet_release(end);
    moonlet_recording_release(loaded);
    moonlet_recording_release(rec);
    moonlet_release(r.state);
    moonlet_release(f.state);
    moonlet_release(s);
}
END_TEST

static bool save_point(const void *bytes, moonlet_writer *write, void *context)
{
    write(context, bytes, sizeof(double));
    return true;
}

static bool load_point(void *to, const char *bytes, size_t length)
{
    if (length != sizeof(double)) return false;
    memcpy(to, bytes, length);
    return true;
}

static const moonlet_type_info point = {
    .name = "point", .size = sizeof(double), .save = save_point, .load = load_point};
static const moonlet_type_info *const point_types[] = {&point, NULL};
static const moonlet_image_host point_host = {.types = point_types};

static moonlet_state *world_with_point(const moonlet_image_host *host)
{
    double bytes = 5;
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_new_userdata(s, &point, &bytes);
    moonlet_result set = moonlet_set(r.state, "point", moonlet_result_value(&r, 0));
    moonlet_state *world = moonlet_set_image_host(set.state, host);
    moonlet_release(set.state);
    moonlet_release(r.state);
    moonlet_release(s);
    return world;
}

/* Programs save themselves in replays as they did: with a host that knows its types, or
 * without.
 */
START_TEST(programs_save_themselves_again)
{
    moonlet_state *s = world_with_point(_i ? &point_host : NULL);
    moonlet_result r, f = function_of(s, "saved = pcall(require 'state'.save)");
    moonlet_recording *rec = moonlet_record(f.state, f.values[0], NULL, 0, NULL, &r);
    assert_ok(r);
    ck_assert_int_eq(moonlet_is_true(moonlet_global(r.state, "saved")), _i);
    size_t length;
    char *message = NULL, *bytes = moonlet_recording_save(rec, &point_host, &length, &message);
    ck_assert_msg(bytes != NULL, "%s", message);
    moonlet_recording *again = moonlet_recording_load(bytes, length, &point_host, &message);
    ck_assert_msg(again != NULL, "%s", message);
    moonlet_state *end = moonlet_recording_state(again, moonlet_recording_steps(again));
    ck_assert_ptr_nonnull(end);
    ck_assert_uint_eq(moonlet_digest(end), moonlet_digest(r.state));
    free(bytes);
    moonlet_release(end);
    moonlet_recording_release(again);
    moonlet_recording_release(rec);
    moonlet_release(r.state);
    moonlet_release(f.state);
    moonlet_release(s);
}
END_TEST

START_TEST(what_cannot_be_recorded_fails)
{
    moonlet_state *s = host_world();
    moonlet_result f = function_of(s, "return pcall(bad)"), r;
    moonlet_recording *rec = recorded(&f, 0, &r);
    assert_ok(r);
    ck_assert(!moonlet_is_true(r.values[0]));
    assert_bytes(r.values[1], "function 'bad' looks outside and gives what is no plain value, "
                              "which cannot be recorded");
    moonlet_recording_release(rec);
    moonlet_release(r.state);
    moonlet_release(f.state);
    moonlet_release(s);
}
END_TEST

START_TEST(maps_run_in_order)
{
    check_program("local map = require('state').map\n"
                  "local r = map(function(x) for i = 1, 100 do x = x + i end\n"
                  "  return x + os.time() * 0 end, {1, 2, 3, 4, 5, 6}, {threads = 4})\n"
                  "for i = 1, 50 do sum = (sum or 0) + r[i % 6 + 1] end",
                  "os. map");
}
END_TEST

static void exits(void *data, const moonlet_recording *rec, int status)
{
    ck_assert_int_eq(status, 7);
    moonlet_recording *loaded = through_bytes(rec);
    moonlet_state *s = moonlet_recording_state(loaded, UINT64_MAX);
    assert_number(moonlet_number(number_in(s, "n")), 100);
    moonlet_release(s);
    moonlet_recording_release(loaded);
    _exit(*(int *)data);
}

START_TEST(exits_are_told_of)
{
    int code = 3;
    moonlet_state *s = host_world();
    moonlet_result f = function_of(s, "for i = 1, 100 do n = i end os.exit(7)"), r;
    moonlet_record_options o = {.exits = exits, .data = &code};
    moonlet_record(f.state, f.values[0], NULL, 0, &o, &r);
    ck_abort_msg("it goes on");
}
END_TEST

static void note_status(void *data, const moonlet_recording *rec, int status)
{
    (void)rec;
    *(int *)data = status;
}

/* os.exit ends the run and not the process, also where a C function waits for it. */
START_TEST(exits_that_stay)
{
    static const char *const sources[] = {
        "for i = 1, 100 do n = i end os.exit(7) n = 0 print('no')",
        "n = 100 t = setmetatable({}, {__gc = function() m = 1 end}) os.exit(7, true) "
        "print('no')",
        "n = 100 pcall(table.sort, {1, 2, 3}, function() os.exit(7) n = 0 print('no') end)"};
    int status = 0;
    moonlet_state *s = host_world();
    moonlet_result f = function_of(s, sources[_i]), r;
    moonlet_record_options o = {.exits = note_status, .data = &status, .stays = true};
    moonlet_recording *rec = moonlet_record(f.state, f.values[0], NULL, 0, &o, &r);
    ck_assert_int_eq(status, 7);
    ck_assert_int_eq(r.status, MOONLET_PAUSED);
    ck_assert_int_eq(moonlet_recording_status(rec), MOONLET_PAUSED);
    assert_number(moonlet_number(number_in(r.state, "n")), 100);
    moonlet_state *end = moonlet_recording_state(rec, UINT64_MAX);
    assert_number(moonlet_number(number_in(end, "n")), 100);
    moonlet_release(end);
    moonlet_release(r.state);
    moonlet_release(f.state);
    moonlet_recording_release(rec);
    moonlet_release(s);
}
END_TEST

/* Files ------------------------------------------------------------------------------- */

enum { HASH = 8 };
static uint32_t random_state = 12345;

static uint32_t drawn(uint32_t n)
{
    random_state = random_state * 1664525 + 1013904223;
    return (random_state >> 8) % n;
}

/* A hash that fits what has been changed. */
static void seal(char *bytes, size_t length)
{
    uint64_t hash = XXH3_64bits(bytes, length - HASH);
    memcpy(bytes + length - HASH, &hash, HASH);
}

static char *recording_bytes(size_t *length)
{
    moonlet_state *s = moonlet_init();
    moonlet_result f = function_of(s, "for i = 1, 30 do n = os.time() e = os.getenv('HOME')\n"
                                      "d = os.date('*t') end"),
                   r;
    moonlet_recording *rec = recorded(&f, 0, &r);
    char *bytes = moonlet_recording_save(rec, NULL, length, NULL);
    ck_assert_ptr_nonnull(bytes);
    moonlet_recording_release(rec);
    moonlet_release(r.state);
    moonlet_release(f.state);
    moonlet_release(s);
    return bytes;
}

/* Loaded or not, gone to its end or not: a message at the worst. */
static void try_bytes(const char *bytes, size_t length)
{
    char *message = NULL;
    moonlet_recording *rec = moonlet_recording_load(bytes, length, NULL, &message);
    ck_assert(rec || message);
    uint64_t steps = rec ? moonlet_recording_steps(rec) : 0;
    for (uint64_t i = 1; rec && i <= 3; i++) {
        uint64_t step = steps < 1000 ? steps / i : 300 * i;
        moonlet_release(moonlet_recording_state(rec, step));
    }
    moonlet_recording_release(rec);
    free(message);
}

START_TEST(hostile_bytes)
{
    size_t length;
    char *bytes = recording_bytes(&length), *copy = malloc(length);
    ck_assert_ptr_nonnull(copy);
    for (size_t n = 0; n < length; n += 1 + n / 20) try_bytes(bytes, n);
    for (int i = 0; i < 1500; i++) {
        memcpy(copy, bytes, length);
        size_t n = i % 3 ? length : length - HASH - drawn(400);
        uint32_t changes = 1 + drawn(3);
        while (changes--) {
            size_t from = drawn(2) ? n - HASH - 1 - drawn(600) : 8 + drawn(40);
            copy[from] = drawn(2) ? (char)drawn(256) : (char)(copy[from] ^ 1 << drawn(8));
        }
        if (i % 5) seal(copy, n);
        try_bytes(copy, n);
    }
    free(copy);
    free(bytes);
}
END_TEST

/* An answer of the log becomes a row of these bytes; gives the place of the next one. */
static size_t forge_answer(Outside *o, size_t at, const char pattern[8])
{
    uint8_t kind = o->log[at++];
    size_t length = 0;
    if (kind == SEEN_YES || kind == SEEN_NO) return at;
    for (unsigned shift = 0;; shift += 7) {
        uint8_t b = o->log[at++];
        length |= (size_t)(b & 0x7f) << shift;
        if (b < 0x80) break;
    }
    for (size_t i = 0; i < length; i++) o->log[at + i] = (uint8_t)pattern[i % 8];
    return at + length;
}

static void look_at_end(moonlet_recording *rec)
{
    moonlet_state *s = moonlet_recording_state(rec, UINT64_MAX - 1);
    if (!s) return;
    moonlet_digest(s);
    moonlet_result r = moonlet_do(s, "for k, v in pairs(_G) do s = type(v) .. tostring(v) end");
    moonlet_release(r.state);
    moonlet_release(s);
}

/* What the outside has said may be anything: NaNs that would be pointers, characters and fields
 * of dates that there are not, sizes beyond all bounds. */
START_TEST(hostile_answers)
{
    static const char *const patterns[] = {"\xe0\xbe\xad\xde\0\0\xfe\xff",
                                           "\xff\xff\xff\xff\xff\xff\xff\xff",
                                           "\0\0\0\0\0\0\0\0",
                                           "\xff\xff\xff\x7f\xff\xff\xff\x7f",
                                           "\0\0\0\x80\0\0\0\x80",
                                           "\1\0\0\0\0\0\xf0\x7f",
                                           "\0\0\0\0\0\0\xf0\xff",
                                           "\x55\x01\xaa\x20\x0a\x03\x02\xc7"};
    moonlet_state *s = moonlet_init();
    moonlet_result r,
        f = function_of(
            s, "a, b, c, d = os.clock(), os.time(), os.date('*t'), os.date('%c')\n"
               "f = io.tmpfile() f:write('   12 x\\nline\\nmore\\n') p = f:seek('set') n = "
               "f:read('*n')\n"
               "l = f:read('*l') m = f:read(3) o = f:read('*L') q = f:seek() k = io.type(f)\n"
               "f:close() e = os.getenv('HOME') g = {os.execute('exit 3')}\n"
               "h = os.time{year = 2020, month = 1, day = 1} i = pcall(os.date, '%Ez')\n"
               "j = io.popen('echo x') v = j:read('*n') w = {j:close()} x = tostring(f)");
    moonlet_recording *rec = recorded(&f, 0, &r);
    assert_ok(r);
    Outside *o = &rec->record->outside;
    uint8_t *good = malloc(o->length);
    memcpy(good, o->log, o->length);
    for (size_t at = 0, next; at < o->length; at = next) {
        for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
            next = forge_answer(o, at, patterns[i]);
            look_at_end(rec);
            memcpy(o->log, good, o->length);
        }
    }
    free(good);
    moonlet_recording_release(rec);
    moonlet_release(r.state);
    moonlet_release(f.state);
    moonlet_release(s);
}
END_TEST

START_TEST(what_has_no_recording)
{
    moonlet_result r;
    char *message = NULL;
    moonlet_state *s = moonlet_init();
    ck_assert_ptr_null(moonlet_record(s, moonlet_number(1), NULL, 0, NULL, &r));
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    moonlet_release(r.state);
    ck_assert_ptr_null(moonlet_recording_load("MLIMAGE", 7, NULL, &message));
    ck_assert_str_eq(message, "it is no recording");
    free(message);
    moonlet_release(s);
}
END_TEST

/* A run that is to stop before it has begun has its first moment, from which it goes on. */
START_TEST(what_stops_at_once_is_recorded)
{
    static const volatile int stops = 1;
    moonlet_state *s = moonlet_init();
    moonlet_result f = function_of(s, "n = 1 return n"), r, rest;
    moonlet_limits limits = {.interrupt = &stops};
    moonlet_state *limited = moonlet_limit(f.state, &limits);
    moonlet_recording *rec = moonlet_record(limited, f.values[0], NULL, 0, NULL, &r);
    ck_assert_ptr_nonnull(rec);
    ck_assert_int_eq(MOONLET_PAUSED, r.status);
    ck_assert_uint_eq(0, moonlet_recording_steps(rec));
    moonlet_state *first = moonlet_recording_state(rec, 0);
    rest = moonlet_resume(first);
    assert_ok(rest);
    assert_number(moonlet_result_value(&rest, 0), 1);
    moonlet_release(rest.state);
    moonlet_release(first);
    moonlet_recording_release(rec);
    moonlet_release(r.state);
    moonlet_release(limited);
    moonlet_release(f.state);
    moonlet_release(s);
}
END_TEST

/* What a program makes and drops is no reason for points to be far from each other: to take one
 * has the program copy what it has, and that is little. */
START_TEST(garbage_keeps_no_points_away)
{
    enum { STEPS = 30000000, FAR = 14000000 };
    moonlet_state *s = moonlet_init();
    moonlet_result r,
        f = function_of(s, "for i = 1, 3e7 do if i % 8 == 0 then s = {i} end end return s");
    moonlet_recording *rec = moonlet_record(f.state, f.values[0], NULL, 0, NULL, &r);
    assert_ok(r);
    const Record *record = rec->record;
    ck_assert_uint_ge(record->steps, STEPS);
    for (size_t i = 1; i <= record->count; i++) {
        uint64_t end = i < record->count ? record->points[i].step : record->steps;
        ck_assert_uint_lt(end - record->points[i - 1].step, FAR);
    }
    moonlet_recording_release(rec);
    moonlet_release(r.state);
    moonlet_release(f.state);
    moonlet_release(s);
}
END_TEST

/* Points are thinned, whatever they hold. */
START_TEST(memory_is_bounded)
{
    moonlet_state *s = moonlet_init();
    moonlet_result f = function_of(s, "t = {} for i = 1, 3e6 do t[i % 60000] = {i} end"), r;
    moonlet_record_options o = {.bytes = 8 << 20, .spacing = 20000};
    moonlet_recording *rec = moonlet_record(f.state, f.values[0], NULL, 0, &o, &r);
    assert_ok(r);
    const Record *record = rec->record;
    ck_assert_uint_le(record->count, RECORD_POINTS);
    ck_assert_uint_lt(record->count, 60); /* each holds more than 1 MB of its own */
    compare_at(rec, rec, 1500000, "bounded");
    moonlet_recording_release(rec);
    moonlet_release(r.state);
    moonlet_release(f.state);
    moonlet_release(s);
}
END_TEST

/* Programs whose states have little in common. Debug builds look at each poll of a few whether
 * points hold what they may (record/bound.c). */
static const char *const spenders[] = {
    "for r = 1, 60 do t = {} for i = 1, 3000 do t[i] = {r, i} end end",
    "s = '' for i = 1, 2000 do s = s .. string.rep('x', i % 100) .. i end",
    "t = {} for i = 1, 30000 do t[i] = 'n' .. i end t = nil for i = 1, 1e5 do s = i end",
    "t = {} for i = 1, 60000 do t[i % 500] = string.rep('y', 200) .. i end",
    "t = {} for r = 1, 6 do for i = 1, 400 do t[i] = coroutine.wrap(function(a, b, c)"
    " while true do a, b, c = coroutine.yield(b, c, r) end end) t[i](i, r, t) end end",
    "t = {} for i = 1, 40000 do t[#t + 1] = {t[#t]} if #t > 900 then t = {} end end",
    "s = require'state' t = {} for i = 1, 300 do t[i % 7] = s.snapshot() u = {} for k = 1, 200 "
    "do u[k] = {} end"
    " end",
    "t = {} for i = 1, 20000 do t[i] = i end for r = 1, 50 do for i = 1, 20000, 9 do"
    " t[i] = r end end",
};

START_TEST(what_spends_memory_is_bounded)
{
    static const uint64_t bounds[] = {50000, 400000, 3000000};
    moonlet_state *s = moonlet_init();
    moonlet_result f = function_of(s, spenders[_i]);
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        moonlet_record_options o = {.bytes = bounds[i], .spacing = 500};
        moonlet_result r;
        moonlet_recording *rec = moonlet_record(f.state, f.values[0], NULL, 0, &o, &r);
        assert_ok(r);
        uint64_t steps = moonlet_recording_steps(rec);
        compare_at(rec, rec, steps / 3, "bounded");
        moonlet_recording_release(rec);
        moonlet_release(r.state);
    }
    moonlet_release(f.state);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("record");
    tcase_add_checked_fixture(t, hush, speak);
    tcase_add_test(t, moments_of_a_loop);
    tcase_add_test(t, moments_within_natives);
    tcase_add_loop_test(t, moments_of_random_programs, 0, seeds());
    tcase_add_test(t, moments_of_differences);
    tcase_add_test(t, moments_of_a_failure);
    tcase_add_loop_test(t, moments_of_the_lua_tests, 0, PARTS);
    tcase_add_test(t, all_that_looks_outside_is_covered);
    tcase_add_test(t, the_outside_answers_again);
    tcase_add_loop_test(t, programs_save_themselves_again, 0, 2);
    tcase_add_test(t, what_cannot_be_recorded_fails);
    tcase_add_test(t, maps_run_in_order);
    tcase_add_exit_test(t, exits_are_told_of, 3);
    tcase_add_loop_test(t, exits_that_stay, 0, 3);
    tcase_add_test(t, hostile_bytes);
    tcase_add_test(t, hostile_answers);
    tcase_add_test(t, what_has_no_recording);
    tcase_add_test(t, what_stops_at_once_is_recorded);
    tcase_add_test(t, garbage_keeps_no_points_away);
    tcase_add_test(t, memory_is_bounded);
    tcase_add_loop_test(t, what_spends_memory_is_bounded, 0,
                        sizeof spenders / sizeof *spenders);
    return run_suite(t);
}
