/* SPDX-License-Identifier: MIT */
/*
 * Causes of errors: kept where an error is made.
 *
 * Main invariant: what is kept is no content of the state. It is not counted, so a program
 * finds the same whether somebody asks for causes or not.
 */
#include "operate/cause.h"

#include <assert.h>
#include <string.h>

#include "operate/error.h"
#include "stack/frame.h"
#include "tree/text.h"

void cause_set(Machine *M, CauseKind kind, const char *name, const Value *about, size_t count)
{
    assert(kind != CAUSE_NONE && "a cause is of a kind");
    M->cause = NULL;
    if (mem_short || M->raised == RAISED_BY_MEMORY || count > UINT32_MAX) return;
    uint64_t counted = mem_count_stop();
    Cause *c = mem_try_alloc(sizeof *c + count * sizeof *about);
    mem_count_go_on(counted);
    if (!c) return;
    c->kind = (uint8_t)kind;
    c->name = name;
    c->count = (uint32_t)count;
    if (count) memcpy(c->about, about, count * sizeof *about);
    M->cause = c;
}

void cause_set_operator(Machine *M, const Value *fp, const Node *n, const char *otherwise,
                        Value x, Value y)
{
    const AstExpr *e = error_origin(fp, n);
    bool known = e && e->kind == EXPR_BINARY;
    const char *name = known ? ast_binary_names[e->u.binary.op] : otherwise;
    cause_set(M, CAUSE_OPERATOR, name, (Value[]){x, y}, 2);
}

void cause_set_call(Machine *M, const Value *fp, const Node *n, const Value *nf, size_t count)
{
    const AstExpr *e = error_origin(fp, n);
    if (e && e->kind == EXPR_METHOD && nf[AT_FUNCTION] == V_NIL && count) {
        Value name = string_value((String *)e->u.call.name);
        cause_set(M, CAUSE_METHOD, "", (Value[]){nf[0], name}, 2);
    } else {
        cause_set(M, CAUSE_CALL, "", nf + AT_FUNCTION, count + 1);
    }
}

void cause_set_native(Machine *M, const Value *about, size_t count)
{
    Value f = M->native[AT_FUNCTION];
    if (value_is(f, OBJ_NATIVE))
        cause_set(M, CAUSE_NATIVE, ((const Native *)value_pointer(f))->name, about, count);
}
