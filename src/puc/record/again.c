/* SPDX-License-Identifier: MIT */
/*
 * Replays: the calls of lua.h that a C function has made are made again.
 *
 * Main invariant: the log may come from anywhere. An index, a count or an operator that would
 * lead out of the stack ends the replay, and no address of a file's log is ever one of this
 * process.
 */
#include <dlfcn.h>
#include <limits.h>

#include "image/bytes.h"
#include "puc/names/names.h"
#include "puc/record/note.h"
#include "puc/record/pure.h"
#include "value/libm.h"

typedef struct Again {
    lua_State *own, *on; /* the function's handle, and the one that calls are for */
} Again;

enum { TEXTS = 3, INTEGERS = 4 };
typedef struct Args {
    NoteOp op;
    int64_t i[INTEGERS];
    const char *s[TEXTS];
    size_t length; /* of s[0], if these are bytes */
    double n;
    void *p;
    lua_State *handle;
    Again *again;
    int integers, texts;
    bool good;
} Args;

/* Addresses ------------------------------------------------------------------------------ */

static void *note_address(const Outside *o, uint64_t address)
{
    enum { BITS = 48 };
    lua_CFunction library = puc_library_function(address);
    if (library) return (void *)(uintptr_t)library;
    if (!o->elsewhere || !address) return (void *)(uintptr_t)address;
    uint64_t low = address & (((uint64_t)1 << BITS) - 1);
    return (void *)(uintptr_t)(low | (uint64_t)1 << BITS);
}

static lua_CFunction note_function(void *p) { return (lua_CFunction)(uintptr_t)p; }
static lua_Hook note_hook(void *p) { return (lua_Hook)(uintptr_t)p; }

/* Reading -------------------------------------------------------------------------------- */

static lua_State *find_handle(const Puc *P, uint64_t id)
{
    for (uint32_t i = 0; i < P->size; i++) {
        lua_State *L = P->table[i];
        const Coroutine *co = L ? mem_weak_get(&L->weak) : NULL;
        if (co && object_id(co) == id) return L;
    }
    return NULL;
}

static bool is_index(lua_State *L, int64_t i, char letter)
{
    int64_t count = (int64_t)puc_count(L);
    if (i < INT_MIN || i > INT_MAX) return false;
    switch (letter) {
    case 'x': return i <= LUA_REGISTRYINDEX || (i >= -count && i <= LUAI_MAXSTACK);
    case 'y': return i && i >= -count && i <= count;
    case 't': return i >= -count - 1 && i <= LUAI_MAXSTACK;
    case 'c': return i >= 0 && i <= count;
    case 'f': return i >= 0 && i < count;
    case 'o': return i >= LUA_OPADD && (i < LUA_OPUNM ? count > 1 : i == LUA_OPUNM);
    default: return true;
    }
}

static void get_bytes(ByteSource *s, Args *a)
{
    size_t length = source_count(s, 1);
    a->s[a->texts++] = (const char *)source_bytes(s, length);
    a->length = length;
}

/* A text ends with the zero that was written with it. */
static void get_text(ByteSource *s, Args *a)
{
    if (!source_byte(s)) {
        a->s[a->texts++] = NULL;
        return;
    }
    size_t length = source_count(s, 1);
    const char *text = (const char *)source_bytes(s, length);
    if (!length || s->failed || text[length - 1]) a->good = false;
    a->s[a->texts++] = text;
}

static void get_argument(lua_State *L, ByteSource *s, char letter, Args *a)
{
    uint64_t word;
    switch (letter) {
    case 'b': get_bytes(s, a); break;
    case 's':
    case 'S':
        get_text(s, a);
        if (letter == 's' && !a->s[a->texts - 1]) a->good = false;
        break;
    case 'n':
        word = source_word(s);
        memcpy(&a->n, &word, sizeof word);
        break;
    case 'p': a->p = note_address(L->M->outside, source_number(s)); break;
    case 'h':
        a->handle = find_handle(L->P, source_number(s));
        if (!a->handle) a->good = false;
        break;
    case 'z': a->i[a->integers++] = (int64_t)source_number(s); break;
    default:
        a->i[a->integers] = source_signed(s);
        if (!is_index(L, a->i[a->integers++], letter)) a->good = false;
    }
}

typedef void Do(lua_State *L, const Args *a);
typedef struct Op {
    const char *format;
    size_t takes;
    Do *again;
} Op;
static const Op ops[NOTE_COUNT];

