/* SPDX-License-Identifier: MIT */
/*
 * Recordings as bytes: docs/RECORDING.md has the format.
 *
 *   [magic | version | how it ended | steps | image of the first state | log | hash]
 *
 * The bytes may come from anywhere. The image is verified as every image is; the log is
 * verified to be a list of answers; and what a replay then asks for is compared with what there
 * is (outside/outside.h). So what is wrong is a message, or a replay that ends early.
 */
#ifndef MOONLET_RECORD_FILE_H
#define MOONLET_RECORD_FILE_H

#include "image/image.h"
#include "record/record.h"

/* Answers false if it cannot be saved; error says why. */
bool record_write(const Record *r, const ImageHost *host, ByteSink *out,
                  char error[IMAGE_ERROR_MAX]);
/* Answers NULL if it cannot be loaded; error says why. */
Record *record_read(const uint8_t *bytes, size_t length, const ImageHost *host,
                    char error[IMAGE_ERROR_MAX]);
/* Whether they begin as a recording does. */
bool record_begins(const uint8_t *bytes, size_t length);

#endif
