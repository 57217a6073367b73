/* SPDX-License-Identifier: MIT */
/*
 * moonlet script, whose program is paused every few steps, turned into bytes, forgotten, made
 * again of the bytes, and resumed: it must do what the program moonlet does. Each image that is
 * loaded is saved again, which must give the same bytes.
 *
 *   IMAGE_STEPS=n      steps from one image to the next (50). After each 100 images, or 1 MB of
 *                      at least 8, they are doubled, so that long programs end, too, and are
 *                      no longer all the same, so that images are at any step
 *   IMAGE_DELTAS=seed  images are whole ones or deltas to one of the last ones, by chance
 *   IMAGE_PROCESSES=n  each n-th image is loaded by a new process, which goes on (and is told
 * how far the steps have come: IMAGE_AT_ONCE, IMAGE_BYTES, IMAGE_VARIES) IMAGE_KEEP=1 keeps
 * what was saved until it is loaded, to say where the program stands if that fails
 *
 *   IMAGE_TELL=1       says at the end how many images there were
 *
 * While a file is open no image is made: it would come back closed.
 *
 *     by_images script [args]           by_images --dump OUT SCRIPT
 */
#include "api/api.h"
#include "control/collect.h"

#include <moonlet.h>

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    KEPT = 6,
    DOUBLED_AFTER = 100,
    DOUBLED_AFTER_LARGE = 8,
    DOUBLED_AFTER_BYTES = 1 << 20,
    ARGS_MAX = 16,
    FILES_MAX = 64 /* that are open at once: descriptors below */
};

static struct {
    uint64_t steps;   /* at the least, from one image to the next */
    bool varies;      /* up to twice as many */
    unsigned at_once; /* images with so many steps between them, */
    uint64_t bytes;   /* and their bytes */
    int files;        /* open ones at the beginning */
    unsigned seed, processes;
    bool deltas, keep, tells;
    moonlet_state *last; /* with IMAGE_KEEP: what is being loaded */
    unsigned images;     /* so far, in this process */
    moonlet_image *kept[KEPT];
    uint64_t longer; /* times as many steps: a state.map does all of it at once, or nothing */
    uint8_t last_id[16]; /* of a whole image of what was saved last */
} way = {.longer = 1};

static unsigned long number_from(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);
    return text && *text ? strtoul(text, NULL, 10) : otherwise;
}

static void stop(const char *what, const char *why)
{
    fflush(stdout);
    fprintf(stderr, "by_images: %s: %s\n", what, why ? why : "failed");
    _exit(99);
}

/* Files -------------------------------------------------------------------------------- */

static char *read_file(const char *name, size_t *length)
{
    FILE *f = fopen(name, "rb");
    if (!f) stop(name, "cannot be read");
    char *bytes = NULL;
    size_t capacity = 0, n;
    *length = 0;
    do {
        if (*length == capacity) bytes = realloc(bytes, capacity = capacity * 2 + 65536);
        n = fread(bytes + *length, 1, capacity - *length, f);
        *length += n;
    } while (n);
    fclose(f);
    return bytes;
}

static void write_file(const char *name, const char *bytes, size_t length)
{
    FILE *f = fopen(name, "wb");
    if (!f || fwrite(bytes, 1, length, f) != length || fclose(f))
        stop(name, "cannot be written");
}

static int dump(const char *out, const char *script)
{
    char chunkname[4096];
    size_t length;
    char *source = read_file(script, &length), *begin = source;
    snprintf(chunkname, sizeof chunkname, "@%s", script);
    if (length && *begin == '#') { /* its line stays one */
        while (length && *begin != '\n') begin++, length--;
    }
    moonlet_chunk *c = moonlet_compile(begin, length, chunkname, NULL);
    if (!c) return EXIT_FAILURE;
    char *bytes = moonlet_chunk_dump(c, false, &length);
    write_file(out, bytes, length);
    return EXIT_SUCCESS;
}

/* Through bytes ------------------------------------------------------------------------ */

static bool same_bytes(const moonlet_image *a, const moonlet_image *b)
{
    size_t m, n;
    const char *x = moonlet_image_bytes(a, &m), *y = moonlet_image_bytes(b, &n);
    return m == n && memcmp(x, y, n) == 0;
}

