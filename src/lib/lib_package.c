/* SPDX-License-Identifier: MIT */
/*
 * require and package (manual 6.3), but for module and seeall (lib_module.c).
 *
 * require asks one searcher after the other, each a function that may be Lua's; the
 * searchers here have the package table as their captured value, as in PUC Lua, so that
 * replacing the global `package` changes nothing.
 */
#include "lib/lib.h"

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

#define OPEN_PREFIX "moonletopen_"

/* Paths ---------------------------------------------------------------------------- */

static String *replace(const String *s, const char *what, const char *with)
{
    String *out = string_new("", 0);
    const char *at = lib_c_text(s);
    size_t length = strlen(what);
    for (const char *found; length && (found = strstr(at, what)); at = found + length) {
        out = string_concat(out, at, (size_t)(found - at));
        out = string_concat(out, with, strlen(with));
    }
    return string_concat(out, at, strlen(at));
}

static bool readable(const char *name)
{
    FILE *f = fopen(name, "r");
    if (f) fclose(f);
    return f != NULL;
}

/* The first file of the path's templates, with ';' between them, that can be read; NULL:
 * *tried says which cannot. */
static const char *search(const String *name, const char *path, const char *separator,
                          const char *directory, String **tried)
{
    *tried = string_new("", 0);
    if (*separator) name = replace(name, separator, directory);
    const char *text = lib_c_text(name);
    while (*(path += strspn(path, ";"))) {
        size_t length = strcspn(path, ";");
        const char *file = lib_c_text(replace(string_new(path, length), "?", text));
        if (readable(file)) return file;
        *tried = string_concat(*tried, "\n\tno file '", 11);
        *tried = string_concat(*tried, file, strlen(file));
        *tried = string_concat(*tried, "'", 1);
        path += length;
    }
    return NULL;
}

static int package_searchpath(Run *R, Value *a, int n)
{
    String *name, *path, *separator, *directory, *tried;
    if (!arg_string_or_null(R, a, n, 3, &directory) ||
        !arg_string_or_null(R, a, n, 2, &separator) || !(path = arg_string(R, a, n, 1)) ||
        !(name = arg_string(R, a, n, 0)))
        return NATIVE_ERROR;
    const char *found = search(name, lib_c_text(path), separator ? lib_c_text(separator) : ".",
                               directory ? lib_c_text(directory) : "/", &tried);
    if (found) NATIVE_RETURN(new_c_string(found));
    a[0] = V_NIL;
    a[1] = string_value(tried);
    return 2;
}

/* Searchers ------------------------------------------------------------------------ */

/* What a searcher finds by package.path or cpath: NULL with *result NATIVE_ERROR, or
 * with the message that it answers. */
static const char *find_file(Run *R, Value *a, const String *name, const char *field,
                             int *result)
{
    String *tried;
    const Table *package = value_pointer(lib_upvalue(a, 0));
    Value path = run_get_field(R, package, field);
    if (value_is_number(path)) path = value_to_text(R, path);
    if (!value_is_string(path)) {
        *result = native_error(R, "'package.%s' must be a string", field);
        return NULL;
    }
    const char *file = search(name, lib_c_text(value_string(path)), ".", "/", &tried);
    if (!file) {
        a[0] = string_value(tried);
        *result = 1;
    }
    return file;
}

static int cannot_load(Run *R, const String *name, const char *file, const char *why)
{
    return lib_error(R, lib_join("error loading module '", lib_c_text(name), "' from file '",
                                 file, "':\n\t", why, NULL));
}

static int preload_result(Run *R, Value *a, int n)
{
    Value loader = lib_result(R, 0);
    if (loader != V_NIL) NATIVE_RETURN(loader);
    const char *name = lib_c_text(value_string(a[0]));
    NATIVE_RETURN(string_value(lib_join("\n\tno field package.preload['", name, "']", NULL)));
}

static int search_preload(Run *R, Value *a, int n)
{
    if (!arg_string(R, a, n, 0)) return NATIVE_ERROR;
    Value preload = run_get_field(R, R->world->registry, "_PRELOAD");
    return native_index(R, a, 1, preload, a[0], preload_result);
}

