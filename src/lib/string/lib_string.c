/* SPDX-License-Identifier: MIT */
/*
 * The string library (manual 6.4) but for what matches patterns (lib_match.c,
 * lib_gsub.c) and formats (lib_format.c).
 *
 * Letters are those of the C locale, whatever the process's locale is: they have to be
 * the same on each machine.
 *
 * Main invariant: a result that would be longer than the run may have is refused before it is
 * made.
 */
#include "lib/string/lib_string.h"
#include "lib/natives.h"

#include "node/node.h"
#include "text/buffer.h"

/* The strings of no byte, made when the library is opened, and of one, made when first
 * met: constants. Written once: other threads may be reading. */
static Value empty_string, byte_strings[256];

static Value make_constant(Value *where, const char *bytes, size_t length)
{
    Value v = string_value(string_constant(bytes, length));
    if (__atomic_load_n(where, __ATOMIC_RELAXED) != v)
        __atomic_store_n(where, v, __ATOMIC_RELEASE);
    return v;
}

Value lib_string_of(const char *bytes, size_t length)
{
    if (length > 1) return string_value(string_new(bytes, length));
    if (length == 0) return empty_string;
    Value *where = &byte_strings[(unsigned char)*bytes];
    Value v = __atomic_load_n(where, __ATOMIC_ACQUIRE);
    return v != V_NIL ? v : make_constant(where, bytes, length);
}

/* Parts ---------------------------------------------------------------------------- */

static int string_len(Machine *M, Value *a, int n)
{
    const String *s = arg_string(M, a, n, 0);
    if (!s) return NATIVE_ERROR;
    NATIVE_RETURN(value_number((double)s->length));
}

static int sub(Machine *M, Value *a, int n)
{
    int64_t i, j;
    const String *s = arg_string(M, a, n, 0);
    if (!s || !arg_integer(M, a, n, 1, &i) || !arg_integer_or(M, a, n, 2, -1, &j))
        return NATIVE_ERROR;
    uint64_t first = lib_string_position(i, s->length);
    uint64_t last = lib_string_position(j, s->length);
    if (first < 1) first = 1;
    if (last > s->length) last = s->length;
    if (first > last) NATIVE_RETURN(empty_string);
    if (last - first + 1 == s->length) NATIVE_RETURN(string_value(s));
    size_t length = last - first + 1;
    if (length > machine_string_room(M)) return native_memory_error(M);
    if (!lib_string_afford(M, length)) return NATIVE_PAUSE;
    Value part = lib_string_of(s->data + first - 1, length);
    if (!part) return native_memory_error(M);
    NATIVE_RETURN(part);
}

static int string_sub(Machine *M, Value *a, int n)
{
    bool is_long = n && value_is_string(a[0]) && value_string(a[0])->length > LONG_PIECE;
    return UNLIKELY(is_long) ? long_work_do(M, a, n, sub) : sub(M, a, n);
}

static int many_bytes(Machine *M, Value *a, const String *s, uint64_t first, size_t count)
{
    bool fits = native_may_give(M, count);
    uint64_t price = fits ? count / STEP_VALUES : 0;
    if (!native_charge(M, price)) return NATIVE_PAUSE;
    a = fits ? native_room(M, a, 1, count) : NULL;
    if (!a)
        return native_answer_paid(
            M, native_stack_error(M, count, "stack overflow (string slice too long)"), price);
    const unsigned char *bytes = (const unsigned char *)s->data + first - 1;
    for (size_t k = 0; k < count; k++) a[k] = value_number(bytes[k]);
    return native_results(M, a, count);
}

static int string_byte(Machine *M, Value *a, int n)
{
    int64_t i, j;
    const String *s = arg_string(M, a, n, 0);
    if (!s || !arg_integer_or(M, a, n, 1, 1, &i)) return NATIVE_ERROR;
    uint64_t first = lib_string_position(i, s->length), last = first;
    if (!arg_absent(a, n, 2)) {
        if (!arg_integer(M, a, n, 2, &j)) return NATIVE_ERROR;
        last = lib_string_position(j, s->length);
    }
    if (first < 1) first = 1;
    if (last > s->length) last = s->length;
    if (first > last) return 0;
    if (first < last) return many_bytes(M, a, s, first, last - first + 1);
    NATIVE_RETURN(value_number((unsigned char)s->data[first - 1]));
}

