/* SPDX-License-Identifier: MIT */
/*
 * Lua's C interface: chunks (manual 4.8 and 5).
 *
 * Main invariant: nothing of a chunk is compiled before its reader has given all of it.
 */
#include "code/read.h"
#include "puc/puc.h"
#include "puc/record/note.h"
#include "text/buffer.h"

/* Reading -------------------------------------------------------------------------------- */

static int refuse(lua_State *L, String *message)
{
    bool memory = message == string_no_memory();
    puc_push(L, string_value(message));
    return memory ? LUA_ERRMEM : LUA_ERRSYNTAX;
}

static bool allows(const char *mode, char first)
{
    return !mode || strchr(mode, first == LUA_SIGNATURE[0] ? 'b' : 't');
}

static int compile(lua_State *L, const char *bytes, size_t length, const char *name,
                   const char *mode)
{
    String *error;
    bool binary = length && bytes[0] == LUA_SIGNATURE[0];
    if (!allows(mode, length ? *bytes : 0)) {
        error = lib_join("attempt to load a ", binary ? "binary" : "text", " chunk (mode is '",
                         mode, "')", NULL);
        return refuse(L, error);
    }
    String *chunk_name = string_from_c(name ? name : "?");
    if (!chunk_name) puc_throw_memory(L);
    Closure *f = native_load(L->M, bytes, length, chunk_name, NULL, &error);
    if (!f) return refuse(L, error);
    puc_push(L, value_object(f));
    return LUA_OK;
}

/* What the reader gives next, or NULL at the end. */
static const char *piece(lua_State *L, lua_Reader reader, void *data, size_t *size)
{
    const char *s = reader(L, data, size);
    if (!s) *size = 0;
    NOTE(L, NOTE_PIECE, s, *size);
    return *size ? s : NULL;
}

/* All that the reader gives, but nothing more of a chunk that the mode does not allow; its
 * errors are answered. */
static NOINLINE int gather(lua_State *L, lua_Reader reader, void *data, const char *mode,
                           Buffer *to)
{
    Jump j;
    size_t count = puc_count(L);
    j.L = L;
    j.status = LUA_OK;
    j.bars = true;
    j.outer = L->P->jump;
    j.notes = j.outer && j.outer->notes;
    j.noted = j.notes ? j.outer->noted : NULL;
    L->P->jump = &j;
    volatile int status = LUA_OK;
    if (!jump_set(j.place)) {
        size_t size = 0;
        bool allowed = true, first = true;
        for (const char *s; allowed && (s = piece(L, reader, data, &size)); first = false) {
            allowed = !first || allows(mode, *s);
            if (!buffer_append(to, s, size)) puc_throw_memory(L);
        }
    } else {
        status = LUA_ERRRUN;
    }
    L = j.L;
    L->P->jump = j.outer;
    if (j.notes) j.outer->noted = j.noted;
    if (status == LUA_OK) return LUA_OK;
    if (j.code != JUMP_ERROR || L->M->fatal) puc_throw(L);
    Value error;
    status = puc_status_of_error(L->M, &error);
    L->top = L->base + count;
    puc_push(L, error);
    return status;
}

int lua_load(lua_State *L, lua_Reader reader, void *dt, const char *chunkname, const char *mode)
{
    Buffer b;
    NOTE(L, NOTE_LOAD, chunkname, mode);
    buffer_init_parts(&b, machine_string_room(L->M));
    int status = gather(L, reader, dt, mode, &b);
    if (status != LUA_OK) return status;
    const String *s = buffer_finish(&b);
    if (!s) puc_throw_memory(L);
    return compile(L, s->data, s->length, chunkname, mode);
}

int luaL_loadbufferx(lua_State *L, const char *buff, size_t sz, const char *name,
                     const char *mode)
{
    NOTE(L, NOTE_LOADBUFFER, buff, sz, name, mode);
    return compile(L, buff, sz, name, mode);
}

int luaL_loadstring(lua_State *L, const char *s) { return luaL_loadbuffer(L, s, strlen(s), s); }

int luaL_loadfilex(lua_State *L, const char *filename, const char *mode)
{
    NOTE(L, NOTE_LOADFILE, filename, mode);
    String *error;
    Closure *f = lib_load_file(L->M, filename, mode, NULL, &error);
    if (f) {
        puc_push(L, value_object(f));
        return LUA_OK;
    }
    bool file = error->length > 7 && memcmp(error->data, "cannot ", 7) == 0;
    int status = refuse(L, error);
    return file ? LUA_ERRFILE : status;
}

/* Writing -------------------------------------------------------------------------------- */

int lua_dump(lua_State *L, lua_Writer writer, void *data)
{
    Value f = L->top[-1];
    NOTE(L, NOTE_DUMP);
    if (!value_is(f, OBJ_CLOSURE)) return 1;
    const String *bytes = code_dump(((const Closure *)value_pointer(f))->proto, false);
    if (!bytes) puc_throw_memory(L);
    int status = writer(L, bytes->data, bytes->length, data);
    NOTE(L, NOTE_WRITTEN, status);
    return status;
}
