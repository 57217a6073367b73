/* SPDX-License-Identifier: MIT */
/*
 * The process's one base state, and what is made from it.
 *
 * Main invariant: the base state is made once, before any other, and never changes.
 */
#include "api/api.h"

#include "image/load/lua.h"
#include "lib/lib.h"

#include <pthread.h>

static pthread_once_t init_once = PTHREAD_ONCE_INIT;
static pthread_once_t base_once = PTHREAD_ONCE_INIT;
static moonlet_state *base;

static void init(void)
{
    eval_init();
    image_init();
}

bool api_init(void)
{
    if (__builtin_expect(!mem_can_start(), 0)) return false;
    pthread_once(&init_once, init);
    return true;
}

static void make_base(void)
{
    Machine *M = machine_begin(NULL);
    lib_open_all(M);
    base = handle_new(machine_snapshot(M), NULL);
    machine_end(M);
}

bool moonlet_seed(uint64_t seed) { return string_seed(seed); }

moonlet_state *moonlet_init(void)
{
    if (!api_init()) return NULL;
    pthread_once(&base_once, make_base);
    return handle_new(base->state, NULL);
}

bool moonlet_is_paused(const moonlet_state *s)
{
    assert_live(s);
    return s->state->base->paused != NULL;
}
