/* SPDX-License-Identifier: MIT */
/*
 * The checks of debug builds see what they are there for: each test damages one thing that was
 * sound, and the check must end the process.
 */
#include <check.h>
#include <signal.h>
#include <stdlib.h>

#include "control/eval.h"
#include "lib/lib.h"
#include "stack/check_stack.h"
#include "stack/frame.h"
#include "stack/upvalue.h"

/* After it a coroutine is suspended whose stack has several segments, and there are captured
 * variables of both kinds. */
static const char program[] = "local kept, cell = {}, 0\n"
                              "function f() cell = cell + 1 return kept, cell end\n"
                              "local function deep(n)\n"
                              "    if n == 0 then coroutine.yield() return 0 end\n"
                              "    return 1 + deep(n - 1)\n"
                              "end\n"
                              "co = coroutine.create(deep)\n"
                              "coroutine.resume(co, 500)\n"
                              "t = setmetatable({}, {__index = kept})\n";

static Machine *M;
static State *state; /* a snapshot of the run's own */

static void *global(const char *name)
{
    return value_pointer(run_get_field(&M->run, M->run.world->globals, name));
}
static CoBody *body(void) { return heap_coroutine_mut(&M->run, global("co")); }

static void set(const char *name, double v)
{
    run_set_field(&M->run, global(name), "x", value_number(v));
}

static void setup(void)
{
    String *error;
    eval_init();
    M = machine_begin(NULL);
    lib_open_all(M);
    Closure *f =
        native_load(M, program, sizeof program - 1, string_from_c("=test"), NULL, &error);
    ck_assert(f);
    ck_assert_int_eq(eval_call(M, value_object(f), NULL, 0), RUN_OK);
    machine_snapshot(M);
    set("t", 1);
    state = machine_snapshot_own(M, NULL);
    set("t", 2);
}

static void check_all(void)
{
    state_check(state);
    machine_check(M);
    coroutine_check(body());
    closure_check(global("f"));
    undo_check(state->more->alone, state->more->undo, state->epoch);
    state_check_whole(machine_snapshot(M));
}

START_TEST(what_is_sound_passes)
{
    ck_assert(body()->segment->prev);
    ck_assert(state->more->alone->block || state->more->undo->list.block);
    check_all();
}
END_TEST

/* Damage --------------------------------------------------------------------------------- */

static void depth(void) { body()->segment->below++; }
static void compact_below(void) { body()->segment->prev->kind = SEGMENT_COMPACT; }
static void frame_below(void) { body()->segment->prev_frame = UINT32_MAX; }
static void no_return(void) { body()->segment->ret = NULL; }
static void no_epoch(void) { body()->segment->epoch = EPOCH_NONE; }
static void top(void) { body()->top = body()->segment->size + 1; }
static void status(void) { body()->status = CO_DEAD + 1; }

static void no_node_of_the_table(void)
{
    static const Node other = {.kind = N_JUMP};
    const CoBody *b = body();
    b->segment->slots[b->fp - 2] = value_object(&other);
}
static void no_value(void)
{
    const CoBody *b = body();
    b->segment->slots[b->fp - 1] = (Value)0x0001dead0001dead;
}

static void no_cell(void)
{
    Closure *f = global("f");
    for (uint32_t i = 0; i < f->h.flags; i++)
        if (f->proto->upvalues[i].cell) f->upvalues[i] = V_NIL;
}
static void a_cell(void)
{
    Closure *f = global("f");
    for (uint32_t i = 0; i < f->h.flags; i++)
        if (!f->proto->upvalues[i].cell)
            f->upvalues[i] = value_object(run_new_cell(&M->run, V_NIL));
}
static void a_stand_in(void)
{
    Closure *f = global("f"), *c = upvalue_stand_in(f, f->proto);
    for (uint32_t i = 0; i < f->h.flags; i++)
        if (!f->proto->upvalues[i].cell) f->upvalues[i] = value_object(c);
}

static UndoList *log_of_state(void)
{
    return state->more->alone->block ? state->more->alone : &state->more->undo->list;
}
static void twice(void)
{
    UndoEntry e = log_of_state()->block->entries[0];
    undo_add(log_of_state(), e.object, e.box);
}
static void too_young(void)
{
    UndoEntry e = log_of_state()->block->entries[0];
    uint64_t *box = mem_alloc(sizeof *box);
    *box = state->epoch + 1;
    undo_add(state->more->alone, e.object, box);
}
static void empty_block(void) { log_of_state()->block->count = 0; }
static void closed(void) { state->more->undo->open = NULL; }

static void too_few_ids(void) { state->next_id = 1; }
static StateBase damaged;
static void no_world(void) { state->base = &damaged; }
static void not_paused(void)
{
    damaged = *state->base;
    damaged.paused = global("t");
    state->base = &damaged;
}
static void no_such_kind(void) { state->heap.more = 3; }
static void view(void) { M->run.view = 0; }
static void younger(void) { M->run.since = M->run.epoch + 1; }
static void not_marked(void)
{
    Table *t = global("t");
    t->h.type = OBJ_TABLE;
}
static void heap_count(void) { M->run.heap.count++; }

static void (*const damages[])(void) = {
    depth,      compact_below, frame_below, no_return, no_epoch,    top,
    status,     no_value,      no_cell,     a_cell,    a_stand_in,  no_node_of_the_table,
    twice,      too_young,     empty_block, closed,    too_few_ids, no_world,
    not_paused, no_such_kind,  view,        younger,   not_marked,  heap_count,
};
enum { DAMAGES = sizeof damages / sizeof *damages };

START_TEST(what_is_damaged_is_seen)
{
    damages[_i]();
    check_all();
}
END_TEST

int main(void)
{
    Suite *s = suite_create("check");
    TCase *sound = tcase_create("sound"), *broken = tcase_create("damaged");
    tcase_add_checked_fixture(sound, setup, NULL);
    tcase_add_checked_fixture(broken, setup, NULL);
    tcase_add_test(sound, what_is_sound_passes);
    tcase_add_loop_test_raise_signal(broken, what_is_damaged_is_seen, SIGABRT, 0, DAMAGES);
    suite_add_tcase(s, sound);
    suite_add_tcase(s, broken);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
