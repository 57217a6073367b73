/* SPDX-License-Identifier: MIT */
/*
 * HostMap: a moonlet_map at work, the host's face of the map engine (map/items.h).
 *
 *   map.c           does an item as moonlet_call would; on any thread, in any process
 *   map_outcomes.c  in the order of the items, makes results of outcomes
 *
 * Invariant: until its outcome has become a result, an item is an Outcome. Only its terms,
 * which the thread makes that does it, are in the moonlet_item before.
 */
#ifndef MOONLET_HOST_MAP_H
#define MOONLET_HOST_MAP_H

#include "api/terms/term.h"
#include "map/items.h"

typedef struct HostMap {
    Items items;
    moonlet_state *s; /* with the limits of the items */
    Value function;
    const Value *inputs;
    moonlet_map_options options;
    moonlet_item *results;
    StopChain stop, outer;
} HostMap;

static inline bool host_map_gives(const HostMap *m, unsigned what)
{
    return (m->options.give & what) != 0;
}
/* Whether the values of all items are to be in one state. */
static inline bool host_map_imports(const HostMap *m) { return m->options.give == 0; }

/* The values of *r as terms. Where they cannot be terms it answers NULL, and *r is that error.
 */
moonlet_term *host_map_decode(moonlet_result *r, Decoding *d);
/* Makes results of all outcomes, and gives back the outcomes. Values go into a state that comes
 * of `into`. */
moonlet_items host_map_finish(HostMap *m, const moonlet_state *into);

#endif
