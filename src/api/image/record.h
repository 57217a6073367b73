/* SPDX-License-Identifier: MIT */
/* Replays of recordings, as runs of the host: see record.c. */
#ifndef MOONLET_API_RECORD_H
#define MOONLET_API_RECORD_H

#include "api/api.h"
#include "record/record.h"

struct moonlet_recording {
    Record *record;
    const Config *config; /* of replays, and of the states they give, which may outlive this */
    moonlet_record_options options;
    uint64_t replays;              /* that have looked at its lines */
    const volatile int *interrupt; /* of who looks into it; NULL: none */
    bool from_line;   /* it begins before a line, which its program is about to meet */
    const Node *last; /* the node that was met last before it begins; NULL: nobody knows */
    bool raises;      /* who looks into it looks at errors that are caught, too */
};

typedef struct RecordingReplay {
    HostRun S;
    moonlet_state *h;
    Replay replay;
} RecordingReplay;

/* Goes on, for real, with the program that is paused in the state, and records that: as
 * moonlet_record. What is recorded begins where it is paused. */
moonlet_recording *recording_go_on(const moonlet_state *s,
                                   const moonlet_record_options *options, moonlet_result *r);

/* Begins a replay at the last point at a step below `before`. p is not to be moved. */
void recording_begin(moonlet_recording *rec, RecordingReplay *p, uint64_t before);
/* The state at a step; or where the log has ended before, which is then not the whole. */
moonlet_state *recording_state(moonlet_recording *rec, uint64_t step, bool *whole);
/* Ends it, and gives the state that it has come to, if wanted. */
moonlet_state *recording_end(moonlet_recording *rec, RecordingReplay *p, bool wanted);

#endif
