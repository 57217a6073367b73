/* SPDX-License-Identifier: MIT */
/*
 * The commands of the interactive mode: lines that begin with ':' and a letter.
 *
 * Main invariant: commands run between lines. They change which frame is the current one, and
 * only :time and :load make new frames; no command changes the state of a frame that is there.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "api/api.h"
#include "cli/output/replace.h"
#include "cli/repl/doc.h"
#include "cli/repl/session.h"
#include "cli/worlds/diff.h"
#include "cli/worlds/world.h"
#include "lib/lib.h"

enum { LINES_TOLD = 60, HISTORY_TOLD = 30 };

static void say(Repl *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void say(Repl *r, const char *format, ...)
{
    char text[1000];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    sheet_safe(&r->out, INK_NOTE, text, strlen(text));
    sheet_line(&r->out, 0);
    sheet_print(&r->out);
}

/* Frames ------------------------------------------------------------------------------- */

static void tell_line(Sheet *out, const Frame *f)
{
    if (!f->line) {
        sheet_text(out, INK_NOTE, f->number ? "(loaded)" : "(the beginning)");
        return;
    }
    size_t length = f->line->length;
    sheet_safe(out, INK_PLAIN, f->line->data, length > LINES_TOLD ? LINES_TOLD : length);
    if (length > LINES_TOLD) sheet_text(out, INK_NOTE, "...");
    if (f->failed) sheet_text(out, INK_NOTE, "  (failed)");
}

static void tell_now(Repl *r)
{
    const Frame *f = frames_now(r->frames);
    sheet_format(&r->out, INK_NOTE, "at %llu: ", (unsigned long long)f->number);
    tell_line(&r->out, f);
    sheet_line(&r->out, 0);
    sheet_print(&r->out);
}

/* How many steps a word says, or 0 where it is no such number, which is said. */
static size_t steps_of(Repl *r, const char *word)
{
    char *end;
    if (!*word) return 1;
    long steps = strtol(word, &end, 10);
    if (*end || steps < 1) say(r, "it takes a number above 0, not '%s'", word);
    return *end || steps < 1 ? 0 : (size_t)steps;
}

static void do_undo(Repl *r, const char *word)
{
    size_t steps = steps_of(r, word), done = frames_undo(r->frames, steps);
    if (steps && done < steps) say(r, "there is nothing before");
    if (steps) tell_now(r);
}

static void do_redo(Repl *r, const char *word)
{
    size_t steps = steps_of(r, word), done = frames_redo(r->frames, steps);
    if (steps && done < steps) say(r, "there is nothing to redo");
    if (steps) tell_now(r);
}

static void tell_frame(Repl *r, const Frame *f, bool from)
{
    const Frames *all = r->frames;
    Sheet *out = &r->out;
    sheet_format(out, INK_NOTE, "%c%4llu  ", f == frames_now(all) ? '*' : ' ',
                 (unsigned long long)f->number);
    tell_line(out, f);
    for (size_t i = 0; i < all->branch_count; i++)
        if (all->branches[i].frame == f)
            sheet_format(out, INK_KEY, "  <%s>", all->branches[i].name);
    if (from && f->parent && f->parent->number + 1 != f->number)
        sheet_format(out, INK_NOTE, "  (after %llu)", (unsigned long long)f->parent->number);
    sheet_line(out, 0);
}

/* The line of frames on which the current one is, also what can be redone; the last of it. */
static void do_history(Repl *r, const char *word)
{
    const Frames *all = r->frames;
    bool whole = strcmp(word, "all") == 0;
    size_t most = *word && !whole ? steps_of(r, word) : HISTORY_TOLD, count = 0;
    const Frame *first = frames_now(all);
    if (!most) return;
    for (size_t i = 1; i < most && first->parent; i++) first = first->parent;
    if (whole) {
        for (size_t i = 0; i < all->count; i++) tell_frame(r, all->kept[i], true);
    } else {
        if (first->parent) sheet_text(&r->out, INK_NOTE, "   ...\n");
        for (const Frame *f = first; f; f = f->next) tell_frame(r, f, false);
        for (const Frame *f = first; f; f = f->parent) count++;
        for (const Frame *f = first->next; f; f = f->next) count++;
    }
    sheet_print(&r->out);
    if (!whole && count < all->count)
        say(r, "%zu more elsewhere: :history all", all->count - count);
}

