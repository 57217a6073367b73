/* SPDX-License-Identifier: MIT */
/*
 * Where errors point to, and of what kind they are.
 *
 * Each source has an @ before the place that its error is about, which comes from the tree and
 * not from the words of the message: so the same name in the same line does not mislead. A
 * chunk that was dumped and read tells the same.
 */
#include "api_test.h"

#include <stdio.h>
#include <unistd.h>

#include "api/host/host.h"
#include "native/native.h"

static const char *const runtime_errors[] = {
    "local a = {} return a.x, a.@x.z",
    "local a = {x = 1} return a.x + a.@y + a.x",
    "local a = {} return a.x + a.@x.z",
    "local a = {} return a.x == nil and a.@x.z",
    "local a = {x = {}} return a.x.x, a.x.@x.x",
    "a = {} return a.x, a.a, a.@x.a",
    "x = 1 y = {x = x} return x + y.x + y.@y + y.x",
    "local f = {f = {}} f.f.@f()",
    "local t = {} return t[1], t@[1][1]",
    "local t, i = {}, 1 return t[i], t@[i].x, t[i]",
    "local t, i = {}, {} return t[i], t@[i.x].x, t[i.x]",
    "local t, i = {}, {} return t[i], t[i.@x.y].x",
    "print = print return print and @printt(print)",
    "local s = 's' return s:len() + s:@lenn()",
    "local s = 's' return s, s.@len.x.y",
    "local nothing return nothing, #@nothing",
    "local nothing return nothing, -@nothing",
    "local a, b = 1 return a + a, a + @b, b",
    "local a, b = 1 return a + a, @b + a, b",
    "local a, b = 1 return a .. a, a .. @b .. b",
    "local a, b = 1 return a .. a, a .. a .. a .. a .. @b",
    "local a, b = 1 return a .. a, @b .. 'x'",
    "local a, b = 1, {} return a < a, a @< b",
    "local a, b = 1, {} return a == b, a <= a, b @<= a",
    "local a, b = 1, {} return a > a, b @> a",
    "local a, b = 1, {} if a < 2 and not (a @>= b) then end",
    "local a = {} while a.x ~= a.x do end a.@x.x = 1",
    "local a = {} a.x = a.@y.x",
    "local a = {} a.a = {} a.a.@b.c = 1",
    "local a = {} a.b, a.@c.d = 1, 2",
    "local a = {} a[@nil] = 1",
    "local a, b = {} a[1] = 1 a[@b] = b",
    "local a = {} a[1] = 1 a[0 @/ 0] = 1",
    "local a return {a, [@a] = 1}",
    "local a return {1, b = 2, a = @a.x}",
    "local a return {1, @a.x}",
    "local a = {} local function f() return a.x, a.@y.x end return 1 + f()",
    "local a local function f() return @a.x end return 1 + f()",
    "local a local function f() a = a return @a.x end return 1 + f()",
    "local function f() end return f(), @f().x",
    "local function f() end return f(), (@f()).x",
    "local function f() end return f(), @f()()",
    "local t = {} function t.f() return t end return t.f().f, t.f().f().@x.y.z",
    "local t = {} function t:f() return self end return t:f(), t:f():f().@x.y",
    "local t = {} function t:f() return self.@x.y end return 1 + t:f()",
    "local t = {} function t.@a.b() end",
    "return 1, ('x'):@y()",
    "return 1, (1 @+ 2).x.y",
    "return 1, (#'abc' @* 2)()",
    "return 1, ({1})@[1].x.y",
    "local x, g = 1 return g, (@x and g).f",
    "local x, y return x, (@x or y)()",
    "local a, b, c = {}, {}, 1 return a, (@a and b) + c",
    "local a, b, c = {}, {}, 1 return a, c + (@a and b)",
    "local a, b, c = {}, {}, 1 return b and c .. (@a and b)",
    "local a, b = 1 return a, -(@a and b), #b",
    "local a, b = 1 return a, (@a and b or b and a)[b]",
    "local a = {} return a.x, (@a.x or a.y).z",
    "local a = {} return a.x, (@a.x and a.y or a.z).z",
    "local a = {} return a == 1, (@a == 1 or not a).x.y",
    "local a = {} return a, (@(a).x or a.y)()",
    "local a = {} return a, (((@a.x or a.y)))()",
    "local f = function() end return f(), (@f(1) or f()).x",
    "local a = 1 return a, (@-a and nil).x",
    "local a = {} return a, (@{a} and a.x).y",
    "local a, b, t = 1, nil, {} t[@a and b] = 1",
    "local a, b = 1 return {[@a and b] = a}",
    "local a, b = 1 for k in @a and b do end",
    "local a, b, t = 1, nil, {} t.x = (@a and b).c.d",
    "local a, b = 1 (@a and b).c = 1",
    "local a, b = 1 return a, (@a and b):c()",
    "local a, b = {} return b, (a and a):@c()",
    "local a, b = 1 return a,\n  (@a\n  and\n b\n).c",
    "local a, b = 1 return a, (\n @a == 1\n  and\n b\n)()",
    "return 1, @error.x()",
    "error('error error ' .. @{})",
    "return error, @error('error')",
    "return pcall(error), @error('error', 1)",
    "local e = error return e, @e('e'), 1",
    "return string.rep, string.@rep(), 1",
    "return ('x'):rep(2), ('x'):@rep({}), 1",
    "for i = 1, @'x' do end",
    "for i = @{}, 1 do end",
    "local a = 1 for i = a, a, @{} do end",
    "local a for i = 1, @a do end",
    "local a for i = 1, 2, @a do end",
    "local t = {} for i = 1, t.@n do end",
    "for i = 1, @tostring('x') do end",
    "for k in @nil do end",
    "local t = {} for k in t.@x, t do end",
    "local t = {} for k in @tostring(t), t do end",
    "for k, v in @pairs() do end",
    "local t = {} return t and t.@x.x or t.x",
    "local t = {} return not t.@x.x",
    "local f = function(...) local a = ... return a.x, @a() end f{} f(1)",
    "local f = function(...) return 1, (@...).x end f()",
    "goto x ::x:: local x = {} return x.x, x.@x.x",
    "repeat local x = {} until x.x or x.@y.x",
    "local x = {} if x.x then elseif x.@x.x then end",
    "return 1, @x.x.x.x",
    "local t = setmetatable({}, {__index = function(t, k) return k.@x.x end}) return t.x, t.y",
    "local t = setmetatable({}, {__add = 1}) return 1 @+ t",
    "local t = setmetatable({}, {__index = 1}) return t.@x, t.y.z",
    "local t, u = {} return t.x and u.x, @u.x",
    "local a = {}\nreturn a.x,\n  a\n  .@x\n  .z",
    "local a = {}\nreturn a\n  .x, a.@y.z",
    "local a = {x = 1}\nlocal b = a.x +\n  a.@y +\n  a.x",
    "local a = {x = 1}\nlocal b = a.x @<\n a\n",
    "local a = {}\na\n:@b\n(\n)",
    "print(1 and\n2 and\nnil and 1, @undefined(\n1,\n2))",
    "local t = {\n  1,\n  2,\n  x = @undefined.y,\n  undefined\n}",
    "local t = {\n  1,\n  2,\n  [@undefined] = 1,\n  undefined\n}",
    "local s = 'x' ..\n  'y' ..\n  @{} .. 'z'",
    "local s = {}\nfor i = 1,\n  @s.n or s.m do\nend",
    "local f\nlocal x = f and f() or\n @f(\n  f)",
    "\t\tlocal x\treturn\tx, @x.y",
    "local s = '\xc3\xa4' return s, s.@x.y",
};

