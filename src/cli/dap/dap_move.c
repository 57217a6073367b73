/* SPDX-License-Identifier: MIT */
/*
 * Steps, both ways, and what the client is told of where they have led.
 *
 * Main invariant: after each move the client is told where it has led, or that the session is
 * over.
 */
#ifdef MOONLET_DAP

#include "cli/dap/dap_session.h"
#include "lib/lib.h"

/* Stops ------------------------------------------------------------------------------- */

static const char *reason_of(const Dap *d)
{
    const Tour *t = d->tour;
    if (t->hit) {
        return t->hit->errors   ? "exception"
               : t->hit->path   ? "data breakpoint"
               : t->hit->enters ? "function breakpoint"
                                : "breakpoint";
    }
    if (t->where == TOUR_FAILURE) return "exception";
    return t->where == TOUR_END ? "end" : "step";
}

/* Whether the session ends: it does at an end that the client does not want to see. */
static bool is_end(const Dap *d)
{
    const Tour *t = d->tour;
    if (tour_is_within(t->where) || d->attached || dap_is(d->launch, "stopAtEnd", false))
        return false;
    return t->where == TOUR_END || !d->stops_at_errors;
}

/* What failed, or is raised: for people. In collected memory. */
static const char *error_text(const Dap *d)
{
    const Tour *t = d->tour;
    if (t->where == TOUR_FAILURE && d->error) return d->error;
    if (value_is_string(t->error)) return lib_c_text(value_string(t->error));
    if (t->error == V_NIL) return "(no error message)";
    return "(error object is a value that is no text)";
}

static json_t *stop_body(const Dap *d, const char *reason)
{
    const Tour *t = d->tour;
    const Coroutine *co = t->state->state->base->paused;
    if (!co) co = t->state->state->base->world->main;
    json_t *body = json_pack("{s:s, s:I, s:b}", "reason", reason ? reason : reason_of(d),
                             "threadId", (json_int_t)object_id(co), "allThreadsStopped", 1);
    if (t->hit && !t->hit->errors)
        json_object_set_new(body, "hitBreakpointIds", json_pack("[i]", t->hit->number));
    if (t->where == TOUR_END)
        json_object_set_new(body, "description", json_string("The program has ended"));
    if (t->where == TOUR_FAILURE || t->where == TOUR_ERROR) {
        const char *text = error_text(d);
        json_object_set_new(body, "text", dap_text(text, strcspn(text, "\n")));
    }
    return body;
}

void dap_stopped(Dap *d, const char *reason)
{
    dap_io_flush();
    dap_forget(d);
    if (queue_is_over()) return;
    if (!reason && d->paused) reason = "pause";
    d->paused = false;
    if (d->tour->where == TOUR_END && d->tour->rec->record->end == RECORD_PAUSED) {
        reason = "pause"; /* the last line that was run */
        tour_move(d->tour, TOUR_INTO, true);
    }
    if (!reason && is_end(d)) {
        dap_ended(d);
        return;
    }
    dap_event("stopped", stop_body(d, reason));
}

/* Steps ------------------------------------------------------------------------------- */

static bool can_move(const Dap *d, const json_t *request)
{
    if (!dap_has_stopped(d, request)) return false;
    if (!d->ended) return true;
    dap_refuse(request, "the session has ended");
    return false;
}

static void move(Dap *d, const json_t *request, TourMove how, bool back)
{
    if (!can_move(d, request)) return;
    dap_answer(request, how == TOUR_ON ? json_pack("{s:b}", "allThreadsContinued", 1) : NULL);
    if (!back && !tour_is_within(d->tour->where) && !tour_goes_on(d->tour)) {
        dap_ended(d);
        return;
    }
    dap_running(d, true);
    tour_move(d->tour, how, back);
    dap_running(d, false);
    dap_stopped(d, NULL);
}

void dap_continue(Dap *d, const json_t *request, const json_t *arguments)
{
    (void)arguments;
    move(d, request, TOUR_ON, false);
}

void dap_next(Dap *d, const json_t *request, const json_t *arguments)
{
    (void)arguments;
    move(d, request, TOUR_OVER, false);
}

void dap_step_in(Dap *d, const json_t *request, const json_t *arguments)
{
    (void)arguments;
    move(d, request, TOUR_INTO, false);
}

void dap_step_out(Dap *d, const json_t *request, const json_t *arguments)
{
    (void)arguments;
    move(d, request, TOUR_OUT, false);
}

/* The protocol has one way back: as fine as the client wants. */
void dap_step_back(Dap *d, const json_t *request, const json_t *arguments)
{
    const char *fineness = dap_word(arguments, "granularity");
    bool over = fineness && strcmp(fineness, "line") == 0;
    move(d, request, over ? TOUR_OVER : TOUR_INTO, true);
}

void dap_reverse(Dap *d, const json_t *request, const json_t *arguments)
{
    (void)arguments;
    move(d, request, TOUR_ON, true);
}

/* What went on has seen it before this request was read. */
void dap_pause(Dap *d, const json_t *request, const json_t *arguments)
{
    (void)d;
    (void)arguments;
    dap_answer(request, NULL);
}

/* What waited has been refused by now, and what went on has stopped. */
void dap_cancel(Dap *d, const json_t *request, const json_t *arguments)
{
    (void)d;
    (void)arguments;
    dap_answer(request, NULL);
}

void dap_exception_info(Dap *d, const json_t *request, const json_t *arguments)
{
    (void)arguments;
    if (!can_move(d, request)) return;
    bool caught = d->tour->where == TOUR_ERROR;
    if (d->tour->where != TOUR_FAILURE && !caught) {
        dap_refuse(request, "there is no error here");
        return;
    }
    const char *text = error_text(d);
    json_t *what = dap_text(text, strcspn(text, "\n")), *details = json_object();
    json_object_set_new(details, "message", json_incref(what));
    json_object_set_new(details, "stackTrace", dap_text(text, strlen(text)));
    dap_answer(request,
               json_pack("{s:s, s:o, s:s, s:o}", "exceptionId", "error", "description", what,
                         "breakMode", caught ? "always" : "unhandled", "details", details));
}

#endif
