/* SPDX-License-Identifier: MIT */
/* What images call C functions, and types of userdata of C modules. */
#ifndef MOONLET_PUC_NAMES_H
#define MOONLET_PUC_NAMES_H

#include "api/api.h"
#include "api/image/image.h"
#include "moonlet_puc.h"
#include "puc/attach.h"
#include "puc/puc.h"

extern const ImageC puc_image_names;
/* Names one of this layer's own. */
void puc_names_own(const char *name, lua_CFunction fn);
/* A module has been opened, by a function of a file's. */
void puc_names_opened(lua_CFunction open, const char *file, const char *symbol);

#endif
