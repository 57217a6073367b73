/* SPDX-License-Identifier: MIT */
/*
 * Random walks through a history beside a model of it: after each step the entries are those of
 * the model, with their parents and labels, and any of them has the state that was appended.
 *
 * Environment: HISTORY_WALK_FIRST and _LAST seeds, _STEPS of a walk.
 */
#include "history_test.h"

#include "../api/random_program.h"

enum { MOST = 400, LABELS = 4 };

typedef struct Entry {
    int64_t id, parent;
    uint64_t digest;
    int label; /* -1: none */
} Entry;

typedef struct Walk {
    Program program;
    moonlet_history *h;
    moonlet_history_options options;
    moonlet_state *s; /* of the entry appended or read last */
    int64_t at;       /* that entry */
    Entry entries[MOST];
    size_t count;
    int64_t newest; /* the greatest id that there has been */
    const char *doing;
} Walk;

static const char *const labels[LABELS] = {"start", "boss", "a 'quoted' one", "\xc3\xa9"};

static unsigned below(Walk *w, unsigned n) { return program_random(&w->program, n); }

static Entry *entry_of(Walk *w, int64_t id)
{
    for (size_t i = 0; i < w->count; i++)
        if (w->entries[i].id == id) return &w->entries[i];
    return NULL;
}

static Entry *pick(Walk *w)
{
    return w->count ? &w->entries[below(w, (unsigned)w->count)] : NULL;
}

/* What is there ------------------------------------------------------------------------- */

typedef struct Seen {
    Walk *w;
    int64_t parent; /* whose children are visited; -1: all are */
    size_t next, count;
} Seen;

static bool see(void *data, const moonlet_history_entry *e)
{
    Seen *s = data;
    Walk *w = s->w;
    while (s->next < w->count && s->parent >= 0 && w->entries[s->next].parent != s->parent)
        s->next++;
    ck_assert_msg(s->next < w->count, "%s: no entry %lld", w->doing, (long long)e->id);
    const Entry *m = &w->entries[s->next++];
    ck_assert_int_eq(e->id, m->id);
    ck_assert_int_eq(e->parent, m->parent);
    ck_assert_str_eq(e->label, m->label < 0 ? "" : labels[m->label]);
    s->count++;
    return true;
}

static size_t children(const Walk *w, int64_t id)
{
    size_t n = 0;
    for (size_t i = 0; i < w->count; i++) n += w->entries[i].parent == id;
    return n;
}

static void check(Walk *w)
{
    Seen all = {.w = w, .parent = -1};
    ck_assert(moonlet_history_each(w->h, see, &all, NULL));
    ck_assert_msg(all.count == w->count, "%s: %zu entries, not %zu", w->doing, all.count,
                  w->count);
    int64_t last = w->count ? w->entries[w->count - 1].id : 0;
    ck_assert_int_eq(moonlet_history_last(w->h, NULL), last);
    const Entry *e = pick(w);
    Seen some = {.w = w, .parent = e ? e->id : 0};
    ck_assert(moonlet_history_children(w->h, some.parent, see, &some, NULL));
    ck_assert_uint_eq(some.count, children(w, some.parent));
    unsigned label = below(w, LABELS);
    int64_t found = 0;
    for (size_t i = 0; i < w->count; i++)
        if (w->entries[i].label == (int)label) found = w->entries[i].id;
    ck_assert_int_eq(moonlet_history_find(w->h, labels[label], NULL), found);
}

/* Steps --------------------------------------------------------------------------------- */

static void append(Walk *w)
{
    w->doing = "append";
    if (w->count == MOST) return;
    Entry *other = pick(w);
    int64_t parent = below(w, 8) == 0 ? 0 : below(w, 6) == 0 && other ? other->id : w->at;
    if (parent && !entry_of(w, parent)) parent = 0;
    if (below(w, 5)) {
        program_make(&w->program);
        moonlet_result r = moonlet_do(w->s, w->program.text);
        w->s = moonlet_next(w->s, &r);
    }
    int label = below(w, 4) ? -1 : (int)below(w, LABELS);
    w->at = appended(w->h, w->s, parent, label < 0 ? NULL : labels[label]);
    ck_assert_int_gt(w->at, w->newest);
    w->newest = w->at;
    w->entries[w->count++] = (Entry){w->at, parent, moonlet_digest(w->s), label};
}

