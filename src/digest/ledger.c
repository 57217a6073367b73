/* SPDX-License-Identifier: MIT */
/*
 * What each object counts for in the sum, and taking it out and in; see ledger.h.
 *
 * Main invariant: after a move the tree has just the objects that the world reaches, and the
 * sum is theirs (ledger.h); after a failure it is empty.
 */
#include "digest/ledger.h"

#include <assert.h>
#include <stdlib.h>

#include "digest/content.h"
#include "memory/inject.h"

enum { IN_MAX = 6, ROOT = 0, NODES_FIRST = 256 };

enum {                    /* a node's flags */
       NODE_CHANGED = 1,  /* taken care of in this move */
       NODE_PENDING = 2,  /* it has lost its parent */
       NODE_SEARCHED = 4, /* so have those whose parent it was */
       NODE_DEAD = 8
};

typedef struct LedgerNode {
    const void *object; /* NULL: the root, or free, and in[0] the next free one */
    uint32_t references;
    uint32_t in[IN_MAX];
    uint8_t count, flags;
} LedgerNode;

typedef struct Reference {
    uint32_t from;
    const void *to;
} Reference;

typedef struct List {
    void *items;
    size_t count, capacity;
} List;

struct Ledger {
    Content content;
    Walk walk;
    Run *R;
    LedgerNode *nodes;
    uint32_t count, capacity, live, free;
    uint32_t *index; /* open addressing; 0: free */
    uint32_t mask;
    uint32_t from;        /* the node whose content is looked at */
    List fresh, changed;  /* of nodes */
    List written;         /* entries: what may have changed */
    List gained, lost;    /* references */
    List pending, shared; /* of nodes; of userdata */
    uint64_t climbed;     /* steps in this move */
    uint32_t failures, pauses, good;
    bool failed;
};

/* Lists ------------------------------------------------------------------------------ */

static bool grow(Ledger *l, void **items, size_t size)
{
    void *larger = inject_failure() ? NULL : realloc(*items, size);
    if (!larger) l->failed = true;
    if (larger) *items = larger;
    return larger != NULL;
}

static void *list_add(Ledger *l, List *list, size_t size)
{
    if (list->count == list->capacity) {
        size_t capacity = list->capacity ? 2 * list->capacity : 64;
        if (!grow(l, &list->items, capacity * size)) return NULL;
        list->capacity = capacity;
    }
    return (char *)list->items + list->count++ * size;
}

static void list_add_node(Ledger *l, List *list, uint32_t node)
{
    uint32_t *place = list_add(l, list, sizeof *place);
    if (place) *place = node;
}

static uint32_t list_node(const List *list, size_t i) { return ((uint32_t *)list->items)[i]; }

/* Nodes ------------------------------------------------------------------------------ */

static uint32_t *slot_for(const Ledger *l, const void *object)
{
    uint32_t i = (uint32_t)address_hash(object) & l->mask;
    while (l->index[i] && l->nodes[l->index[i]].object != object) i = (i + 1) & l->mask;
    return &l->index[i];
}

/* Answers 0 where there is none. */
static uint32_t find(const Ledger *l, const void *object) { return *slot_for(l, object); }

static bool grow_index(Ledger *l)
{
    uint32_t size = 2 * (l->mask + 1);
    uint32_t *larger = inject_failure() ? NULL : calloc(size, sizeof *larger);
    if (!larger) l->failed = true;
    if (!larger) return false;
    free(l->index);
    l->index = larger;
    l->mask = size - 1;
    for (uint32_t i = 1; i < l->count; i++)
        if (l->nodes[i].object) *slot_for(l, l->nodes[i].object) = i;
    return true;
}

static bool grow_nodes(Ledger *l)
{
    void *nodes = l->nodes;
    if (!grow(l, &nodes, 2 * (size_t)l->capacity * sizeof *l->nodes)) return false;
    l->nodes = nodes;
    l->capacity *= 2;
    return true;
}

