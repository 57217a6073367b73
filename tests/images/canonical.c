/* SPDX-License-Identifier: MIT */
/*
 * canonical [programs [file]]: runs random programs, in a world that only grows, and prints
 * after each its digest, its steps and the identities of its image and of the delta to the
 * state before. What is printed must be the same on every machine, of every compiler and build
 * kind: `make check-canonical` compares. The last image, a big one, goes to the file.
 */
#include "../api/random_program.h"

#include <moonlet.h>

#include <stdlib.h>

enum { BIG = 20000 };

static moonlet_image *save(const moonlet_state *s, const moonlet_image *base)
{
    char *message = NULL;
    moonlet_image *i = moonlet_image_save(s, base, NULL, &message);
    if (i) return i;
    fprintf(stderr, "canonical: %s\n", message);
    exit(EXIT_FAILURE);
}

static void print_id(const moonlet_image *i)
{
    size_t length;
    moonlet_image_bytes(i, &length);
    for (int k = 0; k < 16; k++) printf("%02x", moonlet_image_id(i)[k]);
    printf(" %zu", length);
}

/* Tables of all sorts, closures, coroutines, numbers that depend on how they are computed. */
static const char big[] =
    "world = {}\n"
    "for i = 1, ... do\n"
    "  local x = i * 0.1 / 3\n"
    "  world[i] = {x, math.sqrt(i), name = 'n' .. i % 100, [i * 2^33] = -i, [-i] = i % 7 == "
    "0}\n"
    "  if i % 50 == 0 then world['f' .. i] = function(y) x = x + y return x end end\n"
    "  if i % 100 == 0 then\n"
    "    world['c' .. i] = coroutine.wrap(function(a) while true do a = coroutine.yield(x, a) "
    "end "
    "end)\n"
    "    world['c' .. i](i)\n"
    "  end\n"
    "  if i % 3 == 0 then world[i][1] = nil end\n"
    "end\n";

static moonlet_state *grown(moonlet_state *s, double n)
{
    moonlet_result f = moonlet_load(s, big);
    moonlet_value count = moonlet_number(n);
    moonlet_result r = moonlet_call(f.state, f.values[0], &count, 1);
    if (r.status != MOONLET_OK) fprintf(stderr, "canonical: %s\n", r.error->message);
    moonlet_release(f.state);
    return moonlet_next(s, &r);
}

int main(int argc, char **argv)
{
    static Program p = {.seed = 2026};
    int programs = argc > 1 ? atoi(argv[1]) : 200;
    moonlet_state *s = moonlet_init();
    moonlet_result world = moonlet_do(s, program_world);
    s = moonlet_next(s, &world);
    moonlet_image *before = save(s, NULL);
    for (int i = 0; i < programs; i++) {
        program_make(&p);
        moonlet_result r = moonlet_do(s, p.text);
        moonlet_release(s);
        s = r.state;
        moonlet_image *whole = save(s, NULL), *delta = save(s, before);
        printf("%d %016llx %llu ", i, (unsigned long long)moonlet_digest(s),
               (unsigned long long)r.steps);
        print_id(whole);
        printf(" ");
        print_id(delta);
        printf("\n");
        moonlet_image_release(whole);
        moonlet_image_release(before);
        before = delta;
    }
    s = grown(s, BIG);
    moonlet_image *last = save(s, NULL);
    printf("%016llx ", (unsigned long long)moonlet_digest(s));
    print_id(last);
    printf("\n");
    size_t length;
    const char *bytes = moonlet_image_bytes(last, &length);
    FILE *file = argc > 2 ? fopen(argv[2], "wb") : NULL;
    bool good = argc <= 2 || (file && fwrite(bytes, 1, length, file) == length);
    if (file && fclose(file)) good = false;
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