/* The next call; `good` says whether there is one. */
static void get_call(Again *again, Args *a)
{
    size_t length;
    lua_State *L = again->on;
    *a = (Args){.again = again, .good = true};
    const uint8_t *bytes = outside_read(L->M, SEEN_C, &length);
    ByteSource s = {.at = bytes, .end = bytes + length};
    a->op = (NoteOp)source_byte(&s);
    if (s.failed || !a->op || a->op >= NOTE_COUNT) {
        a->good = false;
        return;
    }
    const Op *op = &ops[a->op];
    for (const char *f = op->format; *f && a->good && !s.failed; f++)
        get_argument(L, &s, *f, a);
    if (s.failed || s.at != s.end || puc_count(L) < op->takes) a->good = false;
}

/* Makes calls until this one comes. Answers false if it does not. */
static bool do_until(Again *again, NoteOp end, Args *a)
{
    for (;;) {
        get_call(again, a);
        if (a->good && a->op == end) return true;
        if (!a->good || a->op == NOTE_UNKNOWN) {
            outside_end(again->own->M);
            return false;
        }
        if (a->op == NOTE_ON)
            again->on = a->handle;
        else
            ops[a->op].again(again->on, a);
    }
}

int note_again(lua_State *L)
{
    Args a;
    Again again = {L, L};
    return do_until(&again, NOTE_RETURN, &a) ? (int)a.i[0] : 0;
}

/* What calls need ------------------------------------------------------------------------ */

/* A lua_Reader. */
static const char *note_reader(lua_State *L, void *again, size_t *size)
{
    Args a;
    (void)L;
    if (!do_until(again, NOTE_PIECE, &a)) return NULL;
    *size = a.length;
    return a.s[0];
}

/* A lua_Writer. */
static int note_writer(lua_State *L, const void *bytes, size_t size, void *again)
{
    Args a;
    (void)L, (void)bytes, (void)size;
    return do_until(again, NOTE_WRITTEN, &a) ? (int)a.i[0] : 1;
}

static lua_Debug *note_place(const Args *a, lua_Debug *ar)
{
    ar->i_ci = (struct CallInfo *)(uintptr_t)a->i[0];
    return ar;
}

/* The activation; NULL where there was none. */
static lua_Debug *note_debug(const Args *a, lua_Debug *ar)
{
    return a->i[0] ? note_place(a, ar) : NULL;
}

#define DO(name, format, takes, call)                  \
    static void do_##name(lua_State *L, const Args *a) \
    {                                                  \
        lua_Debug ar;                                  \
        (void)a, (void)ar;                             \
        call;                                          \
    }
NOTE_OPS(DO)
#undef DO

static const Op ops[NOTE_COUNT] = {{"", 0, NULL},
#define ROW(name, format, takes, call) {format, takes, do_##name},
                                   NOTE_OPS(ROW)
#undef ROW
};

/* Modules -------------------------------------------------------------------------------- */

/* One whose functions a replay calls is to be the recorded one. */
static lua_CFunction open_pure(Machine *M, const char *file, const char *symbol,
                               uint64_t contents)
{
    void *library = libm_open_library(file, RTLD_NOW | RTLD_LOCAL);
    void *address = library ? dlsym(library, symbol) : NULL;
    if (!address || pure_contents(address) != contents) {
        outside_end(M);
        return NULL;
    }
    lua_CFunction fn;
    memcpy(&fn, &address, sizeof fn); /* POSIX: they have the same size */
    return fn;
}

/* The next entry of the log, outside of C functions. */
static bool get_alone(Machine *M, NoteOp op, Args *a)
{
    Again again = {.on = puc_attach(M)->main};
    get_call(&again, a);
    if (a->good && a->op == op) return true;
    outside_end(M);
    return false;
}

lua_CFunction note_open(Machine *M, void *address, const char *file, const char *symbol)
{
    Args a;
    lua_CFunction fn;
    memcpy(&fn, &address, sizeof fn);
    if (!outside_recalls(M)) {
        note_opened(M, fn, pure_has(address) ? pure_contents(address) : 0);
        return fn;
    }
    if (!get_alone(M, NOTE_OPEN, &a)) return NULL;
    return a.i[0] ? open_pure(M, file, symbol, (uint64_t)a.i[0]) : note_function(a.p);
}

lua_CFunction note_closes(Machine *M, lua_CFunction close)
{
    Args a;
    if (!M->outside) return close;
    if (outside_recalls(M)) return get_alone(M, NOTE_CLOSES, &a) ? note_function(a.p) : close;
    note_closed(M, close);
    return close;
}
