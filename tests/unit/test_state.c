/* SPDX-License-Identifier: MIT */
/*
 * States and runs against a model: whatever the runs do, in whatever order the states they have
 * taken are looked into, each state shows what its copy in plain C says.
 *
 * Runs write to tables, cells, userdata, coroutines and the stand-ins of closures, make new
 * objects, drop dead ones, take snapshots of each kind, go on from older ones, and begin
 * other runs meanwhile. STATE_SEEDS in the environment multiplies the number of seeds.
 */
#include <check.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "state/check_state.h"
#include "state/own.h"

#define must(condition) ((condition) ? (void)0 : ck_abort_msg("%s", #condition))

enum {
    TABLES = 24,
    OTHERS = 6, /* of each other kind */
    ARRAY = 24, /* keys 1.. of a large table */
    ITEMS = 96, /* of these and others */
    FEW = 6,    /* of each in a small table */
    MEMBERS = 40,
    DEPTH = 3,
    STEPS = 120
};

enum { A_CELL, A_USERDATA, A_COROUTINE, A_CLOSURE, KINDS };

/* Does this build, in this run, give memory back? */
static bool collects(void)
{
#ifdef MOONLET_MALLOC
    return false;
#else
    return !getenv("GC_DONT_GC");
#endif
}

/* What a state contains. */
typedef struct Model {
    Table *tables[TABLES];
    Table *metas[TABLES];
    uint16_t items[TABLES][ITEMS]; /* 0: nil */
    void *others[KINDS][OTHERS];
    uint64_t words[KINDS][OTHERS];
    uint32_t drawn; /* the next random number */
} Model;

typedef struct Member {
    const State *state;
    Model model;
    uint64_t run, serial; /* whose own it is, and when it was taken; or 0 */
} Member;

static struct Test {
    Member members[MEMBERS];
    uint32_t count, kept;
    uint64_t runs, serial; /* so many until now */
    bool never_close;      /* but where it must be */
    uint64_t seed;
} * test; /* a root */

/* splitmix64; 0..below-1. */
static uint32_t pick(uint32_t below)
{
    uint64_t z = test->seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (uint32_t)((z ^ z >> 31) % below);
}

/* Reading ---------------------------------------------------------------------------- */

static bool is_large(uint32_t table) { return table % 4 == 0; }

static Value key_of(uint32_t item)
{
    return value_number(item < ARRAY ? item + 1.0 : 1000 + item / 2.0);
}

static bool table_as_model(Run *R, const Model *m, uint32_t table)
{
    const TableBody *b = heap_table(R, m->tables[table]);
    uint32_t left = 0;
    table_check(b);
    if (b->meta != m->metas[table]) return false;
    for (uint32_t i = 0; i < ITEMS; i++) {
        uint16_t word = m->items[table][i];
        Value want = word ? value_number(word) : V_NIL;
        if (table_get(b, key_of(i)) != want) return false;
        left += word != 0;
    }
    Value key = V_NIL, v;
    while (table_next(b, &key, &v)) left--;
    return left == 0;
}

static uint64_t other_word(Run *R, int kind, const void *object)
{
    switch (kind) {
    case A_CELL: return heap_cell(R, object);
    case A_USERDATA: return heap_userdata(R, object)->user;
    case A_COROUTINE: return heap_coroutine(R, object)->pcalls;
    default: return (uintptr_t)heap_closure(R, object);
    }
}

static bool others_as_model(Run *R, const Model *m)
{
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < OTHERS; i++)
            if (other_word(R, kind, m->others[kind][i]) != m->words[kind][i]) return false;
    return true;
}

/* That of a run's generator, which stays as it is. */
static uint32_t next_drawn(const Run *R)
{
    struct Random *r = R->random;
    return random_next(&r, epoch_new());
}

static bool as_model(Run *R, const Model *m)
{
    for (uint32_t i = 0; i < TABLES; i++)
        if (!table_as_model(R, m, i)) return false;
    return others_as_model(R, m) && next_drawn(R) == m->drawn;
}

/* Where runs are, in each thread: for ever, once they have taken snapshots of their own. */
typedef struct Place {
    Run run;
    struct Place *next;
} Place;
static _Thread_local Place *places;

