/* SPDX-License-Identifier: MIT */
/*
 * Dumps: trees come back as they were; what is no dump is refused, however it is made, and
 * with the right hash in its head. What dumps do when run is tests/lua/dump.lua's.
 */
#include "chunk/chunk.h"
#include "chunk/dump.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "memory/mem.h"
#include "tree/text.h"

static const char *const sources[] = {
    "",
    "return",
    "local a <const>", /* no Lua: left out */
    "return 1, -2.5, 1e400, 'text', \"a\\0b\", nil, true, false, ...",
    "local a, b = 1 local function f(x) b = x return a, f, b end return f",
    "x.y.z[1][x + 1], w = f(1, 2)(3):m 'n' {o}, nil\n#x = 1",
    "x.y.z[1][x + 1], w = f(1, 2)(3):m 'n' {o}, nil\nprint(#x, -x, not x)",
    "local t = {1, 2, x = 3, [4] = 5; f(), ...} return (f()), (...)",
    "return {1, x = -2, {y = nil, 'z', {}, {true, false}},\n{1}, {a = -\n1}, {b = - 3}}",
    "return a + b - c * d / e % f ^ g .. h .. i == j and k ~= l or m < n and o <= p or q > r",
    "while x do if y then break elseif z then goto out else f() end end ::out:: return",
    "for i = 1, 10 do for j = i, 1, -1 do local k = i repeat local l = k until l end end",
    "for k, v in pairs(t) do local function g() k = v return g end end",
    "do goto a; ::b:: do goto c end ::c:: ::d:: ; end ::a:: do ::b:: goto b end",
    "function a.b.c:d(e, ...) return self, e, ... end\nfunction f() return _ENV end",
    "local _ENV = {} function f() return x end",
    "local _ENV = {} return x, _ENV.y, 0, 1073741823, 1073741824, 0.5, -0",
    "return a\n.b\n.c, d\n['e']\n, ('f').g, _ENV.h:i(\nj.k)",
    "x = y + 1 x = y\n+ 1\nx\n= y - 1",
    "return function() return function() return function(...) x = ... end end end",
};
enum { SOURCES = sizeof sources / sizeof *sources };

static AstFunction *parse(const char *source)
{
    ParseResult r = parse_chunk(source, strlen(source), string_from_c("@test"), false);
    if (r.main) ast_check(r.main);
    return r.main;
}

/* The bytes in a block of just this size, so that reading beyond it shows. */
static ParseResult read_bytes(const char *bytes, size_t length)
{
    char *copy = malloc(length + !length);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, length);
    ParseResult r = dump_read(copy, length, string_from_c("=t"));
    free(copy);
    ck_assert(!r.main != !r.error);
    if (r.main) ast_check(r.main);
    return r;
}

static void gather(void *text, const char *bytes, size_t n) { text_add(text, bytes, n); }

static void check_same_tree(const AstFunction *a, const AstFunction *b)
{
    Text x = {0}, y = {0};
    ast_print(a, gather, &x);
    ast_print(b, gather, &y);
    ck_assert_uint_eq(x.length, y.length);
    ck_assert_mem_eq(x.bytes, y.bytes, x.length);
}

static void check_same_bytes(const String *a, const String *b)
{
    ck_assert_uint_eq(a->length, b->length);
    ck_assert_mem_eq(a->data, b->data, a->length);
}

static void put_64(char *to, uint64_t n)
{
    for (int i = 0; i < 8; i++) to[i] = (char)(n >> 8 * i);
}

/* A dump with these contents. */
static String *with_head(const char *contents, size_t length)
{
    char *bytes;
    String *s = string_reserve(DUMP_HEADER + length, &bytes);
    memcpy(bytes, dump_start, sizeof dump_start);
    put_64(bytes + DUMP_LENGTH_AT, length);
    put_64(bytes + DUMP_HASH_AT, dump_hash(contents, length));
    memcpy(bytes + DUMP_HEADER, contents, length);
    return s;
}

static void check_error(const String *dump, const char *message)
{
    ParseResult r = read_bytes(dump->data, dump->length);
    ck_assert_ptr_null(r.main);
    ck_assert_uint_eq(r.error->length, strlen(message));
    ck_assert_mem_eq(r.error->data, message, r.error->length);
}