/* Answers 0 where there is no memory. */
static uint32_t new_node(Ledger *l, const void *object)
{
    if (l->live >= l->mask / 2 && !grow_index(l)) return 0;
    uint32_t i = l->free;
    if (i)
        l->free = l->nodes[i].in[0];
    else if (l->count == l->capacity && !grow_nodes(l))
        return 0;
    else
        i = l->count++;
    l->nodes[i] = (LedgerNode){.object = object};
    *slot_for(l, object) = i;
    l->live++;
    return i;
}

/* What has been put behind the place that becomes free, because that was taken, moves up. */
static void free_slot(Ledger *l, uint32_t hole)
{
    l->index[hole] = 0;
    for (uint32_t i = (hole + 1) & l->mask; l->index[i]; i = (i + 1) & l->mask) {
        uint32_t home = (uint32_t)address_hash(l->nodes[l->index[i]].object) & l->mask;
        if (((i - home) & l->mask) < ((i - hole) & l->mask)) continue;
        l->index[hole] = l->index[i];
        l->index[i] = 0;
        hole = i;
    }
}

static void free_node(Ledger *l, uint32_t i)
{
    free_slot(l, (uint32_t)(slot_for(l, l->nodes[i].object) - l->index));
    l->nodes[i] = (LedgerNode){.in = {l->free}};
    l->free = i;
    l->live--;
}

/* References -------------------------------------------------------------------------- */

/* What is looked for is seldom in the processor's cache, as worlds are large. So references and
 * what was written are put in lists, and what they need is fetched beforehand. */
enum { AHEAD = 8, GAINED_MAX = 512 };

static void fetch_slot(const Ledger *l, const void *object)
{
    __builtin_prefetch(&l->index[(uint32_t)address_hash(object) & l->mask]);
}

static void fetch_node(const Ledger *l, const void *object)
{
    __builtin_prefetch(&l->nodes[l->index[(uint32_t)address_hash(object) & l->mask]]);
}

static void each_reference(Ledger *l, List *list, void (*fn)(Ledger *l, const Reference *r))
{
    const Reference *r = list->items;
    for (size_t i = 0; i < list->count && !l->failed; i++) {
        if (i + 2 * AHEAD < list->count) fetch_slot(l, r[i + 2 * AHEAD].to);
        if (i + AHEAD < list->count) fetch_node(l, r[i + AHEAD].to);
        fn(l, &r[i]);
    }
    list->count = 0;
}

static void gain(Ledger *l, const Reference *gained)
{
    uint32_t i = find(l, gained->to);
    if (!i) {
        i = new_node(l, gained->to);
        if (!i) return;
        l->nodes[i].flags = NODE_CHANGED; /* what it contained does not matter */
        list_add_node(l, &l->changed, i);
        list_add_node(l, &l->fresh, i);
    }
    LedgerNode *n = &l->nodes[i];
    n->references++;
    if (n->count < IN_MAX) n->in[n->count++] = gained->from;
}

static void gain_all(Ledger *l) { each_reference(l, &l->gained, gain); }

static void refer(void *context, void *object)
{
    Ledger *l = context;
    List *list = l->content.off ? &l->lost : &l->gained;
    Reference *r = list_add(l, list, sizeof *r);
    if (r) *r = (Reference){l->from, object};
    if (l->gained.count == GAINED_MAX) gain_all(l);
}

static void set_pending(Ledger *l, uint32_t i)
{
    LedgerNode *n = &l->nodes[i];
    if (n->flags & (NODE_PENDING | NODE_DEAD)) return;
    n->flags |= NODE_PENDING;
    list_add_node(l, &l->pending, i);
}

static int in_from(const LedgerNode *n, uint32_t from)
{
    for (int k = n->count; k-- > 0;)
        if (n->in[k] == from) return k;
    return -1;
}

/* The last of those from one node is the first to go: so a parent that refers to the object
 * twice stays its parent. */
