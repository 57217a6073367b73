/* SPDX-License-Identifier: MIT */
/* Fuzzer of deltas: as that of images, but of what differs from the first state. */
#define FUZZ_DELTAS 1
#include "fuzz_image.c"
