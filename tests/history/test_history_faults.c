/* SPDX-License-Identifier: MIT */
/*
 * Histories on a disk that fails: SQLite writes through a file system of this test, in which
 * the n-th write fails, for each n, or at which the power is lost. In the latter case each
 * sector that was written since it was last synced has its old or its new contents, by chance.
 * Nothing that was synced may be missing, and it must be possible to go on.
 *
 * Syncs do not reach the real disk: what counts is what SQLite has asked for.
 */
#include "history_test.h"

#include <sqlite3.h>
#include <sys/wait.h>

enum { ENTRIES = 14, SYNC_EVERY = 3, SECTOR = 512, LOSSES = 200 };

/* The file system ---------------------------------------------------------------------- */

/* What a write has written over: `length` bytes; the file had `size`. */
typedef struct Undo {
    struct Undo *before;
    sqlite3_int64 offset, size;
    int length;
    char old[];
} Undo;

typedef struct File {
    sqlite3_file base;
    Undo *unsynced; /* the newest first */
    struct File *next;
} File;

static struct {
    sqlite3_vfs *real;
    File *files;
    long writes;   /* so many so far */
    long fails_at; /* 0: none */
    bool for_good; /* all later ones, too */
    bool lossy;    /* the power is lost there */
    int code;
    unsigned seed;
} disk;

static sqlite3_file *real_of(sqlite3_file *f) { return (sqlite3_file *)((File *)f + 1); }

static void forget_undo(File *f)
{
    while (f->unsynced) {
        Undo *u = f->unsynced;
        f->unsynced = u->before;
        free(u);
    }
}

static void note(sqlite3_file *f, sqlite3_int64 offset, int length)
{
    Undo *u = calloc(1, sizeof *u + (size_t)length);
    real_of(f)->pMethods->xFileSize(real_of(f), &u->size);
    real_of(f)->pMethods->xRead(real_of(f), u->old, length, offset);
    u->offset = offset;
    u->length = length;
    u->before = ((File *)f)->unsynced;
    ((File *)f)->unsynced = u;
}

/* Each sector as it is, or as it was when it was last synced. */
static void lose(File *f)
{
    sqlite3_file *real = real_of(&f->base);
    sqlite3_int64 now = 0, then, most;
    if (!f->unsynced) return;
    real->pMethods->xFileSize(real, &now);
    then = most = now;
    for (const Undo *u = f->unsynced; u; u = u->before) {
        then = u->size;
        if (u->offset + u->length > most) most = u->offset + u->length;
        if (then > most) most = then;
    }
    char *old = calloc(1, (size_t)most + SECTOR), *new = calloc(1, (size_t)most + SECTOR);
    real->pMethods->xRead(real, new, (int)now, 0);
    memcpy(old, new, (size_t)now);
    for (const Undo *u = f->unsynced; u; u = u->before)
        memcpy(old + u->offset, u->old, (size_t)u->length);
    for (sqlite3_int64 at = 0; at < most; at += SECTOR)
        if (rand_r(&disk.seed) % 2) memcpy(new + at, old + at, SECTOR);
    sqlite3_int64 size = rand_r(&disk.seed) % 2 ? now : then;
    real->pMethods->xTruncate(real, size);
    real->pMethods->xWrite(real, new, (int)size, 0);
}

/* Whether this write fails; if the power is lost, the process ends. */
static bool fails(void)
{
    long n = ++disk.writes;
    if (!disk.fails_at || n < disk.fails_at || (n > disk.fails_at && !disk.for_good))
        return false;
    if (!disk.lossy) return true;
    for (File *f = disk.files; f; f = f->next) lose(f);
    _exit(EXIT_SUCCESS);
}

static int file_close(sqlite3_file *f)
{
    File **at = &disk.files;
    while (*at != (File *)f) at = &(*at)->next;
    *at = (*at)->next;
    forget_undo((File *)f);
    return real_of(f)->pMethods->xClose(real_of(f));
}