static void lose(Ledger *l, const Reference *lost)
{
    uint32_t i = find(l, lost->to);
    assert(i && "a reference that goes away was there");
    LedgerNode *n = &l->nodes[i];
    int k = in_from(n, lost->from);
    n->references--;
    if (k >= 0) n->in[k] = n->in[--n->count];
    if (k == 0) set_pending(l, i);
}

static void lose_all(Ledger *l) { each_reference(l, &l->lost, lose); }

/* What objects contain ------------------------------------------------------------------ */

static void look_at(Ledger *l, uint32_t node)
{
    l->from = node;
    const void *o = l->nodes[node].object, *body = run_contents(l->R, o);
    content_add(&l->content, o, body);
    gain_all(l); /* now: the references that are found first are the ones that are known */
    if (object_type(o) != OBJ_USERDATA || !content_is_shared(o, body)) return;
    const void **place = list_add(l, &l->shared, sizeof *place);
    if (place) *place = o;
}

static void look_at_fresh(Ledger *l)
{
    gain_all(l);
    while (l->fresh.count && !l->failed) look_at(l, list_node(&l->fresh, --l->fresh.count));
}

static void write_down(void *context, const UndoEntry *e)
{
    Ledger *l = context;
    UndoEntry *place = list_add(l, &l->written, sizeof *place);
    if (place) *place = *e;
}

static void change(Ledger *l, const UndoEntry *e)
{
    uint32_t i = find(l, e->object);
    if (!i || l->nodes[i].flags & NODE_CHANGED) return;
    l->nodes[i].flags |= NODE_CHANGED;
    list_add_node(l, &l->changed, i);
    l->from = i;
    content_change(&l->content, e->object, e->box + 1, run_contents(l->R, e->object));
}

static void change_written(Ledger *l)
{
    const UndoEntry *e = l->written.items;
    size_t count = l->written.count;
    for (size_t i = 0; i < count && !l->failed; i++) {
        if (i + 2 * AHEAD < count) {
            fetch_slot(l, e[i + 2 * AHEAD].object);
            __builtin_prefetch(e[i + 2 * AHEAD].object);
            __builtin_prefetch(e[i + 2 * AHEAD].box);
        }
        if (i + AHEAD < count) fetch_node(l, e[i + AHEAD].object);
        change(l, &e[i]);
    }
    l->written.count = 0;
}

static void change_world(Ledger *l, const World *old, const World *now)
{
    if (old == now) return;
    l->from = ROOT;
    content_add_world(&l->content, now);
    l->content.off = true;
    content_add_world(&l->content, old);
    l->content.off = false;
}

/* Looking for parents -------------------------------------------------------------------- */

/* Whether parents lead from there to the root, by none that has lost its own. */
static bool is_reached(Ledger *l, uint32_t i)
{
    for (; i != ROOT; i = l->nodes[i].in[0]) {
        if (l->nodes[i].flags & (NODE_PENDING | NODE_DEAD)) return false;
        l->climbed++;
    }
    return true;
}

static bool find_parent(Ledger *l, LedgerNode *n)
{
    for (int k = 0; k < n->count; k++) {
        if (!is_reached(l, n->in[k])) continue;
        uint32_t parent = n->in[k];
        n->in[k] = n->in[0];
        n->in[0] = parent;
        n->flags &= (uint8_t) ~(NODE_PENDING | NODE_SEARCHED);
        return true;
    }
    return false;
}

/* Those that have found one are taken out of the list. Answers true where there were some. */
static bool find_parents(Ledger *l)
{
    size_t left = 0, count = l->pending.count;
    uint32_t *pending = l->pending.items;
    for (size_t i = 0; i < count; i++)
        if (!find_parent(l, &l->nodes[pending[i]])) pending[left++] = pending[i];
    l->pending.count = left;
    return left < count;
}