static Run *begin(const State *s)
{
    Place *p = places;
    if (p) {
        places = p->next;
    } else {
        p = mem_alloc_root(sizeof *p);
        run_prepare(&p->run);
    }
    run_begin(&p->run, s);
    return &p->run;
}

static void end(Run *R)
{
    Place *p = (Place *)R;
    run_end(R);
    p->next = places;
    places = p;
}

static bool member_as_model(const Member *m)
{
    Run *R = begin(m->state);
    bool same = as_model(R, &m->model);
    end(R);
    return same;
}

static const Member *any_member(void) { return &test->members[pick(test->count)]; }

/* Differences ------------------------------------------------------------------------ */

typedef struct Changes {
    void *objects[4096];
    size_t count;
} Changes;

static bool note(void *context, void *object)
{
    Changes *c = context;
    must(c->count < sizeof c->objects / sizeof *c->objects);
    c->objects[c->count++] = object;
    return true;
}

static void must_have(const Changes *c, const void *object)
{
    size_t i = 0;
    while (i < c->count && c->objects[i] != object) i++;
    must(i < c->count);
}

static void check_diff(const Member *from, const Member *to)
{
    static Changes c;
    const Model *a = &from->model, *b = &to->model;
    c.count = 0;
    state_diff(from->state, to->state, note, &c);
    for (int i = 0; i < TABLES; i++)
        if (a->tables[i] == b->tables[i] &&
            (a->metas[i] != b->metas[i] ||
             memcmp(a->items[i], b->items[i], sizeof a->items[i])))
            must_have(&c, a->tables[i]);
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = kind == A_COROUTINE; i < OTHERS; i++) /* but the running one */
            if (a->others[kind][i] == b->others[kind][i] &&
                a->words[kind][i] != b->words[kind][i])
                must_have(&c, a->others[kind][i]);
}

/* Writing ---------------------------------------------------------------------------- */

static void write_item(Run *R, Model *m, uint32_t table)
{
    uint32_t i = is_large(table) ? pick(ITEMS) : pick(FEW) + (pick(2) ? ARRAY : 0);
    uint16_t word = pick(4) ? (uint16_t)(1 + pick(UINT16_MAX)) : 0;
    Value v = word ? value_number(word) : V_NIL;
    Value *slot = word && pick(2)
                      ? table_slot(heap_table_mut(R, m->tables[table]), key_of(i), R->epoch)
                      : NULL;
    if (slot)
        *slot = v;
    else
        run_set(R, m->tables[table], key_of(i), v);
    m->items[table][i] = word;
}

static void write_table(Run *R, Model *m)
{
    uint32_t table = pick(TABLES);
    for (uint32_t n = is_large(table) ? pick(30) : pick(3); n-- > 0;) write_item(R, m, table);
    if (pick(6)) return;
    m->metas[table] = pick(2) ? m->tables[pick(TABLES)] : NULL;
    heap_table_mut(R, m->tables[table])->meta = m->metas[table];
}

static Closure *new_closure(Run *R)
{
    Closure *c = run_new_closure(0);
    object_init(&c->h, OBJ_CLOSURE, run_new_id(R));
    return c;
}

static void write_other(Run *R, Model *m)
{
    uint32_t kind = pick(KINDS), i = pick(OTHERS);
    void *o = m->others[kind][i];
    uint64_t word = pick(UINT32_MAX);
    switch (kind) {
    case A_CELL: *heap_cell_mut(R, o) = word = value_number((double)word); break;
    case A_USERDATA: heap_userdata_mut(R, o)->user = word = value_number((double)word); break;
    case A_COROUTINE: heap_coroutine_mut(R, o)->pcalls = (uint32_t)word; break;
    default: {
        const Closure *now = pick(3) ? new_closure(R) : o;
        heap_set_closure(R, o, now);
        word = (uintptr_t)now;
    }
    }
    m->words[kind][i] = word;
}

static void make_table(Run *R, Model *m, uint32_t table)
{
    m->tables[table] = run_new_table(R);
    m->metas[table] = NULL;
    memset(m->items[table], 0, sizeof m->items[table]);
    for (uint32_t n = pick(is_large(table) ? 80 : 4); n-- > 0;) write_item(R, m, table);
}

