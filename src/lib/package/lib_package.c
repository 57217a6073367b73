/* SPDX-License-Identifier: MIT */
/*
 * require and package (manual 6.3), but for module and seeall (lib_module.c).
 *
 * require asks one searcher after the other, each a function that may be Lua's; the
 * searchers here have the package table as their captured value, as in PUC Lua, so that
 * replacing the global `package` changes nothing.
 *
 * Main invariant: a module is loaded once: package.loaded has it when its loader has returned,
 * and require answers that.
 */
#include "lib/io/file.h"
#include "lib/natives.h"
#include "operate/cause.h"
#include "outside/outside.h"
#include "text/buffer.h"
#include "trace/walk.h"

#include <stdio.h>
#include <stdlib.h>

#define ROOT "/usr/local/"
#define LUA_DIRECTORY ROOT "share/lua/5.2/"
#define C_DIRECTORY ROOT "lib/lua/5.2/"
#define DEFAULT_PATH                                                                    \
    LUA_DIRECTORY "?.lua;" LUA_DIRECTORY "?/init.lua;" C_DIRECTORY "?.lua;" C_DIRECTORY \
                  "?/init.lua;/usr/share/lua/5.2/?.lua;/usr/share/lua/5.2/?/init.lua;./?.lua"
#define DEFAULT_CPATH                                                                \
    C_DIRECTORY                                                                      \
    "?.so;/usr/lib/x86_64-linux-gnu/lua/5.2/?.so;/usr/lib/lua/5.2/?.so;" C_DIRECTORY \
    "loadall.so;./?.so"

LibCFunction *lib_c_function;

/* Paths ---------------------------------------------------------------------------- */

/* The text with each `what` in it replaced. */
static void append_replaced(Buffer *out, const char *text, const char *what, const char *with)
{
    size_t length = strlen(what), longer = strlen(with);
    for (const char *found; length && (found = strstr(text, what)); text = found + length)
        if (!buffer_append(out, text, (size_t)(found - text)) ||
            !buffer_append(out, with, longer))
            return;
    buffer_append_text(out, text);
}

static bool readable(Machine *M, const char *name)
{
    FILE *f = outside_recalls(M) ? NULL : file_open(NULL, fopen, name, "r");
    if (f) fclose(f);
    return outside_answer(M, f != NULL);
}

/* What is searched for, and how far the search has come. */
typedef struct Search {
    Machine *M;
    const char *name;  /* as it stands in file names */
    Walk walk;         /* over the templates */
    NativeWalk native; /* ... as it began */
    Buffer tried;      /* says which files cannot be read */
    int failed;        /* not 0: what the native has to answer */
} Search;

enum { OPENING = 32 * STEP_VALUES /* what a file that is opened in vain takes of a walk */ };

static void search_begin(Search *s, Machine *M)
{
    s->M = M;
    s->native = native_walk(M);
    s->walk = s->native.walk;
    s->walk.stopped = NULL; /* what files there are is asked once, as recordings have it */
    s->failed = 0;
    buffer_init_parts(&s->tried, machine_string_room(M));
}

static const String *search_text(Search *s, Buffer *b)
{
    const String *text = buffer_finish(b);
    if (!text) s->failed = native_memory_error(s->M);
    return text;
}

/* The file of the template at path, if it can be read. */
static const char *search_template(Search *s, const char *path, size_t length)
{
    Buffer b;
    const String *template = string_new(path, length), *file;
    if (!template) s->failed = native_memory_error(s->M);
    if (!template) return NULL;
    buffer_init_parts(&b, machine_string_room(s->M));
    append_replaced(&b, lib_c_text(template), "?", s->name);
    if (!(file = search_text(s, &b))) return NULL;
    if (!walk_take(&s->walk, OPENING, file->length))
        s->failed = native_walk_ended(s->M, &s->native);
    if (s->failed) return NULL;
    if (readable(s->M, lib_c_text(file))) return lib_c_text(file);
    buffer_append_text(&s->tried, "\n\tno file '");
    buffer_append(&s->tried, file->data, file->length);
    if (!buffer_append_char(&s->tried, '\'')) s->failed = native_memory_error(s->M);
    return NULL;
}

