/* SPDX-License-Identifier: MIT */
/*
 * state.save and state.load: images for programs.
 *
 * What deltas to a snapshot need to know of it (its Image) is kept in its userdata once it has
 * been saved or loaded: a cache, in bytes that no program sees. A snapshot that has none is
 * saved to nowhere first.
 *
 * Main invariant: an image that is kept for a snapshot is that of just its state; without it
 * the answer is the same, and takes longer.
 */
#include "image/load/lua.h"

#include "control/eval.h"
#include "control/world.h"
#include "image/image.h"
#include "lib/lib.h"

enum { BYTES_A_STEP = 64, ROOM_A_BYTE = 8 };

static const ImageHost *host_of(Machine *M)
{
    static const ImageHost none;
    const ImageHost *host = M->hooks && M->hooks->images ? M->hooks->images(M) : NULL;
    return host ? host : &none;
}

static Userdata *arg_snapshot(Machine *M, Value *a, int n, int i)
{
    return arg_userdata(M, a, n, i, world_snapshot_tag, "snapshot");
}

/* The snapshot's image; NULL: an error is set. */
static const Image *image_of(Machine *M, Userdata *u)
{
    char error[IMAGE_ERROR_MAX];
    void **kept = &u->body.own;
    Image *image = __atomic_load_n(kept, __ATOMIC_ACQUIRE);
    if (image) return image;
    ByteSink nowhere = {0};
    image = image_save(u->data, NULL, host_of(M), &nowhere, error);
    if (image) native_charge(M, nowhere.length / BYTES_A_STEP);
    sink_free(&nowhere);
    if (image)
        __atomic_store_n(kept, image, __ATOMIC_RELEASE);
    else
        native_error(M, "%s", error);
    return image;
}

/* The bytes as a string; nil: an error, or a stop, is set. */
static int give_bytes(Machine *M, ByteSink *bytes, size_t from)
{
    size_t length = bytes->length - from;
    if (length > machine_string_room(M)) return native_memory_error(M);
    M->native[0] = new_string((const char *)bytes->bytes + from, length);
    return M->native[0] == V_NIL ? native_memory_error(M) : 1;
}

/* save([snapshot [, base]]) */
static int save(Machine *M, Value *a, int n)
{
    char error[IMAGE_ERROR_MAX];
    bool now = arg_absent(a, n, 0);
    Userdata *u = now ? NULL : arg_snapshot(M, a, n, 0);
    Userdata *to = arg_absent(a, n, 1) ? NULL : arg_snapshot(M, a, n, 1);
    if ((!now && !u) || (!arg_absent(a, n, 1) && !to)) return NATIVE_ERROR;
    const Image *base = to ? image_of(M, to) : NULL;
    if (to && !base) return NATIVE_ERROR;
    const State *s = now ? eval_snapshot(M) : u->data;
    ByteSink bytes = {0};
    Image *image = image_save(s, base, host_of(M), &bytes, error);
    int answer;
    if (!image) {
        answer = native_error(M, "%s", error);
    } else {
        native_charge(M, bytes.length / BYTES_A_STEP);
        if (u) __atomic_store_n(&u->body.own, (void *)image, __ATOMIC_RELEASE);
        answer = give_bytes(M, &bytes, 0);
    }
    sink_free(&bytes);
    return answer;
}

/* load(string [, base]) */
static int load(Machine *M, Value *a, int n)
{
    char error[IMAGE_ERROR_MAX];
    const String *s = arg_string(M, a, n, 0);
    Userdata *to = arg_absent(a, n, 1) ? NULL : arg_snapshot(M, a, n, 1);
    if (!s || (!arg_absent(a, n, 1) && !to)) return NATIVE_ERROR;
    if (!native_charge(M, s->length / BYTES_A_STEP)) return NATIVE_PAUSE;
    if (s->length > mem_room() / ROOM_A_BYTE) return native_memory_error(M);
    const Image *base = to ? image_of(M, to) : NULL;
    if (to && !base) return NATIVE_ERROR;
    Image *image = image_load((const uint8_t *)s->data, s->length, base, host_of(M), error);
    if (!image) return native_error(M, "%s", error);
    mem_count(image->allocated);
    Userdata *u = run_new_userdata(&M->run, world_snapshot_tag, 0);
    u->data = (void *)image->state;
    u->body.own = image;
    u->body.meta = lib_registry_table(&M->run, "SNAPSHOT*");
    NATIVE_RETURN(value_object(u));
}

void image_init(void)
{
    lib_images.save = save;
    lib_images.load = load;
}
