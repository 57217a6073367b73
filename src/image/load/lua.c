/* SPDX-License-Identifier: MIT */
/*
 * state.save, state.load and state.collapse: images for programs.
 *
 * What deltas to a snapshot need to know of it (its Image) is kept in its userdata once it has
 * been saved or loaded, in bytes that no program sees. A snapshot that has none is saved to
 * nowhere first. The image is in the contents of the userdata, as they are in the world that
 * has saved or loaded it: what a program pays does not depend on what others have done.
 *
 * Main invariant: an image that is kept for a snapshot is that of just its state; without it
 * the answer is the same, and takes longer.
 */
#include "image/load/lua.h"

#include "control/eval.h"
#include "control/world.h"
#include "image/image.h"
#include "lib/lib.h"

enum { BYTES_A_STEP = 64, ITEMS_A_STEP = 16, ROOM_A_BYTE = 8 };
/* What saving or loading an image takes, whatever is in it, is as that of so many bytes. */
enum { IMAGE_BYTES = 8000 };

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

static Image *kept_image(Machine *M, const Userdata *u)
{
    return heap_userdata(&M->run, u)->own;
}

static void keep_image(Machine *M, Userdata *u, Image *image)
{
    heap_userdata_mut(&M->run, u)->own = image;
}

/* Charges for what has been written, and looked at for that: the native does not begin again,
 * so it has not paid before. */
static void charge_written(Machine *M, size_t bytes, uint64_t looked)
{
    M->fuel -= (int64_t)(bytes / BYTES_A_STEP + looked / ITEMS_A_STEP);
}

/* Counts what the image of what has been written keeps. */
static void count_index(const Image *image, const Image *base)
{
    uint32_t before = image->whole ? 0 : base->object_count;
    mem_count((size_t)(image->object_count - before) * IMAGE_OBJECT_BYTES + IMAGE_BYTES);
    if (!image->whole && image->chunk_count != base->chunk_count)
        mem_count(image->chunk_count * sizeof *image->chunks);
}

/* Nothing but bytes is paid for, as long as it is like that: what the work is besides depends
 * on what the process knows, such as which chunks are the same code, and that is no part of a
 * state. */
static int64_t *pay_for_bytes_alone(void)
{
    int64_t *meter = mem_meter;
    mem_meter = NULL;
    return meter;
}

/* Writes the image behind what is there, for the price of its bytes; NULL: an error is set, or
 * bytes->walk has ended. */
static Image *save_to(Machine *M, const State *s, const Image *base, ByteSink *bytes)
{
    char error[IMAGE_ERROR_MAX];
    size_t from = bytes->length;
    uint64_t looked = bytes->looked;
    int64_t *meter = pay_for_bytes_alone();
    Image *image = image_save(s, base, host_of(M), bytes, error);
    mem_meter = meter;
    if (image) {
        charge_written(M, bytes->length - from + IMAGE_BYTES, bytes->looked - looked);
        count_index(image, base);
    } else if (!bytes->walk->end) {
        native_error(M, "%s", error);
    }
    return image;
}

/* What a native answers that has no image, and has paid so many steps before. */
static int no_image(Machine *M, const NativeWalk *w, uint64_t paid)
{
    bool no_room = w->walk.end == WALK_BYTES || w->walk.end == WALK_MEMORY;
    if (!w->walk.end) return NATIVE_ERROR;
    return native_answer_paid(M, no_room ? native_memory_error(M) : native_walk_ended(M, w),
                              paid);
}

/* The snapshot's image, or NULL where an error is set or the walk has ended. */
static const Image *image_of(Machine *M, Userdata *u, Walk *walk)
{
    Image *image = kept_image(M, u);
    if (image) return image;
    ByteSink nowhere = {.walk = walk};
    image = save_to(M, u->data, NULL, &nowhere);
    sink_free(&nowhere);
    if (image) keep_image(M, u, image);
    return image;
}

/* Loads these bytes, after base if they are a delta; NULL: an error is set, or the walk has
 * ended. */
static Image *load_after(Machine *M, const String *s, const Image *base, Walk *walk)
{
    char error[IMAGE_ERROR_MAX];
    size_t written;
    const uint8_t *bytes = (const uint8_t *)s->data;
    int64_t *meter = pay_for_bytes_alone();
    base = image_base_of(bytes, s->length, base, host_of(M), &written);
    uint64_t before = walk->bytes;
    walk->bytes_max = before + mem_room();
    Image *image = image_load_within(bytes, s->length, base, host_of(M), walk, error);
    mem_meter = meter;
    if (!walk->end) charge_written(M, written, 0);
    if (!image && !walk->end) native_error(M, "%s", error);
    if (image) mem_count(walk->bytes - before + IMAGE_BYTES);
    return image;
}

/* The bytes as a string; nil: an error, or a stop, is set. */
static int give_bytes(Machine *M, const ByteSink *bytes)
{
    size_t length = bytes->length;
    if (length > machine_string_room(M)) return native_memory_error(M);
    M->native[0] = new_string((const char *)bytes->bytes, length);
    return M->native[0] == V_NIL ? native_memory_error(M) : 1;
}

/* No more is written than there is room for in a string. */
static void limit_bytes(Machine *M, Walk *walk)
{
    walk->bytes_max = walk->bytes + machine_string_room(M);
}