/* The first file of the path's templates, with ';' between them, that can be read; or NULL. */
static const char *search(Search *s, const String *name, const char *path,
                          const char *separator, const char *directory)
{
    const char *file = NULL;
    Buffer b;
    buffer_init_parts(&b, machine_string_room(s->M));
    append_replaced(&b, lib_c_text(name), separator, directory);
    if (!(name = search_text(s, &b))) return NULL;
    s->name = lib_c_text(name);
    while (!file && !s->failed && *(path += strspn(path, ";"))) {
        size_t length = strcspn(path, ";");
        file = search_template(s, path, length);
        path += length;
    }
    native_charge_values(s->M, s->walk.nodes);
    return file;
}

/* Where nothing was found: what could not be read, in *text. Gives what the native answers if
 * that is no text. */
static int search_failed(Search *s, Value *text)
{
    const String *tried = s->failed ? NULL : search_text(s, &s->tried);
    if (tried) *text = string_value(tried);
    return s->failed;
}

static int package_searchpath(Machine *M, Value *a, int n)
{
    String *name, *path, *separator, *directory;
    Search s;
    if (!arg_string_or_null(M, a, n, 3, &directory) ||
        !arg_string_or_null(M, a, n, 2, &separator) || !(path = arg_string(M, a, n, 1)) ||
        !(name = arg_string(M, a, n, 0)))
        return NATIVE_ERROR;
    search_begin(&s, M);
    const char *found =
        search(&s, name, lib_c_text(path), separator ? lib_c_text(separator) : ".",
               directory ? lib_c_text(directory) : "/");
    if (found) NATIVE_RETURN(new_c_string(found));
    Value tried = V_NIL;
    int failed = search_failed(&s, &tried);
    if (failed) return failed;
    a[0] = V_NIL;
    a[1] = tried;
    return 2;
}

/* Searchers ------------------------------------------------------------------------ */

/* What a searcher finds by package.path or cpath: NULL with *result NATIVE_ERROR, or
 * with the message that it answers. */
static const char *find_file(Machine *M, Value *a, const String *name, const char *field,
                             int *result)
{
    Search s;
    const Table *package = value_pointer(lib_upvalue(a, 0));
    Value path = run_get_field(&M->run, package, field);
    if (value_is_number(path)) path = value_to_text(M, path);
    if (!value_is_string(path)) {
        *result = native_error(M, "'package.%s' must be a string", field);
        return NULL;
    }
    search_begin(&s, M);
    const char *file = search(&s, name, lib_c_text(value_string(path)), ".", "/");
    if (file) return file;
    Value tried = V_NIL;
    *result = search_failed(&s, &tried);
    if (*result) return NULL; /* with its arguments as they were, to begin again */
    a[0] = tried;
    *result = 1;
    return NULL;
}

static int cannot_load(Machine *M, const String *name, const char *file, const char *why)
{
    return lib_error(M, lib_join("error loading module '", lib_c_text(name), "' from file '",
                                 file, "':\n\t", why, NULL));
}

static int preload_result(Machine *M, Value *a, int n)
{
    Value loader = lib_result(M, 0);
    if (loader != V_NIL) NATIVE_RETURN(loader);
    const char *name = lib_c_text(value_string(a[0]));
    NATIVE_RETURN(string_value(lib_join("\n\tno field package.preload['", name, "']", NULL)));
}

static int search_preload(Machine *M, Value *a, int n)
{
    if (!arg_string(M, a, n, 0)) return NATIVE_ERROR;
    Value preload = run_get_field(&M->run, M->run.world->registry, "_PRELOAD");
    return native_index(M, a, 1, preload, a[0], preload_result);
}

static int search_lua_answer(Machine *M, Value *a, int stopped, Closure *f, String *error)
{
    if (stopped) return stopped;
    const String *chunk = value_string(a[FILE_CHUNK]);
    const char *file = lib_c_text(chunk) + (chunk->length > 0); /* behind its '@' */
    if (!f) return cannot_load(M, value_string(a[FILE_FOR]), file, lib_c_text(error));
    a[0] = value_object(f);
    a[1] = new_c_string(file);
    return 2;
}

