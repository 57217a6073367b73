/* SPDX-License-Identifier: MIT */
/*
 * Compiling within limits: when whoever compiles is to give up, and what it may allocate. The
 * lexer, the linker, the reader and the writer of dumps ask.
 */
#ifndef MOONLET_COMPILE_H
#define MOONLET_COMPILE_H

#include "memory/mem.h"

/* The parser, and the reader of dumps, asks `due` from time to time whether it is to give up
 * because there is no time left. Then it fails, with any message. If due is NULL, it is never
 * asked. */
enum { COMPILE_LOOK_EVERY = 2000 }; /* tokens, or nodes */
typedef struct CompileLook {
    bool (*due)(void *context);
    void *context;
    int left;       /* tokens or nodes until the next look */
    bool waits;     /* due answers false when the run has stopped and goes on */
    int paid;       /* of compile_paid_begin without its end */
    int64_t *meter; /* mem_meter, which is NULL meanwhile */
    bool unbounded; /* there is no bound on bytes, but for whom `due` asks */
    MemBound bound; /* mem_bound, which is none meanwhile */
    uint64_t moved; /* how far mem_counted has gone on while due was asked, or paused */
    bool over;      /* it was due, or what was made is not whole: all else is in vain */
} CompileLook;
static inline CompileLook compile_look_new(bool (*due)(void *), void *context, bool waits)
{
    return (CompileLook){
        .due = due, .context = context, .left = COMPILE_LOOK_EVERY, .waits = waits};
}
extern MEM_THREAD CompileLook compile_look;
bool compile_look_now(void);
/* What is done between the two has been paid for: long strings cost no steps. */
void compile_paid_begin(void);
void compile_paid_end(void);
/* Nobody counts what is made until it ends, nor pays; the run may have to wait, or to stop. */
uint64_t compile_uncounting_begin(void);
void compile_uncounting_end(uint64_t counted);
/* The same, however long it takes, for what is made once and kept for all who have a chunk:
 * whether it is made depends on what others have done. */
typedef struct CompileUncounted {
    CompileLook look;
    int64_t beside;
    uint64_t counted;
} CompileUncounted;
CompileUncounted compile_uncounted_begin(void);
void compile_uncounted_end(const CompileUncounted *u);
/* What is done since one has asked for this counts so many bytes, instead of its own. */
static inline uint64_t compile_counted(void) { return mem_counted - compile_look.moved; }
static inline void compile_count_instead(uint64_t since, size_t bytes)
{
    mem_counted = since + compile_look.moved;
    mem_count(bytes);
}
/* Whether the run may allocate more; if it can wait, it does. */
bool compile_wait_for_room(void);
static inline bool compile_has_room(void)
{
    return __builtin_expect(mem_room_due() > 0 && !compile_look.over, 1) ||
           compile_wait_for_room();
}
/* Whether it may take so many; if not, it has to give up, also if there is room later. */
bool compile_may_take(size_t bytes);
/* What was to be taken was not there: it has to give up likewise. */
void compile_lacks(void);
/* Prepares for so many bytes that are about to be counted and taken. Where the run may have
 * less now, but can wait, it pays for them in as many slices as that needs. */
void compile_save_up(size_t bytes);
static inline bool compile_is_due(void)
{
    return __builtin_expect(--compile_look.left < 0, 0) && compile_look_now();
}

#endif