static void is_child(void *context, void *object)
{
    Ledger *l = context;
    uint32_t i = find(l, object);
    if (i && l->nodes[i].count && l->nodes[i].in[0] == l->from) set_pending(l, i);
}

/* Those whose parents have lost theirs have lost theirs as well. Answers false when all that is
 * so has. */
static bool spread(Ledger *l)
{
    size_t count = l->pending.count;
    Content only = {.walk = &l->walk, .refer = is_child, .context = l, .references = true};
    for (size_t k = 0; k < count && !l->failed; k++) {
        uint32_t i = list_node(&l->pending, k);
        if (l->nodes[i].flags & NODE_SEARCHED) continue;
        l->nodes[i].flags |= NODE_SEARCHED;
        l->from = i;
        content_add(&only, l->nodes[i].object, run_contents(l->R, l->nodes[i].object));
    }
    return l->pending.count > count;
}

/* It would not pay, or there are references that the node does not know. */
static bool is_unsure(const Ledger *l)
{
    for (size_t k = 0; k < l->pending.count; k++) {
        const LedgerNode *n = &l->nodes[list_node(&l->pending, k)];
        if (n->references > n->count) return true;
    }
    return l->climbed > 4 * (uint64_t)l->live + 4096;
}

static void bury(Ledger *l)
{
    size_t count = l->pending.count;
    for (size_t k = 0; k < count; k++) l->nodes[list_node(&l->pending, k)].flags |= NODE_DEAD;
    l->content.off = true;
    for (size_t k = 0; k < count; k++) {
        l->from = list_node(&l->pending, k);
        const void *o = l->nodes[l->from].object;
        content_add(&l->content, o, run_contents(l->R, o));
    }
    l->content.off = false;
    lose_all(l);
    assert((l->failed || l->pending.count == count) && "nobody else had them as parents");
    for (size_t k = 0; k < count; k++) free_node(l, list_node(&l->pending, k));
    l->pending.count = 0;
}

static void find_lost(Ledger *l)
{
    lose_all(l);
    while (l->pending.count && !l->failed) {
        bool found = find_parents(l);
        l->failed = l->failed || l->climbed > 4 * (uint64_t)l->live + 4096;
        if (found || spread(l)) continue;
        l->failed = l->failed || is_unsure(l);
        if (!l->failed) bury(l);
    }
}

/* Moves ------------------------------------------------------------------------------- */

static void begin_move(Ledger *l, Run *R)
{
    l->R = R;
    l->climbed = 0;
    l->walk = walk_begin();
}

static bool end_move(Ledger *l)
{
    look_at_fresh(l);
    find_lost(l);
    for (size_t k = 0; k < l->changed.count; k++) /* the dead have none any more */
        l->nodes[list_node(&l->changed, k)].flags &= (uint8_t)~NODE_CHANGED;
    l->changed.count = 0;
    address_map_free(&l->content.texts); /* others may come to lie there */
    l->failed = l->failed || l->walk.end;
    return !l->failed;
}

static void empty(Ledger *l)
{
    List *const lists[] = {&l->fresh, &l->changed, &l->written, &l->gained,
                           &l->lost,  &l->pending, &l->shared};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) lists[i]->count = 0;
    content_end(&l->content);
    l->content = (Content){.walk = &l->walk, .refer = refer, .context = l};
    memset(l->index, 0, (l->mask + (size_t)1) * sizeof *l->index);
    l->nodes[ROOT] = (LedgerNode){0};
    l->count = 1;
    l->live = l->free = 0;
    l->failed = false;
}

static bool start(Ledger *l, Run *R)
{
    empty(l);
    begin_move(l, R);
    l->from = ROOT;
    content_add_world(&l->content, R->world);
    return end_move(l);
}

static bool follow(Ledger *l, Run *R, const State *from)
{
    begin_move(l, R);
    change_world(l, from->base->world, R->world);
    run_changes(R, from, write_down, l);
    change_written(l);
    return end_move(l);
}

