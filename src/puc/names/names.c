/* SPDX-License-Identifier: MIT */
/*
 * What images call C functions: the module, and the path at which it has the function when it
 * has just been opened; "C:NAME" for what the host has named.
 *
 *   lfs:luaopen_lfs:attributes        socket.core:luaopen_socket_core:@tcp{master}.__index.send
 *
 * A module is opened once more in a world of its own, and walked through in the order of the
 * keys, which gives the same names in each process: the table that it answers, then the
 * registry (@). No address from outside is ever called, and no file is opened by its own name.
 *
 * Main invariant: the lists of modules and names only grow, under the lock, and what is in
 * them does not change. No Lua runs under the lock.
 */
#include "puc/names/names.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "value/libm.h"

typedef struct Name {
    lua_CFunction fn;
    const moonlet_type_info *type; /* or this */
    char *name;
    struct Name *next;
} Name;

typedef struct Module {
    char *name; /* "lfs:luaopen_lfs" */
    lua_CFunction open;
    bool walked;
    Name *names;
    struct Module *next;
} Module;

static Module *modules;
static Name *own; /* what the host has named, and types that belong to no module */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static MEM_THREAD Module *opening;

/* Lists ---------------------------------------------------------------------------------- */

static char *joined(const char *a, const char *between, const char *b)
{
    size_t size = strlen(a) + strlen(between) + strlen(b) + 1;
    char *text = malloc(size);
    if (!text) mem_fail("not enough memory");
    snprintf(text, size, "%s%s%s", a, between, b);
    return text;
}

static const Name *find_function(const Name *n, lua_CFunction fn)
{
    while (n && n->fn != fn) n = n->next;
    return n;
}
static const Name *find_type(const Name *n, const void *type)
{
    while (n && n->type != type) n = n->next;
    return n;
}
static const Name *find_text(const Name *n, const char *name)
{
    while (n && strcmp(n->name, name) != 0) n = n->next;
    return n;
}

/* The first name stays; one that is taken names nothing else. */
static void add(Name **list, lua_CFunction fn, const moonlet_type_info *type, char *name)
{
    pthread_mutex_lock(&lock);
    bool known = fn ? find_function(*list, fn) != NULL : find_type(*list, type) != NULL;
    if (known || find_text(*list, name) || strlen(name) >= IMAGE_NAME_MAX) {
        free(name);
    } else {
        Name *n = malloc(sizeof *n);
        if (!n) mem_fail("not enough memory");
        *n = (Name){fn, type, name, *list};
        *list = n;
    }
    pthread_mutex_unlock(&lock);
}

void puc_names_own(const char *name, lua_CFunction fn)
{
    add(&own, fn, NULL, joined("C", ":", name));
}

void moonlet_puc_name_function(const char *name, moonlet_puc_function *f)
{
    if (puc_init()) puc_names_own(name, f);
}

void moonlet_puc_name_type(const moonlet_type_info *type)
{
    if (!puc_init()) return;
    if (opening)
        add(&opening->names, NULL, type, joined(opening->name, ":=", type->name));
    else
        add(&own, NULL, type, joined("C", ":=", type->name));
}

/* Modules -------------------------------------------------------------------------------- */

/* The path where no package.cpath has been set: that of the environment, or the built-in one.
 */
static const char *search_path(void)
{
    moonlet_state *s = moonlet_init();
    moonlet_value package = moonlet_global(s, "package");
    const Value path = value_in(moonlet_raw_field(s, package, "cpath"));
    moonlet_release(s);
    return value_is_string(path) ? lib_c_text(value_string(path)) : "";
}

/* "a.b" where the file is what a template makes of it, or NULL where it is that of none. */
static char *module_in(const char *template, size_t length, const char *file)
{
    const char *mark = memchr(template, '?', length);
    size_t before = mark ? (size_t)(mark - template) : 0, size = strlen(file);
    size_t after = mark ? length - before - 1 : 0;
    if (!mark || size <= before + after || memcmp(file, template, before) != 0 ||
        memcmp(file + size - after, mark + 1, after) != 0)
        return NULL;
    char *name = strndup(file + before, size - before - after);
    for (char *p = name; p && *p; p++)
        if (*p == '/') *p = '.';
    return name;
}

