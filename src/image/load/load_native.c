/* SPDX-License-Identifier: MIT */
/*
 * Natives in images: whether they can rely on what they have captured, and on what is in their
 * frames when they wait for a call.
 *
 * Main invariant: what is let through is as the native's row says (native/native.h). Natives do
 * not look again, for programs cannot change it; images can say anything.
 */
#include "image/load/loader.h"
#include "lib/io/file.h"
#include "lib/lib.h"
#include "lib/natives.h"

#include <stdio.h>

static bool is_as(char letter, Value v)
{
    switch (letter) {
    case 's': return value_is_string(v);
    case 't': return value_is_table(v);
    case 'f': return value_is_function(v);
    case 'c': return value_is(v, OBJ_COROUTINE);
    case 'u': return file_of(v) != NULL;
    case 'n': return value_is_number(v);
    case 'i': return value_is_number(v) && frame_size_in(v) != SIZE_MAX;
    case 'b': return value_is_boolean(v);
    case 'x': return value_is(v, OBJ_CELL);
    case 'T': return v == V_NIL || value_is_table(v);
    case 'S': return v == V_NIL || value_is_string(v);
    case 'N': return v == V_NIL || value_is_number(v);
    case 'F': return v == V_NIL || value_is_function(v);
    default: return !value_is(v, OBJ_CELL);
    }
}

/* What was not written at the end of a frame is nil. */
static bool are_as(const char *letters, const Value *v, size_t count, bool frame)
{
    size_t i = 0;
    for (; (i < count || frame) && *letters && *letters != '*'; i++, letters++)
        if (!is_as(*letters, i < count ? v[i] : V_NIL)) return false;
    for (; i < count && *letters == '*'; i++)
        if (!is_as('.', v[i])) return false;
    return i >= count && (!*letters || *letters == '*');
}

void load_check_native(Loader *L, const Native *f)
{
    const NativeDef *row = natives_by_function(f->fn);
    const char *letters = row->captures ? row->captures : "";
    if (!are_as(letters, f->upvalues, f->count, false)) source_fail(&L->in);
}

bool load_has_glue(Value f, const Node *glue)
{
    const NativeDef *row = natives_row_of(f);
    return row && row->glue == glue->kind;
}

static bool is_one_of(Value f, const char *names)
{
    const NativeDef *row = natives_row_of(f);
    char name[80];
    if (!row) return false;
    snprintf(name, sizeof name, "|%s|", row->name);
    return strstr(names, name) != NULL;
}

/* Whether the frame at fp, of which `used` slots were read, is one that the continuation can go
 * on in. */
static bool frame_is_good(const NativeDef *row, const Node *glue, const Value *fp, size_t used)
{
    return row->natives && glue->kind == (row->glue ? row->glue : N_GLUE_NATIVE) &&
           is_one_of(fp[AT_FUNCTION], row->natives) && are_as(row->frame, fp, used, true) &&
           (!row->holds || row->holds(fp, used));
}

/* A host function's frame has the record of what goes on in it, and any data. */
static Value host_continuation(Loader *L, const Value *fp, bool record)
{
    bool host = frame_is_native(fp) && !natives_by_function(frame_native(fp)->fn);
    NativeCont *cont = L->host->continuation;
    if (host && cont && record) return (Value)(uintptr_t)cont;
    loader_refuse(L, "the image has a call of a host function that cannot go on");
    return V_NIL;
}

Value load_continuation(Loader *L, const Node *glue, const Value *fp, size_t used, bool record)
{
    if (source_byte(&L->in))
        return host_continuation(L, fp, record && glue->kind == N_GLUE_NATIVE);
    const NativeDef *row = load_native_row(L);
    if (!row || L->in.failed) return V_NIL;
    if (row->place != PLACE_CONTINUATION || !frame_is_good(row, glue, fp, used)) {
        loader_refuse(L, "the image has a call of '%s' that cannot go on", row->name);
        return V_NIL;
    }
    return (Value)(uintptr_t)row->fn;
}