static void read_one(Walk *w)
{
    w->doing = "read";
    const Entry *e = pick(w);
    if (!e) return;
    char *message = NULL;
    moonlet_state *s = moonlet_history_read(w->h, e->id, &message);
    ck_assert_msg(s != NULL, "%lld: %s", (long long)e->id, message);
    ck_assert_msg(moonlet_digest(s) == e->digest, "entry %lld has another state",
                  (long long)e->id);
    if (below(w, 2)) {
        moonlet_release(w->s);
        w->s = s;
        w->at = e->id;
    } else {
        moonlet_release(s);
    }
}

static void take_out(Walk *w, size_t i)
{
    Entry gone = w->entries[i];
    memmove(&w->entries[i], &w->entries[i + 1], (--w->count - i) * sizeof gone);
    for (size_t k = 0; k < w->count; k++)
        if (w->entries[k].parent == gone.id) w->entries[k].parent = gone.parent;
}

static void remove_one(Walk *w)
{
    w->doing = "remove";
    Entry *e = pick(w);
    if (!e) return;
    int64_t id = e->id;
    ck_assert(moonlet_history_remove(w->h, id, NULL));
    take_out(w, (size_t)(e - w->entries));
    ck_assert(!moonlet_history_remove(w->h, id, NULL));
    ck_assert_ptr_null(moonlet_history_read(w->h, id, NULL));
    ck_assert_int_eq(moonlet_history_append(w->h, w->s, id, NULL, NULL), 0);
}

static void prune(Walk *w)
{
    w->doing = "prune";
    if (below(w, 4)) return;
    uint64_t keep = below(w, 30);
    ck_assert(moonlet_history_prune(w->h, keep, NULL));
    size_t old = w->count > keep ? w->count - keep : 0;
    for (size_t i = old; i-- > 0;)
        if (w->entries[i].label < 0) take_out(w, i);
}

static void write_all(Walk *w)
{
    w->doing = "sync";
    ck_assert(moonlet_history_sync(w->h, NULL));
}

/* Opens it anew, with other options. */
static void reopen(Walk *w)
{
    w->doing = "reopen";
    ck_assert(moonlet_history_close(w->h, NULL));
    w->options.chain = below(w, 3) ? 1 + below(w, 8) : 0;
    w->options.batch = below(w, 2) ? 1 + below(w, 10) : 0;
    w->h = opened(&w->options);
}

static int setting(const char *name, int otherwise)
{
    const char *text = getenv(name);
    return text ? atoi(text) : otherwise;
}

START_TEST(random_histories)
{
    static void (*const steps[])(Walk *) = {append,   append,     append, append,    read_one,
                                            read_one, remove_one, prune,  write_all, reopen};
    static Walk w;
    memset(&w, 0, sizeof w);
    w.program.seed = (uint64_t)_i * 104729 + 3;
    w.h = opened(NULL);
    moonlet_state *s = moonlet_init();
    moonlet_limits limits = {.steps = 20000}; /* some are paused */
    moonlet_result r = moonlet_do(s, program_world);
    w.s = moonlet_limit(r.state, &limits);
    moonlet_release(r.state);
    moonlet_release(s);
    for (int i = setting("HISTORY_WALK_STEPS", 120); i > 0; i--) {
        steps[below(&w, sizeof steps / sizeof *steps)](&w);
        check(&w);
    }
    for (size_t i = 0; i < w.count; i++) {
        moonlet_state *there = moonlet_history_read(w.h, w.entries[i].id, NULL);
        ck_assert_ptr_nonnull(there);
        ck_assert(moonlet_digest(there) == w.entries[i].digest);
        moonlet_release(there);
    }
    ck_assert(moonlet_history_close(w.h, NULL));
    moonlet_release(w.s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("history walk");
    int first = setting("HISTORY_WALK_FIRST", 0);
    tcase_add_loop_test(t, random_histories, first, setting("HISTORY_WALK_LAST", first + 10));
    return history_test_run(t);
}
