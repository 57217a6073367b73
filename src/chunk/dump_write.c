/* SPDX-License-Identifier: MIT */
/*
 * Trees to bytes.
 *
 * Main invariant: the bytes of a tree are the same on every machine, and the readers accept
 * them.
 */
#include "chunk/dump.h"
#include "tree/packed.h"
#include "tree/text.h"

#include <math.h>

#include "memory/mem.h"
#include "table/table.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

const char dump_start[DUMP_LENGTH_AT] = {'\33', 'L',    'u',  'a',  0x52,   (char)DUMP_FORMAT,
                                         0x19,  '\x93', '\r', '\n', '\x1a', '\n'};

uint64_t dump_hash(const char *bytes, size_t length) { return XXH3_64bits(bytes, length); }

enum { HEAD_MAX = 32 }; /* bytes of the head of an expression, and more than a number's */

/* Who writes knows the strings met: they have numbers in the order in which they came. */
typedef struct Writer {
    Text out;
    bool strip;
    int line;          /* the last one written */
    TableBody numbers; /* of strings */
    uint64_t token;    /* that may change it */
    int string_count;
    const AstExpr **parts; /* of the expressions being written, leftmost last */
    int part_count, part_capacity;
    size_t counted; /* of out's bytes */
    bool full;      /* there was no room: what is written is thrown away */
    char away[HEAD_MAX];
} Writer;

/* Looked at before each part: without room what is written is thrown away. */
static bool has_room(Writer *w)
{
    size_t more = w->out.capacity - w->counted;
    if (__builtin_expect(!more && !w->full && --compile_look.left >= 0, 1)) return true;
    w->counted += more;
    mem_count(more);
    compile_look.left = 0; /* then what is due is asked */
    if (!w->full && compile_has_room() && !compile_is_due()) return true;
    w->full = true;
    return false;
}

/* Numbers and strings ---------------------------------------------------------------- */

/* A number is up to ten bytes; most are one. */
enum { NUMBER_MAX = 10 };
static char *put_long_number(char *at, uint64_t n)
{
    for (; n >= 0x80; n >>= 7) *at++ = (char)(n | 0x80);
    *at++ = (char)n;
    return at;
}

static inline char *number_at(char *at, uint64_t n)
{
    if (__builtin_expect(n >= 0x80, 0)) return put_long_number(at, n);
    *at++ = (char)n;
    return at;
}

/* The sign is the lowest bit. */
static inline char *signed_at(char *at, int64_t n)
{
    return number_at(at, (uint64_t)n << 1 ^ (uint64_t)(n >> 63));
}

/* Where the next bytes go, n of them at most. Without memory what is written is thrown away. */
static inline char *room_for(Writer *w, size_t n)
{
    bool there = text_room(&w->out, n);
    if (__builtin_expect(!there, 0)) w->full = true;
    return there ? w->out.bytes + w->out.length : w->away;
}

static inline void written(Writer *w, const char *end)
{
    if (__builtin_expect(w->full, 0)) return;
    w->out.length = (size_t)(end - w->out.bytes);
}

static void put_byte(Writer *w, int byte)
{
    char *at = room_for(w, 1);
    *at++ = (char)byte;
    written(w, at);
}

static void put_number(Writer *w, uint64_t n)
{
    written(w, number_at(room_for(w, NUMBER_MAX), n));
}

static void put_count(Writer *w, int n) { put_number(w, (uint64_t)n); }

static void store_64(char *to, uint64_t n)
{
    for (int i = 0; i < 8; i++) to[i] = (char)(n >> 8 * i);
}

static void put_double(Writer *w, double d)
{
    char *at = room_for(w, 8);
    uint64_t bits;
    memcpy(&bits, &d, 8);
    store_64(at, bits);
    written(w, at + 8);
}

static void put_line(Writer *w, int line)
{
    if (w->strip) return;
    written(w, signed_at(room_for(w, NUMBER_MAX), (int64_t)line - w->line));
    w->line = line;
}

/* The tag of an expression, its line, and its place. One that is shared is part of `index`. */
static inline char *head_at(Writer *w, char *at, int tag, const AstExpr *e,
                            const AstExpr *index)
{
    if (w->strip) {
        *at++ = (char)tag;
        return at;
    }
    bool shared = ast_is_shared(e);
    int line = shared ? ast_place(index).line : e->line, up = shared ? 0 : e->place_up;
    unsigned column = shared ? index->place_column : e->place_column;
    if (__builtin_expect(column && !up && line == w->line, 1)) {
        *at++ = (char)(tag | DUMP_NEAR);
        return number_at(at, column);
    }
    *at++ = (char)tag;
    at = signed_at(at, (int64_t)line - w->line);
    at = number_at(at, column);
    if (column) at = signed_at(at, up);
    w->line = line;
    return at;
}