static int search_lua(Run *R, Value *a, int n)
{
    int result;
    String *error, *name = arg_string(R, a, n, 0);
    if (!name) return NATIVE_ERROR;
    const char *file = find_file(R, a, name, "path", &result);
    if (!file) return result;
    Closure *f = lib_load_file(R, file, NULL, NULL, &error);
    if (!f) return cannot_load(R, name, file, lib_c_text(error));
    a[0] = value_object(f);
    a[1] = new_c_string(file);
    return 2;
}

static LibraryStatus find_function(Run *R, const char *file, const char *name, Value *function,
                                   const char **error)
{
    if (R->hooks && R->hooks->library) return R->hooks->library(R, file, name, function, error);
    *error = "dynamic libraries not enabled; check your Lua installation";
    return LIBRARY_NOT_OPEN;
}

/* The function that makes a module. What stands behind a hyphen is a mark that libraries
 * may have to tell versions; or, as it was in Lua 5.1, before one. */
static LibraryStatus find_opener(Run *R, const String *name, const char *file, Value *function,
                                 const char **error)
{
    const String *opener = lib_join(OPEN_PREFIX, lib_c_text(replace(name, ".", "_")), NULL);
    const char *text = lib_c_text(opener), *hyphen = strchr(text, '-');
    if (hyphen) {
        const char *unmarked = lib_c_text(string_new(text, (size_t)(hyphen - text)));
        LibraryStatus status = find_function(R, file, unmarked, function, error);
        if (status != LIBRARY_NO_FUNCTION) return status;
        text = lib_c_text(lib_join(OPEN_PREFIX, hyphen + 1, NULL));
    }
    return find_function(R, file, text, function, error);
}

static int search_c(Run *R, Value *a, int n)
{
    int result;
    const char *error;
    String *name = arg_string(R, a, n, 0);
    if (!name) return NATIVE_ERROR;
    const char *file = find_file(R, a, name, "cpath", &result);
    if (!file) return result;
    if (find_opener(R, name, file, &a[0], &error)) return cannot_load(R, name, file, error);
    a[1] = new_c_string(file);
    return 2;
}