static void make_other(Run *R, Model *m, uint32_t kind, uint32_t i)
{
    void *o;
    uint64_t word = V_NIL;
    switch (kind) {
    case A_CELL: o = run_new_cell(R, V_NIL); break;
    case A_USERDATA: o = run_new_userdata(R, NULL, 0); break;
    case A_COROUTINE:
        o = run_new_coroutine(R, V_NIL);
        word = 0;
        break;
    default: word = (uintptr_t)(o = new_closure(R));
    }
    m->others[kind][i] = o;
    m->words[kind][i] = word;
}

static void make_new(Run *R, Model *m)
{
    uint32_t kind = pick(KINDS), i = pick(OTHERS);
    if (pick(2))
        make_table(R, m, pick(TABLES));
    else if (kind != A_COROUTINE || i) /* but the running one */
        make_other(R, m, kind, i);
}

static void draw(Run *R, Model *m)
{
    must(random_next(&R->random, R->epoch) == m->drawn);
    m->drawn = next_drawn(R);
}

static bool is_alive(void *context, const void *object)
{
    const Model *m = context;
    for (int i = 0; i < TABLES; i++)
        if (m->tables[i] == object) return true;
    for (int kind = 0; kind < KINDS; kind++)
        for (int i = 0; i < OTHERS; i++)
            if (m->others[kind][i] == object) return true;
    return false;
}

/* Snapshots -------------------------------------------------------------------------- */

static void add_member(const State *s, const Model *m, uint64_t run)
{
    state_check(s);
    if (!run) state_check_whole(s);
    uint32_t i = test->count < test->kept ? test->count++ : pick(test->kept);
    test->members[i] = (Member){s, *m, run, ++test->serial};
}

static Coroutine *running(const Model *m) { return m->others[A_COROUTINE][0]; }

typedef State *Snapshot(Run *R, Coroutine *paused, const CoBody *body);

/* With a body for the running coroutine that the run itself does not have. */
static void snapshot_running(Run *R, const Model *m, Snapshot *take, uint64_t run)
{
    Model seen = *m;
    CoBody b = *heap_coroutine(R, R->co);
    b.pcalls = pick(UINT32_MAX);
    b.segment = segment_new(R, FRAME_HEADER);
    seen.words[A_COROUTINE][0] = b.pcalls;
    add_member(take(R, R->co, &b), &seen, run);
}

static void snapshot_own(Run *R, const Model *m, uint64_t run)
{
    for (uint32_t n = pick(6) ? 1 : 4; n-- > 0;) {
        if (pick(2))
            snapshot_running(R, m, run_snapshot_own, run);
        else
            add_member(run_snapshot_own(R, R->co, NULL), m, run);
    }
}

static void snapshot_others_see(Run *R, const Model *m)
{
    const State *s = any_member()->state;
    switch (pick(3)) {
    case 0: add_member(run_snapshot(R, R->co), m, 0); break;
    case 1: snapshot_running(R, m, run_snapshot_running, 0); break;
    default:
        for (uint32_t i = 0; i < test->count; i++)
            if (test->members[i].state == s) test->members[i].state = state_whole(s);
    }
}

/* Runs ------------------------------------------------------------------------------- */

typedef struct Play {
    uint32_t look, back; /* once in so many steps */
    uint32_t depth;
    uint64_t run;
} Play;

static uint64_t play(const Member *from, Play p);

/* Later ones of the run's own are given up. */
static void go_back(Run *R, Model *m, Play p)
{
    const Member *to = any_member();
    for (int i = 0; i < 4 && to->run != p.run; i++) to = any_member();
    uint64_t serial = to->serial;
    run_back(R, to->state);
    *m = to->model;
    R->co = running(m);
    for (uint32_t i = test->count; i-- > 0;) {
        Member *o = &test->members[i];
        if (o->run == p.run && o->serial > serial) *o = test->members[--test->count];
    }
    must(as_model(R, m));
}