/* Where the program stands that could not go through bytes. */
static void show_place(const moonlet_state *s)
{
    moonlet_result r = moonlet_stacktrace(s);
    fflush(stdout);
    for (size_t i = 0; r.error && i < r.error->count; i++) {
        const moonlet_frame *f = &r.error->frames[i];
        fprintf(stderr, "%s:%d: in %s %s\n", f->chunk, f->line, f->kind,
                f->name ? f->name : "?");
    }
    moonlet_release(r.state);
}

static moonlet_image *save(const moonlet_state *s, const moonlet_image *base)
{
    char *message = NULL;
    moonlet_image *i = moonlet_image_save(s, base, NULL, &message);
    if (!i) show_place(s);
    if (!i) stop("save", message);
    return i;
}

static moonlet_image *load(const char *bytes, size_t length, const moonlet_image *base)
{
    char *message = NULL;
    moonlet_image *i = moonlet_image_load(bytes, length, base, NULL, &message);
    if (!i && way.last) show_place(way.last);
    if (!i) stop("load", message);
    if (way.last) moonlet_release(way.last);
    way.last = NULL;
    return i;
}

static void pass_on(const char *name, uint64_t n)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)n);
    setenv(name, text, 1);
}

/* A new process of this program goes on with the bytes. */
static void go_on_elsewhere(const char *bytes, size_t length)
{
    char name[] = "/tmp/by_images-XXXXXX", path[4096];
    int fd = mkstemp(name);
    if (fd < 0) stop("mkstemp", "no file");
    close(fd);
    write_file(name, bytes, length);
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (n < 0) stop("exec", "no /proc");
    path[n] = 0;
    pass_on("IMAGE_STEPS", way.steps);
    pass_on("IMAGE_AT_ONCE", way.at_once);
    pass_on("IMAGE_BYTES", way.bytes);
    pass_on("IMAGE_VARIES", way.varies);
    if (way.deltas) pass_on("IMAGE_DELTAS", way.seed);
    fflush(NULL);
    execl(path, path, "--go-on", name, (char *)NULL);
    stop("exec", path);
}

static const moonlet_image *any_base(void)
{
    if (!way.deltas || rand_r(&way.seed) % 8 == 0) return NULL;
    return way.kept[(unsigned)rand_r(&way.seed) % KEPT];
}

/* With IMAGE_KEEP what is not the same is kept, too: in by_images.1 and .2 of /tmp. */
static void stop_at_other_bytes(const moonlet_state *s, const moonlet_image *saved,
                                const moonlet_image *again)
{
    const moonlet_image *both[] = {saved, again};
    for (int i = 0; way.keep && i < 2; i++) {
        size_t length;
        const char *bytes = moonlet_image_bytes(both[i], &length);
        write_file(i ? "/tmp/by_images.2" : "/tmp/by_images.1", bytes, length);
    }
    if (way.keep) show_place(s);
    stop("save", "other bytes than those that were loaded");
}

static int open_files(void)
{
    int count = 0;
    for (int fd = 0; fd < FILES_MAX; fd++) count += fcntl(fd, F_GETFD) != -1;
    return count;
}

/* The next image is so many steps on. */
static uint64_t next_steps(void)
{
    bool large = way.bytes >= DOUBLED_AFTER_BYTES && way.at_once >= DOUBLED_AFTER_LARGE;
    if (way.at_once >= DOUBLED_AFTER || large) {
        way.steps *= 2;
        way.varies = true;
        way.at_once = 0;
        way.bytes = 0;
    }
    return way.varies ? way.steps + way.images % way.steps : way.steps;
}

/* Whether the program stands where it stood at the last image: all that it is tells. */
static bool stands_still(const moonlet_state *s, const moonlet_image *saved)
{
    uint8_t id[sizeof way.last_id];
    bool whole = !moonlet_image_is_delta(saved);
    moonlet_image *i = whole ? NULL : save(s, NULL);
    memcpy(id, moonlet_image_id(whole ? saved : i), sizeof id);
    bool same = memcmp(id, way.last_id, sizeof id) == 0;
    memcpy(way.last_id, id, sizeof id);
    moonlet_image_release(i);
    return same;
}

