/* SPDX-License-Identifier: MIT */
/* Replays of recordings, as the API's sessions: see record.c. */
#ifndef MOONLET_API_RECORD_H
#define MOONLET_API_RECORD_H

#include "api/api.h"
#include "record/record.h"

struct moonlet_recording {
    Record *record;
    Config config;
    moonlet_record_options options;
};

typedef struct RecordingReplay {
    Session S;
    moonlet_state *h;
    Replay replay;
} RecordingReplay;

/* Begins a replay at the last point at a step below `before`. p is not to be moved. */
void recording_begin(moonlet_recording *rec, RecordingReplay *p, uint64_t before);
/* Ends it, and gives the state that it has come to, if wanted. */
moonlet_state *recording_end(moonlet_recording *rec, RecordingReplay *p, bool wanted);

#endif
