/* SPDX-License-Identifier: MIT */
/*
 * The digest of a world: a sum over what its objects contain; see digest.h.
 *
 * Main invariant: each object that the world reaches is looked at once: it is in `met` from
 * then on.
 */
#include "digest/digest.h"

#include "digest/content.h"
#include "memory/scratch.h"
#include "state/marks.h"

typedef struct Digest {
    Run *R;
    Content content;
    Marks met;
    PointerList queue;
    Marks waiting; /* what the queue has no room for */
} Digest;

static void meet(void *context, void *object)
{
    Digest *d = context;
    if (marks_add(&d->met, object) && !pointer_list_add(&d->queue, object))
        marks_add(&d->waiting, object);
}

static void look_at(Digest *d, const void *object)
{
    const void *body = run_contents(d->R, object);
    content_add(&d->content, object, body);
    if (object_type(object) == OBJ_USERDATA && content_is_shared(object, body))
        content_add_shared(&d->content, object);
}

static void look_at_waiting(Digest *d)
{
    void *object = marks_next(&d->waiting, 0);
    marks_remove(&d->waiting, object);
    look_at(d, object);
}

bool digest_world(Run *R, Walk *walk, uint64_t *digest)
{
    Digest d = {.R = R, .met = {.sure = true}, .waiting = {.sure = true}};
    d.content = (Content){.walk = walk, .refer = meet, .context = &d};
    content_add_random(&d.content, d.R->random);
    content_add_world(&d.content, d.R->world);
    while (!walk->end && (d.queue.count || d.waiting.count)) {
        if (d.queue.count)
            look_at(&d, d.queue.items[--d.queue.count]);
        else
            look_at_waiting(&d);
    }
    if (d.met.failed || d.waiting.failed) walk_end(walk, WALK_MEMORY);
    *digest = content_digest(&d.content);
    content_end(&d.content);
    pointer_list_free(&d.queue);
    marks_free(&d.met);
    marks_free(&d.waiting);
    scratch_leave();
    return !walk->end;
}
