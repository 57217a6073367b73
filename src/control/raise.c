/* SPDX-License-Identifier: MIT */
/*
 * Errors as who looks at a replay is told of them: where they are raised, while the stack is as
 * it was.
 *
 * Main invariant: each replay of a run tells of the same errors, in the same order between the
 * same lines, whatever steps it polls at. So an error that comes out of a wrapped coroutine is
 * told once, where it was raised first.
 */
#include "control/raise.h"

#include "stack/breaks.h"
#include "stack/hook.h"

/* What becomes of it on one coroutine's stack; false there: it goes on to the resumer. */
static bool is_decided(FrameCursor *c, bool *caught)
{
    do {
        switch (frame_kinds[c->ret->kind].error) {
        case ERROR_CATCHES:
        case ERROR_HANDLES:
        case ERROR_RESTORES: *caught = true; return true;
        case ERROR_LEAVES:
        case ERROR_RETURNS: *caught = false; return true;
        case ERROR_ENDS: return false;
        default: break;
        }
    } while (frame_down(c));
    *caught = false;
    return true;
}

static bool is_caught(Machine *M, const Node *n, Value *fp)
{
    FrameCursor c = frame_cursor(M->segment, fp, n);
    const Coroutine *co = M->run.co;
    bool caught;
    while (!is_decided(&c, &caught)) {
        const CoBody *b = heap_coroutine(&M->run, co);
        if (!b->wrapped) return true;
        co = b->resumer;
        if (!co) return false;
        b = heap_coroutine(&M->run, co);
        c = frame_cursor(b->segment, b->segment->slots + b->fp, b->node);
    }
    return caught;
}

Value *raise_tell(Machine *M, const Node *n, Value *fp)
{
    bool ends = false;
    if (M->depth > 1 || M->stop || M->fatal || M->error_handled) return fp;
    if (M->raised == RAISED_BY_MEMORY || !is_caught(M, n, fp)) return fp;
    if (M->watch && M->watch->raised)
        fp = M->watch->raised(M, n, fp, &ends);
    else if (M->breaks && M->breaks->raised)
        fp = M->breaks->raised(M, n, fp, &ends);
    if (ends) M->fatal = true;
    return fp;
}
