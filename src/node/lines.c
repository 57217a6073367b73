/* SPDX-License-Identifier: MIT */
/*
 * Packs the lines of nodes; see lines.h.
 *
 * Main invariant: proto_line reads what was stored.
 */
#include "node/lines.h"

#include <assert.h>

static uint32_t end_of_group(uint32_t first, uint32_t count)
{
    return count - first < PROTO_LINES ? count : first + PROTO_LINES;
}

/* The least line of a group, and in *most the greatest; INT32_MAX and 0 if there is none. */
static int32_t least_of(const int32_t *lines, uint32_t first, uint32_t end, int32_t *most)
{
    int32_t least = INT32_MAX;
    *most = 0;
    for (uint32_t i = first; i < end; i++) {
        if (lines[i] && lines[i] < least) least = lines[i];
        if (lines[i] > *most) *most = lines[i];
    }
    return least;
}

bool proto_lines_fit(const int32_t *lines, uint32_t count)
{
    for (uint32_t first = 0; first < count; first += PROTO_LINES) {
        int32_t most, least = least_of(lines, first, end_of_group(first, count), &most);
        if (least < 0 || (int64_t)most - least >= PROTO_LINE_MAX) return false;
    }
    return true;
}

void proto_lines_store(void *to, const int32_t *lines, uint32_t count)
{
    int32_t *bases = to, most;
    uint8_t *above = (uint8_t *)(bases + proto_line_groups(count));
    for (uint32_t first = 0; first < count; first += PROTO_LINES) {
        uint32_t end = end_of_group(first, count);
        int32_t base = least_of(lines, first, end, &most) - 1;
        bases[first / PROTO_LINES] = base;
        for (uint32_t i = first; i < end; i++) {
            assert((!lines[i] || lines[i] - base <= PROTO_LINE_MAX) && "the lines fit");
            above[i] = (uint8_t)(lines[i] ? lines[i] - base : 0);
        }
    }
}
