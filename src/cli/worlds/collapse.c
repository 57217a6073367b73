/* SPDX-License-Identifier: MIT */
/*
 * A chain of images as one: see collapse.h.
 *
 * Main invariant: the file is written whole or not at all.
 */
#include "cli/worlds/collapse.h"

#include "cli/output/replace.h"
#include "cli/worlds/any_host.h"

#include "lib/lib.h"

#include <errno.h>
#include <stdlib.h>

static bool complain(const Cli *c, const char *what, const char *file, const char *why)
{
    report_message(c, lib_c_text(lib_join("cannot ", what, " ", file, ": ", why, NULL)));
    return false;
}

/* The last image of --load; *first is the first one. The bytes are not kept. */
static const Image *read_chain(const Cli *c, const Options *o, AnyHost *h, const Image **first)
{
    AnyImage a = {0};
    for (int i = 0; i < o->load_count; i++) {
        const Image *base = a.image;
        if (!any_image_read_next(c, h, o->loads[i], base, &a)) return NULL;
        free(a.bytes);
        if (i == 0) *first = a.image;
        if (i && !a.base) {
            complain(c, "load", o->loads[i], "it is no delta to the file before");
            return NULL;
        }
    }
    return a.image;
}

bool collapse_images(const Cli *c, const Options *o)
{
    AnyHost h;
    char error[IMAGE_ERROR_MAX];
    ByteSink bytes = {0};
    const Image *first = NULL;
    any_host_init(&h);
    if (!replace_is_possible(o->collapse))
        return complain(c, "write", o->collapse, strerror(errno));
    const Image *last = read_chain(c, o, &h, &first);
    if (!last) return false;
    const Image *image =
        image_save(last->state, o->delta ? first : NULL, &h.host, &bytes, error);
    bool good = image != NULL;
    if (!good) complain(c, "save", o->collapse, error);
    if (good && !replace_file(o->collapse, (const char *)bytes.bytes, bytes.length))
        good = complain(c, "write", o->collapse, strerror(errno));
    sink_free(&bytes);
    return good;
}
