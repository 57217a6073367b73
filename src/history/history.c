/* SPDX-License-Identifier: MIT */
/*
 * Histories on disk: see moonlet_history.h.
 *
 *   table entry   id | parent | label | time | base | depth | removed | image
 *
 * base is the entry that a delta was made to, or 0; depth how many deltas lead to it from a
 * whole image. What was removed stays there, unseen, as long as others are deltas to it: at
 * most `chain` entries before each that is seen. The images that were used last are kept, so
 * that the next append has its base, with the objects of the running program in it, and a read
 * its chain.
 *
 * Invariants: an entry with a base has depth = 1 + that of its base, and the base is there;
 * depth <= chain. Between calls a transaction is open exactly while `waiting` is not 0. What is
 * kept is in the file, or in that transaction: SQLite rolls back by itself when the disk fails,
 * and then nothing that was kept may be a base any more, for its number is given again.
 */
#include "moonlet_history.h"

#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { CHAIN_DEFAULT = 32, KEPT = 8, VERSION = 1, APPLICATION = 0x4d6f6f6e };

typedef struct Kept {
    int64_t id;
    unsigned depth;
    uint64_t used;
    moonlet_image *image;
} Kept;

enum {
    INSERT,
    SELECT,
    PARENT,
    BASE,
    REMOVED,
    LAST,
    FIND,
    EACH,
    CHILDREN,
    DEPENDENT,
    ADOPT,
    GHOST,
    REMOVE,
    OLDER,
    OLD,
    STATEMENTS
};

/* An index of some rows is used only by who says that it wants just such: `label <> ''` and
 * `base > 0` are there for that. */
static const char *const sql[STATEMENTS] = {
    [INSERT] = "insert into entry(parent, label, time, base, depth, image) values(?,?,?,?,?,?)",
    [SELECT] = "select base, depth, image from entry where id = ?",
    [PARENT] = "select parent from entry where id = ? and not removed",
    [BASE] = "select base from entry where id = ?",
    [REMOVED] = "select removed from entry where id = ?",
    [LAST] = "select max(id) from entry where not removed",
    [FIND] = "select max(id) from entry where label = ? and label <> '' and not removed",
    [EACH] = "select id, parent, label, time, length(image), base from entry"
             " where not removed order by id",
    [CHILDREN] = "select id, parent, label, time, length(image), base from entry"
                 " where parent = ? and not removed order by id",
    [DEPENDENT] = "select id from entry where base = ? and base > 0 limit 1",
    [ADOPT] = "update entry set parent = ? where parent = ?",
    [GHOST] = "update entry set removed = 1, parent = 0, label = '' where id = ?",
    [REMOVE] = "delete from entry where id = ?",
    [OLDER] = "select id from entry where not removed order by id desc limit 1 offset ?",
    [OLD] = "select id from entry where not removed and label = '' and id <= ?"
            " order by id desc limit 1",
};

struct moonlet_history {
    sqlite3 *db;
    sqlite3_stmt *statements[STATEMENTS];
    unsigned chain, batch;
    const moonlet_image_host *host;
    unsigned waiting; /* entries of the open transaction */
    uint64_t uses;
    Kept kept[KEPT];
};

/* Errors ----------------------------------------------------------------------------- */