/* A C library for "a.b" may be in that for "a". */
static int search_c_root(Run *R, Value *a, int n)
{
    int result;
    const char *error;
    String *name = arg_string(R, a, n, 0);
    if (!name) return NATIVE_ERROR;
    const char *text = lib_c_text(name);
    size_t root = strcspn(text, ".");
    if (!text[root]) return 0;
    const char *file = find_file(R, a, string_new(text, root), "cpath", &result);
    if (!file) return result;
    LibraryStatus status = find_opener(R, name, file, &a[0], &error);
    if (status == LIBRARY_NOT_OPEN) return cannot_load(R, name, file, error);
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

static int require_done(Run *R, Value *a, int n)
{
    Table *loaded = lib_registry_table(R, "_LOADED");
    if (lib_result(R, 0) != V_NIL) run_set(R, loaded, a[NAME], lib_result(R, 0));
    Value module = run_get(R, loaded, a[NAME]);
    if (module == V_NIL) run_set(R, loaded, a[NAME], module = V_TRUE);
    NATIVE_RETURN(module);
}

static int require_load(Run *R, Value *a, Value loader, Value extra)
{
    Value *f = a + REQUIRE_AT + NATIVE_HEADER - 1;
    f[0] = loader;
    f[1] = a[NAME];
    f[2] = extra;
    return native_call(R, a, REQUIRE_AT, 2, require_done);
}

static int require_answer(Run *R, Value *a, int n);

static int require_ask(Run *R, Value *a)
{
    int64_t i = (int64_t)value_to_double(a[SEARCHER]);
    Value searcher = table_get_int(heap_table(R, value_pointer(a[SEARCHERS])), i);
    if (searcher == V_NIL) {
        const char *name = lib_c_text(value_string(a[NAME]));
        const char *said = lib_c_text(value_string(a[SAID]));
        return lib_error(R, lib_join("module '", name, "' not found:", said, NULL));
    }
    a[REQUIRE_AT + NATIVE_HEADER - 1] = searcher;
    a[REQUIRE_AT + NATIVE_HEADER] = a[NAME];
    return native_call(R, a, REQUIRE_AT, 1, require_answer);
}

static int require_answer(Run *R, Value *a, int n)
{
    Value answer = lib_result(R, 0);
    if (value_is_function(answer)) return require_load(R, a, answer, lib_result(R, 1));
    if (value_is_number(answer)) answer = value_to_text(R, answer);
    if (value_is_string(answer)) {
        const String *text = value_string(answer);
        a[SAID] = string_value(string_concat(value_string(a[SAID]), text->data, text->length));
    }
    a[SEARCHER] = value_number(value_to_double(a[SEARCHER]) + 1);
    return require_ask(R, a);
}

static int base_require(Run *R, Value *a, int n)
{
    if (!arg_string(R, a, n, 0)) return NATIVE_ERROR;
    Value module = run_get(R, lib_registry_table(R, "_LOADED"), a[NAME]);
    if (!value_is_false(module)) NATIVE_RETURN(module);
    a[SEARCHERS] = run_get_field(R, value_pointer(lib_upvalue(a, 0)), "searchers");
    if (!value_is_table(a[SEARCHERS]))
        return native_error(R, "'package.searchers' must be a table");
    a[SEARCHER] = value_number(1);
    a[SAID] = new_string("", 0);
    return require_ask(R, a);
}

/* C libraries ---------------------------------------------------------------------- */

static int package_loadlib(Run *R, Value *a, int n)
{
    const char *error;
    const String *file = arg_string(R, a, n, 0);
    const String *name = file ? arg_string(R, a, n, 1) : NULL;
    if (!name) return NATIVE_ERROR;
    LibraryStatus status = find_function(R, lib_c_text(file), lib_c_text(name), &a[0], &error);
    if (status == LIBRARY_OK) return 1;
    a[0] = V_NIL;
    a[1] = new_c_string(error);
    a[2] = new_c_string(status == LIBRARY_NOT_OPEN ? "open" : "init");
    return 3;
}

/* Opening -------------------------------------------------------------------------- */

static const NativeDef functions[] = {
    {"loadlib", package_loadlib},
    {"searchpath", package_searchpath},
    {NULL, NULL},
};

static const NativeDef searchers[] = {
    {"preload", search_preload}, {"lua", search_lua}, {"c", search_c},
    {"croot", search_c_root},    {NULL, NULL},
};

static void set_searchers(Run *R, Table *package)
{
    Table *t = run_new_table(R);
    for (int i = 0; searchers[i].name; i++) {
        Native *f = run_new_native(R, searchers[i].fn, searchers[i].name, 1);
        f->upvalues[0] = value_object(package);
        table_set_int(&t->body, i + 1, value_object(f), R->epoch);
    }
    run_set_field(R, package, "searchers", value_object(t));
    run_set_field(R, package, "loaders", value_object(t));
}

/* A path from the environment, where ";;" stands for the default one. */
static void set_path(Run *R, Table *package, const char *field, const char *versioned,
                     const char *plain, const char *otherwise)
{
    const char *path = getenv(versioned);
    if (!path) path = getenv(plain);
    if (path && !value_is_false(run_get_field(R, R->world->registry, "LUA_NOENV"))) path = NULL;
    String *s = string_from_c(path ? path : otherwise);
    if (path) s = replace(replace(s, ";;", ";\1;"), "\1", otherwise);
    run_set_field(R, package, field, string_value(s));
}

void lib_open_package(Run *R)
{
    Table *package = lib_new(R, "package", functions);
    set_searchers(R, package);
    set_path(R, package, "path", "LUA_PATH_5_2", "LUA_PATH", DEFAULT_PATH);
    set_path(R, package, "cpath", "LUA_CPATH_5_2", "LUA_CPATH", DEFAULT_CPATH);
    run_set_field(R, package, "config", new_c_string("/\n;\n?\n!\n-\n"));
    run_set_field(R, package, "loaded", value_object(lib_registry_table(R, "_LOADED")));
    run_set_field(R, package, "preload", value_object(lib_registry_table(R, "_PRELOAD")));
    lib_closure(R, R->world->globals, base_require, "require", value_object(package));
}