static const char *const syntax_errors[] = {
    "x = @= 1",
    "return x @x",
    "for i = 1 @do end",
    "local t = {1 @2}",
    "if x then else @elseif y then end",
    "x = 'abc@",
    "x = 1 + @0x",
    "x = @'a\\q'",
    "do goto @nowhere end",
    "do @break end",
    "::a:: x = 1 ::@a::",
    "f(@",
    "x = [[abc@",
    "local function f() return 1 @2 end",
    "x = 1 @$ 2",
    "local x @<",
    "x =\n1\n@)",
    "for k, v @= 1, 2 do end",
    "a.b:c @= 1",
    "(@)",
};

typedef struct Marked {
    char text[300]; /* without the mark */
    int line, column;
} Marked;

static Marked unmarked(const char *source)
{
    Marked m = {.line = 1};
    const char *mark = strchr(source, '@'), *start = source;
    ck_assert_ptr_nonnull(mark);
    for (const char *at = source; at < mark; at++)
        if (*at == '\n') m.line++, start = at + 1;
    m.column = (int)(mark - start) + 1;
    snprintf(m.text, sizeof m.text, "%.*s%s", (int)(mark - source), source, mark + 1);
    return m;
}

/* The two lines that show it. */
static void shown(const Marked *m, char *out)
{
    const char *line = m->text;
    for (int i = 1; i < m->line; i++) line = strchr(line, '\n') + 1;
    out += sprintf(out, "%6d | %.*s\n       | ", m->line, (int)strcspn(line, "\n"), line);
    for (int i = 0; i < m->column - 1; i++)
        if ((line[i] & 0xc0) != 0x80) *out++ = line[i] == '\t' ? '\t' : ' ';
    strcpy(out, "^\n");
}