/* The file of a module: there must be one. Answers NULL where there is none. */
static char *file_in(const char *template, size_t length, const char *module, size_t size)
{
    const char *mark = memchr(template, '?', length);
    if (!mark) return NULL;
    char *file = malloc(length + size);
    if (!file) return NULL;
    char *at = file + (mark - template);
    memcpy(file, template, (size_t)(mark - template));
    for (size_t i = 0; i < size; i++) *at++ = module[i] == '.' ? '/' : module[i];
    size_t after = length - (size_t)(mark + 1 - template);
    memcpy(at, mark + 1, after);
    at[after] = 0;
    if (access(file, R_OK) == 0) return file;
    free(file);
    return NULL;
}

static void note_module(char *name, lua_CFunction open)
{
    pthread_mutex_lock(&lock);
    Module *m = modules;
    while (m && m->open != open) m = m->next;
    if (m) {
        free(name);
    } else if ((m = calloc(1, sizeof *m))) {
        m->name = name;
        m->open = open;
        m->next = modules;
        modules = m;
    }
    pthread_mutex_unlock(&lock);
}

void puc_names_opened(lua_CFunction open, const char *file, const char *symbol)
{
    pthread_mutex_lock(&lock);
    const Module *m = modules;
    while (m && m->open != open) m = m->next;
    pthread_mutex_unlock(&lock);
    if (m) return;
    char *module = NULL;
    for (const char *path = search_path(); !module && *(path += strspn(path, ";"));) {
        size_t length = strcspn(path, ";");
        module = module_in(path, length, file);
        path += length;
    }
    if (module) note_module(joined(module, ":", symbol), open);
    free(module);
}

/* Opens that of a name such as lfs:luaopen_lfs:attributes, if there is one. */
static void open_module(const char *name)
{
    const char *symbol = strstr(name, ":luaopen_");
    if (!symbol) return;
    size_t size = (size_t)(symbol - name), length = strcspn(++symbol, ":");
    char *file = NULL, *text = strndup(symbol, length);
    for (const char *path = search_path(); !file && *(path += strspn(path, ";"));) {
        size_t part = strcspn(path, ";");
        file = file_in(path, part, name, size);
        path += part;
    }
    void *library = file && text ? libm_open_library(file, RTLD_NOW | RTLD_LOCAL) : NULL;
    void *address = library ? dlsym(library, text) : NULL;
    lua_CFunction open;
    memcpy(&open, &address, sizeof open);
    if (address) note_module(strndup(name, size + 1 + length), open);
    free(file);
    free(text);
}

/* Walking -------------------------------------------------------------------------------- */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The stack has the queue of tables, at 1, with their paths, and what has been met, at 2. */
enum { QUEUE = 1, MET };

static void walk_value(lua_State *L, const char *path)
{
    lua_CFunction fn = lua_tocfunction(L, -1);
    if (fn) add(&opening->names, fn, NULL, joined(opening->name, ":", path));
    bool table = lua_istable(L, -1);
    lua_pushvalue(L, -1);
    if (table) lua_rawget(L, MET);
    if (table && lua_isnil(L, -1)) {
        lua_pushvalue(L, -2);
        lua_pushboolean(L, 1);
        lua_rawset(L, MET);
        int n = (int)lua_rawlen(L, QUEUE);
        lua_pushvalue(L, -2);
        lua_rawseti(L, QUEUE, n + 1);
        lua_pushstring(L, path);
        lua_rawseti(L, QUEUE, n + 2);
    }
    lua_pop(L, 1);
    if (!lua_getmetatable(L, -1)) return;
    lua_remove(L, -2);
    const char *meta = lua_pushfstring(L, "%s@", path);
    lua_insert(L, -2);
    if (strlen(meta) < IMAGE_NAME_MAX) walk_value(L, meta);
    lua_remove(L, -2);
}

/* Those of the libraries are everybody's, and Moonlet knows their names. */
static bool is_passed(const char *path, const char *key)
{
    static const char *const passed[] = {"_LOADED", "_PRELOAD", "_CLIBS", "_G"};
    for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
        if (strcmp(key, passed[i]) == 0) return *path == '@' || i == 3;
    return false;
}

/* The table on top, by its keys that are texts, in their order. */
static void walk_table(lua_State *L, const char *path)
{
    enum { KEYS_MAX = 4000 };
    int t = lua_gettop(L);
    size_t count = 0;
    const char **keys = lua_newuserdata(L, KEYS_MAX * sizeof *keys);
    lua_pushnil(L);
    while (lua_next(L, t)) {
        lua_pop(L, 1);
        bool text = lua_type(L, -1) == LUA_TSTRING && count < KEYS_MAX;
        if (text && !is_passed(path, lua_tostring(L, -1))) keys[count++] = lua_tostring(L, -1);
    }
    qsort(keys, count, sizeof *keys, by_text);
    for (size_t i = 0; i < count; i++) {
        const char *dot = *path && strcmp(path, "@") != 0 ? "." : "";
        lua_pushstring(L, keys[i]);
        lua_rawget(L, t);
        const char *inner = lua_pushfstring(L, "%s%s%s", path, dot, keys[i]);
        lua_insert(L, -2);
        walk_value(L, inner);
        lua_settop(L, t + 1);
    }
}

