/* SPDX-License-Identifier: MIT */
/*
 * Reads chunks, and writes dumps, that are not known yet; see read.h.
 *
 * Main invariant: a function that is found again has just the bytes that were asked for.
 */
#include "code/read.h"

#include <pthread.h>

#include "chunk/dump.h"
#include "link/again.h"
#include "link/link.h"
#include "link/link_lines.h"
#include "tree/compile.h"
#include "tree/tree.h"

/* Known dumps ------------------------------------------------------------------------- */

enum { KNOWN = 1024 };
typedef struct Known {
    uint64_t code;
    size_t length;
    uintptr_t root; /* weak */
} Known;

/* Whoever finds it locked, perhaps by a thread that a fork has left behind, knows nothing. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static Known *known; /* under the lock; NULL: nothing */

static void note_dump(const Proto *root, const char *dump, size_t length)
{
    uint64_t code = dump_code(dump);
    if (pthread_mutex_trylock(&lock) != 0) return;
    if (!known) known = mem_try_alloc_root(KNOWN * sizeof *known);
    Known *k = known ? &known[code % KNOWN] : NULL;
    if (k && (k->code != code || k->length != length || mem_weak_get(&k->root) != root)) {
        mem_weak_clear(&k->root);
        k->code = code;
        k->length = length;
        mem_weak_set(&k->root, (void *)(uintptr_t)root);
    }
    pthread_mutex_unlock(&lock);
}

static const Proto *noted(const char *dump, size_t length)
{
    uint64_t code = dump_code(dump);
    if (pthread_mutex_trylock(&lock) != 0) return NULL;
    Known *k = known ? &known[code % KNOWN] : NULL;
    bool is_it = k && k->code == code && k->length == length;
    const Proto *root = is_it ? mem_weak_get(&k->root) : NULL;
    pthread_mutex_unlock(&lock);
    return root;
}

/* Who is told of each chunk that is linked is told of none that is there already. */
static const Proto *find_known(const char *dump, size_t length)
{
    const Proto *root = length && !link_tells() ? noted(dump, length) : NULL;
    if (root && link_is_text(root, dump, length)) return root;
    const String *own = root ? code_dump(root, false) : NULL;
    if (!own || own->length != length) return NULL;
    return own->data == dump || memcmp(own->data, dump, length) == 0 ? root : NULL;
}

void code_forget_dumps(void)
{
    pthread_mutex_lock(&lock);
    for (int i = 0; known && i < KNOWN; i++) mem_weak_clear(&known[i].root);
    pthread_mutex_unlock(&lock);
}

/* Reading ----------------------------------------------------------------------------- */

static const Proto *link_parsed(ParseResult *why, const char *text, size_t length,
                                const String *in)
{
    Proto *p = why->main && compile_has_room() ? link_chunk(why->main, &why->error) : NULL;
    if (p) link_let_go(p, text, length, in);
    return p;
}

static const Proto *read_dump(const char *bytes, size_t length, const String *in,
                              String *chunk_name, ParseResult *why)
{
    uint64_t before = compile_counted();
    size_t whole = dump_whole(bytes, length);
    compile_paid_begin();
    const Proto *p = find_known(bytes, whole);
    *why = p ? (ParseResult){.main = (AstFunction *)(uintptr_t)p->source}
             : dump_read(bytes, length, chunk_name);
    if (!p) {
        p = link_parsed(why, bytes, whole, in);
        if (p) note_dump(p, bytes, whole);
    }
    compile_paid_end();
    if (p) compile_count_instead(before, whole * CODE_READ_COUNT);
    return p;
}

const Proto *code_read(const char *source, size_t length, const String *in, String *chunk_name,
                       bool skip_shebang, ParseResult *why)
{
    const char *start = skip_shebang ? chunk_start(source, &length) : source;
    if (chunk_name && dump_begins(start, length))
        return read_dump(start, length, in, chunk_name, why);
    *why = parse_chunk(start, length, chunk_name, false);
    return link_parsed(why, start, length, in);
}

/* Writing ----------------------------------------------------------------------------- */

static String *kept_dump(const Proto *p, bool strip)
{
    if (strip && !p->source->stripped) return NULL;
    return __atomic_load_n(&p->dump, __ATOMIC_ACQUIRE);
}

bool code_has_dump(const Proto *p, bool strip) { return kept_dump(p, strip) != NULL; }

static void keep_dump(const Proto *p, String *dump)
{
    String *none = NULL, **kept = &((Proto *)(uintptr_t)p)->dump;
    __atomic_compare_exchange_n(kept, &none, dump, false, __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE);
    if (p == p->root && !p->celled_path) note_dump(p, dump->data, dump->length);
}

String *code_dump(const Proto *p, bool strip)
{
    uint64_t before = compile_counted();
    String *dump = kept_dump(p, strip);
    if (!dump) {
        compile_paid_begin();
        AstFunction *made;
        const AstFunction *tree = link_tree_once(p, &made);
        dump = tree ? dump_write(tree, strip) : NULL;
        if (made) tree_let_go(made);
        compile_paid_end();
        if (!dump) return NULL;
        if (!strip || p->source->stripped) keep_dump(p, dump);
    }
    compile_count_instead(before, sizeof *dump + dump->length);
    return dump;
}
