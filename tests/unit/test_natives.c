/* SPDX-License-Identifier: MIT */
/*
 * The table of natives: every native in a fresh state has a row, and rows are named after the
 * places where the functions are.
 */
#include <check.h>
#include <stdio.h>

#include "control/eval.h"
#include "lib/lib.h"
#include "lib/natives.h"

typedef struct Search {
    Machine *M;
    Table *seen;
    size_t natives;
} Search;

static void walk(Search *w, Value v);

static void walk_table(Search *w, const Table *t)
{
    const TableBody *b = heap_table(&w->M->run, t);
    Value key = V_NIL, v;
    while (table_next(b, &key, &v)) {
        walk(w, key);
        walk(w, v);
    }
    if (b->meta) walk(w, value_object(b->meta));
}

static void walk_native(Search *w, const Native *f)
{
    const NativeDef *row = natives_by_function(f->fn);
    ck_assert_msg(row, "'%s' has no row", f->name);
    ck_assert_int_ne(row->place, PLACE_CONTINUATION);
    ck_assert_int_eq(row->control, (f->h.flags & NATIVE_CONTROL) != 0);
    ck_assert_msg(!f->count || row->captures, "'%s' captures what its row does not say",
                  f->name);
    w->natives++;
    for (uint32_t i = 0; i < f->count; i++) walk(w, f->upvalues[i]);
}

static void walk(Search *w, Value v)
{
    if (!value_is_table(v) && !value_is(v, OBJ_NATIVE)) return;
    if (run_get(&w->M->run, w->seen, v) != V_NIL) return;
    run_set(&w->M->run, w->seen, v, V_TRUE);
    if (value_is_table(v))
        walk_table(w, value_pointer(v));
    else
        walk_native(w, value_pointer(v));
}

static State *fresh(void)
{
    eval_init();
    Machine *M = machine_begin(NULL);
    lib_open_all(M);
    State *s = machine_snapshot(M);
    machine_end(M);
    return s;
}

START_TEST(every_native_has_a_row)
{
    Search w = {.M = machine_begin(fresh())};
    w.seen = run_new_table(&w.M->run);
    walk(&w, value_object(w.M->run.world->globals));
    walk(&w, value_object(w.M->run.world->registry));
    ck_assert_uint_gt(w.natives, 130);
    machine_end(w.M);
}
END_TEST

/* Those in whose frames a continuation goes on, "|a|b|", have rows, and are functions. */
static void assert_natives(const NativeDef *r)
{
    const char *names = r->natives;
    if (!names) return;
    ck_assert_int_eq(names[0], '|');
    ck_assert_msg(names[1] != 0, "%s goes on nowhere", r->name);
    while (names[1]) {
        size_t length = strcspn(names + 1, "|");
        char name[80];
        snprintf(name, sizeof name, "%.*s", (int)length, names + 1);
        const NativeDef *row = natives_by_name(name);
        ck_assert_msg(row && row->place != PLACE_CONTINUATION, "%s of %s", name, r->name);
        names += length + 1;
    }
}

/* What a program calls by its name has a text for people. */
static void assert_told(const NativeDef *r)
{
    ck_assert_msg(!r->doc == !r->takes, "%s", r->name);
    if (r->place == PLACE_FIELD && strncmp(native_field(r), "__", 2) != 0)
        ck_assert_msg(r->doc, "%s says nothing of itself", r->name);
    if (r->doc) ck_assert_uint_ge(strlen(r->doc), 3);
}

START_TEST(rows_are_whole)
{
    size_t count = 0;
    for (const NativeDef *r = natives_next(NULL); r; r = natives_next(r), count++) {
        ck_assert_ptr_nonnull(r->fn);
        ck_assert_ptr_eq(natives_by_name(r->name), r); /* its name is its own */
        ck_assert_uint_gt(strlen(r->why), 5);
        ck_assert_msg((r->place == PLACE_CONTINUATION) == (r->frame != NULL), "%s", r->name);
        assert_natives(r);
        assert_told(r);
    }
    ck_assert_uint_gt(count, 170);
}
END_TEST

/* The value at a dotted path of globals; `file` is in the registry. */
static Value at_path(Machine *M, const char *path)
{
    Value v = value_object(M->run.world->globals);
    if (strncmp(path, "file.", 5) == 0)
        v = run_get_field(&M->run, M->run.world->registry, "FILE*"), path += 5;
    while (*path && value_is_table(v)) {
        size_t length = strcspn(path, ".");
        v = run_get(&M->run, value_pointer(v), string_value(string_new(path, length)));
        path += length + (path[length] == '.');
    }
    return v;
}

static bool is_native(Value v, NativeFn *fn)
{
    return value_is(v, OBJ_NATIVE) && ((Native *)value_pointer(v))->fn == fn;
}

START_TEST(fields_are_where_their_names_say)
{
    Machine *M = machine_begin(fresh());
    for (const NativeDef *r = natives_next(NULL); r; r = natives_next(r)) {
        if (r->place != PLACE_FIELD || strncmp(r->name, "state.", 6) == 0) continue;
        ck_assert_msg(is_native(at_path(M, r->name), r->fn), "%s", r->name);
    }
    machine_end(M);
}
END_TEST

int main(void)
{
    Suite *s = suite_create("natives");
    TCase *c = tcase_create("natives");
    tcase_add_test(c, every_native_has_a_row);
    tcase_add_test(c, rows_are_whole);
    tcase_add_test(c, fields_are_where_their_names_say);
    suite_add_tcase(s, c);
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_ENV);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed != 0;
}