/* Whole trees ------------------------------------------------------------------------- */

START_TEST(trees_come_back)
{
    for (int i = 0; i < SOURCES; i++) {
        const AstFunction *f = parse(sources[i]);
        if (!f) continue;
        String *dump = dump_write(f, false);
        ParseResult r = read_bytes(dump->data, dump->length);
        ck_assert_msg(r.main != NULL, "%s", sources[i]);
        check_same_tree(f, r.main);
        check_same_bytes(dump, dump_write(r.main, false));
    }
}
END_TEST

START_TEST(stripped_ones_stay_so)
{
    for (int i = 0; i < SOURCES; i++) {
        const AstFunction *f = parse(sources[i]);
        if (!f) continue;
        String *dump = dump_write(f, true);
        ParseResult r = read_bytes(dump->data, dump->length);
        ck_assert_msg(r.main != NULL, "%s", sources[i]);
        ck_assert(r.main->stripped);
        check_same_bytes(dump, dump_write(r.main, false));
        check_same_bytes(dump, dump_write(r.main, true));
    }
}
END_TEST

START_TEST(inner_functions_are_outermost)
{
    const AstFunction *f = parse("local a, b\nfunction f(c)\nreturn a, b, c, d end");
    String *dump = dump_write(f->functions[0], false);
    const AstFunction *g = read_bytes(dump->data, dump->length).main;
    ck_assert_ptr_nonnull(g);
    ck_assert_ptr_null(g->parent);
    ck_assert_int_eq(g->upvalue_count, 3);
    ck_assert_mem_eq(g->upvalues[0].name->data, "a", 1);
    ck_assert_mem_eq(g->upvalues[2].name->data, "_ENV", 4);
    ck_assert(g->upvalues[0].local->assigned && !g->upvalues[2].local->assigned);
    ck_assert_int_eq(g->line, 2);
    ck_assert_int_eq(g->end_line, 3);
    ck_assert_int_eq(g->params, 1);
    ck_assert(!g->vararg);
}
END_TEST

/* Text that is `open` 180 times, x, and `close` as often: nearly as deep as can be. */
static const AstFunction *parse_deep(const char *before, const char *open, const char *x,
                                     const char *close, const char *after, int depth)
{
    Text t = {0};
    text_add_c(&t, before);
    for (int i = 0; i < depth; i++) text_add_c(&t, open);
    text_add_c(&t, x);
    for (int i = 0; i < depth; i++) text_add_c(&t, close);
    text_add_c(&t, after);
    text_add_char(&t, 0);
    const AstFunction *f = parse(t.bytes);
    return f;
}

/* Whatever is deep enough for the parser is for the reader: the deepest it takes. */
static void check_deepest(const char *before, const char *open, const char *x,
                          const char *close, const char *after)
{
    int depth = 250;
    const AstFunction *f = NULL;
    while (!f && --depth > 0) f = parse_deep(before, open, x, close, after, depth);
    ck_assert_msg(depth > 60 && depth < 249, "%s%s: %d", before, open, depth);
    String *dump = dump_write(f, false);
    ParseResult r = read_bytes(dump->data, dump->length);
    ck_assert_msg(r.main != NULL, "%s%s", before, open);
    check_same_tree(f, r.main);
}

START_TEST(the_deepest_come_back)
{
    check_deepest("return ", "- ", "x", "", "");
    check_deepest("return ", "{", "x.y", "}", "");
    check_deepest("return ", "f(", "f.y()", ")", "");
    check_deepest("", "f(function() ", "x.y = 1", " end)", "");
    check_deepest("return ", "function() return ", "f.x", " end", "");
    check_deepest("", "local function f() ", "x.y.z()", " end", "");
    check_deepest("", "function a.b() ", "x:y()", " end", "");
    check_deepest("", "do ", "x.y = z.w", " end", "");
    check_deepest("", "if x then ", "x.y = z.w", " end", "");
    check_deepest("", "while x do ", "x.y = z.w", " end", "");
    check_deepest("", "repeat ", "x.y = z.w", " until x", "");
    check_deepest("return ", "a .. ", "x", "", "");
    check_deepest("return ", "a ^ ", "x", "", "");
    check_deepest("return ", "a[", "x", "]", "");
    check_deepest("return ", "(", "f()", ")[1]", "");
}
END_TEST

