/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a binary chunk: as they are if they begin like one, else as the contents of
 * one whose head, with the hash, is right. What is accepted is a sound tree, gives the same
 * bytes when it is dumped again, stripped or not, and can be run within limits.
 */
#include "chunk/chunk.h"
#include "chunk/dump.h"

#include <moonlet.h>
#include <signal.h>
#include <stdlib.h>

#include "memory/mem.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The back-end for fuzzing gives no memory back: then it is time for a new process. */
static const uint64_t bytes_max = (uint64_t)1 << 30;

static moonlet_state *world;
static moonlet_value argument;

static void require(bool condition)
{
    if (!condition) abort();
}

static void keep(moonlet_result r)
{
    require(r.status == MOONLET_OK);
    moonlet_release(world);
    world = r.state;
    if (r.count) argument = r.values[0];
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    static const moonlet_limits limits = {
        .steps = 3000, .bytes = 1 << 20, .stack = 3000, .string = 1 << 16};
    moonlet_state *all = moonlet_init(), *safe = moonlet_sandbox(all, NULL, NULL);
    moonlet_release(all);
    world = moonlet_limit(safe, &limits);
    moonlet_release(safe);
    keep(moonlet_do(world, "print = nil x = {1, 2, y = {f = function(...) return ... end}}"));
    keep(moonlet_do(world,
                    "return setmetatable({1, 2, 3}, {__call = function(t, a) return a end,"
                    "__add = function(a, b) return b end, __concat = rawlen})"));
    return 0;
}

static void store_64(char *to, uint64_t n)
{
    for (int i = 0; i < 8; i++) to[i] = (char)(n >> 8 * i);
}

/* The bytes as a dump, in a block of just its size. */
static char *make_dump(const uint8_t *data, size_t size, size_t *length)
{
    bool raw = dump_begins((const char *)data, size);
    *length = raw ? size : size + DUMP_HEADER;
    char *bytes = malloc(*length);
    require(bytes != NULL);
    memcpy(bytes + *length - size, data, size);
    if (raw) return bytes;
    memcpy(bytes, dump_start, sizeof dump_start);
    store_64(bytes + DUMP_LENGTH_AT, size);
    store_64(bytes + DUMP_HASH_AT, dump_hash(bytes + DUMP_HEADER, size));
    return bytes;
}

static AstFunction *read_again(const String *dump)
{
    ParseResult r = dump_read(dump->data, dump->length, dump);
    require(r.main && !r.error);
    ast_check(r.main);
    return r.main;
}

static void check_tree(const AstFunction *f, bool strip)
{
    ast_check(f);
    String *first = dump_write(f, strip), *second = dump_write(read_again(first), false);
    require(string_equal(first, second));
}

/* The chunk, with itself and a table as arguments; and what it gives, twice. */
static void run(const char *bytes, size_t length)
{
    moonlet_chunk *c = moonlet_compile(bytes, length, "=dump", NULL);
    if (!c) return; /* more than the linker takes */
    moonlet_result r = moonlet_load_chunk(world, c);
    moonlet_value args[2] = {argument, r.values[0]};
    moonlet_result q = moonlet_call(r.state, r.values[0], args, 2);
    for (int i = 0; i < 2 && q.status == MOONLET_OK && q.count; i++) {
        moonlet_result next = moonlet_call(q.state, q.values[0], &argument, 1);
        moonlet_release(q.state);
        q = next;
    }
    moonlet_release(q.state);
    moonlet_release(r.state);
    moonlet_chunk_release(c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t length;
    if (mem_bytes_total() > bytes_max) return raise(SIGUSR1), 0;
    char *bytes = make_dump(data, size, &length);
    ParseResult r = dump_read(bytes, length, string_intern("=f", 2));
    require(!r.main != !r.error);
    if (r.main) {
        check_tree(r.main, false);
        check_tree(r.main, true);
        run(bytes, length);
    }
    free(bytes);
    return 0;
}