static void look(Run *R, Model *m, Play p)
{
    const Member *other = any_member();
    switch (pick(6)) {
    case 0: check_diff(other, any_member()); break;
    case 1:
        run_load(R, other->state);
        *m = other->model;
        R->co = running(m);
        break;
    case 2:
        if (p.depth < DEPTH)
            mem_counted += play(other, (Play){2 * p.look, p.back, p.depth + 1, 0});
        break;
    default: must(member_as_model(other));
    }
    must(as_model(R, m));
}

static void step(Run *R, Model *m, Play p)
{
    switch (pick(20)) {
    case 0: make_new(R, m); break;
    case 1: draw(R, m); break;
    case 2:
        if (!pick(4)) heap_retain(R, is_alive, m);
        break;
    case 3:
        if (!pick(8)) snapshot_others_see(R, m);
        break;
    case 4:
        if (!pick(8) && !test->never_close) run_close(R);
        if (!pick(8)) mem_collect(); /* runs notice which snapshots are left */
        break;
    case 5:
    case 6:
    case 7: snapshot_own(R, m, p.run); break;
    case 8:
    case 9:
    case 10:
    case 11: write_other(R, m); break;
    default: write_table(R, m);
    }
    run_check(R);
    if (R->own.undo) undo_check(R->own.alone, R->own.undo, R->own.last);
    if (!pick(p.look)) look(R, m, p);
    if (!pick(p.back)) go_back(R, m, p);
}

/* What the run counts. */
static uint64_t play(const Member *from, Play p)
{
    Model *m = mem_try_alloc_root(sizeof *m);
    Run *R = begin(from->state);
    *m = from->model;
    R->co = running(m);
    p.run = ++test->runs;
    for (uint32_t n = pick(STEPS); n-- > 0;) step(R, m, p);
    must(as_model(R, m));
    if (pick(2)) add_member(run_snapshot(R, R->co), m, 0);
    uint64_t counted = run_counted(R) % 1000000007;
    end(R);
    mem_free_root(m);
    return counted;
}

static void make_first(void)
{
    Model *m = mem_try_alloc_root(sizeof *m);
    Run *R = begin(NULL);
    for (uint32_t i = 0; i < TABLES; i++) make_table(R, m, i);
    for (uint32_t kind = 0; kind < KINDS; kind++)
        for (uint32_t i = 0; i < OTHERS; i++) make_other(R, m, kind, i);
    R->random = random_new(pick(UINT32_MAX), R->epoch);
    m->drawn = next_drawn(R);
    add_member(run_snapshot(R, R->co), m, 0);
    end(R);
    mem_free_root(m);
}

/* Runs from random states; what they have counted. */
static uint64_t play_all(uint64_t seed, uint32_t look_every, uint32_t runs)
{
    bool never_close = test->never_close;
    memset(test, 0, sizeof *test);
    test->never_close = never_close;
    test->seed = seed;
    test->kept = 3 + pick(MEMBERS - 3);
    uint64_t counted = 0;
    make_first();
    while (runs-- > 0) {
        Member *from = mem_try_alloc_root(sizeof *from);
        *from = *any_member(); /* may be replaced meanwhile */
        counted = counted * 31 + play(from, (Play){look_every, 25, 0, 0});
        mem_free_root(from);
    }
    return counted;
}

static uint64_t seeds(uint64_t n)
{
    const char *factor = getenv("STATE_SEEDS");
    return factor ? n * (uint64_t)atoi(factor) : n;
}

static void check_all(uint64_t seed)
{
    for (uint32_t i = 0; i < test->count; i++)
        ck_assert_msg(member_as_model(&test->members[i]), "seed %llu, state %u",
                      (unsigned long long)seed, i);
}

/* All that is looked into while its run goes on. */
START_TEST(states_are_as_the_model)
{
    test = mem_try_alloc_root(sizeof *test);
    for (uint64_t i = 0; i < seeds(40); i++) {
        uint64_t seed = i * 100 + (uint64_t)_i;
        play_all(seed, _i == 0 ? 6 : 40, 6);
        check_all(seed);
        mem_collect();
        check_all(seed);
    }
    mem_free_root(test);
}
END_TEST