static int file_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    if (disk.lossy) note(f, at, n);
    if (fails()) return disk.code;
    return real_of(f)->pMethods->xWrite(real_of(f), p, n, at);
}

static int file_truncate(sqlite3_file *f, sqlite3_int64 size)
{
    sqlite3_int64 now = size;
    real_of(f)->pMethods->xFileSize(real_of(f), &now);
    if (disk.lossy) note(f, size, now > size ? (int)(now - size) : 0);
    return fails() ? disk.code : real_of(f)->pMethods->xTruncate(real_of(f), size);
}

static int file_sync(sqlite3_file *f, int flags)
{
    (void)flags;
    if (fails()) return SQLITE_IOERR_FSYNC;
    forget_undo((File *)f);
    return SQLITE_OK;
}

#define PASS(name, result, params, ...)                                  \
    static result file_##name params                                     \
    {                                                                    \
        return real_of(f)->pMethods->x##name(real_of(f), ##__VA_ARGS__); \
    }

PASS(Read, int, (sqlite3_file * f, void *p, int n, sqlite3_int64 at), p, n, at)
PASS(FileSize, int, (sqlite3_file * f, sqlite3_int64 *size), size)
PASS(Lock, int, (sqlite3_file * f, int level), level)
PASS(Unlock, int, (sqlite3_file * f, int level), level)
PASS(CheckReservedLock, int, (sqlite3_file * f, int *out), out)
PASS(FileControl, int, (sqlite3_file * f, int op, void *arg), op, arg)
PASS(SectorSize, int, (sqlite3_file * f))
PASS(DeviceCharacteristics, int, (sqlite3_file * f))
PASS(ShmMap, int, (sqlite3_file * f, int page, int size, int extend, void volatile **out), page,
     size, extend, out)
PASS(ShmLock, int, (sqlite3_file * f, int offset, int n, int flags), offset, n, flags)
PASS(ShmBarrier, void, (sqlite3_file * f))
PASS(ShmUnmap, int, (sqlite3_file * f, int delete), delete)

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_Read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_FileSize,
    .xLock = file_Lock,
    .xUnlock = file_Unlock,
    .xCheckReservedLock = file_CheckReservedLock,
    .xFileControl = file_FileControl,
    .xSectorSize = file_SectorSize,
    .xDeviceCharacteristics = file_DeviceCharacteristics,
    .xShmMap = file_ShmMap,
    .xShmLock = file_ShmLock,
    .xShmBarrier = file_ShmBarrier,
    .xShmUnmap = file_ShmUnmap,
};

static int disk_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *out)
{
    (void)v;
    int code = disk.real->xOpen(disk.real, name, real_of(f), flags, out);
    f->pMethods = code ? NULL : &methods;
    ((File *)f)->unsynced = NULL;
    if (code) return code;
    ((File *)f)->next = disk.files;
    disk.files = (File *)f;
    return code;
}

static void make_disk(void)
{
    static sqlite3_vfs own;
    disk.real = sqlite3_vfs_find(NULL);
    own = *disk.real;
    own.zName = "failing";
    own.szOsFile += (int)sizeof(File);
    own.xOpen = disk_open;
    ck_assert_int_eq(sqlite3_vfs_register(&own, 1), SQLITE_OK);
}

/* The tests ---------------------------------------------------------------------------- */

/* Appends the entry after the last one; gives its id. No two states are the same, also not of
 * entries with one number: what an error has undone must not be used any more. */
static int64_t append_next(moonlet_history *h, int64_t last)
{
    moonlet_state *s = last ? moonlet_history_read(h, last, NULL) : moonlet_init();
    if (!s) return 0;
    s = stepped(s);
    static double times;
    moonlet_result r = moonlet_set(s, "times", moonlet_number(++times));
    int64_t id = moonlet_history_append(h, r.state, last, NULL, NULL);
    moonlet_release(r.state);
    moonlet_release(s);
    return id;
}

