/* SPDX-License-Identifier: MIT */
/*
 * The game of the demo, saved at each frame, killed, and continued.
 *
 *     autosave FILE N     plays N frames of the game in a file, from where it is there
 *     autosave            plays in a process of its own, kills that in mid-game, goes on from
 * the file, and checks that it comes to where a game comes that was not killed
 *
 * The process is killed when it has told that a frame is on the disk, not after some time: so
 * it does not matter how fast the machine is.
 */
#include <moonlet_history.h>

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ENTITIES = 10000, KILLED_AFTER = 100, MORE = 150, SYNC_EVERY = 10 };

static void stop(const char *what, const char *why)
{
    fprintf(stderr, "autosave: %s: %s\n", what, why ? why : "failed");
    exit(EXIT_FAILURE);
}

static moonlet_state *call(moonlet_state *s, const char *function, double a, double b)
{
    moonlet_value args[2] = {moonlet_number(a), moonlet_number(b)};
    moonlet_result r = moonlet_call_function(s, function, args, 2);
    if (r.status != MOONLET_OK) stop(function, r.error ? r.error->message : "paused");
    return moonlet_next(s, &r);
}

static moonlet_state *new_game(const char *directory)
{
    char file[4096];
    snprintf(file, sizeof file, "%s/demo_world.lua", directory);
    moonlet_state *s = moonlet_init();
    moonlet_result r = moonlet_dofile(s, file);
    if (r.status != MOONLET_OK) stop(file, r.error->message);
    return call(moonlet_next(s, &r), "build", ENTITIES, 0);
}

static int frame_of(const moonlet_state *s)
{
    double frame = 0;
    moonlet_to_number(moonlet_global(s, "frame"), &frame);
    return (int)frame;
}

static moonlet_state *next_frame(moonlet_state *s)
{
    return call(s, "step", frame_of(s) % 7, 0);
}

/* A pipe that wants to know of each frame that is on the disk; -1: nobody does. */
static void tell(int to, int frame)
{
    if (to >= 0 && write(to, &frame, sizeof frame) != sizeof frame)
        stop("write", "nobody reads");
}

/* So many frames, from where the file says; each one is in the file when the next begins. */
static moonlet_state *play(const char *file, const char *directory, int frames, int to)
{
    char *message = NULL;
    moonlet_history *h = moonlet_history_open(file, NULL, &message);
    if (!h) stop(file, message);
    int64_t last = moonlet_history_last(h, &message);
    moonlet_state *s = last ? moonlet_history_read(h, last, &message) : new_game(directory);
    if (!s) stop("read", message);
    if (last) printf("goes on at frame %d\n", frame_of(s));
    for (int i = 0; i < frames; i++) {
        s = next_frame(s);
        last = moonlet_history_append(h, s, last, NULL, &message);
        if (!last) stop("append", message);
        if (frame_of(s) % SYNC_EVERY) continue;
        if (!moonlet_history_sync(h, &message)) stop("sync", message);
        tell(to, frame_of(s));
    }
    if (!moonlet_history_close(h, &message)) stop("close", message);
    return s;
}

/* Gives the last frame that was told to be on the disk. */
static int play_and_be_killed(const char *file, const char *directory)
{
    int ends[2], status, frame = 0, last = 0;
    if (pipe(ends)) stop("pipe", "no pipe");
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        play(file, directory, 1 << 30, ends[1]);
        _exit(EXIT_FAILURE);
    }
    close(ends[1]);
    while (last < KILLED_AFTER && read(ends[0], &frame, sizeof frame) == sizeof frame)
        last = frame;
    kill(child, SIGKILL);
    waitpid(child, &status, 0);
    while (read(ends[0], &frame, sizeof frame) == sizeof frame) last = frame;
    close(ends[0]);
    if (last < KILLED_AFTER) stop("play", "the process ended by itself");
    printf("killed, with frame %d on the disk\n", last);
    return last;
}

int main(int argc, char **argv)
{
    const char *directory = getenv("EXAMPLES") ? getenv("EXAMPLES") : "examples";
    if (argc == 3) {
        moonlet_state *s = play(argv[1], directory, atoi(argv[2]), -1);
        printf("frame %d, digest %016llx\n", frame_of(s),
               (unsigned long long)moonlet_digest(s));
        return EXIT_SUCCESS;
    }
    char file[] = "/tmp/autosave-XXXXXX";
    int fd = mkstemp(file);
    if (fd < 0) stop("mkstemp", "no file");
    close(fd);
    int on_disk = play_and_be_killed(file, directory);
    moonlet_state *s = play(file, directory, MORE, -1), *t = new_game(directory);
    if (frame_of(s) < on_disk + MORE) stop("read", "a frame that was on the disk is lost");
    while (frame_of(t) < frame_of(s)) t = next_frame(t);
    bool same = moonlet_digest(s) == moonlet_digest(t);
    puts(same ? "the same world as of a game that was not killed" : "ANOTHER world");
    char other[sizeof file + 8];
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        snprintf(other, sizeof other, "%s%s", file, suffixes[i]);
        unlink(other);
    }
    return same ? EXIT_SUCCESS : EXIT_FAILURE;
}
