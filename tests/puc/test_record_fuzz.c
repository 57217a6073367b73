/* SPDX-License-Identifier: MIT */
/* The random C functions of fuzz.c, recorded: a replay does what they have done, by the log,
 * also when that has been damaged, and nobody calls them. */
#include "record_test.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "image/bytes.h"

int fuzz_main(int argc, char **argv);
#define main fuzz_main
#include "fuzz.c"
#undef main

static int calls;

static int some_steps(lua_State *L)
{
    calls++;
    return one_step(L);
}

static const char source[] = "local values = {}\n"
                             "for i = 1, 120 do\n"
                             "    values = table.pack(pcall(some_steps, table.unpack(values, "
                             "2, math.min(values.n or 0, 30))))\n"
                             "    io.write(tostring(values[1]), os.time(), '\\n')\n"
                             "    last = values\n"
                             "end";

START_TEST(random_programs)
{
    hush();
    for (int i = 0; i < 40; i++) {
        seed = (uint64_t)(_i * 40 + i) * 2654435761u + 1;
        depth = 0;
        char name[40];
        snprintf(name, sizeof name, "program %d", _i * 40 + i);
        moonlet_state *s = with_function(moonlet_init(), "some_steps", some_steps);
        moonlet_recording *rec = record_source(s, source, i % 2 ? 100 : 3000);
        int before = calls;
        ck_assert(before);
        replays(rec, name);
        ck_assert_int_eq(calls, before);
        moonlet_recording_release(rec);
    }
}
END_TEST

/* Damage ------------------------------------------------------------------------------- */

static uint64_t damage_seed;

static unsigned random_below(unsigned n)
{
    damage_seed = damage_seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(damage_seed >> 33) % n;
}

/* Where the log begins in the file: behind the image. */
static size_t log_of(const char *bytes, size_t length, size_t *size)
{
    ByteSource s = {.at = (const uint8_t *)bytes + 8, .end = (const uint8_t *)bytes + length};
    for (int i = 0; i < 4; i++) source_number(&s); /* version, end, steps, host */
    size_t image = source_count(&s, 1);
    source_bytes(&s, image);
    *size = source_count(&s, 1);
    return (size_t)(s.at - (const uint8_t *)bytes);
}

static void damage(char *bytes, size_t length)
{
    size_t size, at = log_of(bytes, length, &size);
    for (unsigned n = 1 + random_below(3); n > 0; n--)
        bytes[at + random_below((unsigned)size)] = (char)random_below(256);
    uint64_t hash = XXH3_64bits(bytes, length - 8);
    memcpy(bytes + length - 8, &hash, sizeof hash); /* little-endian, as the tests' machines */
}

static int damaged_replays(const char *bytes, size_t length)
{
    char *copy = malloc(length), *message = NULL;
    memcpy(copy, bytes, length);
    damage(copy, length);
    moonlet_image_host host = {.open_modules = true};
    moonlet_recording *rec = moonlet_recording_load(copy, length, &host, &message);
    if (rec) {
        uint64_t steps = moonlet_recording_steps(rec);
        moonlet_release(moonlet_recording_state(rec, steps / 2));
        moonlet_release(moonlet_recording_state(rec, steps));
    }
    bool loaded = rec != NULL;
    moonlet_recording_release(rec);
    free(message);
    free(copy);
    return loaded;
}

START_TEST(hostile_logs)
{
    int loaded = 0;
    hush();
    damage_seed = (uint64_t)_i * 7919 + 1;
    seed = (uint64_t)_i * 2654435761u + 1;
    depth = 0;
    moonlet_state *s = with_function(moonlet_init(), "some_steps", some_steps);
    moonlet_recording *rec = record_source(s, source, 3000);
    size_t length;
    char *message = NULL, *bytes = moonlet_recording_save(rec, NULL, &length, &message);
    ck_assert_ptr_nonnull(bytes);
    moonlet_recording_release(rec);
    int before = calls;
    for (int i = 0; i < 200; i++) loaded += damaged_replays(bytes, length);
    ck_assert_int_gt(loaded, 20);
    ck_assert_int_eq(calls, before);
    free(bytes);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("record_fuzz");
    tcase_add_loop_test(t, random_programs, 0, 5);
    tcase_add_loop_test(t, hostile_logs, 0, 5);
    return run_suite(t);
}
