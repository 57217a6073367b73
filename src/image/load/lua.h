/* SPDX-License-Identifier: MIT */
/* state.save, state.load and state.collapse: images for programs (docs/STATE.md). */
#ifndef MOONLET_IMAGE_LUA_H
#define MOONLET_IMAGE_LUA_H

/* Gives the library `state` what it has of images. Once, before the first run. */
void image_init(void);

#endif
