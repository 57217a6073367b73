/* SPDX-License-Identifier: MIT */
/*
 * The texts of errors: positions, names of variables, tracebacks.
 *
 * Main invariant: nothing is worked out before there is an error. All that is known is found
 * from the node, through the syntax tree.
 */
#include "operate/error.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "control/eval.h"
#include "link/again.h"
#include "operate/meta.h"
#include "text/buffer.h"
#include "tree/text.h"

static bool node_of_frame(const Value *fp, const Node *n)
{
    return frame_is_lua(fp) && proto_index(frame_proto(fp), n) != UINT32_MAX;
}

/* The node that is to be named for n: where a call was to return to, the call. */
static const Node *node_named(const Proto *p, const Node *n)
{
    assert(proto_index(p, n) != UINT32_MAX && "the node is one of the function");
    uint32_t i = proto_index(p, n);
    return &p->nodes[i && frame_is_called(n) ? i - 1 : i];
}

int error_line(const Value *fp, const Node *n)
{
    if (!node_of_frame(fp, n)) return -1;
    const Proto *p = frame_proto(fp);
    uint32_t i = proto_index(p, n); /* where a call returns to may begin a line of its own */
    if (p->source->stripped) return 0;
    while (i && !proto_line(p, i)) i--;
    while (!proto_line(p, i)) i++; /* the last one, a return, has a line */
    return proto_line(p, i);
}

const AstExpr *error_origin(const Value *fp, const Node *n)
{
    if (!node_of_frame(fp, n)) return NULL;
    const Proto *p = frame_proto(fp);
    const AstExpr *const *origins = link_origins(p);
    return origins ? origins[proto_index(p, node_named(p, n))] : NULL;
}

static size_t where_text(const Value *fp, const Node *n, char *out, size_t size)
{
    int line = error_line(fp, n);
    if (line < 0) return 0;
    char id[CHUNK_ID_MAX];
    chunk_id(frame_proto(fp)->source->chunk_name, id);
    return (size_t)snprintf(out, size, "%s:%d: ", id, line);
}

String *error_where(const Value *fp, const Node *n)
{
    char text[CHUNK_ID_MAX + 32];
    size_t length = error_line(fp, n) > 0 ? where_text(fp, n, text, sizeof text) : 0;
    return string_new(text, length);
}

AstPlace error_place(const Machine *M, const Value *fp, const Node *n)
{
    if (M->place.line) return M->place;
    const AstExpr *e = error_origin(fp, n);
    return e ? ast_shown_place(e) : (AstPlace){0};
}

void error_raise(Machine *M, Value v)
{
    assert(value_is_valid(v) && "an error is a value");
    M->error = v;
    M->cause = NULL;
    M->raised = RAISED_BY_PROGRAM;
    M->place = (AstPlace){0};
}

String *error_text(const String *before, const char *format, va_list ap, const char *after)
{
    assert(before && format && after && "an error has a text");
    char text[512], *out;
    va_list again;
    va_copy(again, ap);
    int n = vsnprintf(text, sizeof text, format, ap);
    size_t length = n < 0 ? 0 : (size_t)n, end = strlen(after);
    String *s = string_reserve(before->length + length + end + 1, &out);
    if (s) {
        s->length--; /* what vsnprintf ends with */
        if (before->length) memcpy(out, before->data, before->length);
        if (length < sizeof text)
            memcpy(out + before->length, text, length);
        else
            vsnprintf(out + before->length, length + 1, format, again);
        memcpy(out + before->length + length, after, end);
    }
    va_end(again);
    return s;
}

void error_raise_text(Machine *M, const String *s)
{
    if (s)
        error_raise(M, string_value(s));
    else
        error_set_memory(M);
}

static void set_formatted(Machine *M, const Value *fp, const Node *n, const char *format,
                          va_list ap)
{
    char where[CHUNK_ID_MAX + 32] = "";
    where_text(fp, n, where, sizeof where);
    error_raise_text(M, error_text(string_from_c(where), format, ap, ""));
}

void error_set(Machine *M, const Value *fp, const Node *n, const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    set_formatted(M, fp, n, format, ap);
    va_end(ap);
}

void error_set_at(Machine *M, const Value *fp, const Node *n, const AstExpr *culprit,
                  const char *format, ...)
{
    va_list ap;
    va_start(ap, format);
    set_formatted(M, fp, n, format, ap);
    va_end(ap);
    if (culprit) M->place = ast_shown_place(culprit);
}

void error_set_memory(Machine *M)
{
    if (mem_short) mem_recover();
    error_set_lasting(M);
}