/* Those that are gone are taken out. */
static void add_shared(Ledger *l, Content *c)
{
    const Userdata **u = l->shared.items;
    size_t left = 0;
    for (size_t i = 0; i < l->shared.count; i++) {
        if (!find(l, u[i])) continue;
        content_add_shared(c, u[i]);
        u[left++] = u[i];
    }
    l->shared.count = left;
}

static uint64_t digest_of(Ledger *l, const Run *R)
{
    Content c = {.walk = &l->walk, .sum = l->content.sum};
    content_add_random(&c, R->random);
    add_shared(l, &c);
    return content_digest(&c);
}

enum { FAILURES_MAX = 6, GOOD = 32 };

/* Who fails often tries seldom. */
static void note_failure(Ledger *l)
{
    if (l->failures < FAILURES_MAX) l->failures++;
    l->pauses = (1u << l->failures) - 2;
    l->good = 0;
}

bool ledger_digest(Ledger *l, Run *R, const State *from, uint64_t *digest)
{
    bool good = from && follow(l, R, from);
    if (from && !good) note_failure(l);
    if (good && ++l->good == GOOD) l->failures = 0;
    if (!good && l->pauses) {
        l->pauses--;
        return false;
    }
    if (!good && !start(l, R)) return false;
    *digest = digest_of(l, R);
    ledger_check(l, R);
    return true;
}

#ifndef NDEBUG
/* Checks -------------------------------------------------------------------------------- */

/* The same made anew: as many references, and the parents of each node lead to the root. */
void ledger_check(Ledger *l, Run *R)
{
    Ledger *other = ledger_new();
    if (!other || !start(other, R)) {
        ledger_free(other);
        return;
    }
    assert(l->live == other->live && "as many objects are reached");
    assert(l->content.sum.low == other->content.sum.low && "the sum is theirs");
    assert(l->content.sum.high == other->content.sum.high && "the sum is theirs");
    for (uint32_t i = 1; i < l->count; i++) {
        const LedgerNode *n = &l->nodes[i];
        if (!n->object) continue;
        uint32_t k = find(other, n->object);
        assert(k && "only what is reached is in the tree");
        assert(other->nodes[k].references == n->references && "so many references");
        assert(n->count && is_reached(l, i) && "parents lead to the root");
        (void)k;
    }
    ledger_free(other);
}
#endif

/* Going back -------------------------------------------------------------------------- */

static void copy_contents(void *context, const UndoEntry *e)
{
    undo_add(context, e->object, heap_copy_box(e));
}

void ledger_before_back(LedgerBack *b, Run *R, const State *to)
{
    *b = (LedgerBack){.world = R->world};
    run_losses(R, to, copy_contents, &b->contents);
}

bool ledger_after_back(Ledger *l, LedgerBack *b, Run *R)
{
    begin_move(l, R);
    change_world(l, b->world, R->world);
    undo_each(&b->contents, write_down, l);
    change_written(l);
    if (end_move(l)) return true;
    note_failure(l);
    return false;
}

/* All ---------------------------------------------------------------------------------- */

Ledger *ledger_new(void)
{
    Ledger *l = calloc(1, sizeof *l);
    if (!l) return NULL;
    l->capacity = NODES_FIRST;
    l->mask = 2 * NODES_FIRST - 1;
    l->nodes = malloc(l->capacity * sizeof *l->nodes);
    l->index = malloc((l->mask + (size_t)1) * sizeof *l->index);
    if (l->nodes && l->index) {
        empty(l);
        return l;
    }
    ledger_free(l);
    return NULL;
}

void ledger_free(Ledger *l)
{
    if (!l) return;
    List *const lists[] = {&l->fresh, &l->changed, &l->written, &l->gained,
                           &l->lost,  &l->pending, &l->shared};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) free(lists[i]->items);
    content_end(&l->content);
    free(l->nodes);
    free(l->index);
    free(l);
}