static int string_char(Machine *M, Value *a, int n)
{
    char room[256], *bytes = room;
    String *s = NULL;
    native_charge_values(M, (size_t)n);
    if (n > (int)sizeof room && !(s = string_reserve((size_t)n, &bytes)))
        return native_memory_error(M);
    for (int i = 0; i < n; i++) {
        int32_t c;
        if (!arg_int(M, a, n, i, &c)) return NATIVE_ERROR;
        if (c < 0 || c > 255) return native_arg_error(M, a, n, i, "value out of range");
        bytes[i] = (char)c;
    }
    if (s) NATIVE_RETURN(string_value(s));
    a[0] = lib_string_of(room, (size_t)n);
    return 1;
}

/* Copies --------------------------------------------------------------------------- */

/* NULL also when the run may not have as long a string. */
static String *reserve(const Machine *M, size_t length, char **bytes)
{
    return length > machine_string_room(M) ? NULL : string_reserve(length, bytes);
}

enum { BLOCK = 16 }; /* bytes that a vector instruction may take at once */

/* Copies n bytes, the last first. */
static void reverse_bytes(char *to, const char *from, size_t n)
{
    const char *end = from + n;
    for (; n >= 8; n -= 8, to += 8) {
        uint64_t word;
        memcpy(&word, end -= 8, 8);
        word = __builtin_bswap64(word);
        memcpy(to, &word, 8);
    }
    while (n--) *to++ = *--end;
}

/* Copies bytes, with the case of the 26 letters from `first` on changed. */
static inline void flip_block(char *restrict to, const char *restrict from, size_t n,
                              unsigned char first)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)from[i];
        to[i] = (char)(c ^ ((unsigned char)(c - first) < 26) << 5);
    }
}

static void flip_letters(char *to, const char *from, size_t n, unsigned char first)
{
    for (; n >= BLOCK; n -= BLOCK, to += BLOCK, from += BLOCK)
        flip_block(to, from, BLOCK, first);
    flip_block(to, from, n, first);
}

/* first: 'a' or 'A', whose case changes, or 0 for the bytes in reverse order. */
static int change(Machine *M, Value *a, int n, unsigned char first)
{
    char *to;
    int stopped = 0;
    const String *s = arg_string(M, a, n, 0);
    if (!s) return NATIVE_ERROR;
    if (!lib_string_afford(M, s->length)) return NATIVE_PAUSE;
    LongWork work = long_work_begin(M);
    String *changed = reserve(M, s->length, &to);
    if (!changed) return native_memory_error(M);
    for (size_t left = s->length, piece; left && !stopped; left -= piece) {
        piece = left < LONG_PIECE ? left : LONG_PIECE;
        size_t at = s->length - left;
        if (first)
            flip_letters(to + at, s->data + at, piece, first);
        else
            reverse_bytes(to + at, s->data + left - piece, piece);
        if (left > piece) stopped = long_work_look(&work);
    }
    if (stopped) return stopped;
    NATIVE_RETURN(string_value(changed));
}

static int string_reverse(Machine *M, Value *a, int n)
{
    if (n && value_is_string(a[0]) && value_string(a[0])->length < 2) return 1;
    return change(M, a, n, 0);
}
static int string_lower(Machine *M, Value *a, int n) { return change(M, a, n, 'A'); }
static int string_upper(Machine *M, Value *a, int n) { return change(M, a, n, 'a'); }

/* rep ------------------------------------------------------------------------------ */

/* Longer results are made in pieces, between which a run may stop: as long as the others, so
 * that a piece takes some 100 us. */
enum { REP_PIECE = 1 << 20, REP_NEAR = 1 << 15 };

/* Its frame: string, how often, separator or nil, the result so far. */
enum { REP_STRING, REP_COUNT, REP_SEPARATOR, REP_TEXT, REP_FRAME };

typedef struct Repeated {
    const String *s, *separator; /* or NULL */
    size_t unit, total;
} Repeated;

/* Fills bytes[done..end): with what lies a number of units before, which is still at hand in
 * the processor's cache. */