void error_set_lasting(Machine *M)
{
    if (mem_short) eval_memory_alarm(M);
    if (mem_is_spent()) M->fatal = true;
    error_raise(M, string_value(string_no_memory()));
    M->raised = RAISED_BY_MEMORY;
}

String *error_memory_text(void)
{
    if (mem_short) mem_recover();
    return string_no_memory();
}

/* Names ------------------------------------------------------------------------- */

static bool is_env(const AstExpr *e, const AstFunction *f)
{
    const String *name = NULL;
    if (e->kind == EXPR_LOCAL) name = e->u.local->name;
    if (e->kind == EXPR_UPVALUE && f) name = f->upvalues[e->u.upvalue].name;
    return name && name->length == 4 && memcmp(name->data, "_ENV", 4) == 0;
}

/* A number that PUC Lua computes as it compiles: it divides by none that is 0. */
static bool is_number(const AstExpr *e)
{
    for (; e->kind == EXPR_BINARY; e = e->u.binary.left) {
        BinaryOp op = e->u.binary.op;
        const AstExpr *right = e->u.binary.right;
        if (op > OP_POW || !is_number(right)) return false;
        bool divides = op == OP_DIV || op == OP_MOD;
        if (divides && (right->kind != EXPR_NUMBER || right->u.number == 0)) return false;
    }
    if (e->kind == EXPR_UNARY) return e->u.unary.op == OP_NEG && is_number(e->u.unary.operand);
    return e->kind == EXPR_NUMBER;
}

/* Constants decide that e is true, or false, in PUC Lua's eyes: `x or 1`, `not (x and nil)`. */
static bool always(const AstExpr *e, bool truth)
{
    for (;;) {
        switch (e->kind) {
        case EXPR_NIL:
        case EXPR_FALSE: return !truth;
        case EXPR_TRUE:
        case EXPR_STRING: return truth;
        case EXPR_AND:
        case EXPR_OR:
            if (truth == (e->kind == EXPR_AND) && !always(e->u.binary.left, truth))
                return false;
            e = e->u.binary.right;
            continue;
        case EXPR_UNARY:
            if (e->u.unary.op != OP_NOT) break;
            truth = !truth;
            e = e->u.unary.operand;
            continue;
        default: break;
        }
        return truth && is_number(e);
    }
}

const AstExpr *error_giver(const AstExpr *e)
{
    assert(e && "there is an expression");
    while ((e->kind == EXPR_AND || e->kind == EXPR_OR) &&
           always(e->u.binary.left, e->kind == EXPR_AND))
        e = e->u.binary.right;
    return e;
}

/* What a value is called in the source, as PUC's getobjname finds it. */
static bool describe(const AstExpr *e, const AstFunction *f, const char **kind,
                     const String **name)
{
    static String *unknown;
    e = error_giver(e);
    switch (e->kind) {
    case EXPR_LOCAL: *kind = "local", *name = e->u.local->name; return !f->stripped;
    case EXPR_UPVALUE: *kind = "upvalue", *name = f->upvalues[e->u.upvalue].name; return true;
    case EXPR_STRING: *kind = "constant", *name = e->u.string; return true;
    case EXPR_INDEX:
        *kind = is_env(e->u.index.object, f) ? "global" : "field";
        e = error_giver(e->u.index.key);
        if (!unknown) unknown = string_constant("?", 1);
        *name = e->kind == EXPR_STRING ? e->u.string : unknown;
        return true;
    default: return false;
    }
}

static bool callee_name(const AstExpr *call, const AstFunction *f, const char **kind,
                        const String **name)
{
    if (call->kind == EXPR_CALL) return describe(call->u.call.callee, f, kind, name);
    if (call->kind != EXPR_METHOD) return false;
    *kind = "method", *name = call->u.call.name;
    return true;
}

typedef bool Namer(const AstExpr *e, const AstFunction *f, const char **kind,
                   const String **name);

static void set_type(Machine *M, const Value *fp, const Node *n, const char *what,
                     const AstExpr *expr, Namer *namer, Value culprit)
{
    const char *kind, *type = value_type_name(culprit);
    const String *name;
    const AstFunction *f = frame_is_lua(fp) ? frame_proto(fp)->source : NULL;
    if (expr && f && namer(expr, f, &kind, &name))
        error_set_at(M, fp, n, expr, "attempt to %s %s '%.*s' (a %s value)", what, kind,
                     (int)name->length, name->data, type);
    else
        error_set_at(M, fp, n, expr, "attempt to %s a %s value", what, type);
}