/* The state as it comes back from bytes; s is released. */
static moonlet_state *through_bytes(moonlet_state *s)
{
    size_t length;
    if (open_files() > way.files) return s;
    const moonlet_image *base = any_base();
    uint64_t digest = moonlet_digest(s);
    moonlet_image *saved = save(s, base);
    const char *bytes = moonlet_image_bytes(saved, &length);
    way.longer = stands_still(s, saved) ? way.longer * 2 : 1;
    if (way.keep) way.last = s;
    if (!way.keep) moonlet_release(s);
    way.images++;
    way.at_once++;
    way.bytes += length;
    if (way.processes && way.images % way.processes == 0 && !moonlet_image_is_delta(saved))
        go_on_elsewhere(bytes, length);
    if (!moonlet_image_is_delta(saved)) base = NULL;
    moonlet_image *loaded = load(bytes, length, base);
    moonlet_state *t = moonlet_image_state(loaded);
    moonlet_image *again = save(t, base);
    if (!same_bytes(saved, again)) stop_at_other_bytes(t, saved, again);
    if (moonlet_digest(t) != digest) stop("load", "another digest");
    moonlet_image_release(again);
    moonlet_image_release(saved);
    moonlet_image **place = &way.kept[way.images % KEPT];
    moonlet_image_release(*place);
    *place = loaded;
    return t;
}

static moonlet_result resume(moonlet_state *s)
{
    moonlet_limits limits = {.steps = next_steps() * way.longer};
    moonlet_state *limited = moonlet_limit(s, &limits);
    moonlet_result r = moonlet_resume(limited);
    moonlet_release(limited);
    moonlet_release(s);
    return r;
}

static int finish(moonlet_result r)
{
    while (r.status == MOONLET_PAUSED) r = resume(through_bytes(r.state));
    if (r.status == MOONLET_FAILED) {
        fflush(stdout);
        fprintf(stderr, "moonlet: %s\n", r.error->traceback);
    }
    Machine *M = machine_begin(r.state->state);
    api_attach(M);
    collect_close(M);
    if (way.tells)
        fprintf(stderr, "%u images, at last each %lu steps\n", way.images,
                (unsigned long)way.steps);
    return r.status == MOONLET_OK ? EXIT_SUCCESS : EXIT_FAILURE;
}

static int go_on(const char *name)
{
    size_t length;
    char *bytes = read_file(name, &length);
    unlink(name);
    moonlet_image *i = load(bytes, length, NULL);
    free(bytes);
    moonlet_state *s = moonlet_image_state(i);
    moonlet_image_release(i);
    return finish(resume(s));
}

static moonlet_state *set_arg(moonlet_state *s, char **argv)
{
    moonlet_result r = moonlet_do(s, "arg = {}");
    moonlet_value t = moonlet_global(r.state, "arg");
    (void)t;
    moonlet_state *made = r.state;
    for (int i = 0; argv[i]; i++) {
        char path[32];
        snprintf(path, sizeof path, "arg[%d]", i - 1);
        r = moonlet_set(made, path, moonlet_text(argv[i]));
        moonlet_release(made);
        made = r.state;
    }
    moonlet_release(s);
    return made;
}

static int run(char **argv)
{
    moonlet_state *s = set_arg(moonlet_init(), argv);
    moonlet_limits limits = {.steps = way.steps};
    moonlet_result r = moonlet_loadfile(s, argv[1]);
    if (r.status != MOONLET_OK) return finish(r);
    moonlet_value f = r.values[0];
    moonlet_state *limited = moonlet_limit(r.state, &limits);
    moonlet_release(s);
    moonlet_release(r.state);
    moonlet_value args[ARGS_MAX]; /* the program has them, so they take room on its stack */
    size_t count = 0;
    for (; argv[count + 2] && count < ARGS_MAX; count++)
        args[count] = moonlet_text(argv[count + 2]);
    r = moonlet_call(limited, f, args, count);
    moonlet_release(limited);
    return finish(r);
}

int main(int argc, char **argv)
{
    if (argc == 4 && strcmp(argv[1], "--dump") == 0) return dump(argv[2], argv[3]);
    way.steps = number_from("IMAGE_STEPS", 50);
    way.at_once = (unsigned)number_from("IMAGE_AT_ONCE", 0);
    way.bytes = number_from("IMAGE_BYTES", 0);
    way.varies = number_from("IMAGE_VARIES", 0);
    way.files = open_files();
    way.keep = getenv("IMAGE_KEEP") != NULL;
    way.tells = getenv("IMAGE_TELL") != NULL;
    way.deltas = getenv("IMAGE_DELTAS") != NULL;
    way.seed = (unsigned)number_from("IMAGE_DELTAS", 1);
    way.processes = (unsigned)number_from("IMAGE_PROCESSES", 0);
    if (argc == 3 && strcmp(argv[1], "--go-on") == 0) return go_on(argv[2]);
    if (argc < 2) stop("usage", "by_images script [args]");
    return run(argv);
}
