/* SPDX-License-Identifier: MIT */
/*
 * What the libraries' functions rely on: the values that they have captured, and those in their
 * frames when they wait for a call. Programs cannot change these, so the functions do not look
 * whether they are as they made them; images can say anything.
 *
 * A letter for each value, as many as there must be:
 *
 *   s string   t table   f function   c coroutine   u userdata of a file   n number
 *   b boolean  x cell   . any value   * any number of any values
 */
#include "image/loader.h"
#include "lib/file.h"
#include "lib/natives.h"
#include "lib/sort.h"
#include "text/osdate.h"

#include <stdio.h>

typedef struct Signature {
    const char *name, *values;
} Signature;

/* Functions without a row here capture nothing. */
static const Signature captured[] = {
    {"load", "f"},
    {"debug.debug", "f"},
    {"ipairs", "f"},
    {"pairs", "f"},
    {"coroutine.wrap:resume", "c"},
    {"string.gmatch:next", "ssx"},
    {"file.lines:step", "ub*"},
    {"require", "t"},
    {"package.searchers:preload", "t"},
    {"package.searchers:lua", "t"},
    {"package.searchers:c", "t"},
    {"package.searchers:croot", "t"},
    {NULL, NULL},
};

/*
 * What is in a frame that waits for a continuation: letters as above, S T N for a string, a
 * table, a number or nil, i for a whole number; and what else must hold.
 */
typedef struct FrameSignature {
    const char *name, *natives; /* whose frames; "|" between them, and at both ends */
    const char *values;
    bool (*holds)(const Value *a, size_t used);
} FrameSignature;

static size_t number_in(Value v)
{
    double d = value_to_double(v);
    return d >= 0 && d < 4294967296.0 ? (size_t)d : SIZE_MAX;
}
/* A size in the bits of a very small number: lib_gsub.c. */
static uint64_t boxed_in(Value v) { return v - VALUE_DOUBLE_OFFSET; }

/* count values from `first` on, of which `next` is to come. */
static bool has_list(const Value *a, size_t used, size_t count, size_t next, size_t first)
{
    size_t n = number_in(a[count]), k = number_in(a[next]);
    return n <= used && first + n <= used && k <= n;
}

static bool print_holds(const Value *a, size_t used) { return has_list(a, used, 2, 3, 4); }
static bool module_holds(const Value *a, size_t used) { return has_list(a, used, 0, 1, 3); }

static bool format_holds(const Value *a, size_t used)
{
    enum { FIRST = 5 };
    if (!has_list(a, used, 0, 3, FIRST) || number_in(a[0]) == 0 || !value_is_string(a[FIRST]))
        return false;
    size_t next = FIRST + number_in(a[3]), quoted = number_in(a[4]);
    bool more = next < used && value_is_string(a[next]);
    return number_in(a[2]) <= value_string(a[FIRST])->length &&
           quoted <= (more ? value_string(a[next])->length : 0);
}

static bool gsub_holds(const Value *a, size_t used)
{
    uint64_t length = value_string(a[0])->length;
    uint64_t from = boxed_in(a[5]), to = boxed_in(a[8]), copied = boxed_in(a[9]);
    bool replaces = value_is_string(a[2]) || value_is_table(a[2]) || value_is_function(a[2]);
    (void)used;
    return replaces && copied <= to && from <= to && to <= length &&
           boxed_in(a[4]) <= length + 1;
}

static bool sort_holds(const Value *a, size_t used)
{
    enum { PHASE = 2, LATER = 8, SMALL = 31 };
    uint64_t phase = boxed_in(a[PHASE]) >> SMALL, depth = boxed_in(a[PHASE]) & 0xff;
    if (phase >= SORT_PHASES || depth > SORT_DEPTH_MAX || used < LATER + depth) return false;
    for (size_t i = PHASE; i < LATER + depth; i++)
        if (!value_is_number(a[i]) && (i < 5 || i >= LATER)) return false;
    return true;
}

static bool time_holds(const Value *a, size_t used)
{
    (void)used;
    return number_in(a[1]) <= OSDATE_INPUT_COUNT;
}