void error_set_type(Machine *M, const Value *fp, const Node *n, const char *what,
                    const AstExpr *expr, Value culprit)
{
    set_type(M, fp, n, what, expr, describe, culprit);
}

/* What a loop calls has none. */
static bool no_name(const AstExpr *e, const AstFunction *f, const char **kind,
                    const String **name)
{
    return false;
}

void error_set_call(Machine *M, const Value *fp, const Node *n, Value culprit)
{
    Namer *namer = n && n->kind == N_ITER_CALL ? no_name : callee_name;
    set_type(M, fp, n, "call", error_origin(fp, n), namer, culprit);
}

/* The metamethod that an operation's node called; META_COUNT for none. */
static Meta meta_of_node(const Node *n)
{
    assert(n->kind < N_KINDS && "a node is of a kind");
    NodeOp op = (NodeOp)node_kinds[n->kind].op;
    switch (op) {
    case DO_LT: return META_LT;
    case DO_LE: return META_LE;
    case DO_EQ: return META_EQ;
    case DO_NEG: return META_UNM;
    case DO_LEN: return META_LEN;
    case DO_FIELD:
    case DO_ELEMENT:
    case DO_INDEX: return META_INDEX;
    case DO_SET_FIELD:
    case DO_SET_ELEMENT:
    case DO_SET_INDEX: return META_NEWINDEX;
    case DO_OTHER: break;
    default: return (Meta)(META_ADD + op - DO_ADD);
    }
    switch (n->kind) {
    case N_CONCAT_A:
    case N_CONCAT_S: return META_CONCAT;
    case N_SELF_L:
    case N_SELF_A:
    case N_SELF_U: return META_INDEX;
    default: return META_COUNT;
    }
}

bool error_frame_name(const FrameCursor *c, const char **kind, const String **name)
{
    FrameCursor below = *c;
    if (c->tail) return false;
    if (!frame_down(&below) || !node_of_frame(below.fp, below.at)) return false;
    const Node *at = node_named(frame_proto(below.fp), below.at);
    Meta meta = meta_of_node(at);
    if (meta != META_COUNT) {
        *kind = "metamethod";
        *name = meta_names[meta];
        return true;
    }
    if (at->kind == N_ITER_CALL) {
        *kind = "for iterator";
        *name = string_intern("for iterator", 12);
        return true;
    }
    const AstExpr *e = error_origin(below.fp, at);
    return e && callee_name(e, frame_proto(below.fp)->source, kind, name);
}

/* Tracebacks --------------------------------------------------------------------- */