/* The collector marks in slices, while snapshots come and go. */
START_TEST(states_are_as_the_model_meanwhile)
{
    mem_limit_pauses(1);
    test = mem_try_alloc_root(sizeof *test);
    for (uint64_t seed = 10000; seed < 10000 + seeds(10); seed++) {
        play_all(seed, 40, 6);
        check_all(seed);
    }
    mem_free_root(test);
}
END_TEST

/* What a program counts depends on what it does: not on addresses or epochs, nor on when others
 * look. */
START_TEST(runs_count_the_same_again)
{
    test = mem_try_alloc_root(sizeof *test);
    for (uint64_t seed = 0; seed < seeds(20); seed++) {
        uint64_t counted = play_all(seed, 15, 4);
        for (int i = 0; i < 77; i++) epoch_new();
        test->never_close = seed % 2;
        ck_assert_uint_eq(play_all(seed, 15, 4), counted);
        test->never_close = false;
    }
    mem_free_root(test);
}
END_TEST

/* Threads ---------------------------------------------------------------------------- */

static void *look_at_all(void *context)
{
    bool *same = context;
    for (uint32_t i = 0; i < test->count; i++) *same &= member_as_model(&test->members[i]);
    return NULL;
}

/* The run that took a snapshot has ended, or goes on, and several make it whole at once. */
START_TEST(threads_look_at_the_same)
{
    enum { THREADS = 3 };
    test = mem_try_alloc_root(sizeof *test);
    for (uint64_t seed = 0; seed < seeds(40); seed++) {
        play_all(seed, 1000, 4);
        Member *from = mem_try_alloc_root(sizeof *from);
        *from = *any_member();
        Run *R = begin(from->state);
        R->co = running(&from->model);
        for (int i = 0; i < 30; i++) step(R, &from->model, (Play){1000, 1000, DEPTH, 0});
        run_close(R);
        pthread_t threads[THREADS];
        bool same[THREADS] = {true, true, true};
        for (int i = 0; i < THREADS; i++)
            must(!pthread_create(&threads[i], NULL, look_at_all, &same[i]));
        for (int i = 0; i < 30; i++) {
            write_table(R, &from->model);
            if (!pick(4)) run_snapshot_own(R, R->co, NULL);
        }
        for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
        for (int i = 0; i < THREADS; i++) must(same[i]);
        must(as_model(R, &from->model));
        end(R);
        mem_free_root(from);
    }
    mem_free_root(test);
}
END_TEST

/* Logs ------------------------------------------------------------------------------- */

static State *own_then_write(Run *R, Table *t)
{
    State *s = run_snapshot_own(R, R->co, NULL);
    run_set(R, t, value_number(1), V_TRUE);
    return s;
}

/* From then on what the run does is no business of its snapshots: other threads may look. */
START_TEST(a_closed_log_has_no_more_to_come)
{
    Run *R = begin(NULL);
    Table *t = run_new_table(R);
    const Undo *first = own_then_write(R, t)->more->undo;
    const Undo *second = own_then_write(R, t)->more->undo;
    ck_assert_ptr_eq(first->next, second);
    ck_assert_ptr_eq(second->open, R);
    run_close(R);
    const Undo *third = own_then_write(R, t)->more->undo;
    ck_assert_ptr_null(second->next);
    ck_assert_ptr_null(second->open);
    end(R);
    ck_assert_ptr_null(third->open);
}
END_TEST

static void count_entry(void *context, const UndoEntry *e) { ++*(uint32_t *)context; }

static uint32_t entries_for(const State *s)
{
    uint32_t n = 0;
    undo_each(s->more->alone, count_entry, &n);
    for (const Undo *u = s->more->undo; u; u = u->next) undo_each(&u->list, count_entry, &n);
    return n;
}

static const Undo *last_for(const State *s)
{
    const Undo *u = s->more->undo;
    while (u->next) u = u->next;
    return u;
}

static void __attribute__((noinline)) write_frames(Run *R, Table **tables, int frames)
{
    while (frames-- > 0) {
        run_snapshot_own(R, R->co, NULL);
        for (int i = frames % 2; i < TABLES; i += 2) /* two snapshots see the same */
            run_set(R, tables[i], value_number(1), value_number(frames));
    }
}

