/* SPDX-License-Identifier: MIT */
/*
 * debug.sethook and gethook (manual 6.10); what hooks do is the evaluator's.
 *
 * Main invariant: a coroutine's hook and its mask are set together, or there is none.
 */
#include "lib/debug/lib_debug.h"
#include "stack/hook.h"

static uint32_t mask_of(const String *s, int32_t count)
{
    uint32_t mask = count > 0 ? HOOK_COUNT : 0;
    const char *text = lib_c_text(s);
    if (strchr(text, 'c')) mask |= HOOK_CALL;
    if (strchr(text, 'r')) mask |= HOOK_RETURN;
    if (strchr(text, 'l')) mask |= HOOK_LINE;
    return mask;
}

int lib_debug_sethook(Machine *M, Value *a, int n)
{
    int shift;
    int32_t count;
    Coroutine *co = lib_debug_thread(M, a, n, &shift);
    if (arg_absent(a, n, shift)) {
        hook_set(M, co, V_NIL, 0, 0);
        return 0;
    }
    const String *s = arg_string(M, a, n, shift + 1);
    if (!s || !arg_function(M, a, n, shift) || !arg_int_or(M, a, n, shift + 2, 0, &count))
        return NATIVE_ERROR;
    hook_set(M, co, a[shift], mask_of(s, count), (uint32_t)count);
    return 0;
}

int lib_debug_gethook(Machine *M, Value *a, int n)
{
    int shift;
    const Coroutine *co = lib_debug_thread(M, a, n, &shift);
    const HookState *s = heap_coroutine(&M->run, co)->hook;
    const Hook *h = s ? s->hook : NULL;
    char text[4], *end = text;
    uint32_t mask = h ? h->mask : 0;
    if (mask & HOOK_CALL) *end++ = 'c';
    if (mask & HOOK_RETURN) *end++ = 'r';
    if (mask & HOOK_LINE) *end++ = 'l';
    a[0] = h ? h->function : V_NIL;
    a[1] = new_string(text, (size_t)(end - text));
    a[2] = value_number(h ? (int32_t)h->count : 0);
    return 3;
}
