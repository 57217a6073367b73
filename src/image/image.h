/* SPDX-License-Identifier: MIT */
/*
 * Images: states as bytes, and back (docs/IMAGE.md has the format).
 *
 *   State -- image_save --> bytes        State <-- image_load -- bytes
 *   State, base -- image_save --> what differs, found by skipping what both share
 *
 * An image holds all that its state is and can reach, and nothing that is garbage but what a
 * delta cannot know of. What is not Lua's is named: library functions by their rows
 * (lib/natives.h), what is the host's by an ImageHost.
 *
 * Bytes are hostile: image_load verifies all that anything which runs relies on, and takes
 * memory in proportion to the bytes. What is wrong is a message, never a crash.
 *
 * Invariants:
 *  1. a state gives the same bytes on every machine, and so does what was loaded from them.
 *  2. saving changes nothing, takes ids from nobody, and may go on while others run the state.
 *  3. a program does not notice that it was saved and loaded: order of pairs, ids, steps,
 *     figures of the collection are the same.
 */
#ifndef MOONLET_IMAGE_H
#define MOONLET_IMAGE_H

#include "image/bytes.h"
#include "native/native.h"
#include "stack/machine.h"

enum { IMAGE_ERROR_MAX = 512, IMAGE_ID = 16, IMAGE_NAME_MAX = 200 };

/* What the host knows of its own; each function may be NULL: it has none of the kind. */
typedef struct ImageHost {
    void *context;
    /* The continuation in whose frames slot 0 is a light userdata of a record, which has a
     * name. */
    NativeCont *continuation;
    /* The name of a host function, of such a record, of a type of userdata; NULL: it is not the
     * host's, or has none. */
    const char *(*function_name)(void *context, const Native *f);
    /* The values that such a function has captured and that are saved: cells. NULL: none. */
    Value *(*captured)(void *context, Native *f, uint32_t *count);
    const char *(*record_name)(void *context, const void *record);
    const char *(*type_name)(void *context, const void *tag);
    /* Writes the bytes of a userdata; false when they cannot be saved. */
    bool (*write_userdata)(void *context, const void *tag, const void *bytes, ByteSink *out);
    bool (*write_light)(void *context, const void *pointer, ByteSink *out);

    /* Give what has a name, or was written. A function has no id yet. NULL or false when the
     * name is not known. */
    Native *(*function)(void *context, Machine *M, const char *name, uint32_t captured);
    const void *(*record)(void *context, const char *name);
    const void *(*type)(void *context, const char *name);
    Userdata *(*userdata)(void *context, Machine *M, const char *name); /* its bytes are 0 */
    bool (*read_userdata)(void *context, const Userdata *u, UserdataBody *b,
                          const uint8_t *bytes, size_t length);
    bool (*read_light)(void *context, const uint8_t *bytes, size_t length, void **pointer);
    /* A record has been loaded, and its run is about to be packed: ids cannot be had. */
    void (*complete)(void *context, Machine *M);
} ImageHost;

/*
 * A state that has been saved or loaded, and what deltas to it need to know: the objects of its
 * chain by number, and their numbers by address (image/index.h). Collected memory.
 */
typedef struct ImageIndex ImageIndex;
enum { IMAGE_OBJECT_BYTES = 48 }; /* that finding an object in it takes, about */
typedef struct Image {
    const State *state;
    uint8_t id[IMAGE_ID];
    ImageIndex *index;
    uint32_t object_count; /* of the index, those that it has */
    uint32_t chunk_count;
    const struct Proto *const *chunks; /* by number: of the base, then its own */
    bool whole;                        /* it is no delta */
} Image;

/* Writes the state to out; as a delta if base is not NULL and the state came of the base's.
 * Answers NULL if it cannot be saved; error says why, with the path. O(what is written). */
Image *image_save(const State *s, const Image *base, const ImageHost *host, ByteSink *out,
                  char error[IMAGE_ERROR_MAX]);
/* Gives back the index of an image that nobody will look at again. It is large, and so is free
 * at once, and not when it is collected. */
void image_release(Image *image);

/* What an object takes in an image: its contents, with strings and code that are met in it
 * first. */
typedef struct ImagePart {
    const void *object;
    uint64_t bytes, strings, code; /* strings and code are among the bytes */
    const void *saver;             /* for image_path, during the call */
    uint32_t number;
    bool changed; /* an object of the base, whose change this is */
} ImagePart;
typedef void ImageTellFn(void *context, const ImagePart *part);
/* Saves it to nowhere, and tells of each object. Answers false if it cannot be saved; error
 * says why. */
bool image_tell(const State *s, const Image *base, const ImageHost *host, ImageTellFn *tell,
                void *context, char error[IMAGE_ERROR_MAX]);
/* How the object of the part is reached, "_G.a[3]", in a whole image. Gives out. */
const char *image_path(const ImagePart *part, char *out, size_t size);
/* The other way round; base is needed for a delta. The bytes may come from anywhere. Answers
 * NULL if it cannot be loaded, and error says why. O(length). */
Image *image_load(const uint8_t *bytes, size_t length, const Image *base, const ImageHost *host,
                  char error[IMAGE_ERROR_MAX]);
/* The same, as long as the walk goes on, of whose values each object is one, and whose bytes
 * are those of what is made. */
Image *image_load_within(const uint8_t *bytes, size_t length, const Image *base,
                         const ImageHost *host, Walk *walk, char error[IMAGE_ERROR_MAX]);
/*
 * What a delta is to be loaded with: base itself where that is what it was made to, and also
 * where it is none that could be used. A state that was saved or loaded as a delta has one more
 * name, the hash of its whole image, by which a program calls it that has itself been loaded
 * from an image: for a delta to that the whole image is made. *written: its bytes; 0: it was
 * not made. O(base) where the names differ.
 */
const Image *image_base_of(const uint8_t *bytes, size_t length, const Image *base,
                           const ImageHost *host, size_t *written);
/* The hash of an image: its identity. */
void image_hash(const uint8_t *bytes, size_t length, uint8_t hash[IMAGE_ID]);
/* Whether an image needs its base. */
bool image_is_delta(const uint8_t *bytes);
/* Whether they begin as an image does. */
bool image_begins(const uint8_t *bytes, size_t length);
/* Gives the seed of strings that an image needs. Answers false if it is none of this format. */
bool image_seed(const uint8_t *bytes, size_t length, uint64_t *seed);

#endif
