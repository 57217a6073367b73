/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a chunk: it has a tree, which is sound and can be printed, or an error.
 *
 * The back-end for fuzzing gives no memory back: after much, it is time for a new process.
 */
#include "chunk/chunk.h"

#include <signal.h>
#include <stdlib.h>

#include "memory/mem.h"

static const uint64_t bytes_max = (uint64_t)1 << 30;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) abort();
}

static void count_lines(void *context, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) *(size_t *)context += bytes[i] == '\n';
}

static void parse(const char *source, size_t size, bool is_file)
{
    ParseResult r = parse_chunk(source, size, string_intern("=f", 2), is_file);
    require(!r.main != !r.error);
    if (r.main) {
        size_t lines = 0;
        ast_check(r.main);
        ast_print(r.main, count_lines, &lines);
        require(lines > 0);
    } else {
        bool binary = r.error_line == 0;
        require(r.error->length > 4 && !memcmp(r.error->data, "f:", 2));
        require(binary == (size && memchr(source, '\33', size) && r.error->data[2] == ' '));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (mem_bytes_total() > bytes_max) return raise(SIGUSR1), 0;
    parse((const char *)data, size, false);
    if (size && (*data == '#' || *data == 0xef)) parse((const char *)data, size, true);
    return 0;
}