START_TEST(long_chains_come_back)
{
    const AstFunction *f = parse_deep("return x", ".y(1)", "", " + a * b", "", 100000);
    ck_assert_ptr_nonnull(f);
    String *dump = dump_write(f, false);
    ck_assert_ptr_nonnull(read_bytes(dump->data, dump->length).main);
}
END_TEST

/* Files may have a first line before it, which is not counted. */
START_TEST(first_line_of_a_file)
{
    Text t = {0};
    const String *dump = dump_write(parse("return x.y"), false);
    text_add_c(&t, "#!/usr/bin/env moonlet\n");
    text_add(&t, dump->data, dump->length);
    ParseResult r = parse_chunk(t.bytes, t.length, string_from_c("@file"), true);
    ck_assert_ptr_nonnull(r.main);
    ck_assert_int_eq(r.main->body->stats->line, 1);
    ck_assert_ptr_null(parse_chunk(t.bytes, t.length, string_from_c("@file"), false).main);
}
END_TEST

/* Bad bytes --------------------------------------------------------------------------- */

START_TEST(heads_are_checked)
{
    static const char *const words[] = {"not a", "version mismatch in", "corrupted"};
    const String *good = with_head("\1\0\0\1\0\0\0", 7);
    ck_assert_ptr_nonnull(read_bytes(good->data, good->length).main);
    for (size_t i = 0; i < good->length; i++) {
        char *bytes, message[64];
        String *bad = string_reserve(good->length, &bytes);
        const char *what = words[i < 4 ? 0 : i < 6 ? 1 : 2];
        check_error(string_new(good->data, i), "t: truncated precompiled chunk");
        memcpy(bytes, good->data, good->length);
        bytes[i] = (char)(bytes[i] + 1);
        if (i >= DUMP_LENGTH_AT && i < DUMP_HASH_AT) what = "truncated";
        snprintf(message, sizeof message, "t: %s precompiled chunk", what);
        check_error(bad, message);
    }
}
END_TEST

/* Contents of a stripped main function whose block this is. */
#define BLOCK(bytes_) with_head("\1\0\0\1\1\1\0" bytes_, sizeof("\1\0\0\1\1\1\0" bytes_) - 1)
#define BAD(bytes_) check_error(BLOCK(bytes_), "t: corrupted precompiled chunk")
#define GOOD(bytes_) \
    ck_assert_ptr_nonnull(read_bytes(BLOCK(bytes_)->data, BLOCK(bytes_)->length).main)

