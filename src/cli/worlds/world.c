/* SPDX-License-Identifier: MIT */
/*
 * Loading and saving the world of a run: see world.h.
 *
 * Main invariant: a file of --save is replaced only when the new one is whole.
 */
#include "cli/worlds/world.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/output/replace.h"
#include "cli/worlds/file.h"
#include "control/collect.h"
#include "lib/lib.h"

static bool complain(const Cli *c, const char *what, const char *file, const char *why)
{
    report_message(c, lib_c_text(lib_join("cannot ", what, " ", file, ": ", why, NULL)));
    return false;
}

/* Loading ----------------------------------------------------------------------------- */

moonlet_image *world_read(const Cli *c, const char *file, const moonlet_image *base,
                          const moonlet_image_host *host)
{
    size_t length;
    char *message = NULL, *bytes = world_bytes(file, &length, &message);
    moonlet_image *image = NULL;
    if (bytes) image = moonlet_image_load(bytes, length, base, host, &message);
    if (!image) complain(c, "load", file, message ? message : "not enough memory");
    free(bytes);
    free(message);
    return image;
}

static bool has_more_to_run(const Options *o)
{
    return o->script || o->execute || o->interactive || o->library || o->task != TASK_RUN;
}

bool world_open(CliWorld *w, Cli *c, const Options *o)
{
    static const moonlet_image_host opens = {.open_modules = true};
    for (int i = 0; i < o->load_count; i++) {
        moonlet_image *next = world_read(c, o->loads[i], w->base, &opens);
        if (next && i && !moonlet_image_is_delta(next)) {
            moonlet_image_release(next);
            next = NULL;
            complain(c, "load", o->loads[i], "it is no delta to the file before");
        }
        moonlet_image_release(w->base);
        w->base = next;
        if (!next) return false;
    }
    moonlet_state *s = moonlet_image_state(w->base);
    if (s->state->base->paused && !has_more_to_run(o))
        api_begin_resumed(&w->host_run, s);
    else
        api_begin(&w->host_run, s);
    c->M = w->host_run.M;
    return true;
}

bool world_goes_on(const CliWorld *w, const Options *o)
{
    const HostRun *S = &w->host_run;
    return w->base && S->from->state->base->paused && !S->paused && !has_more_to_run(o);
}

/* Saving ------------------------------------------------------------------------------ */

bool world_can_save(const Cli *c, const Options *o)
{
    if (replace_is_possible(o->save)) return true;
    return complain(c, "write", o->save, strerror(errno));
}

/* What the run has come to. */
static moonlet_state *pack(CliWorld *w, Machine *M)
{
    w->host_run.M = M;
    if (M->status == RUN_PAUSED)
        collect_pause(M);
    else
        collect_end(M, NULL, 0);
    return handle_new(api_pack(&w->host_run, false), NULL);
}

bool world_save(CliWorld *w, const Cli *c, const Options *o)
{
    char *message = NULL;
    size_t length;
    moonlet_state *s = pack(w, c->M);
    moonlet_image *image = moonlet_image_save(s, o->delta ? w->base : NULL, NULL, &message);
    bool good = image != NULL;
    if (!image) {
        complain(c, "save", o->save, message ? message : "not enough memory");
    } else {
        const char *bytes = moonlet_image_bytes(image, &length);
        good = replace_file(o->save, bytes, length);
        if (!good) complain(c, "write", o->save, strerror(errno));
    }
    moonlet_image_release(image);
    moonlet_release(s);
    free(message);
    return good;
}