/* The first time with the bytes; then just the number. */
static void put_string(Writer *w, const String *s)
{
    Value known = table_get_string(&w->numbers, s, string_hash(s));
    if (known != V_NIL) {
        put_count(w, (int)value_to_double(known));
        return;
    }
    compile_save_up(s->length + 1);
    if (s->length >= mem_room_due()) w->full = true;
    if (w->full) return; /* what is written is thrown away */
    put_count(w, w->string_count);
    table_set_string(&w->numbers, s, value_number(w->string_count++), w->token);
    put_number(w, s->length);
    text_add(&w->out, s->data, s->length);
}

static void put_name(Writer *w, const String *name)
{
    if (!w->strip) put_string(w, name);
}

static bool is_break(const AstLabel *label)
{
    return label->name->length == 5 && memcmp(label->name->data, "break", 5) == 0;
}

/* Stripped, all there is to know is which labels of a function are the same. */
static void put_label(Writer *w, const AstLabel *label)
{
    if (w->strip)
        put_count(w, is_break(label) ? 0 : label->index + 1);
    else
        put_string(w, label->name);
}

/* Expressions ------------------------------------------------------------------------ */

static void write_expr(Writer *w, const AstExpr *e);
static void write_nested(Writer *w, const AstFunction *f);

static void write_list(Writer *w, const AstExpr *list)
{
    int count = 0;
    for (const AstExpr *e = list; e; e = e->next) count++;
    put_count(w, count);
    for (const AstExpr *e = list; e; e = e->next) write_expr(w, e);
}

static void write_fields(Writer *w, const AstExpr *e)
{
    PackedField v;
    put_line(w, e->u.table.end_line);
    for (const AstField *f = packed_first(e, &v); f; f = packed_next(e, f, &v)) {
        put_byte(w, (int)f->kind + 1);
        if (f->kind != FIELD_ELEMENT) write_expr(w, f->key);
        write_expr(w, f->value);
        put_line(w, f->line);
    }
    put_byte(w, 0);
}

/* Whether an index is written in the short form of a name: of a global, or of a field. */
static bool is_name(const Writer *w, const AstExpr *e)
{
    const AstExpr *key = e->u.index.key, *object = e->u.index.object;
    if (key->kind != EXPR_STRING || !dump_is_alike(key, e, w->strip)) return false;
    return !e->u.index.global || dump_is_alike(object, e, w->strip);
}

static bool is_global(const Writer *w, const AstExpr *e)
{
    return e->kind == EXPR_INDEX && e->u.index.global && is_name(w, e);
}

static bool is_integer(double d)
{
    return d >= 0 && d < DUMP_INTEGERS && (int)d == d && !signbit(d);
}

static int tag_of(const Writer *w, const AstExpr *e)
{
    if (e->kind == EXPR_INDEX && is_name(w, e))
        return e->u.index.global ? DUMP_GLOBAL : DUMP_FIELD;
    if (e->kind == EXPR_NUMBER && is_integer(e->u.number)) return DUMP_INTEGER;
    return (int)e->kind;
}

static void write_index(Writer *w, const AstExpr *e)
{
    const AstExpr *key = e->u.index.key;
    put_byte(w, e->u.index.global);
    if (key->kind != EXPR_STRING) {
        write_expr(w, key);
    } else if (has_room(w)) {
        char *at = room_for(w, HEAD_MAX);
        written(w, head_at(w, at, EXPR_STRING, key, e));
        put_string(w, key->u.string);
    }
}

/* The number of a variable, or of a global's _ENV. */
static uint64_t variable(const AstExpr *e)
{
    return e->kind == EXPR_UPVALUE ? (uint64_t)e->u.upvalue * 2
                                   : (uint64_t)e->u.local->index * 2 + 1;
}

