/* SPDX-License-Identifier: MIT */
/*
 * One model test for every kind of map: random operations on a map and on a plain
 * array, with older versions kept, all of which must go on reading as they did.
 *
 * To be included after hamt_template.h, with the same name in MODEL. Keys are 1..KEYS;
 * the word of a key is the key with random bits above TAG_SHIFT, which equality
 * ignores, so that equal keys are often different words. MODEL_KEYS: only so many keys.
 */
#ifndef MODEL_KEYS
#define MODEL_KEYS KEYS
#endif

#define MODEL_JOIN2(a, b) a##_##b
#define MODEL_JOIN(a, b) MODEL_JOIN2(a, b)
#define MAP(f) MODEL_JOIN(MODEL, f)

typedef struct MAP(Version) {
    Hamt map;
    Word values[KEYS + 1]; /* 0: absent */
} MAP(Version);

/* The current version and older ones. */
typedef struct MAP(Model) {
    Random random;
    uint64_t token;
    MAP(Version) now;
    MAP(Version) old[VERSIONS];
} MAP(Model);

static void MAP(verify)(const MAP(Version) * v)
{
    for (Word k = 1; k <= KEYS; k++) {
        const Word *value = MAP(find)(&v->map, k, key_hash_of(k));
        must((value ? *value : 0) == v->values[k]);
    }
}

static uint32_t MAP(size)(const MAP(Version) * v)
{
    uint32_t n = 0;
    for (Word k = 1; k <= KEYS; k++) n += v->values[k] != 0;
    return n;
}

/* A traversal that removes and replaces pairs, also ones that it has still to come to, meets
 * what is left of them once. */
static void MAP(verify_changing_next)(const MAP(Version) * v, Random *random)
{
    MAP(Version) now = *v;
    bool met[KEYS + 1] = {false};
    uint64_t token = epoch_new();
    HamtEntry e = MAP(next)(&now.map, 0, 0);
    while (e.key) {
        Word key = e.key, k = key & TAG_MASK;
        must(!met[k] && now.values[k] == e.value);
        met[k] = true;
        for (int i = 0; i < 2; i++) {
            Word other = i ? 1 + random_below(random, MODEL_KEYS) : k;
            if (random_below(random, 2)) {
                MAP(remove)(&now.map, other, key_hash_of(other), token);
                now.values[other] = 0;
            } else if (now.values[other]) {
                MAP(put)(&now.map, other, key_hash_of(other), now.values[other] += 2, token);
            }
        }
        if (!random_below(random, 8)) token = epoch_new();
        e = MAP(next)(&now.map, key, key_hash_of(key));
    }
    for (Word k = 1; k <= KEYS; k++) must(met[k] || !now.values[k]);
    MAP(check)(&now.map);
}

/* Each pair once, and from any key on what follows the key when it is there. */
static void MAP(verify_next)(const MAP(Version) * v)
{
    uint32_t n = 0;
    HamtEntry e = MAP(next)(&v->map, 0, 0);
    for (; e.key; e = MAP(next)(&v->map, e.key, key_hash_of(e.key))) {
        must(e.value == v->values[e.key & TAG_MASK]);
        n++;
    }
    must(n == MAP(size)(v));
    for (Word k = 1; k <= KEYS; k++) {
        Hamt with = v->map;
        MAP(put)(&with, k, key_hash_of(k), 1, epoch_new());
        if (root_shift(&with) != root_shift(&v->map)) continue; /* in another order */
        HamtEntry a = MAP(next)(&v->map, k, key_hash_of(k));
        HamtEntry b = MAP(next)(&with, k, key_hash_of(k));
        must((a.key & TAG_MASK) == (b.key & TAG_MASK));
    }
}

static void MAP(meet)(void *context, Word key, Word value)
{
    MAP(Version) *v = context;
    must(value && value == v->values[key & TAG_MASK]);
    v->values[key & TAG_MASK] = 0;
}

/* hamt_each meets each pair once. */
static void MAP(verify_each)(const MAP(Version) * v)
{
    MAP(Version) left = *v;
    hamt_each(&v->map, MAP(meet), &left);
    must(MAP(size)(&left) == 0);
}