/* One that is kept does not keep what the dropped ones after it would need. */
START_TEST(dropped_snapshots_need_nothing)
{
    enum { FRAMES = 1000, LATER = 30 };
    Run *R = begin(NULL);
    Table **tables = mem_try_alloc(TABLES * sizeof *tables);
    for (int i = 0; i < TABLES; i++) tables[i] = run_new_table(R);
    const State *first = run_snapshot_own(R, R->co, NULL);
    write_frames(R, tables, FRAMES);
    const State *second = run_snapshot_own(R, R->co, NULL);
    write_frames(R, tables, FRAMES);
    mem_collect();
    write_frames(R, tables, LATER);
    if (collects()) ck_assert_uint_lt(entries_for(first), 3 * LATER * TABLES);
    ck_assert_ptr_eq(last_for(first), last_for(second));
    Run *view = begin(first);
    for (int i = 0; i < TABLES; i++)
        ck_assert_uint_eq(run_get(view, tables[i], value_number(1)), V_NIL);
    end(view);
    end(R);
}
END_TEST

/* Of a program's snapshots that it can no longer come to nothing is left, whoever still points
 * to them; but what a host has may lead to those before it. */
START_TEST(unseen_values_are_emptied)
{
    enum { SEEN, BEFORE, HOST, FIRST, LAST, COUNT };
    Run *R = begin(NULL);
    Table *t = run_new_table(R);
    State *s[COUNT];
    Marks seen = {.sure = true};
    for (int i = 0; i < COUNT; i++) {
        run_set(R, t, value_number(2), value_number(i));
        s[i] = own_then_write(R, t);
        if (i != HOST) run_own_value(s[i]);
    }
    marks_add(&seen, s[SEEN]);
    own_drop_unseen(R, &seen);
    ck_assert_ptr_null(s[FIRST]->base->world);
    ck_assert_ptr_null(s[LAST]->more->undo);
    for (int i = SEEN; i <= HOST; i++) {
        Run *view = begin(s[i]);
        ck_assert_uint_eq(run_get(view, t, value_number(2)), value_number(i));
        end(view);
    }
    ck_assert_uint_eq(run_get(R, t, value_number(2)), value_number(LAST));
    marks_free(&seen);
    end(R);
}
END_TEST

/* However often: what is put aside is what has been written since. */
START_TEST(going_back_empties_the_logs)
{
    Run *R = begin(NULL);
    Table *t = run_new_table(R);
    const State *first = own_then_write(R, t);
    const State *second = run_snapshot_own(R, R->co, NULL);
    for (int i = 0; i < 5; i++) {
        run_set(R, t, value_number(1), value_number(i));
        run_back(R, second);
        ck_assert_uint_eq(entries_for(second), 0);
        ck_assert_uint_eq(entries_for(first), 1);
    }
    run_back(R, first);
    ck_assert_uint_eq(entries_for(first), 0);
    end(R);
}
END_TEST

/* Whoever is the first to look. */
START_TEST(making_whole_counts_nothing)
{
    Run *R = begin(NULL);
    Table *t = run_new_table(R);
    const State *s = own_then_write(R, t);
    uint64_t counted = mem_counted;
    ck_assert_uint_eq(state_heap(s).count, 1);
    ck_assert_uint_eq(mem_counted, counted);
    end(R);
}
END_TEST

int main(void)
{
    mem_init();
    Suite *suite = suite_create("state");
    TCase *t = tcase_create("model");
    tcase_add_loop_test(t, states_are_as_the_model, 0, 2);
    tcase_add_test(t, states_are_as_the_model_meanwhile);
    tcase_add_test(t, runs_count_the_same_again);
    tcase_add_test(t, threads_look_at_the_same);
    tcase_add_test(t, a_closed_log_has_no_more_to_come);
    tcase_add_test(t, dropped_snapshots_need_nothing);
    tcase_add_test(t, unseen_values_are_emptied);
    tcase_add_test(t, going_back_empties_the_logs);
    tcase_add_test(t, making_whole_counts_nothing);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