static bool refuse(char **message, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static bool refuse(char **message, const char *format, ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    if (message && !*message) *message = strdup(text);
    return false;
}

static bool refuse_db(moonlet_history *h, char **message)
{
    return refuse(message, "history: %s", sqlite3_errmsg(h->db));
}

static void begin_call(char **message)
{
    if (message) *message = NULL;
}

/* Statements ------------------------------------------------------------------------- */

static sqlite3_stmt *statement(moonlet_history *h, int which, char **message)
{
    sqlite3_stmt **s = &h->statements[which];
    if (!*s && sqlite3_prepare_v3(h->db, sql[which], -1, SQLITE_PREPARE_PERSISTENT, s, NULL)) {
        refuse_db(h, message);
        return NULL;
    }
    sqlite3_reset(*s);
    return *s;
}

/* A statement with one number to bind. */
static sqlite3_stmt *statement_of(moonlet_history *h, int which, int64_t id, char **message)
{
    sqlite3_stmt *s = statement(h, which, message);
    if (s) sqlite3_bind_int64(s, 1, id);
    return s;
}

/* Runs one that gives no rows. */
static bool run(moonlet_history *h, sqlite3_stmt *s, char **message)
{
    if (!s) return false;
    bool done = sqlite3_step(s) == SQLITE_DONE;
    if (!done) refuse_db(h, message);
    sqlite3_reset(s);
    sqlite3_clear_bindings(s);
    return done;
}

/* The first column of its first row; 0 if there is none, or it is null. */
static bool number_of(moonlet_history *h, sqlite3_stmt *s, int64_t *out, char **message)
{
    if (!s) return false;
    int code = sqlite3_step(s);
    *out = code == SQLITE_ROW ? sqlite3_column_int64(s, 0) : 0;
    if (code != SQLITE_ROW && code != SQLITE_DONE) refuse_db(h, message);
    sqlite3_reset(s);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static bool execute(moonlet_history *h, const char *text, char **message)
{
    return sqlite3_exec(h->db, text, NULL, NULL, NULL) == SQLITE_OK || refuse_db(h, message);
}

/* Opening ---------------------------------------------------------------------------- */

/* The number that a query gives which is needed but once. */
static bool ask(moonlet_history *h, const char *query, int64_t *out, char **message)
{
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(h->db, query, -1, &s, NULL)) return refuse_db(h, message);
    bool good = number_of(h, s, out, message);
    sqlite3_finalize(s);
    return good;
}

/* Views and triggers of a file that somebody has made would run as part of our statements. */
static bool is_plain(moonlet_history *h, char **message)
{
    int64_t others = 0;
    return ask(h,
               "select count(*) from sqlite_master where type not in ('table', 'index')"
               " or sql like 'create virtual%'",
               &others, message) &&
           (!others || refuse(message, "history: the file is no history"));
}

static bool create(moonlet_history *h, char **message)
{
    char text[600];
    snprintf(text, sizeof text,
             "begin immediate;"
             "create table if not exists entry(id integer primary key autoincrement, parent "
             "integer not null,"
             " label text not null, time integer not null, base integer not null,"
             " depth integer not null, removed integer not null default 0,"
             " image blob not null);"
             "create index if not exists by_parent on entry(parent);"
             "create index if not exists by_base on entry(base) where base > 0;"
             "create index if not exists by_label on entry(label) where label <> '';"
             "pragma application_id = %d; pragma user_version = %d; commit",
             APPLICATION, VERSION);
    return execute(h, text, message);
}

/* Whether the file is a history, or has nothing in it and now is one. */
static bool prepare(moonlet_history *h, bool read_only, char **message)
{
    int64_t application = 0, version = 0, tables = 0;
    sqlite3_db_config(h->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(h->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    if (!ask(h, "pragma application_id", &application, message) ||
        !ask(h, "pragma user_version", &version, message) ||
        !ask(h, "select count(*) from sqlite_master", &tables, message))
        return false;
    if (application == APPLICATION && version != VERSION)
        return refuse(message, "history: the file is of another version");
    if (application == APPLICATION) return is_plain(h, message);
    if (application || version || tables || read_only)
        return refuse(message, "history: the file is no history");
    return create(h, message);
}

/* The path as SQLite takes it for a file and nothing else: to be given to free(). Where nothing
 * can be written beside the file, SQLite has to be told that nobody does. */
static char *file_uri(const char *path, bool immutable)
{
    char *uri = malloc(3 * strlen(path) + 32), *to = uri;
    if (!uri) return NULL;
    to += sprintf(to, "file:%s", *path == '/' ? "" : "./");
    for (; *path; path++) {
        unsigned char c = (unsigned char)*path;
        bool plain = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
                     (c >= 'A' && c <= 'Z') || strchr("/._-", c);
        to += sprintf(to, plain ? "%c" : "%%%02x", c);
    }
    strcpy(to, immutable ? "?immutable=1" : "");
    return uri;
}

static bool open_file(moonlet_history *h, const char *path, bool read_only, bool immutable,
                      char **message)
{
    int flags = SQLITE_OPEN_URI |
                (read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!path || !*path) return refuse(message, "history: the name of the file is empty");
    char *uri = file_uri(path, immutable);
    if (!uri) return refuse(message, "not enough memory");
    bool good = sqlite3_open_v2(uri, &h->db, flags, NULL) == SQLITE_OK;
    free(uri);
    if (!good)
        refuse(message, "history: %s: %s", path, h->db ? sqlite3_errmsg(h->db) : "no memory");
    if (good) sqlite3_busy_timeout(h->db, 5000);
    return good;
}

/* Readers write, too, in a file beside it; where that cannot be made, nobody else can write.
 * What a writer that was killed has left there would not be seen. */
static bool is_fixed(moonlet_history *h, const char *path)
{
    struct stat st;
    int code = sqlite3_exec(h->db, "pragma user_version", NULL, NULL, NULL);
    if (code != SQLITE_CANTOPEN && code != SQLITE_READONLY) return false;
    size_t length = strlen(path);
    char *log = malloc(length + 5);
    if (log) sprintf(log, "%s-wal", path);
    bool alone = log && stat(log, &st) != 0;
    free(log);
    return alone;
}

static bool open_any(moonlet_history *h, const char *path, bool read_only, char **message)
{
    if (!open_file(h, path, read_only, false, message)) return false;
    if (!read_only || !is_fixed(h, path)) return true;
    sqlite3_close(h->db);
    return open_file(h, path, true, true, message);
}

moonlet_history *moonlet_history_open(const char *path, const moonlet_history_options *options,
                                      char **message)
{
    static const moonlet_history_options defaults;
    const moonlet_history_options *o = options ? options : &defaults;
    begin_call(message);
    moonlet_history *h = calloc(1, sizeof *h);
    if (!h) return refuse(message, "not enough memory"), NULL;
    h->chain = o->chain ? o->chain : CHAIN_DEFAULT;
    h->batch = o->batch;
    h->host = o->host;
    bool good = open_any(h, path, o->read_only, message) && prepare(h, o->read_only, message);
    if (good && !o->read_only)
        good = execute(h, "pragma journal_mode = wal; pragma synchronous = full", message);
    if (good) return h;
    sqlite3_close(h->db);
    free(h);
    return NULL;
}

/* Makes the history what was there before what has failed, or what SQLite has left of it. */
static void after_failure(moonlet_history *h)
{
    if (!h->waiting) sqlite3_exec(h->db, "rollback", NULL, NULL, NULL);
    if (!h->waiting || !sqlite3_get_autocommit(h->db)) return;
    h->waiting = 0;
    for (int i = 0; i < KEPT; i++) {
        moonlet_image_release(h->kept[i].image);
        h->kept[i] = (Kept){0};
    }
}

bool moonlet_history_sync(moonlet_history *h, char **message)
{
    begin_call(message);
    if (!h->waiting) return true;
    if (!execute(h, "commit", message)) return after_failure(h), false;
    h->waiting = 0;
    return true;
}

bool moonlet_history_close(moonlet_history *h, char **message)
{
    begin_call(message);
    if (!h) return true;
    bool good = moonlet_history_sync(h, message);
    for (int i = 0; i < STATEMENTS; i++) sqlite3_finalize(h->statements[i]);
    for (int i = 0; i < KEPT; i++) moonlet_image_release(h->kept[i].image);
    sqlite3_close(h->db);
    free(h);
    return good;
}

/* What is written waits for a sync in a transaction. */
static bool begin_writing(moonlet_history *h, char **message)
{
    return h->waiting || execute(h, "begin immediate", message);
}

static bool wrote(moonlet_history *h, char **message)
{
    h->waiting++;
    return !h->batch || h->waiting < h->batch || moonlet_history_sync(h, message);
}

static bool exists(moonlet_history *h, int64_t id, char **message)
{
    sqlite3_stmt *s = statement_of(h, PARENT, id, message);
    if (!s) return false;
    int code = sqlite3_step(s);
    sqlite3_reset(s);
    if (code == SQLITE_ROW) return true;
    if (code == SQLITE_DONE)
        return refuse(message, "history: there is no entry %lld", (long long)id);
    return refuse_db(h, message);
}

/* Images ----------------------------------------------------------------------------- */

static Kept *kept(moonlet_history *h, int64_t id)
{
    for (int i = 0; i < KEPT; i++)
        if (h->kept[i].image && h->kept[i].id == id) {
            h->kept[i].used = ++h->uses;
            return &h->kept[i];
        }
    return NULL;
}

/* Takes the place of what was used longest ago, but for `but`. */
static Kept *keep(moonlet_history *h, int64_t id, unsigned depth, moonlet_image *image,
                  const Kept *but)
{
    Kept *to = NULL;
    for (int i = 0; i < KEPT; i++)
        if (&h->kept[i] != but && (!to || h->kept[i].used < to->used)) to = &h->kept[i];
    moonlet_image_release(to->image);
    moonlet_image_drop_bytes(image);
    *to = (Kept){id, depth, ++h->uses, image};
    return to;
}

static void forget(moonlet_history *h, int64_t id)
{
    Kept *k = kept(h, id);
    if (!k) return;
    moonlet_image_release(k->image);
    *k = (Kept){0};
}

/* The bytes of an entry, from malloc, or NULL where there are none. */
static char *read_bytes(moonlet_history *h, int64_t id, int64_t *base, unsigned *depth,
                        size_t *length, char **message)
{
    sqlite3_stmt *s = statement_of(h, SELECT, id, message);
    if (!s) return NULL;
    char *bytes = NULL;
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW) {
        *base = sqlite3_column_int64(s, 0);
        *depth = (unsigned)sqlite3_column_int64(s, 1);
        const void *blob = sqlite3_column_blob(s, 2);
        *length = (size_t)sqlite3_column_bytes(s, 2);
        bytes = malloc(*length + 1);
        if (bytes && *length) memcpy(bytes, blob, *length);
        if (!bytes) refuse(message, "not enough memory");
    } else if (code == SQLITE_DONE) {
        refuse(message, "history: there is no entry %lld", (long long)id);
    } else {
        refuse_db(h, message);
    }
    sqlite3_reset(s);
    return bytes;
}

/* The entry to which this one is a delta; 0: it is whole. A base is older than what was made to
 * it, so a chain has an end, whatever is in the file. */
static bool base_of(moonlet_history *h, int64_t id, int64_t *base, char **message)
{
    sqlite3_stmt *s = statement_of(h, SELECT, id, message);
    if (!s) return false;
    int code = sqlite3_step(s);
    if (code == SQLITE_ROW) *base = sqlite3_column_int64(s, 0);
    sqlite3_reset(s);
    if (code == SQLITE_DONE)
        return refuse(message, "history: there is no entry %lld", (long long)id);
    if (code != SQLITE_ROW) return refuse_db(h, message);
    bool good = *base >= 0 && *base < id;
    return good || refuse(message, "history: the file is damaged");
}

/* The entries from `id` down to one that is kept, or whole: the last one of `ids` is read
 * first. Gives their number; -1 on error. */
static int chain_of(moonlet_history *h, int64_t id, int64_t **ids, char **message)
{
    size_t count = 0, capacity = 0;
    int64_t *all = NULL, *grown = NULL;
    while (id && !kept(h, id)) {
        int64_t base = 0;
        if (count == capacity)
            grown = reallocarray(all, capacity = 2 * capacity + 16, sizeof *all);
        if (!grown) refuse(message, "not enough memory");
        if (grown) all = grown;
        if (!grown || !base_of(h, id, &base, message)) {
            free(all);
            return -1;
        }
        all[count++] = id;
        id = base;
    }
    *ids = all;
    return (int)count;
}

/* The entry's image, read with all that leads to it. */
static Kept *load(moonlet_history *h, int64_t id, char **message)
{
    Kept *k = kept(h, id);
    if (k) return k;
    int64_t *ids = NULL, base = 0;
    int n = chain_of(h, id, &ids, message);
    if (n < 0) return NULL;
    for (int i = n - 1; i >= 0; i--) {
        size_t length = 0;
        unsigned depth = 0;
        char *bytes = read_bytes(h, ids[i], &base, &depth, &length, message);
        k = base ? kept(h, base) : NULL;
        moonlet_image *image =
            bytes ? moonlet_image_load(bytes, length, k ? k->image : NULL, h->host, message)
                  : NULL;
        free(bytes);
        if (!image) {
            free(ids);
            return NULL;
        }
        k = keep(h, ids[i], depth, image, k);
    }
    free(ids);
    return k;
}

/* All that leads to the entry is read as of one moment: another process may be pruning. */
moonlet_state *moonlet_history_read(moonlet_history *h, int64_t id, char **message)
{
    begin_call(message);
    bool alone = sqlite3_get_autocommit(h->db);
    if (alone && !execute(h, "begin", message)) return NULL;
    const Kept *k = exists(h, id, message) ? load(h, id, message) : NULL;
    if (alone) sqlite3_exec(h->db, "commit", NULL, NULL, NULL);
    return k ? moonlet_image_state(k->image) : NULL;
}

/* Appending -------------------------------------------------------------------------- */

static int64_t now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* The parent as a base: NULL if a whole image is to be made. */
static Kept *base_for(moonlet_history *h, int64_t parent)
{
    Kept *k = parent ? kept(h, parent) : NULL;
    return k && k->depth < h->chain ? k : NULL;
}

static bool insert(moonlet_history *h, int64_t parent, const char *label, const Kept *base,
                   const moonlet_image *image, char **message)
{
    size_t length;
    const char *bytes = moonlet_image_bytes(image, &length);
    sqlite3_stmt *s = statement_of(h, INSERT, parent, message);
    if (!s) return false;
    sqlite3_bind_text(s, 2, label ? label : "", -1, SQLITE_TRANSIENT);
    sqlite3_bind_int64(s, 3, now_ms());
    sqlite3_bind_int64(s, 4, base ? base->id : 0);
    sqlite3_bind_int64(s, 5, base ? base->depth + 1 : 0);
    sqlite3_bind_blob64(s, 6, bytes, length, SQLITE_STATIC);
    return run(h, s, message);
}

int64_t moonlet_history_append(moonlet_history *h, const moonlet_state *s, int64_t parent,
                               const char *label, char **message)
{
    begin_call(message);
    if (parent && !exists(h, parent, message)) return 0; /* it may be kept, and removed */
    Kept *base = base_for(h, parent);
    moonlet_image *image = moonlet_image_save(s, base ? base->image : NULL, h->host, message);
    if (!image) return 0;
    if (!moonlet_image_is_delta(image)) base = NULL;
    bool good = begin_writing(h, message) && insert(h, parent, label, base, image, message);
    int64_t id = good ? sqlite3_last_insert_rowid(h->db) : 0;
    if (!good) {
        after_failure(h);
        moonlet_image_release(image);
        return 0;
    }
    keep(h, id, base ? base->depth + 1 : 0, image, NULL);
    return wrote(h, message) ? id : 0;
}

/* Looking ---------------------------------------------------------------------------- */

int64_t moonlet_history_last(moonlet_history *h, char **message)
{
    int64_t id = 0;
    begin_call(message);
    return number_of(h, statement(h, LAST, message), &id, message) ? id : 0;
}

int64_t moonlet_history_find(moonlet_history *h, const char *label, char **message)
{
    int64_t id = 0;
    begin_call(message);
    if (!label || !*label) return 0; /* no label is not a label */
    sqlite3_stmt *s = statement(h, FIND, message);
    if (s) sqlite3_bind_text(s, 1, label, -1, SQLITE_TRANSIENT);
    return number_of(h, s, &id, message) ? id : 0;
}

/* A visitor may visit others, so each visit has a statement of its own. `of` is bound, if there
 * is something to bind. */
static bool visit_rows(moonlet_history *h, int which, int64_t of, moonlet_history_visit *visit,
                       void *data, char **message)
{
    int code = SQLITE_ERROR;
    sqlite3_stmt *s = NULL;
    if (sqlite3_prepare_v2(h->db, sql[which], -1, &s, NULL)) return refuse_db(h, message);
    if (sqlite3_bind_parameter_count(s)) sqlite3_bind_int64(s, 1, of);
    while ((code = sqlite3_step(s)) == SQLITE_ROW) {
        const char *label = (const char *)sqlite3_column_text(s, 2);
        moonlet_history_entry e = {.id = sqlite3_column_int64(s, 0),
                                   .parent = sqlite3_column_int64(s, 1),
                                   .label = label ? label : "",
                                   .time = sqlite3_column_int64(s, 3),
                                   .bytes = (size_t)sqlite3_column_int64(s, 4),
                                   .delta = sqlite3_column_int64(s, 5) != 0};
        if (!visit(data, &e)) break;
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE) refuse_db(h, message);
    sqlite3_finalize(s);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool moonlet_history_each(moonlet_history *h, moonlet_history_visit *visit, void *data,
                          char **message)
{
    begin_call(message);
    return visit_rows(h, EACH, 0, visit, data, message);
}

bool moonlet_history_children(moonlet_history *h, int64_t id, moonlet_history_visit *visit,
                              void *data, char **message)
{
    begin_call(message);
    return visit_rows(h, CHILDREN, id, visit, data, message);
}

/* Forgetting ------------------------------------------------------------------------- */

/* Deletes an entry that is nobody's base, and bases that nothing else has kept. */
static bool drop(moonlet_history *h, int64_t id, char **message)
{
    int64_t base = 0, dependent = 0, removed = 1;
    bool good = true;
    while (good && id && removed) {
        good = number_of(h, statement_of(h, DEPENDENT, id, message), &dependent, message);
        if (!good || dependent) return good;
        good = number_of(h, statement_of(h, BASE, id, message), &base, message) &&
               run(h, statement_of(h, REMOVE, id, message), message);
        forget(h, id);
        id = base;
        good = good && number_of(h, statement_of(h, REMOVED, id, message), &removed, message);
    }
    return good;
}

static bool remove_entry(moonlet_history *h, int64_t id, char **message)
{
    int64_t parent = 0;
    if (!number_of(h, statement_of(h, PARENT, id, message), &parent, message)) return false;
    sqlite3_stmt *s = statement_of(h, ADOPT, parent, message);
    if (!s) return false;
    sqlite3_bind_int64(s, 2, id);
    return run(h, s, message) && run(h, statement_of(h, GHOST, id, message), message) &&
           drop(h, id, message);
}

/* Does it within a savepoint, so that it is done as a whole. */
static bool within(moonlet_history *h, bool good, char **message)
{
    if (good) return execute(h, "release forgetting", message) && wrote(h, message);
    sqlite3_exec(h->db, "rollback to forgetting; release forgetting", NULL, NULL, NULL);
    after_failure(h);
    return false;
}

static bool begin_forgetting(moonlet_history *h, char **message)
{
    return begin_writing(h, message) && execute(h, "savepoint forgetting", message);
}

bool moonlet_history_remove(moonlet_history *h, int64_t id, char **message)
{
    begin_call(message);
    if (!exists(h, id, message) || !begin_forgetting(h, message)) return false;
    return within(h, remove_entry(h, id, message), message);
}

bool moonlet_history_prune(moonlet_history *h, uint64_t keep_newest, char **message)
{
    int64_t id = 0;
    bool good = true;
    begin_call(message);
    if (!begin_forgetting(h, message)) return false;
    int64_t most = keep_newest < INT64_MAX ? (int64_t)keep_newest : INT64_MAX;
    good = number_of(h, statement_of(h, OLDER, most, message), &id, message);
    while (good && id) {
        good = number_of(h, statement_of(h, OLD, id, message), &id, message);
        if (!good || !id) break;
        good = remove_entry(h, id, message);
        id--; /* those above are done */
    }
    return within(h, good, message);
}
