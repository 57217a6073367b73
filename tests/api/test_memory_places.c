/* SPDX-License-Identifier: MIT */
/*
 * Requests for memory that fail, at each place of the sources that makes one.
 *
 * A place is a request's chain of C callers. All Lua tests are run once to see which places
 * they come by; then each place's request fails, in the first test that comes by it: alone, and
 * with all that follow up to the error. The process goes on, the state from which the run came
 * reads as before, and what the run returns can be saved, loaded, and run further.
 *
 * Of a build with malloc each allocation is a request; with the collector, each page of blocks.
 *
 *     test_memory_places                       some places of some tests
 *     OOM_PLACES=all CK_TIMEOUT_MULTIPLIER=100 test_memory_places       all
 */
#include "api_test.h"
#include "state_dump.h"

#include <dirent.h>
#include <execinfo.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/* The innermost callers tell places apart; the driver of the evaluator is among the others. */
enum {
    CALLERS = 10,
    PLACES_MAX = 1 << 16,
    TABLE = 4 * PLACES_MAX,
    SOME = 100,
    STEP = 7,
    TESTS_MAX = 300
};

typedef struct Place {
    uint64_t hash, request; /* of the test's run, counted from 1 */
    int test;
} Place;

/* Shared with the processes in which the tests run. */
static struct Found {
    Place places[PLACES_MAX];
    uint64_t seen[TABLE]; /* their hashes, open addressing */
    int count;
} * found;

static bool all_places(void)
{
    const char *text = getenv("OOM_PLACES");
    return text && strcmp(text, "all") == 0;
}

static int test_now;

static uint64_t hash_of_callers(void)
{
    void *callers[CALLERS];
    int n = backtrace(callers, CALLERS);
    uint64_t hash = 1469598103934665603u;
    for (int i = 0; i < n; i++) hash = (hash ^ (uintptr_t)callers[i]) * 1099511628211u;
    return hash ? hash : 1;
}

/* A test may have threads: none of theirs is watched, as the order of their requests varies. */
static pthread_t watched;

static void note_place(uint64_t request)
{
    static __thread bool within; /* of what asks for memory itself */
    if (within || !pthread_equal(pthread_self(), watched) || found->count == PLACES_MAX) return;
    within = true;
    uint64_t hash = hash_of_callers(), i = hash % TABLE;
    while (found->seen[i] && found->seen[i] != hash) i = (i + 1) % TABLE;
    if (!found->seen[i]) {
        found->seen[i] = hash;
        found->places[found->count++] = (Place){hash, request, test_now};
    }
    within = false;
}

/* The tests ---------------------------------------------------------------------------- */

static struct dirent **entries;
static int tests;

static int is_lua(const struct dirent *e)
{
    const char *end = strrchr(e->d_name, '.');
    return end && strcmp(end, ".lua") == 0;
}

/* What only runs with files beside it, takes a minute, or waits for what is typed. */
static bool is_left_out(const char *name, const char *source)
{
    static const char *const names[] = {"collisions.lua", "state_walks.lua", "long_chains.lua"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(name, names[i]) == 0) return true;
    return strstr(source, "os.exit") || strstr(source, "io.read(") || strstr(source, "stdin");
}

static char source[1 << 20];

static bool read_test(int test)
{
    FILE *f = fopen(entries[test]->d_name, "rb");
    ck_assert_ptr_nonnull(f);
    size_t length = fread(source, 1, sizeof source - 1, f);
    source[length] = '\0';
    fclose(f);
    return !is_left_out(entries[test]->d_name, source);
}

/* What a test prints when nothing fails, and when something does. */
static FILE *printed[2 * TESTS_MAX];

static FILE *output_of(int test, bool fails)
{
    FILE **f = &printed[2 * test + fails];
    if (!*f) *f = tmpfile();
    ck_assert_ptr_nonnull(*f);
    return *f;
}

static void print_to(FILE *f)
{
    if (ftruncate(fileno(f), 0) != 0 || lseek(fileno(f), 0, SEEK_SET) != 0) _exit(2);
    if (dup2(fileno(f), STDOUT_FILENO) < 0) _exit(2);
    if (!getenv("OOM_SHOW") && !freopen("/dev/null", "w", stderr)) _exit(2);
}

static const char *text_of(FILE *f)
{
    static char texts[2][1 << 20];
    static int turn;
    char *text = texts[turn ^= 1];
    ssize_t length = pread(fileno(f), text, sizeof *texts - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    return text;
}

static pid_t begin_process(FILE *output, unsigned seconds)
{
    fflush(NULL);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child) return child;
    print_to(output);
    alarm(seconds);
    return 0;
}

static int end_of_process(pid_t child)
{
    int status;
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return status;
}

