/* SPDX-License-Identifier: MIT */
/*
 * C functions while they are recorded.
 *
 * Main invariant: a call is written down before it has an effect, so that whatever it calls
 * comes behind it in the log, and an error that it throws is thrown again.
 */
#include "puc/record/note.h"

#include <stdarg.h>
#include <stdlib.h>

#include "image/bytes.h"
#include "puc/record/pure.h"

static const char *const formats[] = {NULL,
#define FORMAT(name, format, takes, call) format,
                                      NOTE_OPS(FORMAT)
#undef FORMAT
};

/* Writing -------------------------------------------------------------------------------- */

static MEM_THREAD ByteSink note; /* its memory is used again */

static void put_bytes(const char *bytes, size_t length)
{
    sink_number(&note, length);
    if (length) sink_bytes(&note, bytes, length);
}

static void put_text(const char *s)
{
    sink_byte(&note, s != NULL);
    if (s) put_bytes(s, strlen(s) + 1);
}

static void put_double(double d)
{
    uint64_t word;
    memcpy(&word, &d, sizeof word);
    sink_word(&note, word);
}

static void put_address(const void *p)
{
    size_t library = p ? puc_library_number((lua_CFunction)(uintptr_t)p) : 0;
    sink_number(&note, library ? library : (uintptr_t)p);
}

static void put_arguments(NoteOp op, va_list ap)
{
    for (const char *f = formats[op]; *f; f++) {
        switch (*f) {
        case 'n': put_double(va_arg(ap, double)); break;
        case 's':
        case 'S': put_text(va_arg(ap, const char *)); break;
        case 'p': put_address(va_arg(ap, const void *)); break;
        case 'h': sink_number(&note, object_id(puc_coroutine(va_arg(ap, lua_State *)))); break;
        case 'b': {
            const char *bytes = va_arg(ap, const char *);
            put_bytes(bytes, va_arg(ap, size_t));
            break;
        }
        case 'z': sink_number(&note, va_arg(ap, size_t)); break;
        default: sink_signed(&note, va_arg(ap, int)); break;
        }
    }
}

static void finish(Machine *M)
{
    if (note.failed)
        M->outside->failed = true;
    else
        outside_write(M, SEEN_C, note.bytes, note.length);
    note.failed = false;
}

static void write_op(Machine *M, NoteOp op, ...)
{
    va_list ap;
    note.length = 0;
    sink_byte(&note, (uint8_t)op);
    va_start(ap, op);
    put_arguments(op, ap);
    va_end(ap);
    finish(M);
}

void note_write(lua_State *L, NoteOp op, ...)
{
    Machine *M = L->M;
    Jump *j = L->P->jump;
    if (!j || !j->notes || !outside_records(M)) return;
    if (j->noted != L) {
        write_op(M, NOTE_ON, L);
        j->noted = L;
    }
    if (op == NOTE_UNKNOWN) M->outside->foreign = true;
    va_list ap;
    note.length = 0;
    sink_byte(&note, (uint8_t)op);
    va_start(ap, op);
    put_arguments(op, ap);
    va_end(ap);
    finish(M);
}

/* Functions ------------------------------------------------------------------------------ */

bool note_is_recorded(lua_CFunction fn)
{
    return note_is_elsewhere(fn) || !(puc_is_own(fn) || pure_has((const void *)(uintptr_t)fn));
}

/* A lua_CFunction: P->recorded is called. */
static int record_call(lua_State *L)
{
    Machine *M = L->M;
    Jump *j = L->P->jump;
    j->notes = true;
    j->noted = L;
    int count = L->P->recorded(L);
    write_op(M, NOTE_RETURN, count);
    return count;
}

/* A lua_CFunction. */
static int refuse(lua_State *L)
{
    return luaL_error(L, "a C function of a recording, which is not in this process");
}

lua_CFunction note_instead(Machine *M, lua_CFunction fn)
{
    const Outside *o = M->outside;
    if (!o) return note_is_elsewhere(fn) ? refuse : fn;
    if (!note_is_recorded(fn)) return fn;
    if (o->replays) return note_again;
    M->puc->recorded = fn;
    return record_call;
}

void note_call_hook(lua_State *L, lua_Hook hook, lua_Debug *ar)
{
    Machine *M = L->M;
    const Outside *o = M->outside;
    bool elsewhere = (uintptr_t)hook >> 48 != 0;
    if (!o) {
        if (!elsewhere) hook(L, ar);
        return;
    }
    if (hook && !elsewhere && pure_has((const void *)(uintptr_t)hook)) {
        hook(L, ar);
    } else if (o->replays) {
        note_again(L);
    } else {
        Jump *j = L->P->jump;
        j->notes = true;
        j->noted = L;
        hook(L, ar);
        write_op(M, NOTE_RETURN, 0);
        j->notes = false;
    }
}

void note_opened(Machine *M, lua_CFunction fn, uint64_t contents)
{
    write_op(M, NOTE_OPEN, (const void *)(uintptr_t)fn, (size_t)contents);
}

void note_closed(Machine *M, lua_CFunction close)
{
    write_op(M, NOTE_CLOSES, (const void *)(uintptr_t)close);
}