/* A lua_CFunction, in a world of its own. */
static int walk(lua_State *L)
{
    char *module = strndup(opening->name, strcspn(opening->name, ":"));
    lua_newtable(L);
    lua_newtable(L);
    lua_pushcfunction(L, opening->open);
    lua_pushstring(L, module);
    lua_pushvalue(L, -1);
    free(module);
    lua_call(L, 2, 1);
    walk_value(L, "");
    lua_pushvalue(L, LUA_REGISTRYINDEX);
    walk_value(L, "@");
    for (int i = 1; i < (int)lua_rawlen(L, QUEUE); i += 2) {
        lua_settop(L, MET);
        lua_rawgeti(L, QUEUE, i + 1);
        const char *path = lua_tostring(L, -1);
        lua_rawgeti(L, QUEUE, i);
        walk_table(L, path);
    }
    return 0;
}

static void nobody(void *context) { (void)context; }

/* What it takes is nobody's. */
static void walk_module(Module *m)
{
    uint64_t counted = mem_counted;
    int64_t beside = mem_beside;
    MemBound outer = mem_bound;
    Module *outer_opening = opening;
    mem_bound = mem_bound_new(MEM_UNBOUNDED, nobody, NULL);
    opening = m;
    add(&m->names, m->open, NULL, joined(m->name, "", ""));
    lua_State *L = luaL_newstate();
    luaL_openlibs(L);
    lua_pushcfunction(L, walk);
    lua_pcall(L, 0, 0, 0);
    lua_close(L);
    opening = outer_opening;
    mem_bound = outer;
    mem_counted = counted;
    mem_beside = beside;
}

static void walk_all(void)
{
    for (;;) {
        pthread_mutex_lock(&lock);
        Module *m = modules;
        while (m && m->walked) m = m->next;
        if (m) m->walked = true;
        pthread_mutex_unlock(&lock);
        if (!m) return;
        walk_module(m);
    }
}

/* Looking up ----------------------------------------------------------------------------- */

typedef const Name *FindFn(const Name *list, const void *what);
static const Name *find_fn(const Name *list, const void *fn)
{
    return find_function(list, (lua_CFunction)(uintptr_t)fn);
}
static const Name *find_name(const Name *list, const void *name)
{
    return find_text(list, name);
}

static const Name *find(FindFn *in, const void *what)
{
    pthread_mutex_lock(&lock);
    const Name *n = NULL;
    for (const Module *m = modules; m && !n; m = m->next) n = in(m->names, what);
    if (!n) n = in(own, what);
    pthread_mutex_unlock(&lock);
    return n;
}

static const Name *find_named(const char *name, bool opens)
{
    const Name *n = find(find_name, name);
    if (n) return n;
    if (opens) open_module(name);
    walk_all();
    return find(find_name, name);
}

static const char *name_of(const Native *f)
{
    lua_CFunction fn = puc_c_function(value_object((void *)(uintptr_t)f));
    if (!fn) return NULL;
    walk_all();
    const Name *n = find(find_fn, (const void *)(uintptr_t)fn);
    return n ? n->name : NULL;
}

static Native *function(Machine *M, const char *name, uint32_t captured, bool opens)
{
    const Name *n = find_named(name, opens);
    if (!n || !n->fn) return NULL;
    Native *f = puc_new_function(&M->run, n->fn, (int)captured);
    for (uint32_t i = 0; i < captured; i++) f->upvalues[i] = V_NIL;
    return f;
}

static Value *captured(Native *f, uint32_t *count)
{
    *count = f->count - 1;
    return puc_c_function(value_object(f)) && *count ? f->upvalues : NULL;
}

static const char *type_name(const void *type)
{
    walk_all();
    const Name *n = find(find_type, type);
    return n ? n->name : NULL;
}

static const moonlet_type_info *type(const char *name, bool opens)
{
    const Name *n = find_named(name, opens);
    return n ? n->type : NULL;
}

static void loaded(Machine *M, Native *const *functions, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (functions[i]->count == 1) puc_remember_function(&M->run, functions[i]);
}

const ImageC puc_image_names = {name_of, function, captured, type_name, type, loaded};
