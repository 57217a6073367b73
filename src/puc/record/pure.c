/* SPDX-License-Identifier: MIT */
/*
 * Which C libraries see nothing: by the symbols that their files need.
 *
 * Main invariant: a library is looked at once; what was found about it stays.
 */
#define _GNU_SOURCE /* dladdr */
#include "puc/record/pure.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

/* Files ---------------------------------------------------------------------------------- */

typedef struct Elf {
    const uint8_t *bytes;
    size_t size;
} Elf;

/* So many bytes at an offset, or NULL where the file has not so many. */
static const void *part(const Elf *e, uint64_t at, uint64_t size)
{
    return at <= e->size && size <= e->size - at ? e->bytes + at : NULL;
}

static const ElfW(Shdr) * sections(const Elf *e, size_t *count)
{
    const ElfW(Ehdr) *head = part(e, 0, sizeof *head);
    *count = 0;
    if (!head || memcmp(head->e_ident, ELFMAG, SELFMAG) != 0) return NULL;
    if (head->e_shentsize != sizeof(ElfW(Shdr))) return NULL;
    *count = head->e_shnum;
    return part(e, head->e_shoff, (uint64_t)head->e_shnum * sizeof(ElfW(Shdr)));
}

static const char *text_at(const Elf *e, const ElfW(Shdr) * texts, size_t at)
{
    const char *all = part(e, texts->sh_offset, texts->sh_size);
    bool good = all && at < texts->sh_size && memchr(all + at, 0, texts->sh_size - at);
    return good ? all + at : "";
}

/* Symbols -------------------------------------------------------------------------------- */

/* Names in order. What the functions print goes to the standard error, before the process ends.
 */
static const char *const computing[] = {"_ITM_deregisterTMCloneTable",
                                        "_ITM_registerTMCloneTable",
                                        "__assert_fail",
                                        "__ctype_b_loc",
                                        "__ctype_tolower_loc",
                                        "__ctype_toupper_loc",
                                        "__cxa_finalize",
                                        "__errno_location",
                                        "__fprintf_chk",
                                        "__gmon_start__",
                                        "__isinf",
                                        "__isnan",
                                        "__longjmp_chk",
                                        "__memcpy_chk",
                                        "__memmove_chk",
                                        "__memset_chk",
                                        "__snprintf_chk",
                                        "__sprintf_chk",
                                        "__stack_chk_fail",
                                        "__strcat_chk",
                                        "__strcpy_chk",
                                        "__strncpy_chk",
                                        "__vfprintf_chk",
                                        "__vsnprintf_chk",
                                        "_setjmp",
                                        "abort",
                                        "abs",
                                        "acos",
                                        "asin",
                                        "atan",
                                        "atan2",
                                        "bsearch",
                                        "calloc",
                                        "cbrt",
                                        "ceil",
                                        "cos",
                                        "cosh",
                                        "erf",
                                        "exit",
                                        "exp",
                                        "exp2",
                                        "expm1",
                                        "fabs",
                                        "floor",
                                        "fmax",
                                        "fmin",
                                        "fmod",
                                        "fprintf",
                                        "fputc",
                                        "fputs",
                                        "free",
                                        "frexp",
                                        "fwrite",
                                        "hypot",
                                        "isalnum",
                                        "isalpha",
                                        "iscntrl",
                                        "isdigit",
                                        "isgraph",
                                        "islower",
                                        "isprint",
                                        "ispunct",
                                        "isspace",
                                        "isupper",
                                        "isxdigit",
                                        "ldexp",
                                        "localeconv",
                                        "log",
                                        "log10",
                                        "log1p",
                                        "log2",
                                        "longjmp",
                                        "lrint",
                                        "lround",
                                        "malloc",
                                        "memchr",
                                        "memcmp",
                                        "memcpy",
                                        "memmem",
                                        "memmove",
                                        "memrchr",
                                        "memset",
                                        "modf",
                                        "pow",
                                        "qsort",
                                        "realloc",
                                        "rint",
                                        "round",
                                        "siglongjmp",
                                        "sin",
                                        "sinh",
                                        "snprintf",
                                        "sprintf",
                                        "sqrt",
                                        "stderr",
                                        "stpcpy",
                                        "strcasecmp",
                                        "strcat",
                                        "strchr",
                                        "strcmp",
                                        "strcoll",
                                        "strcpy",
                                        "strcspn",
                                        "strdup",
                                        "strlen",
                                        "strncasecmp",
                                        "strncat",
                                        "strncmp",
                                        "strncpy",
                                        "strndup",
                                        "strnlen",
                                        "strpbrk",
                                        "strrchr",
                                        "strspn",
                                        "strstr",
                                        "strtod",
                                        "strtof",
                                        "strtol",
                                        "strtold",
                                        "strtoll",
                                        "strtoul",
                                        "strtoull",
                                        "tan",
                                        "tanh",
                                        "tolower",
                                        "toupper",
                                        "trunc",
                                        "vfprintf",
                                        "vsnprintf",
                                        "vsprintf"};

