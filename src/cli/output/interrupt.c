/* SPDX-License-Identifier: MIT */
/*
 * Ctrl-C.
 *
 * Main invariant: between interrupt_begin and interrupt_end the first Ctrl-C sets the flag and
 * does nothing else; at all other times Ctrl-C ends the process.
 */
#include "cli/output/interrupt.h"

#include <signal.h>
#include <stddef.h>

#include "native/native.h"

volatile int interrupt_flag;

static void on_interrupt(int number, siginfo_t *info, void *context)
{
    int flag = info->si_code == SI_KERNEL ? INTERRUPT_ALL : 1;
    __atomic_store_n(&interrupt_flag, flag, __ATOMIC_RELAXED); /* threads read it */
}

/* Catches it once, as lua does. It ends waits for files and commands, which PUC Lua begins
 * again. */
void interrupt_begin(void)
{
    struct sigaction a = {.sa_sigaction = on_interrupt, .sa_flags = SA_RESETHAND | SA_SIGINFO};
    sigemptyset(&a.sa_mask);
    __atomic_store_n(&interrupt_flag, 0, __ATOMIC_RELAXED);
    sigaction(SIGINT, &a, NULL);
}

void interrupt_end(void) { signal(SIGINT, SIG_DFL); }