static void assert_points(moonlet_result r, const Marked *m, moonlet_error_kind kind)
{
    char expected[400];
    ck_assert_msg(r.status == MOONLET_FAILED, "no error: %s", m->text);
    const moonlet_error *e = r.error;
    char *text = moonlet_error_format(e);
    shown(m, expected);
    ck_assert_msg(strstr(text, expected) != NULL, "%s\nhas not\n%s", text, expected);
    ck_assert_int_eq(e->column, m->column);
    ck_assert_int_eq(e->column_line, m->line);
    ck_assert_int_eq(e->kind, kind);
    free(text);
    moonlet_release(r.state);
}

static moonlet_result run_file(const moonlet_state *s, const char *text)
{
    char name[] = "/tmp/moonlet_caret_XXXXXX";
    FILE *f = fdopen(mkstemp(name), "w");
    fputs(text, f);
    fclose(f);
    moonlet_result r = moonlet_dofile(s, name);
    if (r.error) free(moonlet_error_format(r.error));
    /* the line is read when the error is shown: so the file stays until then */
    static char last[sizeof name];
    if (*last) unlink(last);
    strcpy(last, name);
    return r;
}

START_TEST(runtime_errors_point_to_what_is_meant)
{
    moonlet_state *s = moonlet_init();
    Marked m = unmarked(runtime_errors[_i]);
    assert_points(moonlet_do(s, m.text), &m, MOONLET_ERROR_RUNTIME);
    assert_points(run_file(s, m.text), &m, MOONLET_ERROR_RUNTIME);

    moonlet_chunk *c = moonlet_compile(m.text, strlen(m.text), NULL, NULL);
    size_t length;
    char *dump = moonlet_chunk_dump(c, false, &length);
    moonlet_chunk *again = moonlet_compile(dump, length, NULL, NULL);
    assert_points(moonlet_call_chunk(s, again, NULL, 0), &m, MOONLET_ERROR_RUNTIME);
    free(dump);
    moonlet_chunk_release(again);
    dump = moonlet_chunk_dump(c, true, &length);
    again = moonlet_compile(dump, length, NULL, NULL);
    moonlet_result r = moonlet_call_chunk(s, again, NULL, 0);
    ck_assert_int_eq(r.status, MOONLET_FAILED);
    ck_assert_int_eq(r.error->column, 0);
    free(moonlet_error_format(r.error));
    moonlet_release(r.state);
    free(dump);
    moonlet_chunk_release(again);
    moonlet_chunk_release(c);
    moonlet_release(s);
}
END_TEST

START_TEST(syntax_errors_point_to_the_token)
{
    moonlet_state *s = moonlet_init();
    Marked m = unmarked(syntax_errors[_i]);
    assert_points(moonlet_do(s, m.text), &m, MOONLET_ERROR_SYNTAX);
    assert_points(run_file(s, m.text), &m, MOONLET_ERROR_SYNTAX);
    moonlet_release(s);
}
END_TEST

/* Lines that are too long are shown in part, columns that are too far are not told. */
START_TEST(long_lines)
{
    moonlet_state *s = moonlet_init();
    for (int width = 50; width < 100000; width = width * 3 / 2) {
        char *text = malloc((size_t)width + 100);
        sprintf(text, "local x return x, %*s x.y", width, "");
        moonlet_result r = moonlet_do(s, text);
        ck_assert_int_eq(r.status, MOONLET_FAILED);
        int column = width + 20;
        ck_assert_int_eq(r.error->column, column <= 65535 ? column : 0);
        char *shown = moonlet_error_format(r.error), *caret = strchr(shown, '^');
        const char *mark = strstr(shown, "x.y"), *line = strstr(shown, "     1 | ");
        ck_assert(caret && line);
        if (column > 65535) {
            ck_assert_int_eq(caret[-1], ' ');
        } else {
            while (caret[-1] != '\n') caret--;
            ck_assert_int_eq(mark - line, strchr(caret, '^') - caret);
        }
        free(shown);
        free(text);
        moonlet_release(r.state);
    }
    moonlet_release(s);
}
END_TEST