static const FrameSignature waiting[] = {
    {"ipairs:three_results", "|ipairs|pairs|", "*", NULL},
    {"print:converted", "|print|", ".bii*", print_holds},
    {"print:with", "|print|", ".bii*", print_holds},
    {"tostring:result", "|tostring|", "*", NULL},
    {"debug.debug:line", "|debug.debug|", "*", NULL},
    {"string.format:called", "|string.format|", "isiii*", format_holds},
    {"string.format:resumed", "|string.format|", "isiii*", format_holds},
    {"string.gsub:replaced", "|string.gsub|", "ss..nnnSnn*", gsub_holds},
    {"string.gsub:resumed", "|string.gsub|", "ss..nnnSnn*", gsub_holds},
    {"string.find:resumed", "|string.find|string.match|", "ssb.*", NULL},
    {"string.rep:resumed", "|string.rep|", "siSs*", NULL},
    {"string.gmatch:resumed", "|string.gmatch:next|", ".*", NULL},
    {"load:piece", "|load|", "fSS.bS*", NULL},
    {"module:call_options", "|module|", "iit*", module_holds},
    {"os.time:field", "|os.time|", "tiNNNNNN.*", time_holds},
    {"os.exit:closed", "|os.exit|", "*", NULL},
    {"package.searchers:found", "|package.searchers:preload|", "s*", NULL},
    {"require:done", "|require|", "s*", NULL},
    {"require:answer", "|require|", "stis*", NULL},
    {"table.sort:compared", "|table.sort|", "tFnnn*", sort_holds},
    {"table.sort:resumed", "|table.sort|", "tFnnn*", sort_holds},
    {"table.sort:sized", "|table.sort|", "t...i*", NULL},
    {"table.concat:sized", "|table.concat|", "t...i*", NULL},
    {"table.insert:sized", "|table.insert|", "t...i*", NULL},
    {"table.remove:sized", "|table.remove|", "t...i*", NULL},
    {"table.unpack:sized", "|table.unpack|unpack|", "....i*", NULL},
    {"table.concat:resumed", "|table.concat|", "tSnnS*", NULL},
    {"table.insert:moved", "|table.insert|", "tn.n*", NULL},
    {"table.remove:moved", "|table.remove|", "tn.n*", NULL},
    {"table.maxn:on", "|table.maxn|", "tn.*", NULL},
    {"finalizers:finalized", "|finalizers.collectgarbage|finalizers.close|collectgarbage|",
     "f.b*", NULL},
    {"collectgarbage:stepped", "|collectgarbage|", "*", NULL},
    {NULL, NULL, NULL, NULL},
};

static bool is_as(char letter, Value v)
{
    switch (letter) {
    case 's': return value_is_string(v);
    case 't': return value_is_table(v);
    case 'f': return value_is_function(v);
    case 'c': return value_is(v, OBJ_COROUTINE);
    case 'u': return file_of(v) != NULL;
    case 'n': return value_is_number(v);
    case 'i': return value_is_number(v) && number_in(v) != SIZE_MAX;
    case 'b': return value_is_boolean(v);
    case 'x': return value_is(v, OBJ_CELL);
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

static const char *signature(const Signature *all, const char *name)
{
    for (; all->name; all++)
        if (strcmp(all->name, name) == 0) return all->values;
    return NULL;
}

void load_check_native(Loader *L, const Native *f)
{
    const NativeDef *row = natives_by_function(f->fn);
    const char *letters = signature(captured, row->name);
    if (!are_as(letters ? letters : "", f->upvalues, f->count, false)) source_fail(&L->in);
}

bool load_is_native(Value f, const char *name)
{
    const NativeDef *row = natives_by_name(name);
    return row && value_is(f, OBJ_NATIVE) && ((const Native *)value_pointer(f))->fn == row->fn;
}

static bool is_one_of(Value f, const char *names)
{
    const NativeDef *row = value_is(f, OBJ_NATIVE)
                               ? natives_by_function(((const Native *)value_pointer(f))->fn)
                               : NULL;
    char name[80];
    if (!row) return false;
    snprintf(name, sizeof name, "|%s|", row->name);
    return strstr(names, name) != NULL;
}

/* Whether the frame at fp, of which `used` slots were read, is one that the continuation can go
 * on in. */
static bool frame_is_good(const NativeDef *row, const Value *fp, size_t used)
{
    for (const FrameSignature *s = waiting; s->name; s++) {
        if (strcmp(s->name, row->name) != 0) continue;
        return is_one_of(fp[-1], s->natives) && are_as(s->values, fp, used, true) &&
               (!s->holds || s->holds(fp, used));
    }
    return false;
}

/* A host function's frame has the record of what goes on in it, and any data. */
static Value host_continuation(Loader *L, const Value *fp, bool record)
{
    bool host = value_is(fp[-1], OBJ_NATIVE) &&
                !natives_by_function(((const Native *)value_pointer(fp[-1]))->fn);
    NativeCont *cont = L->host->continuation;
    if (host && cont && record) return (Value)(uintptr_t)cont;
    loader_refuse(L, "the image has a call of a host function that cannot go on");
    return V_NIL;
}

Value load_continuation(Loader *L, const Value *fp, size_t used, bool record)
{
    if (source_byte(&L->in)) return host_continuation(L, fp, record);
    const NativeDef *row = load_native_row(L);
    if (!row || L->in.failed) return V_NIL;
    if (row->place != PLACE_CONTINUATION || !frame_is_good(row, fp, used)) {
        loader_refuse(L, "the image has a call of '%s' that cannot go on", row->name);
        return V_NIL;
    }
    return (Value)(uintptr_t)row->fn;
}