static int search_lua_go_on(Machine *M, Value *a, int n)
{
    Closure *f;
    String *error;
    int stopped = lib_file_go_on(M, a, search_lua_go_on, &f, &error);
    return search_lua_answer(M, a, stopped, f, error);
}

static int search_lua(Machine *M, Value *a, int n)
{
    int result;
    Closure *f;
    String *error, *name = arg_string(M, a, n, 0);
    if (!name) return NATIVE_ERROR;
    const char *file = find_file(M, a, name, "path", &result);
    if (!file) return result;
    a[FILE_FOR] = string_value(name);
    a[FILE_MODE] = a[FILE_ENV] = V_NIL;
    a[FILE_HAS_ENV] = V_FALSE;
    int stopped = lib_file_begin(M, a, file, search_lua_go_on, &f, &error);
    return search_lua_answer(M, a, stopped, f, error);
}

static LibraryStatus find_function(Machine *M, const char *file, const char *name,
                                   Value *function, const char **error)
{
    lib_pay_system();
    if (M->hooks && M->hooks->library) return M->hooks->library(M, file, name, function, error);
    *error = "dynamic libraries not enabled; check your Lua installation";
    return LIBRARY_NOT_OPEN;
}

/* Replaces in what is no longer than the name of a file, or than the environment. */
static String *replace(const String *s, const char *what, const char *with)
{
    String *out = string_new("", 0);
    const char *at = lib_c_text(s);
    size_t length = strlen(what);
    for (const char *found; (found = strstr(at, what)); at = found + length) {
        out = string_concat(out, at, (size_t)(found - at));
        out = string_concat(out, with, strlen(with));
    }
    return string_concat(out, at, strlen(at));
}

/* One made with moonlet.h, or one of PUC Lua's interface. */
static LibraryStatus find_named(Machine *M, const char *name, const char *file, Value *function,
                                const char **error)
{
    const char *ours = lib_c_text(lib_join("moonletopen_", name, NULL));
    LibraryStatus status = find_function(M, file, ours, function, error);
    if (status != LIBRARY_NO_FUNCTION || !lib_c_function) return status;
    return find_function(M, file, lib_c_text(lib_join("luaopen_", name, NULL)), function,
                         error);
}

/* The function that makes a module. What stands behind a hyphen is a mark that libraries
 * may have to tell versions; or, as it was in Lua 5.1, before one. */
static LibraryStatus find_opener(Machine *M, const String *name, const char *file,
                                 Value *function, const char **error)
{
    const char *text = lib_c_text(replace(name, ".", "_")), *hyphen = strchr(text, '-');
    if (hyphen) {
        const char *unmarked = lib_c_text(string_new(text, (size_t)(hyphen - text)));
        LibraryStatus status = find_named(M, unmarked, file, function, error);
        if (status != LIBRARY_NO_FUNCTION) return status;
        text = hyphen + 1;
    }
    return find_named(M, text, file, function, error);
}

static int search_c(Machine *M, Value *a, int n)
{
    int result;
    const char *error;
    String *name = arg_string(M, a, n, 0);
    if (!name) return NATIVE_ERROR;
    const char *file = find_file(M, a, name, "cpath", &result);
    if (!file) return result;
    if (find_opener(M, name, file, &a[0], &error)) return cannot_load(M, name, file, error);
    a[1] = new_c_string(file);
    return 2;
}

/* A C library for "a.b" may be in that for "a". */
static int search_c_root(Machine *M, Value *a, int n)
{
    int result;
    const char *error;
    String *name = arg_string(M, a, n, 0);
    if (!name) return NATIVE_ERROR;
    const char *text = lib_c_text(name);
    size_t root = strcspn(text, ".");
    if (!text[root]) return 0;
    const char *file = find_file(M, a, string_new(text, root), "cpath", &result);
    if (!file) return result;
    LibraryStatus status = find_opener(M, name, file, &a[0], &error);
    if (status == LIBRARY_NOT_OPEN) return cannot_load(M, name, file, error);
    if (status == LIBRARY_NO_FUNCTION)
        NATIVE_RETURN(string_value(
            lib_join("\n\tno module '", lib_c_text(name), "' in file '", file, "'", NULL)));
    a[1] = new_c_string(file);
    return 2;
}

/* require -------------------------------------------------------------------------- */