/* What is behind the head of e, and is no number. */
static void write_rest(Writer *w, const AstExpr *e, int tag)
{
    switch (tag) {
    case EXPR_NUMBER: put_double(w, e->u.number); break;
    case EXPR_STRING: put_string(w, e->u.string); break;
    case EXPR_FUNCTION: write_nested(w, e->u.function); break;
    case EXPR_INDEX: write_index(w, e); break;
    case DUMP_GLOBAL:
    case DUMP_FIELD: put_string(w, e->u.index.key->u.string); break;
    case EXPR_METHOD:
        put_string(w, e->u.call.name);
        put_line(w, e->u.call.name_line); /* fall through */
    case EXPR_CALL: write_list(w, e->u.call.args); break;
    case EXPR_BINARY:
    case EXPR_AND:
    case EXPR_OR: write_expr(w, e->u.binary.right); break;
    case EXPR_UNARY:
    case EXPR_PAREN: write_expr(w, e->u.unary.operand); break;
    case EXPR_TABLE: write_fields(w, e); break;
    default: break;
    }
}

/* e but for its left part; `more`: what it is the left part of, or NULL. */
static void write_part(Writer *w, const AstExpr *e, const AstExpr *more)
{
    int tag = tag_of(w, e);
    char *at = head_at(w, room_for(w, HEAD_MAX), tag | (more ? DUMP_MORE : 0), e, more);
    switch (tag) {
    case EXPR_LOCAL: at = number_at(at, (uint64_t)e->u.local->index); break;
    case EXPR_UPVALUE: at = number_at(at, (uint64_t)e->u.upvalue); break;
    case DUMP_INTEGER: at = number_at(at, (uint64_t)e->u.number); break;
    case DUMP_GLOBAL: at = number_at(at, variable(e->u.index.object)); break;
    case EXPR_BINARY: *at++ = (char)e->u.binary.op; break;
    case EXPR_UNARY: *at++ = (char)e->u.unary.op; break;
    default: break;
    }
    written(w, at);
    write_rest(w, e, tag);
}

static const AstExpr *left_part(const Writer *w, const AstExpr *e)
{
    switch (e->kind) {
    case EXPR_INDEX: return is_global(w, e) ? NULL : e->u.index.object;
    case EXPR_CALL:
    case EXPR_METHOD: return e->u.call.callee;
    case EXPR_BINARY:
    case EXPR_AND:
    case EXPR_OR: return e->u.binary.left;
    default: return NULL;
    }
}

/* Its parts from the leftmost one on, kept in a list until they are written. */
static void write_chain(Writer *w, const AstExpr *e)
{
    int first = w->part_count;
    for (; e; e = left_part(w, e)) {
        if (!array_room(&w->parts, w->part_count, &w->part_capacity, sizeof *w->parts)) break;
        w->parts[w->part_count++] = e;
    }
    while (w->part_count > first) {
        const AstExpr *part = w->parts[--w->part_count];
        write_part(w, part, w->part_count > first ? w->parts[w->part_count - 1] : NULL);
    }
}

static void write_expr(Writer *w, const AstExpr *e)
{
    if (!has_room(w)) return;
    const AstExpr *left = left_part(w, e);
    if (!left) {
        write_part(w, e, NULL);
    } else if (!left_part(w, left)) {
        write_part(w, left, e);
        write_part(w, e, NULL);
    } else {
        write_chain(w, e);
    }
}

/* Statements ------------------------------------------------------------------------- */

static void write_block(Writer *w, const AstBlock *b);

static void write_local(Writer *w, const AstLocal *l)
{
    put_name(w, l->name);
    put_line(w, l->line);
}

static void write_locals(Writer *w, AstLocal *const *locals, int count)
{
    put_count(w, count);
    for (int i = 0; i < count; i++) write_local(w, locals[i]);
}

/* One that may be missing. */
static void write_optional(Writer *w, const AstExpr *e)
{
    put_byte(w, e != NULL);
    if (e) write_expr(w, e);
}

static void write_if(Writer *w, const AstStat *s)
{
    for (const AstClause *c = s->u.clauses; c; c = c->next) {
        put_byte(w, c->condition ? 1 : 2);
        put_line(w, c->line);
        if (c->condition) write_expr(w, c->condition);
        put_line(w, c->test_line);
        write_block(w, c->block);
    }
    put_byte(w, 0);
}

static void write_for_num(Writer *w, const AstStat *s)
{
    write_local(w, s->u.for_num.var);
    write_expr(w, s->u.for_num.start);
    write_expr(w, s->u.for_num.limit);
    write_optional(w, s->u.for_num.step);
    put_line(w, s->u.for_num.do_line);
    write_block(w, s->u.for_num.block);
}

