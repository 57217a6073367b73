/* SPDX-License-Identifier: MIT */
/*
 * Wrong use of the API, found in debug builds: a message on standard error, then abort.
 *
 *   NULL where moonlet.h does not allow it; a state that has been released; a value that is
 *   none, or not of a state (its object is younger than the state); a context that another
 *   thread uses, or that is used after its function has returned
 *
 * In other builds all of this is nothing, and costs nothing.
 */
#ifndef MOONLET_MISUSE_H
#define MOONLET_MISUSE_H

#include "moonlet.h"

#include "stack/machine.h"

#ifdef MOONLET_DEBUG
void misuse_check_state(const moonlet_state *s);
void misuse_check_given(bool given, const char *what);
void misuse_check_values(const State *s, const moonlet_value *values, size_t count);
void misuse_check_context(const moonlet_context *c);
#define assert_live(s_) misuse_check_state(s_)
#define assert_given(p_) misuse_check_given((p_) != NULL, #p_)
#define assert_array(p_, n_) misuse_check_given((p_) != NULL || !(n_), #p_)
#define assert_values(s_, v_, n_) misuse_check_values((s_)->state, (v_), (n_))
#define assert_context(c_) misuse_check_context(c_)
#else
#define assert_live(s_) ((void)(s_))
#define assert_given(p_) ((void)(p_))
#define assert_array(p_, n_) ((void)(p_), (void)(n_))
#define assert_values(s_, v_, n_) ((void)(s_), (void)(v_), (void)(n_))
#define assert_context(c_) ((void)(c_))
#endif

#endif