/* Its frame: the module's name; the searchers, the next one's number, what they have
 * said; or, later, the loader and its second argument. */
enum { NAME, SEARCHERS, SEARCHER, SAID, REQUIRE_AT };

static int require_done(Machine *M, Value *a, int n)
{
    Table *loaded = lib_registry_table(&M->run, "_LOADED");
    if (lib_result(M, 0) != V_NIL && !native_set(M, loaded, a[NAME], lib_result(M, 0)))
        return NATIVE_ERROR;
    Value module = run_get(&M->run, loaded, a[NAME]);
    if (module == V_NIL && !native_set(M, loaded, a[NAME], module = V_TRUE))
        return NATIVE_ERROR;
    NATIVE_RETURN(module);
}

static int require_load(Machine *M, Value *a, Value loader, Value extra)
{
    Value *f = a + REQUIRE_AT + NATIVE_HEADER - 1;
    f[0] = loader;
    f[1] = a[NAME];
    f[2] = extra;
    return native_call(M, a, REQUIRE_AT, 2, require_done);
}

static int require_answer(Machine *M, Value *a, int n);

static int require_refuse(Machine *M, const Value *a)
{
    const char *name = lib_c_text(value_string(a[NAME]));
    const char *said = lib_c_text(value_string(a[SAID]));
    int code = lib_error(M, lib_join("module '", name, "' not found:", said, NULL));
    if (code == NATIVE_ERROR) cause_set_native(M, (Value[]){a[NAME], a[SAID]}, 2);
    return code;
}

static int require_ask(Machine *M, Value *a)
{
    int64_t i = (int64_t)value_to_double(a[SEARCHER]);
    Value searcher = table_get_int(heap_table(&M->run, value_pointer(a[SEARCHERS])), i);
    if (searcher == V_NIL) return require_refuse(M, a);
    a[REQUIRE_AT + NATIVE_HEADER - 1] = searcher;
    a[REQUIRE_AT + NATIVE_HEADER] = a[NAME];
    return native_call(M, a, REQUIRE_AT, 1, require_answer);
}

static int require_answer(Machine *M, Value *a, int n)
{
    Value answer = lib_result(M, 0);
    if (value_is_function(answer)) return require_load(M, a, answer, lib_result(M, 1));
    if (value_is_number(answer)) answer = value_to_text(M, answer);
    if (value_is_string(answer)) {
        const String *text = value_string(answer);
        const String *said = string_concat(value_string(a[SAID]), text->data, text->length);
        if (!said) return native_memory_error(M);
        a[SAID] = string_value(said);
    }
    a[SEARCHER] = value_number(value_to_double(a[SEARCHER]) + 1);
    return require_ask(M, a);
}

/* The name is what C sees of it. */
static int base_require(Machine *M, Value *a, int n)
{
    String *name = arg_string(M, a, n, NAME);
    if (!name) return NATIVE_ERROR;
    if (memchr(name->data, 0, name->length)) name = string_from_c(lib_c_text(name));
    if (!name) return native_memory_error(M);
    a[NAME] = string_value(name);
    Value module = run_get(&M->run, lib_registry_table(&M->run, "_LOADED"), a[NAME]);
    if (!value_is_false(module)) NATIVE_RETURN(module);
    a[SEARCHERS] = run_get_field(&M->run, value_pointer(lib_upvalue(a, 0)), "searchers");
    if (!value_is_table(a[SEARCHERS]))
        return native_error(M, "'package.searchers' must be a table");
    a[SEARCHER] = value_number(1);
    a[SAID] = new_string("", 0);
    return require_ask(M, a);
}

/* C libraries ---------------------------------------------------------------------- */

static int package_loadlib(Machine *M, Value *a, int n)
{
    const char *error;
    const String *file = arg_string(M, a, n, 0);
    const String *name = file ? arg_string(M, a, n, 1) : NULL;
    if (!name) return NATIVE_ERROR;
    LibraryStatus status = find_function(M, lib_c_text(file), lib_c_text(name), &a[0], &error);
    if (status == LIBRARY_OK) return 1;
    a[0] = V_NIL;
    a[1] = new_c_string(error);
    a[2] = new_c_string(status == LIBRARY_NOT_OPEN ? "open" : "init");
    return 3;
}

