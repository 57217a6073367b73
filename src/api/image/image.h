/* SPDX-License-Identifier: MIT */
/* What images call by name in a run: see moonlet.h and image/image.h. */
#ifndef MOONLET_API_IMAGE_H
#define MOONLET_API_IMAGE_H

#include "image/image.h"
#include "moonlet.h"
#include "stack/machine.h"

/* What Lua's own C interface knows of: names of its functions and types. */
typedef struct ImageC {
    const char *(*name)(const Native *f); /* NULL: it is none of C, or has none */
    /* NULL: there is none. opens: modules may be opened to find it. */
    Native *(*function)(Machine *M, const char *name, uint32_t captured, bool opens);
    Value *(*captured)(Native *f, uint32_t *count);
    const char *(*type_name)(const void *type);
    const moonlet_type_info *(*type)(const char *name, bool opens);
    void (*loaded)(Machine *M, Native *const *functions, size_t count);
} ImageC;
extern const ImageC *image_c; /* NULL: there is no such interface */

/* The ImageHost of the state that a run began from. For MachineHooks. */
const void *image_host_of(Machine *M);

/* What a host knows of, for images that others save and load. */
typedef struct ImageNames ImageNames;
ImageNames *image_names_new(const moonlet_image_host *host);
const ImageHost *image_names_host(const ImageNames *n);
/* To be called after loading. The message about functions that are missing, for free(), or NULL
 * if none is. */
char *image_names_missing(ImageNames *n);
void image_names_free(ImageNames *n);

#endif