static void write_for_in(Writer *w, const AstStat *s)
{
    write_locals(w, s->u.for_in.locals, s->u.for_in.count);
    put_line(w, s->u.for_in.call_line);
    write_list(w, s->u.for_in.values);
    put_line(w, s->u.for_in.do_line);
    write_block(w, s->u.for_in.block);
}

static void write_loop(Writer *w, const AstStat *s)
{
    if (s->kind == STAT_WHILE) write_expr(w, s->u.loop.condition);
    put_line(w, s->u.loop.test_line);
    write_block(w, s->u.loop.block);
    if (s->kind == STAT_REPEAT) write_expr(w, s->u.loop.condition);
}

static void write_stat(Writer *w, const AstStat *s)
{
    put_byte(w, (int)s->kind + 1);
    put_line(w, s->line);
    switch (s->kind) {
    case STAT_LOCAL:
        write_locals(w, s->u.local.locals, s->u.local.count);
        write_list(w, s->u.local.values);
        break;
    case STAT_LOCAL_FUNCTION:
        write_local(w, s->u.local.locals[0]);
        write_expr(w, s->u.local.values);
        break;
    case STAT_ASSIGN:
        write_list(w, s->u.assign.targets);
        write_list(w, s->u.assign.values);
        break;
    case STAT_CALL: write_expr(w, s->u.call); break;
    case STAT_DO:
    case STAT_WHILE:
    case STAT_REPEAT: write_loop(w, s); break;
    case STAT_IF: write_if(w, s); break;
    case STAT_FOR_NUM: write_for_num(w, s); break;
    case STAT_FOR_IN: write_for_in(w, s); break;
    case STAT_RETURN: write_list(w, s->u.values); break;
    case STAT_GOTO: put_label(w, s->u.label); break;
    case STAT_LABEL:
        put_label(w, s->u.label);
        put_line(w, s->u.label->line);
        break;
    }
    put_line(w, s->end_line);
}

static void write_block(Writer *w, const AstBlock *b)
{
    for (const AstStat *s = b->stats; s && has_room(w); s = s->next) write_stat(w, s);
    put_byte(w, 0);
    put_line(w, b->end_line);
}

/* Functions -------------------------------------------------------------------------- */

static void write_head(Writer *w, const AstFunction *f)
{
    put_count(w, f->line);
    put_count(w, f->end_line);
    put_byte(w, (f->vararg ? DUMP_VARARG : 0) | (f->method ? DUMP_METHOD : 0));
}

static void write_body(Writer *w, const AstFunction *f)
{
    write_locals(w, f->locals, f->params);
    write_block(w, f->body);
}

static void write_nested(Writer *w, const AstFunction *f)
{
    write_head(w, f);
    put_count(w, f->upvalue_count);
    for (int i = 0; i < f->upvalue_count; i++) {
        const AstUpvalue *u = &f->upvalues[i];
        put_count(w, u->index * 2 + u->from_parent);
        put_name(w, u->name);
    }
    write_body(w, f);
}

/* A chunk's own _ENV that is never assigned; others' values may change without notice. */
static bool is_constant(const AstLocal *l) { return !l->function && !l->assigned; }

static void write_outermost(Writer *w, const AstFunction *f)
{
    put_byte(w, w->strip);
    if (!w->strip) put_string(w, f->chunk_name);
    write_head(w, f);
    put_count(w, f->upvalue_count);
    for (int i = 0; i < f->upvalue_count; i++) {
        put_byte(w, is_constant(f->upvalues[i].local));
        put_name(w, f->upvalues[i].name);
    }
    write_body(w, f);
}

String *dump_write(const AstFunction *f, bool strip)
{
    char *bytes;
    Writer w = {.strip = strip || f->stripped, .token = epoch_new()};
    write_outermost(&w, f);
    String *s = has_room(&w) ? string_reserve(DUMP_HEADER + w.out.length, &bytes) : NULL;
    if (!s) return NULL;
    memcpy(bytes, dump_start, sizeof dump_start);
    store_64(bytes + DUMP_LENGTH_AT, w.out.length);
    store_64(bytes + DUMP_HASH_AT, dump_hash(w.out.bytes, w.out.length));
    mem_copy(bytes + DUMP_HEADER, w.out.bytes, w.out.length);
    return s;
}