/* The shape depends on the contents only, but for the patch and the root's shift. */
static void MAP(verify_shape)(const MAP(Version) * v)
{
    Hamt other = {0}, merged = v->map;
    uint64_t token = epoch_new();
    if (hamt_patch(&merged)) MAP(merge)(&merged, token);
    MAP(check)(&merged);
    for (Word k = KEYS; k > 0; k--)
        if (v->values[k]) MAP(put)(&other, k, key_hash_of(k), v->values[k], token);
    if (root_shift(&merged) != root_shift(&other)) return;
    must(merged.count ? same_shape(merged.root, other.root) : !other.count);
}

static void MAP(verify_diff)(const MAP(Version) * a, const MAP(Version) * b)
{
    Differences d = {{0}, {0}, 0};
    uint32_t expected = 0;
    MAP(diff)(&a->map, &b->map, note_difference, &d);
    for (Word k = 1; k <= KEYS; k++) {
        bool differs = a->values[k] != b->values[k];
        must(d.a[k] == (differs ? a->values[k] : 0));
        must(d.b[k] == (differs ? b->values[k] : 0));
        expected += differs;
    }
    must(d.count == expected);
}

/* Puts, or removes if the value is 0, in one short descent where that will do. */
static void MAP(change_own)(MAP(Model) * m, Word word, uint32_t hash, Word value)
{
    Word *known = &m->now.values[word & TAG_MASK];
    Hamt *map = &m->now.map;
    HamtEntry pair = {word, value};
    int added =
        value ? MAP(put_own)(map, pair, hash, m->token, random_below(&m->random, 2)) : -1;
    bool taken = !value && MAP(take_own)(map, word, hash, m->token);
    must(added < 0 || added == !*known);
    must(!taken || *known);
    if (added >= 0 || taken) *known = value;
}

static void MAP(change)(MAP(Model) * m)
{
    Word key = 1 + random_below(&m->random, MODEL_KEYS);
    Word word = key | (Word)random_below(&m->random, 3) << TAG_SHIFT;
    Word value = random_word(&m->random) | 1;
    uint32_t hash = key_hash_of(key);
    Word *place;
    switch (random_below(&m->random, 8)) {
    case 0:
    case 1:
    case 2:
        must(MAP(put)(&m->now.map, word, hash, value, m->token) == !m->now.values[key]);
        m->now.values[key] = value;
        break;
    case 4:
        if (random_below(&m->random, 2)) {
            MAP(change_own)(m, word, hash, random_below(&m->random, 2) ? value : 0);
            return;
        }
        int added = MAP(put_next)(&m->now.map, word, hash, value, m->token);
        must(added < 0 || added == !m->now.values[key]);
        if (added >= 0) m->now.values[key] = value;
        break;
    case 3:
        place = MAP(slot)(&m->now.map, word, hash, m->token);
        must((place != NULL) == (m->now.values[key] != 0));
        if (place) *place = m->now.values[key] = value;
        break;
    default:
        if (random_below(&m->random, 2)) return;
        must(MAP(remove)(&m->now.map, word, hash, m->token) == (m->now.values[key] != 0));
        m->now.values[key] = 0;
    }
}

static void MAP(step)(MAP(Model) * m)
{
    uint32_t which = random_below(&m->random, VERSIONS);
    switch (random_below(&m->random, 12)) {
    case 0: /* snapshot */
        m->old[which] = m->now;
        m->token = epoch_new();
        break;
    case 1: /* on from an older version */
        if (random_below(&m->random, 4)) break;
        m->now = m->old[which];
        m->token = epoch_new();
        break;
    default: MAP(change)(m);
    }
    MAP(check)(&m->now.map);
    MAP(verify)(&m->now);
    for (int i = 0; i < VERSIONS; i++) MAP(verify)(&m->old[i]);
    if (random_below(&m->random, 16)) return;
    MAP(verify_next)(&m->now);
    MAP(verify_changing_next)(&m->now, &m->random);
    MAP(verify_each)(&m->now);
    MAP(verify_shape)(&m->now);
    MAP(verify_diff)(&m->now, &m->old[which]);
    MAP(verify_diff)(&m->old[which], &m->now);
}

static void MAP(run_model)(void)
{
    MAP(Model) *m = mem_try_alloc_root(sizeof *m);
    m->random.state = 1;
    m->token = epoch_new();
    for (int i = 0; i < STEPS; i++) {
        MAP(step)(m);
        if (i % COLLECT_EVERY == 0) mem_collect();
    }
    mem_free_root(m);
}

#undef MAP
#undef MODEL_JOIN
#undef MODEL_JOIN2
#undef MODEL
#undef MODEL_KEYS