/* save([snapshot [, base]]) */
static int save(Machine *M, Value *a, int n)
{
    bool now = arg_absent(a, n, 0);
    Userdata *u = now ? NULL : arg_snapshot(M, a, n, 0);
    Userdata *to = arg_absent(a, n, 1) ? NULL : arg_snapshot(M, a, n, 1);
    if ((!now && !u) || (!arg_absent(a, n, 1) && !to)) return NATIVE_ERROR;
    NativeWalk w = native_walk(M);
    const Image *base = to ? image_of(M, to, &w.walk) : NULL;
    if (to && !base) return no_image(M, &w, 0);
    const State *s = now ? eval_snapshot(M) : u->data;
    limit_bytes(M, &w.walk);
    ByteSink bytes = {.walk = &w.walk};
    Image *image = save_to(M, s, base, &bytes);
    if (image && u) keep_image(M, u, image);
    int answer = image ? give_bytes(M, &bytes) : no_image(M, &w, 0);
    sink_free(&bytes);
    return answer;
}

/* load(string [, base]) */
static int load(Machine *M, Value *a, int n)
{
    const String *s = arg_string(M, a, n, 0);
    Userdata *to = arg_absent(a, n, 1) ? NULL : arg_snapshot(M, a, n, 1);
    if (!s || (!arg_absent(a, n, 1) && !to)) return NATIVE_ERROR;
    uint64_t price = (s->length + IMAGE_BYTES) / BYTES_A_STEP;
    if (!native_charge(M, price)) return NATIVE_PAUSE;
    if (s->length > mem_room() / ROOM_A_BYTE)
        return native_answer_paid(M, native_memory_error(M), price);
    NativeWalk w = native_walk(M);
    const Image *base = to ? image_of(M, to, &w.walk) : NULL;
    if (to && !base) return no_image(M, &w, price);
    Image *image = load_after(M, s, base, &w.walk);
    if (!image) return no_image(M, &w, price);
    Userdata *u = run_new_userdata(&M->run, world_snapshot_tag, 0);
    u->data = (void *)image->state;
    u->body.own = image;
    u->body.meta = lib_registry_table(&M->run, "SNAPSHOT*");
    NATIVE_RETURN(value_object(u));
}

/* Whether a[0] is a list of count strings, and the work is paid for with so many steps: 0, or
 * what the native answers. */
static int check_chain(Machine *M, Value *a, int n, uint32_t *count, uint64_t *paid)
{
    uint64_t bytes = 0;
    Table *list = arg_table(M, a, n, 0);
    if (!list) return NATIVE_ERROR;
    const TableBody *t = heap_table(&M->run, list);
    int64_t length = table_length(t);
    uint64_t items = (uint64_t)length / ITEMS_A_STEP;
    if (!native_charge(M, items)) return NATIVE_PAUSE;
    bool good = length > 0 && length <= UINT32_MAX;
    for (int64_t i = 1; good && i <= length; i++) {
        Value v = table_get_int(t, i);
        good = value_is_string(v);
        if (good) bytes += value_string(v)->length + IMAGE_BYTES;
    }
    if (!good) return native_arg_error(M, a, n, 0, "list of images expected");
    if (!native_charge(M, bytes / BYTES_A_STEP))
        return native_answer_paid(M, NATIVE_PAUSE, items);
    *count = (uint32_t)length;
    *paid = items + bytes / BYTES_A_STEP;
    if (bytes - (uint64_t)length * IMAGE_BYTES > mem_room() / ROOM_A_BYTE)
        return native_answer_paid(M, native_memory_error(M), *paid);
    return 0;
}

/* The image of the last of the strings, each a delta to the one before it; NULL: an error is
 * set. What the loader has made counts until the program has the result. */
static const Image *load_chain(Machine *M, const Table *list, uint32_t count, const Image *base,
                               Walk *walk)
{
    const Image *image = base;
    for (uint32_t i = 1; i <= count; i++) {
        const String *s = value_string(table_get_int(heap_table(&M->run, list), i));
        const uint8_t *bytes = (const uint8_t *)s->data;
        if (i > 1 && image_begins(bytes, s->length) && !image_is_delta(bytes)) {
            native_error(M, "image %d of the list is no delta", (int)i);
            return NULL;
        }
        image = load_after(M, s, image, walk);
        if (!image) return NULL;
    }
    return image;
}

/* collapse(list [, base]) */
static int collapse(Machine *M, Value *a, int n)
{
    uint32_t count = 0;
    uint64_t paid = 0;
    Userdata *to = arg_absent(a, n, 1) ? NULL : arg_snapshot(M, a, n, 1);
    if (!arg_absent(a, n, 1) && !to) return NATIVE_ERROR;
    int refused = check_chain(M, a, n, &count, &paid);
    if (refused) return refused;
    NativeWalk w = native_walk(M);
    const Image *base = to ? image_of(M, to, &w.walk) : NULL;
    if (to && !base) return no_image(M, &w, paid);
    const Image *last = load_chain(M, value_pointer(a[0]), count, base, &w.walk);
    if (!last) return no_image(M, &w, paid);
    limit_bytes(M, &w.walk);
    ByteSink bytes = {.walk = &w.walk};
    bool good = save_to(M, last->state, base, &bytes);
    int answer =
        good ? native_answer_paid(M, give_bytes(M, &bytes), paid) : no_image(M, &w, paid);
    sink_free(&bytes);
    return answer;
}

void image_init(void)
{
    lib_images.save = save;
    lib_images.load = load;
    lib_images.collapse = collapse;
}