/* Whatever has failed: images can be had of the state and it runs what it is given. */
static void check_after(moonlet_state *state)
{
    size_t length;
    char *message = NULL;
    moonlet_image *saved = moonlet_image_save(state, NULL, NULL, &message);
    if (saved) {
        const char *bytes = moonlet_image_bytes(saved, &length);
        moonlet_image *loaded = moonlet_image_load(bytes, length, NULL, NULL, &message);
        if (!loaded) {
            fprintf(stderr, "loading: %s\n", message);
            _exit(3);
        }
        moonlet_image_release(loaded);
        moonlet_image_release(saved);
    }
    moonlet_result r = moonlet_do(state, "local t = {} for i = 1, 100 do t[i] = {i} end");
    if (r.status == MOONLET_PAUSED) _exit(0);
    if (r.status != MOONLET_OK) {
        fprintf(stderr, "afterwards: %s\n", r.error->message);
        _exit(4);
    }
    moonlet_release(r.state);
}

/* A run in which something has failed prints what others do, or says so. Few tests catch errors
 * and print only that there was one: to know whether theirs are such a look is needed. */
enum { DOUBTFUL = 6 };

static bool has_said(int test)
{
    fflush(stdout);
    const char *text = text_of(output_of(test, true));
    return strstr(text, "memory") || strcmp(text, text_of(output_of(test, false))) == 0;
}

_Noreturn static void run_failing(const Place *p, MemFailMode mode)
{
    moonlet_state *base = moonlet_init();
    Dump before = dump_state(base->state, DUMP_EXACT);
    mem_fail_requests(p->request, mode);
    moonlet_result r = moonlet_do(base, source);
    mem_fail_requests(0, MEM_FAIL_ONCE);
    Dump now = dump_state(base->state, DUMP_EXACT);
    if (!dump_equal(&before, &now)) _exit(5);
    bool known = r.status != MOONLET_OK || has_said(p->test);
    check_after(r.state);
    _exit(known ? 0 : DOUBTFUL);
}

static void find_places(void)
{
    for (test_now = 0; test_now < tests; test_now += all_places() ? 1 : STEP) {
        if (!read_test(test_now)) continue;
        pid_t child = begin_process(output_of(test_now, false), 600);
        if (child) {
            int status = end_of_process(child);
            ck_assert_msg(status == 0, "%s: status %x", entries[test_now]->d_name, status);
            continue;
        }
        moonlet_state *base = moonlet_init();
        Dump before = dump_state(base->state, DUMP_EXACT);
        watched = pthread_self();
        mem_fail_requests(0, MEM_FAIL_ONCE);
        mem_fail_watch(note_place);
        moonlet_do(base, source);
        mem_fail_watch(NULL);
        fflush(stdout);
        dump_free(&before);
        _exit(0);
    }
}

/* Answers whether it went well. */
static bool fail_place(const Place *p, MemFailMode mode)
{
    pid_t child = begin_process(output_of(p->test, true), 600);
    if (!child) run_failing(p, mode);
    int status = end_of_process(child);
    if (status == 0) return true;
    bool doubtful = WIFEXITED(status) && WEXITSTATUS(status) == DOUBTFUL;
    fprintf(stderr, "%s, request %d fails in mode %d: %s, status %x\n",
            entries[p->test]->d_name, (int)p->request, (int)mode,
            doubtful ? "prints something else" : "wrong", (unsigned)status);
    return doubtful;
}

START_TEST(each_place_may_fail)
{
    mem_init();
    if (!mem_fail_requests(0, MEM_FAIL_ONCE)) return; /* not in this kind */
    found =
        mmap(NULL, sizeof *found, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(found, MAP_FAILED);
    ck_assert_int_eq(chdir("tests/lua"), 0);
    tests = scandir(".", &entries, is_lua, alphasort);
    ck_assert_int_gt(tests, 50);
    ck_assert_int_le(tests, TESTS_MAX);
    find_places();
    ck_assert_int_gt(found->count, SOME / 3);
    ck_assert_int_lt(found->count, PLACES_MAX);
    int stride = all_places() ? 1 : found->count / SOME + 1, tried = 0, failed = 0;
    for (int i = 0; i < found->count; i += stride, tried++) {
        read_test(found->places[i].test);
        failed += !fail_place(&found->places[i], MEM_FAIL_ONCE);
        failed += !fail_place(&found->places[i], MEM_FAIL_UNTIL_REPORTED);
    }
    fprintf(stderr, "%d places, %d tried, %d failed\n", found->count, tried, failed);
    ck_assert_int_eq(failed, 0);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("places of requests for memory");
    tcase_add_test(t, each_place_may_fail);
    return run_suite(t);
}