static void repeat(const Repeated *r, char *bytes, size_t done, size_t end)
{
    if (r->unit == 1) {
        memset(bytes + done, r->s->length ? *r->s->data : *r->separator->data, end - done);
        return;
    }
    while (done < end) {
        size_t at = done % r->unit, length = r->s->length, more;
        const char *from = bytes + at;
        if (done >= r->unit) {
            more = done - at;
            if (more > REP_NEAR && r->unit < REP_NEAR) more = REP_NEAR;
        } else if (at < length) {
            from = r->s->data + at;
            more = length - at;
        } else {
            from = r->separator->data + (at - length);
            more = r->unit - at;
        }
        if (more > end - done) more = end - done;
        mem_copy(bytes + done, from, more);
        done += more;
    }
}

static int rep_resumed(Machine *M, Value *a, int n);

static int repeat_on(Machine *M, Value *a, const Repeated *r)
{
    for (;;) {
        char *bytes;
        const String *text = value_string(a[REP_TEXT]);
        size_t done = text->length, more = r->total - done;
        if (more > REP_PIECE) more = REP_PIECE;
        String *longer = string_extend(text, more, r->total, &bytes);
        if (!longer) mem_refuse();
        if (!longer) return native_memory_error(M);
        repeat(r, bytes - done, done, done + more);
        if (done + more == r->total) NATIVE_RETURN(string_value(longer));
        a[REP_TEXT] = string_value(longer);
        if (M->fuel >= 0) continue;
        if (lib_string_interrupted(M)) return native_error(M, "interrupted!");
        if (!native_go_on(M)) return native_suspend(M, a, REP_FRAME, rep_resumed);
    }
}

static int repeat_long(Machine *M, Value *a, const Repeated *r)
{
    if (!lib_string_afford(M, REP_PIECE)) return NATIVE_PAUSE;
    String *text = string_begin(r->total);
    if (!text) mem_refuse();
    if (!text) return native_memory_error(M);
    mem_count(sizeof(String) + r->total);
    a[REP_TEXT] = string_value(text);
    return repeat_on(M, a, r);
}

static int repeat_short(Machine *M, Value *a, const Repeated *r)
{
    char *bytes;
    if (!lib_string_afford(M, r->total)) return NATIVE_PAUSE;
    String *text = string_reserve(r->total, &bytes);
    if (!text) return native_memory_error(M);
    repeat(r, bytes, 0, r->total);
    NATIVE_RETURN(string_value(text));
}

/* What is in the frame, and how long the result will be. */
static bool repeated(const Value *a, Repeated *r)
{
    size_t count = (size_t)value_to_double(a[REP_COUNT]);
    r->s = value_string(a[REP_STRING]);
    r->separator = a[REP_SEPARATOR] == V_NIL ? NULL : value_string(a[REP_SEPARATOR]);
    r->unit = r->s->length + (r->separator ? r->separator->length : 0);
    if (r->unit >= SIZE_MAX / 2 / count) return false;
    r->total = r->unit * count - (r->unit - r->s->length);
    return true;
}

/* An image can say anything of them. */
static int rep_resumed(Machine *M, Value *a, int n)
{
    Repeated r;
    bool sound = value_to_double(a[REP_COUNT]) >= 1 && repeated(a, &r) &&
                 r.total > value_string(a[REP_TEXT])->length && r.total <= M->limits.string;
    return sound ? repeat_on(M, a, &r) : native_error(M, "malformed progress of 'rep'");
}

static int string_rep(Machine *M, Value *a, int n)
{
    int32_t count;
    String *separator;
    Repeated r;
    const String *s = arg_string(M, a, n, 0);
    if (!s || !arg_int(M, a, n, 1, &count) || !arg_string_or_null(M, a, n, 2, &separator))
        return NATIVE_ERROR;
    if (count <= 0) NATIVE_RETURN(empty_string);
    a[REP_COUNT] = value_number(count);
    if (!separator) a[REP_SEPARATOR] = V_NIL;
    if (!repeated(a, &r)) return native_error(M, "resulting string too large");
    if (r.total > machine_string_room(M)) return native_memory_error(M);
    if (r.total == s->length) NATIVE_RETURN(string_value(s));
    if (r.total < 2)
        NATIVE_RETURN(lib_string_of((r.total == s->length ? s : separator)->data, r.total));
    return r.total > REP_PIECE ? repeat_long(M, a, &r) : repeat_short(M, a, &r);
}