/* Opening -------------------------------------------------------------------------- */

const NativeDef natives_package[] = {
    NATIVE_SEES("package.loadlib", package_loadlib, WORK_BYTES, OUTSIDE_FILES, false,
                "loads C libraries",
                NATIVE_DOC("file, name", "A function of a C library; \"*\" loads it alone.")),
    NATIVE_SEES("package.searchpath", package_searchpath, WORK_BYTES, OUTSIDE_FILES, false,
                "finds out which files there are",
                NATIVE_DOC("name, path [, sep [, rep]]",
                           "The first file of a path with this name that can be read.")),
    NATIVE_INNER_SEES("package.searchers:preload", search_preload, WORK_FIXED, OUTSIDE_NONE,
                      false, "is a part of require", .captures = "t"),
    NATIVE_INNER_SEES("package.searchers:lua", search_lua, WORK_SOURCE, OUTSIDE_FILES, false,
                      "loads files", .captures = "t"),
    NATIVE_INNER_SEES("package.searchers:c", search_c, WORK_BYTES, OUTSIDE_FILES, false,
                      "loads C libraries", .captures = "t"),
    NATIVE_INNER_SEES("package.searchers:croot", search_c_root, WORK_BYTES, OUTSIDE_FILES,
                      false, "loads C libraries", .captures = "t"),
    NATIVE_CONTINUED("package.searchers:go_on", search_lua_go_on, WORK_SOURCE,
                     "|package.searchers:lua|", "ssS.b.s*"),
    NATIVE_CONTINUED("package.searchers:found", preload_result, WORK_FIXED,
                     "|package.searchers:preload|", "s*"),
    NATIVE_INNER_SEES("require", base_require, WORK_CALLEE, OUTSIDE_FILES, false, "loads files",
                      .captures = "t",
                      NATIVE_DOC("name", "The module of this name, which is loaded once.")),
    NATIVE_CONTINUED("require:done", require_done, WORK_FIXED, "|require|", "s*"),
    NATIVE_CONTINUED("require:answer", require_answer, WORK_BYTES, "|require|", "stis*"),
    NATIVE_ROWS_END,
};

static const char *const searchers[] = {"package.searchers:preload", "package.searchers:lua",
                                        "package.searchers:c", "package.searchers:croot"};

static void set_searchers(Machine *M, Table *package)
{
    Table *t = run_new_table(&M->run);
    for (int i = 0; i < 4; i++) {
        Native *f = native_new(M, native_row(natives_package, searchers[i]), 1);
        f->upvalues[0] = value_object(package);
        table_set_int(&t->body, i + 1, value_object(f), M->run.epoch);
    }
    run_set_field(&M->run, package, "searchers", value_object(t));
    run_set_field(&M->run, package, "loaders", value_object(t));
}

/* A path from the environment, where ";;" stands for the default one. */
static void set_path(Machine *M, Table *package, const char *field, const char *versioned,
                     const char *plain, const char *otherwise)
{
    const char *path = getenv(versioned);
    if (!path) path = getenv(plain);
    if (path && !value_is_false(run_get_field(&M->run, M->run.world->registry, "LUA_NOENV")))
        path = NULL;
    String *s = string_from_c(path ? path : otherwise);
    if (path) s = replace(replace(s, ";;", ";\1;"), "\1", otherwise);
    run_set_field(&M->run, package, field, string_value(s));
}

void lib_open_package(Machine *M)
{
    Table *package = lib_new(M, "package", natives_package);
    set_searchers(M, package);
    set_path(M, package, "path", "LUA_PATH_5_2", "LUA_PATH", DEFAULT_PATH);
    set_path(M, package, "cpath", "LUA_CPATH_5_2", "LUA_CPATH", DEFAULT_CPATH);
    run_set_field(&M->run, package, "config", new_c_string("/\n;\n?\n!\n-\n"));
    run_set_field(&M->run, package, "loaded",
                  value_object(lib_registry_table(&M->run, "_LOADED")));
    run_set_field(&M->run, package, "preload",
                  value_object(lib_registry_table(&M->run, "_PRELOAD")));
    const NativeDef *require = native_row(natives_package, "require");
    lib_closure(M, M->run.world->globals, require, value_object(package));
}
