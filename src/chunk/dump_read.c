/* SPDX-License-Identifier: MIT */
/*
 * Binary chunks to trees: numbers, strings and functions; the chunk as a whole.
 *
 * Main invariant: a tree that is answered is one that some source has, or nothing is.
 */
#include "chunk/undump.h"

#include <assert.h>
#include <stdio.h>

#include "chunk/chunk.h"
#include "memory/mem.h"

/* Numbers and strings ---------------------------------------------------------------- */

/* Less than limit. */
uint64_t undump_long_number(Reader *r, uint64_t limit)
{
    assert(r->at <= r->end && "nothing is read behind the dump");
    uint64_t n = 0;
    undump_look(r);
    for (int shift = 0; shift < 63; shift += 7) {
        int byte = undump_byte(r);
        n |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            if (n < limit) return n;
            break;
        }
    }
    undump_fail(r);
    return 0;
}

static uint64_t load_64(const uint8_t *from)
{
    uint64_t n = 0;
    for (int i = 0; i < 8; i++) n |= (uint64_t)from[i] << 8 * i;
    return n;
}

/* Source has no NaN; and values must have none but plain ones. */
double undump_double(Reader *r)
{
    double d = 0;
    if (r->end - r->at < 8) {
        undump_fail(r);
        return 0;
    }
    uint64_t bits = load_64(r->at);
    r->at += 8;
    memcpy(&d, &bits, 8);
    if (d == d) return d;
    undump_fail(r);
    return 0;
}

/* A place is for people only, so any will do that fits. */
void undump_long_place(Reader *r, AstExpr *e)
{
    e->line = undump_line(r, 1);
    if (r->stripped) return;
    int column = undump_int(r, INT_MAX);
    int64_t line = column ? e->line - undump_signed(r) : 0;
    if (line > 0 && line <= LINE_MAX_READ) ast_set_place(e, (AstPlace){(int)line, column});
}

static String *new_string(Reader *r)
{
    assert(r->string_count <= r->string_capacity && "strings fit the array");
    size_t length = undump_number(r, (uint64_t)1 << 62);
    undump_require(r, length <= (size_t)(r->end - r->at));
    if (undump_failed(r)) return r->no_name;
    const char *bytes = (const char *)r->at;
    String *s = length <= LEX_SHORT ? string_intern(bytes, length) : string_new(bytes, length);
    if (!s) {
        undump_fail(r);
        return r->no_name;
    }
    r->at += length;
    tree_hold(r->lex.tree, s);
    if (array_room(&r->strings, r->string_count, &r->string_capacity, sizeof *r->strings))
        r->strings[r->string_count++] = s;
    return s;
}

String *undump_string(Reader *r)
{
    int i = undump_int(r, r->string_count + 1);
    if (undump_failed(r)) return r->no_name;
    return i < r->string_count ? r->strings[i] : new_string(r);
}

String *undump_name(Reader *r) { return r->stripped ? r->no_name : undump_string(r); }

String *undump_label(Reader *r)
{
    char text[16];
    if (!r->stripped) return undump_string(r);
    int number = undump_int(r, INT_MAX);
    if (!number) return r->scopes.break_name;
    String *s = string_intern(text, (size_t)snprintf(text, sizeof text, "%d", number));
    tree_hold(r->lex.tree, s);
    return s;
}

/* Functions -------------------------------------------------------------------------- */

static void read_head(Reader *r, AstFunction *f)
{
    f->chunk_name = r->chunk_name;
    f->stripped = r->stripped;
    f->line = undump_int(r, LINE_MAX_READ);
    f->end_line = undump_int(r, LINE_MAX_READ);
    int flags = undump_byte(r);
    undump_require(r, flags <= (DUMP_VARARG | DUMP_METHOD) && f->end_line >= f->line);
    f->vararg = flags & DUMP_VARARG;
    f->method = flags & DUMP_METHOD;
}

static AstUpvalue *new_upvalues(Reader *r, AstFunction *f)
{
    f->upvalue_count = undump_int(r, UPVALUES_MAX + 1);
    f->upvalues = tree_array(r->lex.tree, (size_t)f->upvalue_count * sizeof *f->upvalues + 1);
    if (!f->upvalues) f->upvalue_count = 0;
    return f->upvalues;
}

/* Variables of the function around this one, or its upvalues. */
static void read_upvalues(Reader *r, AstFunction *f)
{
    const FunctionScope *outer = r->scopes.function->outer;
    AstUpvalue *u = new_upvalues(r, f);
    for (int i = 0; i < f->upvalue_count && !undump_failed(r); i++, u++) {
        int source = undump_int(r, INT_MAX);
        u->from_parent = source & 1;
        u->index = source >> 1;
        u->name = undump_name(r);
        undump_require(r, u->from_parent || u->index < outer->ast->upvalue_count);
        if (undump_failed(r)) break;
        u->local = u->from_parent ? undump_find_active(r, outer, u->index)
                                  : outer->ast->upvalues[u->index].local;
        if (u->from_parent && u->local) u->local->captured = true;
        undump_require(r, u->local && string_equal(u->name, u->local->name));
    }
    if (undump_failed(r)) f->upvalue_count = 0;
}