START_TEST(contents_are_checked)
{
    GOOD("\0");
    BAD("");
    BAD("\0\0");                                              /* more behind it */
    BAD("\16\0");                                             /* no statement has this number */
    GOOD("\13\1\0\0");                                        /* return nil */
    BAD("\13\1\0\13\1\0\0");                                  /* a statement behind it */
    BAD("\13\2\0\0");                                         /* two values, one is there */
    BAD("\13\377\377\377\377\7\0\0");                         /* as many as there can be */
    BAD("\13\377\377\377\377\377\377\377\377\377\377\1\0\0"); /* and more */
    BAD("\13\1\25\0"); /* no expression has this number */
    BAD("\13\1\77\0");
    GOOD("\13\1\22\0\0\1x\0");       /* return x */
    BAD("\13\1\22\2\0\1x\0");        /* of upvalue 1 */
    BAD("\13\1\22\1\0\1x\0");        /* of a local that is not declared */
    GOOD("\1\1\0\13\1\22\1\0\1x\0"); /* local _ENV return x */
    BAD("\13\1\210\0\22\0\0\1x\0");  /* a global of something */
    GOOD("\13\1\210\0\23\0\1x\0");   /* return upvalue0.x */
    BAD("\13\1\23\0\1x\0");          /* a field of nothing */
    GOOD("\13\1\24\5\0");            /* return 5 */
    BAD("\13\1\24\377\377\377\377\377\0");
    BAD("\13\1\124\1\5\0");               /* with a column, which stripped chunks have not */
    GOOD("\13\1\5\0");                    /* return ... */
    GOOD("\13\1\10\0\0");                 /* return upvalue 0 */
    BAD("\13\1\10\1\0");                  /* 1 */
    BAD("\13\1\7\0\0");                   /* local 0, that is not declared */
    GOOD("\1\1\0\13\1\7\0\0");            /* local l return l */
    BAD("\4\1\1\0\0\13\1\7\0\0");         /* do local l end return l */
    BAD("\1\1\1\7\0\0");                  /* local l = l */
    BAD("\1\0\0\0");                      /* local without a name */
    GOOD("\13\1\3\0\0\0\0\0\0\360\77\0"); /* return 1 */
    BAD("\13\1\3\0\0\0\0\0\0\370\177\0"); /* NaN */
    BAD("\13\1\3\1\0\0\0\0\0\376\377\0"); /* a NaN that would be a pointer */
    BAD("\13\1\3\0\0\0");                 /* half a number */
    GOOD("\13\1\4\0\1x\0");               /* return "x" */
    BAD("\13\1\4\1\1x\0");                /* string 1, with none before it */
    BAD("\13\1\4\0\377\377\377\377\377\377\377\77x\0"); /* longer than all of it */
    GOOD("\3\210\0\12\0\0");                            /* upvalue0() */
    BAD("\3\10\0\0");                                   /* upvalue0 */
    BAD("\3\12\0\0");                                   /* a call of nothing */
    BAD("\13\1\210\0\0\0\0");                           /* two expressions in one */
    BAD("\2\1\0\1\0\0");                                /* nil = nil */
    BAD("\2\0\1\0\0");                                  /* an assignment to nothing */
    BAD("\2\1\10\0\0\0");                               /* or of nothing */
    GOOD("\2\1\10\0\1\0\0");                            /* upvalue0 = nil */
    BAD("\12\0\0");                                     /* local function l = nil */
    BAD("\13\1\15\3\0\0");                              /* an operator that is none */
    BAD("\13\1\21\2\1\0\0");                            /* a field that is not named */
    BAD("\13\1\20\0\0");                                /* (nil) */
    BAD("\7\0\0");                                      /* if without a condition */
    BAD("\7\2\0\1\0\0\0\0");                            /* else before it */
}
END_TEST

START_TEST(functions_are_checked)
{
    GOOD("\13\1\6\1\1\0\0\0\0\0");             /* return function() end */
    BAD("\13\1\6\2\1\0\0\0\0\0");              /* that ends before it begins */
    BAD("\13\1\6\1\1\4\0\0\0\0");              /* with a flag that is none */
    BAD("\13\1\6\1\1\2\0\0\0\0");              /* a method without self */
    BAD("\13\1\6\1\1\0\0\0\13\1\5\0\0");       /* return ... */
    GOOD("\13\1\6\1\1\0\1\0\0\13\1\10\0\0\0"); /* upvalue 0 is the parent's */
    BAD("\13\1\6\1\1\0\1\2\0\13\1\10\0\0\0");  /* which has no upvalue 1 */
    BAD("\13\1\6\1\1\0\1\1\0\13\1\10\0\0\0");  /* and no local */
    GOOD("\1\1\0\13\1\6\1\1\0\1\1\0\13\1\10\0\0\0");
    BAD("\1\1\1\6\1\1\0\1\1\0\13\1\10\0\0\0"); /* local l = function() return l end */
    GOOD("\12\6\1\1\0\1\1\0\13\1\10\0\0\0");   /* local function l() return l end */
    check_error(with_head("\2\0\0\1\0\0\0", 7), "t: corrupted precompiled chunk");
    check_error(with_head("\1\0\0\1\1\1", 6), "t: corrupted precompiled chunk");
    check_error(with_head("", 0), "t: corrupted precompiled chunk");
}
END_TEST

START_TEST(jumps_are_checked)
{
    GOOD("\14\1\15\1\0");                   /* goto l ::l:: */
    BAD("\14\1\0");                         /* nowhere */
    BAD("\14\1\15\2\0");                    /* elsewhere */
    BAD("\15\1\15\1\0");                    /* the same label twice */
    BAD("\14\0\0");                         /* break outside a loop */
    GOOD("\5\1\14\0\0\0");                  /* while nil do break end */
    BAD("\14\1\4\15\1\0\0");                /* goto l do ::l:: end */
    BAD("\4\15\1\0\14\1\0");                /* do ::l:: end goto l */
    GOOD("\4\14\1\0\15\1\0");               /* do goto l end ::l:: */
    BAD("\14\1\1\1\0\15\1\13\0\0");         /* goto l local x ::l:: return */
    GOOD("\14\1\1\1\0\15\1\15\2\0");        /* goto l local x ::l:: ::m:: */
    BAD("\6\14\1\1\1\0\15\1\0\7\0\0");      /* repeat goto l local x ::l:: until x */
    BAD("\15\1\13\1\6\1\1\0\0\0\14\1\0\0"); /* ::l:: return function() goto l end */
}
END_TEST