static void do_branch(Repl *r, const char *word)
{
    const Frames *all = r->frames;
    bool number = *word >= '0' && *word <= '9';
    if (*word && !number && !strpbrk(word, " \t") && frames_branch(r->frames, word)) {
        say(r, "on branch %s", word);
    } else if (*word) {
        say(r, "there is such a branch, or it is no name for one: '%s'", word);
    } else {
        for (size_t i = 0; i < all->branch_count; i++)
            tell_frame(r, all->branches[i].frame, false);
        sheet_print(&r->out);
    }
}

static void do_go(Repl *r, const char *word)
{
    if (frames_go(r->frames, word))
        tell_now(r);
    else
        say(r, "there is no frame or branch '%s': see :history all", word);
}

static void do_diff(Repl *r, const char *words)
{
    char *copy = strdup(words), *rest = copy, *a = copy ? strsep(&rest, " \t") : NULL;
    const Frame *now = frames_now(r->frames), *from = now->parent, *to = now;
    if (a && *a) from = frames_find(r->frames, a);
    if (rest && *rest) to = frames_find(r->frames, rest);
    if (!from || !to)
        say(r, "there is no such frame: see :history");
    else if (!diff_live(r->c, from->state, to->state))
        say(r, "no difference");
    free(copy);
}

/* Files -------------------------------------------------------------------------------- */

static void do_save(Repl *r, const char *file)
{
    char *message = NULL;
    size_t length;
    if (!*file) {
        say(r, "it takes the name of a file");
        return;
    }
    moonlet_state *s = handle_new(api_pack(api_host_run(r->c->M), false), NULL);
    moonlet_image *image = moonlet_image_save(s, NULL, NULL, &message);
    if (image) {
        const char *bytes = moonlet_image_bytes(image, &length);
        if (replace_file(file, bytes, length))
            say(r, "saved %zu bytes", length);
        else
            say(r, "cannot write %s: %s", file, strerror(errno));
    } else {
        say(r, "cannot save: %s", message ? message : "not enough memory");
    }
    moonlet_image_release(image);
    moonlet_release(s);
    free(message);
}

static void do_load(Repl *r, const char *file)
{
    if (!*file) {
        say(r, "it takes the name of a file");
        return;
    }
    moonlet_image *image = world_read(r->c, file, NULL, NULL);
    if (!image) return;
    moonlet_state *s = moonlet_image_state(image);
    if (moonlet_is_paused(s)) {
        say(r, "a program is paused in %s: it goes on with moonlet --load=%s", file, file);
    } else {
        frames_load(r->frames, lib_join(":load ", file, NULL), s->state);
        tell_now(r);
    }
    moonlet_release(s);
    moonlet_image_release(image);
}

/* Others ------------------------------------------------------------------------------- */

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void do_time(Repl *r, const char *text)
{
    bool incomplete;
    Machine *M = r->c->M;
    const String *line = string_from_c(text), *chunk = repl_chunk(line, &incomplete);
    uint64_t steps = eval_steps_used(M), bytes = mem_bytes_total();
    double began = seconds_now();
    repl_line(r, chunk ? chunk : line, line);
    double seconds = seconds_now() - began;
    say(r, "%.6f s, %llu steps, %llu KB allocated", seconds,
        (unsigned long long)(eval_steps_used(M) - steps),
        (unsigned long long)(mem_bytes_total() - bytes) / 1024);
}

static void do_more(Repl *r, const char *word)
{
    (void)word;
    if (!r->shown_next) {
        say(r, "all of it has been shown");
        return;
    }
    repl_show(r, r->shown_in, r->shown, r->shown_next);
    sheet_line(&r->out, 0);
    sheet_print(&r->out);
}