/* Kinds are known where an error is made, whatever its words. */
static moonlet_error_kind kind_of(moonlet_state *s, const char *source)
{
    moonlet_result r = moonlet_do(s, source);
    ck_assert_msg(r.status == MOONLET_FAILED, "no error: %s", source);
    moonlet_error_kind kind = r.error->kind;
    moonlet_release(r.state);
    return kind;
}

static int fails(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return count ? moonlet_throw(c, args[0]) : moonlet_fail(c, "not enough memory");
}

static int no_memory(Machine *M, Value *a, int n) { return native_memory_error(M); }

/* A function that behaves as one for which there is no memory. */
static int make_no_memory(moonlet_context *c, const moonlet_value *args, size_t count)
{
    Native *f = run_new_native(&c->M->run, no_memory, "no_memory", 0);
    return moonlet_return_one(c, value_out(value_object(f)));
}

static moonlet_state *with_function(moonlet_state *s, const char *name, moonlet_function *f)
{
    moonlet_result made = moonlet_new_function(s, name, f, NULL);
    moonlet_release(s);
    moonlet_result set = moonlet_set(made.state, name, moonlet_result_value(&made, 0));
    moonlet_release(made.state);
    return set.state;
}

START_TEST(kinds)
{
    static const char *const plain[] = {
        "error('not enough memory', 0)",
        "error('not enough memory')",
        "error('out of steps', 0)",
        "error('interrupted!', 0)",
        "error('stack overflow')",
        "error('x:1: unexpected symbol near <eof>', 0)",
        "error(load('x ='))",
        "error(select(2, load('x =')), 0)",
        "local function f() return 1 + f() end f()",
        "pcall(host, 5) error(5, 0)",
        "local _, e = pcall(host, 'x') error(e, 0)",
        "pcall(host) error('x')",
        "local ok, e = pcall(string.rep, 'x', -1) error('not enough memory', 0)",
        "coroutine.wrap(function() error('not enough memory', 0) end)()",
        "xpcall(error, function() error(1) end) error('not enough memory', 0)",
    };
    static const char *const memory[] = {
        "no_memory()",
        "coroutine.wrap(no_memory)()",
        "xpcall(error, no_memory) no_memory()",
        "local ok, e = xpcall(no_memory, function(m) return 'handled' end)\n"
        "if ok or e ~= 'not enough memory' then error(e) end no_memory()",
        "pcall(host, 1) require 'state'.fork(no_memory)",
    };
    static const char *const host[] = {
        "host()",
        "host('not enough memory')",
        "host(5)",
        "pcall(error, 'x') host(1)",
        "coroutine.wrap(function() host('x') end)()",
        "local a = setmetatable({}, {__index = function() host() end}) return a.x",
    };
    moonlet_state *s = with_function(moonlet_init(), "host", fails);
    s = after(with_function(s, "make", make_no_memory), "no_memory = make()");
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        ck_assert_msg(kind_of(s, plain[i]) == MOONLET_ERROR_RUNTIME, "%s", plain[i]);
    for (size_t i = 0; i < sizeof host / sizeof *host; i++)
        ck_assert_msg(kind_of(s, host[i]) == MOONLET_ERROR_HOST, "%s", host[i]);
    ck_assert_int_eq(kind_of(s, "x ="), MOONLET_ERROR_SYNTAX);
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++)
        if (kind_of(s, memory[i]) != MOONLET_ERROR_MEMORY)
            ck_abort_msg("no lack of memory: %s", memory[i]);
    moonlet_release(s);
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("carets");
    tcase_add_loop_test(t, runtime_errors_point_to_what_is_meant, 0,
                        sizeof runtime_errors / sizeof *runtime_errors);
    tcase_add_loop_test(t, syntax_errors_point_to_the_token, 0,
                        sizeof syntax_errors / sizeof *syntax_errors);
    tcase_add_test(t, long_lines);
    tcase_add_test(t, kinds);
    return run_suite(t);
}
