/* SPDX-License-Identifier: MIT */
/*
 * What the parts of breaks know of each other: tour_break.c says what is a hit, tour_count.c
 * how many there were, tour_seek.c looks for the next one.
 */
#ifndef MOONLET_API_TOUR_BREAK_H
#define MOONLET_API_TOUR_BREAK_H

#include "api/tour/tour.h"

/* Nothing of a branch is before that time. */
static inline bool tour_is_beginning(DebugTime t) { return !t.step && t.event == UINT32_MAX; }

/* Compiles the condition before a search, as nothing can be compiled in one. */
void break_prepare(TourBreak *b);
/* Bits of breaks.h: whether node i of a function may be at the break's place. */
unsigned break_wants(const TourBreak *b, const Proto *p, uint32_t i);
/* Whether the event is at the break's place, and its condition holds. */
bool break_is_met(TourBreak *b, DebugEvent *e);
bool break_holds(TourBreak *b, DebugEvent *e);
/* Whether the path is another one than *seen, which forwards becomes what it is: the value at
 * the event before. Backwards *seen is where the search began. */
bool break_has_changed(DebugPath *p, DebugSeen *seen, bool back, DebugEvent *e);
/* Whether the break wants to be hit so often. */
bool break_rule_holds(const TourBreak *b, uint64_t hits);
/* Tells the tour's host the break's text. */
void break_say(const TourSeek *s, const TourBreak *b, DebugEvent *e);

/* The hits up to where the tour's branch begins. */
uint64_t tour_hits_before(const Tour *t, TourBreak *b);
/* What the break's path was at the last line before the tour's branch. */
DebugSeen tour_seen_before(const Tour *t, TourBreak *b);

#endif