/*
 * Goes on to so many entries from what is in the file, and tells of each sync. It gives up at
 * the n-th error; before that it goes on from what is there then. Gives the number of errors.
 */
static int go_on(int errors_max, int64_t *synced, int to)
{
    moonlet_history *h =
        moonlet_history_open(path, &(moonlet_history_options){.chain = 4}, NULL);
    int errors = 0;
    while (h && errors < errors_max && *synced < ENTRIES) {
        char *message = NULL;
        int64_t last = moonlet_history_last(h, &message);
        bool good = !message;
        free(message);
        if (good && last < ENTRIES) last = append_next(h, last);
        good = good && last;
        bool sync = good && (last % SYNC_EVERY == 0 || last == ENTRIES);
        good = good && (!sync || moonlet_history_sync(h, NULL));
        if (!good) errors++;
        if (!good || !sync) continue;
        ck_assert_int_gt(last, *synced);
        *synced = last;
        if (to >= 0) ck_assert_int_eq(write(to, &last, sizeof last), sizeof last);
    }
    if (!h) return errors_max;
    return moonlet_history_close(h, NULL) ? errors : errors + 1;
}

static void assert_whole(int64_t synced)
{
    moonlet_history *h = opened(NULL);
    int64_t last = moonlet_history_last(h, NULL);
    ck_assert_int_ge(last, synced);
    for (int64_t id = 1; id <= last; id++) assert_entry(h, id, (double)id);
    ck_assert(moonlet_history_close(h, NULL));
}

static const int codes[] = {SQLITE_FULL, SQLITE_IOERR_WRITE, SQLITE_FULL, SQLITE_IOERR_WRITE};

/* _i: the code; from 2 on the disk stays as it is after the first error. */
START_TEST(each_write_fails)
{
    bool failed = true;
    make_disk();
    disk.code = codes[_i];
    for (long n = 1; failed; n++) {
        int64_t synced = 0;
        disk.for_good = _i >= 2;
        disk.writes = 0;
        disk.fails_at = n;
        int errors = go_on(n % 2 ? 1 : 3, &synced, -1);
        if (n % 2 == 0 && errors <= 1 && !disk.for_good) ck_assert_int_eq(synced, ENTRIES);
        if (!disk.for_good) ck_assert(errors <= 1 || errors == 3);
        failed = disk.writes >= n;
        disk.fails_at = 0;
        assert_whole(synced);
        ck_assert_int_eq(go_on(1, &synced, -1), 0);
        assert_whole(ENTRIES);
        end();
    }
}
END_TEST

START_TEST(the_power_is_lost)
{
    make_disk();
    for (unsigned i = 0; i < LOSSES; i++) {
        int ends[2], status;
        int64_t synced = 0, told;
        ck_assert_int_eq(pipe(ends), 0);
        pid_t child = fork();
        if (child == 0) {
            disk.writes = 0;
            disk.lossy = true;
            disk.seed = i;
            disk.fails_at = 1 + (long)i % 97;
            go_on(1, &synced, ends[1]);
            _exit(EXIT_SUCCESS);
        }
        close(ends[1]);
        while (read(ends[0], &told, sizeof told) == sizeof told) synced = told;
        close(ends[0]);
        ck_assert_int_eq(waitpid(child, &status, 0), child);
        ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
        char index[80];
        snprintf(index, sizeof index, "%s-shm", path);
        unlink(index);
        assert_whole(synced);
        ck_assert_int_eq(go_on(1, &synced, -1), 0);
        assert_whole(ENTRIES);
        end();
    }
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("faults");
    tcase_add_loop_test(t, each_write_fails, 0, sizeof codes / sizeof codes[0]);
    tcase_add_test(t, the_power_is_lost);
    return history_test_run(t);
}