static int by_name(const void *key, const void *item)
{
    return strcmp(key, *(const char *const *)item);
}

static bool is_computing(const char *name)
{
    if (strncmp(name, "lua_", 4) == 0 || strncmp(name, "luaL_", 5) == 0) return true;
    return bsearch(name, computing, sizeof computing / sizeof *computing, sizeof *computing,
                   by_name);
}

/* Whether all that the file needs of others is of that sort. */
static bool needs_nothing(const Elf *e, const ElfW(Shdr) * all, size_t count,
                          const ElfW(Shdr) * symbols)
{
    const ElfW(Sym) *s = part(e, symbols->sh_offset, symbols->sh_size);
    if (!s || symbols->sh_link >= count) return false;
    for (size_t n = symbols->sh_size / sizeof *s; n > 0; n--, s++)
        if (s->st_shndx == SHN_UNDEF && s->st_name &&
            !is_computing(text_at(e, &all[symbols->sh_link], s->st_name)))
            return false;
    return true;
}

/* What compilers themselves have is less. */
enum { VARIABLES_MAX = 16 };

/* Linkers have other sections without bytes. */
static bool has_variables(const Elf *e, const ElfW(Shdr) * all, size_t count,
                          const ElfW(Shdr) * s)
{
    const ElfW(Ehdr) *head = part(e, 0, sizeof *head);
    if (s->sh_type != SHT_NOBITS || s->sh_size <= VARIABLES_MAX) return false;
    if (head->e_shstrndx >= count || s->sh_flags & SHF_TLS) return true;
    return strncmp(text_at(e, &all[head->e_shstrndx], s->sh_name), ".relro", 6) != 0;
}

static bool is_pure(const Elf *e)
{
    size_t count;
    bool symbols = false;
    const ElfW(Shdr) *all = sections(e, &count);
    for (size_t i = 0; all && i < count; i++) {
        if (has_variables(e, all, count, &all[i])) return false;
        if (all[i].sh_type != SHT_DYNSYM) continue;
        if (!needs_nothing(e, all, count, &all[i])) return false;
        symbols = true;
    }
    return symbols;
}

/* Libraries ------------------------------------------------------------------------------ */

typedef struct Library {
    const void *base;
    size_t span; /* of addresses; 0: not known */
    bool pure;
    uint64_t contents;
    struct Library *next;
} Library;

static Library *libraries; /* only grows */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool is_in(const Library *l, const void *address)
{
    return (uintptr_t)address - (uintptr_t)l->base < l->span;
}

/* How many addresses the file takes. */
static size_t span(const Elf *e)
{
    uint64_t least = UINT64_MAX, most = 0;
    const ElfW(Ehdr) *head = part(e, 0, sizeof *head);
    if (!head || head->e_phentsize != sizeof(ElfW(Phdr))) return 0;
    const ElfW(Phdr) *p = part(e, head->e_phoff, (uint64_t)head->e_phnum * sizeof *p);
    for (size_t i = 0; p && i < head->e_phnum; i++) {
        if (p[i].p_type != PT_LOAD) continue;
        if (p[i].p_vaddr < least) least = p[i].p_vaddr;
        if (p[i].p_vaddr + p[i].p_memsz > most) most = p[i].p_vaddr + p[i].p_memsz;
    }
    return most > least ? (size_t)(most - least) : 0;
}

static void look(const char *file, Library *l)
{
    struct stat st;
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    size_t size = fstat(fd, &st) == 0 ? (size_t)st.st_size : 0;
    void *bytes = size ? mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0) : MAP_FAILED;
    close(fd);
    if (bytes == MAP_FAILED) return;
    Elf e = {bytes, size};
    l->span = span(&e);
    l->pure = is_pure(&e);
    l->contents = XXH3_64bits(bytes, size) | 1;
    munmap(bytes, size);
}

static const Library *library_of(const void *address)
{
    Dl_info info;
    static const Library none;
    pthread_mutex_lock(&lock);
    Library *l = libraries;
    while (l && !is_in(l, address)) l = l->next;
    if (!l && dladdr(address, &info) && info.dli_fname && (l = calloc(1, sizeof *l))) {
        l->base = info.dli_fbase;
        look(info.dli_fname, l);
        l->next = libraries;
        libraries = l;
    }
    pthread_mutex_unlock(&lock);
    return l ? l : &none;
}

bool pure_has(const void *address) { return library_of(address)->pure; }

uint64_t pure_contents(const void *address) { return library_of(address)->contents; }