static void do_doc(Repl *r, const char *words)
{
    char *copy = strdup(words), *rest = copy;
    if (!*words) say(r, "it takes a name: :doc string.rep");
    for (char *name; copy && *words && (name = strsep(&rest, " \t"));) {
        if (!*name) continue;
        if (!doc_tell(r->c, &r->out, frames_now(r->frames)->state, name))
            say(r, "nothing is known of '%s'", name);
        else
            sheet_print(&r->out);
    }
    free(copy);
}

static void do_quit(Repl *r, const char *word)
{
    (void)word;
    r->ended = true;
}

static void do_help(Repl *r, const char *word);

typedef struct Command {
    const char *name, *takes;
    void (*run)(Repl *r, const char *words);
    const char *help;
} Command;

static const Command commands[] = {
    {"undo", "[n]", do_undo, "take back the last n lines that changed something"},
    {"redo", "[n]", do_redo, "bring them back"},
    {"history", "[n|all]", do_history, "the lines, with the number of the state after each"},
    {"branch", "[name]", do_branch, "begin a branch here and go on with it; or list them"},
    {"go", "name|n", do_go, "go to a branch, or to the state of a number"},
    {"diff", "[a] [b]", do_diff,
     "what the last line changed; what differs from a, from a to b"},
    {"save", "file", do_save, "write the state to a file"},
    {"load", "file", do_load, "go on from a state in a file"},
    {"time", "code", do_time, "run a line and say what it took"},
    {"doc", "name...", do_doc, "what functions and tables are"},
    {"more", "", do_more, "the next part of a long table"},
    {"help", "", do_help, "this list"},
    {"quit", "", do_quit, "end; so does Ctrl-D"},
};
enum { COMMANDS = sizeof commands / sizeof *commands };

const char *const command_names[] = {"undo", "redo", "history", "branch", "go",
                                     "diff", "save", "load",    "time",   "doc",
                                     "more", "help", "quit",    NULL};

static void do_help(Repl *r, const char *word)
{
    (void)word;
    for (int i = 0; i < COMMANDS; i++) {
        sheet_format(&r->out, INK_KEY, "  :%-8s", commands[i].name);
        sheet_format(&r->out, INK_PLAIN, "%-8s  %s", commands[i].takes, commands[i].help);
        sheet_line(&r->out, 0);
    }
    sheet_text(
        &r->out, INK_NOTE,
        "Enough of a command's name will do. What an expression gives is shown, with or\n"
        "without '='. Tab completes names, Ctrl-C stops a line, Ctrl-D ends.\n");
    sheet_print(&r->out);
}

bool command_is(const String *line)
{
    return line->length > 1 && line->data[0] == ':' &&
           ((line->data[1] >= 'a' && line->data[1] <= 'z') ||
            (line->data[1] >= 'A' && line->data[1] <= 'Z'));
}

/* The command of this name, or the only one that begins so. */
static const Command *find(const char *name, size_t length)
{
    const Command *found = NULL;
    size_t count = 0;
    for (int i = 0; i < COMMANDS; i++) {
        if (strncmp(commands[i].name, name, length) != 0) continue;
        if (commands[i].name[length] == 0) return &commands[i];
        found = &commands[i];
        count++;
    }
    return count == 1 ? found : NULL;
}

void command_run(Repl *r, const String *line)
{
    char *text = strndup(line->data + 1, line->length - 1);
    if (!text) return;
    size_t length = strcspn(text, " \t"), end = strlen(text);
    while (end > length && (text[end - 1] == ' ' || text[end - 1] == '\t')) text[--end] = 0;
    const char *words = text + length + strspn(text + length, " \t");
    const Command *command = find(text, length);
    if (command)
        command->run(r, words);
    else
        say(r, "there is no command :%.*s, or there are several that begin so: see :help",
            (int)length, text);
    free(text);
}