/* Fresh variables from nowhere. What is not constant is assigned, by debug.setupvalue. */
static void read_free_upvalues(Reader *r, AstFunction *f)
{
    AstUpvalue *u = new_upvalues(r, f);
    for (int i = 0; i < f->upvalue_count; i++, u++) {
        AstLocal *l = u->local = tree_lasting(r->lex.tree, sizeof *l);
        l->captured = true;
        l->assigned = !undump_byte(r);
        u->name = l->name = undump_name(r);
        u->from_parent = true;
        u->index = l->index = i;
    }
}

static void read_body(Reader *r, AstFunction *f)
{
    f->params = undump_locals(r);
    scope_activate(&r->scopes, f->params);
    undump_require(r, f->params > 0 || !f->method);
    f->body = undump_block(r, false);
}

AstFunction *undump_function(Reader *r)
{
    FunctionScope scope;
    int held = r->held;
    AstFunction *f = tree_lasting(r->lex.tree, sizeof *f);
    read_head(r, f);
    r->held = 0;
    scope_open_function(&r->scopes, &scope, f);
    read_upvalues(r, f);
    read_body(r, f);
    scope_close_function(&r->scopes);
    r->held = held;
    return f;
}

/* Scopes have given it _ENV, which it may not have. */
static AstFunction *read_outermost(Reader *r)
{
    FunctionScope scope;
    int stripped = undump_byte(r);
    undump_require(r, stripped <= 1);
    r->stripped = stripped;
    r->chunk_name = stripped ? string_constant("=?", 2) : undump_string(r);
    AstFunction *f = &r->lex.tree->main;
    read_head(r, f);
    scope_open_function(&r->scopes, &scope, f);
    read_free_upvalues(r, f);
    read_body(r, f);
    scope_close_function(&r->scopes);
    undump_require(r, r->at == r->end);
    return f;
}

/* Dumps ------------------------------------------------------------------------------ */

uint64_t dump_code(const char *dump)
{
    uint64_t hash = load_64((const uint8_t *)dump + DUMP_HASH_AT);
    return hash ? hash : 1;
}

size_t dump_whole(const char *bytes, size_t length)
{
    if (length < DUMP_HEADER || memcmp(bytes, dump_start, sizeof dump_start) != 0) return 0;
    uint64_t contents = load_64((const uint8_t *)bytes + DUMP_LENGTH_AT);
    return contents <= length - DUMP_HEADER ? DUMP_HEADER + (size_t)contents : 0;
}

/* What is wrong with a dump's head, in PUC Lua's words, or NULL where there is nothing. */
static const char *check_head(const char *bytes, size_t length)
{
    enum { VERSION_AT = 4, TAIL_AT = 6, PUC_HEADER = 18 };
    const uint8_t *p = (const uint8_t *)bytes;
    if (length < PUC_HEADER) return "truncated";
    if (memcmp(bytes, dump_start, VERSION_AT) != 0) return "not a";
    if (memcmp(bytes, dump_start, TAIL_AT) != 0) return "version mismatch in";
    if (memcmp(bytes, dump_start, sizeof dump_start) != 0) return "corrupted";
    if (length < DUMP_HEADER) return "truncated";
    uint64_t contents = load_64(p + DUMP_LENGTH_AT);
    if (contents > length - DUMP_HEADER) return "truncated";
    if (dump_hash(bytes + DUMP_HEADER, contents) != load_64(p + DUMP_HASH_AT))
        return "corrupted";
    return NULL;
}

static ParseResult refuse(const String *chunk_name, const char *why)
{
    const char *name = chunk_name->data;
    size_t length = chunk_name->length;
    Text t = {0};
    if (length && (*name == '@' || *name == '=')) {
        name++, length--;
    } else if (dump_begins(name, length)) {
        name = "binary string", length = strlen(name);
    }
    const char *nul = length ? memchr(name, 0, length) : NULL;
    text_add(&t, name, nul ? (size_t)(nul - name) : length);
    text_add_c(&t, ": ");
    text_add_c(&t, why);
    text_add_c(&t, " precompiled chunk");
    return (ParseResult){.error = string_new(t.bytes, t.length)};
}

ParseResult dump_read(const char *bytes, size_t length, const String *chunk_name)
{
    Reader r;
    const char *why = check_head(bytes, length);
    if (why) return refuse(chunk_name, why);
    memset(&r, 0, sizeof r);
    r.at = (const uint8_t *)bytes + DUMP_HEADER;
    r.end = r.at + load_64((const uint8_t *)bytes + DUMP_LENGTH_AT);
    r.no_name = string_constant("?", 1);
    lexer_init(&r.lex, "", 0, r.no_name);
    r.lex.tree = tree_new();
    scopes_init(&r.scopes, &r.lex);
    AstFunction *f = read_outermost(&r);
    if (undump_failed(&r) || !compile_has_room()) return refuse(chunk_name, "corrupted");
#ifdef MOONLET_DEBUG
    ast_check(f);
#endif
    return (ParseResult){.main = f};
}
