/* SPDX-License-Identifier: MIT */
/*
 * Which nodes of a function begin a line, and the chunks that there are.
 *
 * Main invariant: a node begins a line just where PUC Lua's hook would be told of one; where
 * what was executed last decides, the answer is LINE_SOMETIMES.
 */
#include "link/link_lines.h"

#include <pthread.h>
#include <stdlib.h>

/* Lines ------------------------------------------------------------------------------- */

/* The nodes from which jumps lead to each: from[first[i]..first[i + 1]). */
typedef struct Jumps {
    uint32_t *first, *from;
} Jumps;

static bool find_jumps(Jumps *j, const Proto *p)
{
    uint32_t n = p->node_count, count = 0;
    j->first = calloc((size_t)n + 2, sizeof *j->first);
    j->from = malloc(((size_t)n + 1) * sizeof *j->from);
    if (!j->first || !j->from) return false;
    for (uint32_t i = 0; i < n; i++)
        if (node_target(&p->nodes[i])) j->first[i + (uint32_t)node_target(&p->nodes[i]) + 1]++;
    for (uint32_t i = 0; i <= n; i++) {
        uint32_t here = j->first[i];
        j->first[i] = count;
        count += here;
    }
    for (uint32_t i = 0; i < n; i++)
        if (node_target(&p->nodes[i]))
            j->from[j->first[i + (uint32_t)node_target(&p->nodes[i]) + 1]++] = i;
    return true; /* first[i + 1] is where those of i end, and first[i] those of i - 1 */
}

static bool falls_through(const Node *n)
{
    switch (n->kind) {
    case N_JUMP:
    case N_LOOP: return false;
    default: return n->kind < N_RETURN_0 || n->kind > N_RETURN_OPEN;
    }
}

/* What the nodes say that may have been executed before node i: bits, 1: the line begins there,
 * 2: it does not. */
typedef struct Look {
    const Proto *p;
    const Jumps *jumps;
    uint32_t i;
    uint8_t answer;
    uint32_t passed; /* nodes without lines */
} Look;

enum { BEGINS = 1, GOES_ON = 2, PASSED_MAX = 200 };

static void look_before(Look *l, uint32_t at);

static void look_at(Look *l, uint32_t k)
{
    int32_t line = proto_line(l->p, k);
    if (line)
        l->answer |= l->i <= k || line != proto_line(l->p, l->i) ? BEGINS : GOES_ON;
    else if (++l->passed > PASSED_MAX)
        l->answer |= BEGINS | GOES_ON;
    else
        look_before(l, k);
}

static void look_before(Look *l, uint32_t at)
{
    const Proto *p = l->p;
    if (p->nodes + at == p->entry) l->answer |= BEGINS;
    if (at > 0 && falls_through(&p->nodes[at - 1])) look_at(l, at - 1);
    for (uint32_t j = l->jumps->first[at]; j < l->jumps->first[at + 1]; j++)
        if (l->answer != (BEGINS | GOES_ON)) look_at(l, l->jumps->from[j]);
}

uint8_t *link_line_begins(const Proto *p)
{
    Jumps jumps = {0};
    uint8_t *out = malloc((size_t)p->node_count + 1);
    if (out && find_jumps(&jumps, p)) {
        for (uint32_t i = 0; i < p->node_count; i++) {
            Look l = {.p = p, .jumps = &jumps, .i = i};
            if (proto_line(p, i)) look_before(&l, i);
            out[i] = l.answer == (BEGINS | GOES_ON) ? LINE_SOMETIMES
                     : l.answer == BEGINS           ? LINE_ALWAYS
                                                    : LINE_NEVER;
        }
    } else {
        free(out);
        out = NULL;
    }
    free(jumps.first);
    free(jumps.from);
    return out;
}

/* Chunks ------------------------------------------------------------------------------ */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static MemWeakList chunks; /* under the lock */
static _Thread_local struct {
    LinkedFn *fn;
    void *context;
} told;

/* What is left, under the lock, or NULL where nobody knows. */
static void **chunks_left(int64_t *count)
{
    void **all = mem_try_alloc(((size_t)chunks.count + 1) * sizeof *all);
    *count = all ? mem_weak_list_get(&chunks, all) : -1;
    return *count < 0 ? NULL : all;
}

/* The list has room for those that have left, before it grows. */
void link_note_chunk(Proto *root)
{
    int64_t count;
    pthread_mutex_lock(&lock);
    if (chunks.count && chunks.count == chunks.size) chunks_left(&count);
    bool known = mem_weak_list_add(&chunks, root);
    pthread_mutex_unlock(&lock);
    (void)known; /* without memory for it there are no breaks in it */
    if (told.fn) told.fn(told.context, root);
}

void link_tell(LinkedFn *fn, void *context)
{
    told.fn = fn;
    told.context = context;
}

bool link_tells(void) { return told.fn != NULL; }

bool link_each_chunk(LinkedFn *fn, void *context)
{
    int64_t count;
    pthread_mutex_lock(&lock);
    void **all = chunks_left(&count);
    pthread_mutex_unlock(&lock);
    for (int64_t i = 0; i < count; i++) fn(context, all[i]);
    return all != NULL;
}