enum { DUMP_WORK = 16 };   /* writing a byte of a dump takes as long as copying so many */
enum { DUMP_BYTES = 512 }; /* a step of the price is for so many, of a tree that is let go */

static int string_dump(Machine *M, Value *a, int n)
{
    if (!arg_function(M, a, n, 0)) return NATIVE_ERROR;
    if (!value_is(a[0], OBJ_CLOSURE)) return native_error(M, "unable to dump given function");
    const Closure *f = value_pointer(a[0]);
    uint64_t price = native_dump_price(f->proto);
    if (!native_charge(M, price)) return NATIVE_PAUSE;
    String *s = native_dump(M, f->proto, !value_is_false(arg(a, n, 1)));
    int stopped = s ? 0 : native_load_stopped(M);
    if (!stopped && (!s || s->length > M->limits.string)) stopped = native_memory_error(M);
    if (stopped) return native_answer_paid(M, stopped, price);
    lib_string_charge(M, s->length * DUMP_WORK);
    mem_count_beside((size_t)price * DUMP_BYTES);
    NATIVE_RETURN(string_value(s));
}

/* Opening -------------------------------------------------------------------------- */

const NativeDef natives_string[] = {
    NATIVE_OWN("string.byte", string_byte, WORK_VALUES,
               NATIVE_DOC("s [, i [, j]]", "The bytes from i to j as numbers.")),
    NATIVE_OWN("string.char", string_char, WORK_VALUES,
               NATIVE_DOC("...", "The string of these bytes.")),
    NATIVE_OWN("string.dump", string_dump, WORK_BYTES,
               NATIVE_DOC("f", "The function as a binary chunk, for load.")),
    NATIVE_OWN("string.find", lib_string_find, WORK_MATCHING,
               NATIVE_DOC("s, pattern [, from [, plain]]",
                          "Where a pattern is first: start, end, captures; or nil.")),
    NATIVE_OWN("string.format", lib_string_format, WORK_BYTES,
               NATIVE_DOC("format, ...",
                          "Formats as C's printf; %q makes a string that Lua reads back.")),
    NATIVE_OWN(
        "string.gmatch", lib_string_gmatch, WORK_FIXED,
        NATIVE_DOC("s, pattern", "For loops: the captures of each match, or the match.")),
    NATIVE_OWN(
        "string.gsub", lib_string_gsub, WORK_MATCHING,
        NATIVE_DOC(
            "s, pattern, by [, n]",
            "s with the matches replaced by a string, table or function; their number.")),
    NATIVE_OWN("string.len", string_len, WORK_FIXED, NATIVE_DOC("s", "The number of bytes.")),
    NATIVE_OWN("string.lower", string_lower, WORK_BYTES,
               NATIVE_DOC("s", "s in small letters.")),
    NATIVE_OWN("string.match", lib_string_match, WORK_MATCHING,
               NATIVE_DOC("s, pattern [, from]",
                          "The captures of the first match, or the match; or nil.")),
    NATIVE_OWN("string.rep", string_rep, WORK_BYTES,
               NATIVE_DOC("s, n [, sep]", "n times s, with sep between.")),
    NATIVE_OWN("string.reverse", string_reverse, WORK_BYTES,
               NATIVE_DOC("s", "s from its end.")),
    NATIVE_OWN("string.sub", string_sub, WORK_BYTES,
               NATIVE_DOC("s, i [, j]", "The bytes from i to j; from the end if negative.")),
    NATIVE_OWN("string.upper", string_upper, WORK_BYTES,
               NATIVE_DOC("s", "s in capital letters.")),
    NATIVE_CONTINUED("string.rep:resumed", rep_resumed, WORK_BYTES, "|string.rep|", "siSs*"),
    NATIVE_ROWS_END,
};

void lib_open_string(Machine *M)
{
    make_constant(&empty_string, "", 0);
    Table *t = lib_new(M, "string", natives_string), *meta = run_new_table(&M->run);
    run_set_field(&M->run, meta, "__index", value_object(t));
    run_set_type_metatable(&M->run, TYPE_STRING, meta);
}