static void add(Buffer *b, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void add(Buffer *b, const char *format, ...)
{
    char text[256];
    va_list ap;
    va_start(ap, format);
    int n = vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    assert((size_t)n < sizeof text && "names are not added by this");
    buffer_append(b, text, (size_t)n);
}

/* Adds the name as C's functions would, up to a zero in it. */
static void add_name(Buffer *b, const String *name)
{
    buffer_append_text(b, " in function '");
    buffer_append(b, name->data, strnlen(name->data, name->length));
    buffer_append_char(b, '\'');
}

static String *dotted(const String *library, const String *key)
{
    String *s = string_concat(string_new(library->data, library->length), ".", 1);
    return string_concat(s, key->data, key->length);
}

/* What a message may cost does not depend on what a program has put into its libraries: one
 * with more entries than are left is not looked through, but only where a native function
 * was put first. */
enum { NAMES_MAX = 4000, LIBRARIES_MAX = 100 };

static const String *key_of(const TableBody *b, Value f, uint32_t *left)
{
    uint64_t entries = b->array_size + (uint64_t)b->hash.count;
    if (entries > *left) {
        if (!value_is(f, OBJ_NATIVE)) return NULL;
        const String *first = string_from_c(((const Native *)value_pointer(f))->name);
        return table_get(b, string_value(first)) == f ? first : NULL;
    }
    *left -= (uint32_t)entries;
    for (Value key = V_NIL, v; table_next(b, &key, &v);)
        if (v == f && value_is_string(key)) return value_string(key);
    return NULL;
}

/* Those of lua5.2, by their names in package.loaded. */
static bool is_standard(const String *library)
{
    static const char *const names[] = {"_G",   "package", "coroutine", "string", "bit32",
                                        "math", "table",   "io",        "os",     "debug"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(library->data, names[i]) == 0) return true;
    return false;
}

/* "string.rep", of the tables that the fields of one are; but not of itself. */
static const String *name_in_fields(Machine *M, const TableBody *b, Value f, bool standard)
{
    uint32_t left = NAMES_MAX, tables = LIBRARIES_MAX;
    for (Value key = V_NIL, v; left && table_next(b, &key, &v); left--) {
        if (!value_is_table(v) || !value_is_string(key)) continue;
        const TableBody *library = heap_table(&M->run, value_pointer(v));
        if (library == b || (!standard && is_standard(value_string(key)))) continue;
        if (tables-- == 0) return NULL;
        const String *found = key_of(library, f, &left);
        if (found) return dotted(value_string(key), found);
        if (!left) return NULL;
    }
    return NULL;
}

/* What lua5.2 does not have, and need not be global: `state`, and modules made for moonlet.h.
 * In all libraries where there are too many globals to look at. */
static const String *name_in_loaded(Machine *M, Value f, bool all)
{
    bool own = value_is(f, OBJ_NATIVE) && strcmp(((Native *)value_pointer(f))->name, "?") != 0;
    Value loaded = run_get_field(&M->run, M->run.world->registry, "_LOADED");
    if (!value_is_table(loaded) || !(all || own)) return NULL;
    return name_in_fields(M, heap_table(&M->run, value_pointer(loaded)), f, all);
}

/* lua5.2 looks among the globals and their fields. */
const String *error_global_name(Machine *M, Value f)
{
    uint32_t left = NAMES_MAX;
    const TableBody *globals = heap_table(&M->run, M->run.world->globals);
    const String *name = name_in_fields(M, globals, f, true);
    if (!name) name = key_of(globals, f, &left);
    return name ? name : name_in_loaded(M, f, left == NAMES_MAX);
}

static void add_function(Machine *M, Buffer *t, const FrameCursor *c)
{
    const char *kind;
    const String *name;
    Value f = c->fp[AT_FUNCTION];
    bool lua = value_is(f, OBJ_CLOSURE);
    const AstFunction *source = lua ? frame_proto(c->fp)->source : NULL;
    if (error_frame_name(c, &kind, &name))
        add_name(t, name);
    else if (lua && !source->line)
        add(t, " in main chunk");
    else if (!lua && (name = error_global_name(M, f)) != NULL)
        add_name(t, name);
    else if (!lua)
        add(t, " in ?");
    else {
        char id[CHUNK_ID_MAX];
        chunk_id(source->chunk_name, id);
        add(t, " in function <%s:%d>", id, source->line);
    }
}

static void add_frame(Machine *M, Buffer *t, const FrameCursor *c)
{
    int line = error_line(c->fp, c->at);
    if (frame_is_lua(c->fp)) {
        char id[CHUNK_ID_MAX];
        chunk_id(frame_proto(c->fp)->source->chunk_name, id);
        add(t, "\n\t%s:", id);
        if (line > 0) add(t, "%d:", line);
    } else {
        add(t, "\n\t[C]:");
    }
    add_function(M, t, c);
    if (c->tail) add(t, "\n\t(...tail calls...)");
}

enum { TRACE_FIRST = 12, TRACE_LAST = 10 };

/* Levels as luaL_traceback counts them: c is at level `here`, the text begins at
 * `level`; what started the outermost call is one more, a C function. */
String *error_traceback(Machine *M, FrameCursor c, const String *message, size_t room, int here,
                        int level)
{
    assert(here >= 0 && "levels are counted from 0");
    frame_skip_uncalled(&c);
    Buffer t;
    buffer_init(&t, room);
    if (message) buffer_append(&t, message->data, strnlen(message->data, message->length));
    if (message) buffer_append_char(&t, '\n');
    add(&t, "stack traceback:");
    int last = here;
    FrameCursor x = c;
    while (frame_down_level(&x)) last++;
    M->fuel -= (last - here) / STEP_LEVELS;
    bool outermost = x.ret->kind == N_GLUE_HALT && !M->alone;
    if (outermost) last++;
    int mark = last > TRACE_FIRST + TRACE_LAST ? TRACE_FIRST - 1 : -1;
    if (level < 0) last = -1;
    for (int i = here; i <= last; i++, frame_down_level(&c)) {
        if (i == mark && i >= level) {
            add(&t, "\n\t...");
            for (; i < last - TRACE_LAST - 1; i++) frame_down_level(&c);
        } else if (i >= level) {
            if (i == last && outermost)
                add(&t, "\n\t[C]: in ?");
            else
                add_frame(M, &t, &c);
        }
    }
    return buffer_finish(&t);
}