/* Contents that say `before` and then, count times, `open`. */
static void check_deep(const char *before, const char *open, size_t length, int count)
{
    Text t = {0};
    text_add(&t, "\1\0\0\1\1\1\0", 7);
    text_add_c(&t, before);
    while (count--) text_add(&t, open, length);
    for (int i = 0; i < 100; i++) text_add_char(&t, 0);
    check_error(with_head(t.bytes, t.length), "t: corrupted precompiled chunk");
}

START_TEST(depth_is_bounded)
{
    check_deep("\13\1", "\15\0", 2, 1000000);            /* return ----nil */
    check_deep("\13\1", "\21\1", 2, 1000000);            /* return {{{{ */
    check_deep("\13\1", "\6\1\1\1\0\0\13\1", 8, 300000); /* return function() ... */
    check_deep("\3", "\210\0\12\1", 4, 300000);          /* f(f(f( */
    check_deep("", "\4", 1, 300000);                     /* do do do */
    check_deep("", "\12\6\1\1\0\0\0", 7, 300000);        /* local function f() ... */
}
END_TEST

START_TEST(widths_are_bounded)
{
    Text t = {0};
    text_add(&t, "\1\0\0\1\1\1\0\13\200\2", 10); /* return of 256 values */
    for (int i = 0; i < 256; i++) text_add_char(&t, 0);
    text_add_char(&t, 0);
    check_error(with_head(t.bytes, t.length), "t: corrupted precompiled chunk");
    t.length = 0;
    text_add(&t, "\1\0\0\1\1\1\0", 7); /* 201 times local x */
    for (int i = 0; i < 201; i++) text_add(&t, "\1\1\0", 3);
    text_add_char(&t, 0);
    check_error(with_head(t.bytes, t.length), "t: corrupted precompiled chunk");
}
END_TEST

/* Each byte changed to some others, the end cut off, with the right hash: a tree that is
 * sound, or an error. */
static void mutate(const String *dump)
{
    static const uint8_t changes[] = {1, 2, 0x80, 0xff, 0x40, 3};
    size_t length = dump->length - DUMP_HEADER;
    char *contents = malloc(length + 1);
    ck_assert_ptr_nonnull(contents);
    memcpy(contents, dump->data + DUMP_HEADER, length);
    for (size_t i = 0; i < length; i++) {
        for (size_t k = 0; k < sizeof changes; k++) {
            char kept = contents[i];
            contents[i] = (char)(contents[i] ^ changes[k]);
            String *changed = with_head(contents, length);
            read_bytes(changed->data, changed->length);
            contents[i] = kept;
        }
        check_error(with_head(contents, i), "t: corrupted precompiled chunk");
    }
    free(contents);
}

START_TEST(mutants_are_sound_or_refused)
{
    for (int i = 0; i < SOURCES; i++) {
        const AstFunction *f = parse(sources[i]);
        if (!f) continue;
        mutate(dump_write(f, false));
        mutate(dump_write(f, true));
    }
}
END_TEST

int main(void)
{
    mem_init();
    Suite *s = suite_create("dump");
    TCase *t = tcase_create("dump");
    tcase_add_test(t, trees_come_back);
    tcase_add_test(t, stripped_ones_stay_so);
    tcase_add_test(t, inner_functions_are_outermost);
    tcase_add_test(t, the_deepest_come_back);
    tcase_add_test(t, long_chains_come_back);
    tcase_add_test(t, first_line_of_a_file);
    tcase_add_test(t, heads_are_checked);
    tcase_add_test(t, contents_are_checked);
    tcase_add_test(t, functions_are_checked);
    tcase_add_test(t, jumps_are_checked);
    tcase_add_test(t, depth_is_bounded);
    tcase_add_test(t, widths_are_bounded);
    tcase_add_test(t, mutants_are_sound_or_refused);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
