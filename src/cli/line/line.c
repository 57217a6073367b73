/* SPDX-License-Identifier: MIT */
/*
 * Reading lines, with libedit or without.
 *
 * Main invariant: a line that is given has no newline, and NULL is the end of the input.
 * libedit's locale is in use only while a line is edited: it is not Lua's.
 */
#include "cli/line/line.h"

#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/line/line_history.h"
#include "cli/output/report.h"

#ifdef MOONLET_EDIT
#include <histedit.h>
#endif

enum { WORDS_SHOWN = 200 };

struct LineInput {
    bool terminal;
    char *text; /* getline's */
    size_t size;
    bool dropped;
    LineComplete *complete; /* NULL: none */
    void *context;
#ifdef MOONLET_EDIT
    EditLine *edit; /* NULL: plain lines */
    History *history;
    const char *prompt;
    char *file;      /* of the history, or NULL */
    locale_t locale; /* what libedit takes characters to be; Lua has its own */
#endif
};

#ifdef MOONLET_EDIT

static char *prompt_of(EditLine *edit)
{
    LineInput *in;
    el_get(edit, EL_CLIENTDATA, &in);
    return (char *)(uintptr_t)in->prompt; /* libedit only reads it */
}

/* Tab ---------------------------------------------------------------------------------- */

/* Lists the words in columns, as wide as the longest is. */
static void list_words(EditLine *edit, const LineWords *words)
{
    size_t widest = 0, columns = 80,
           shown = words->count < WORDS_SHOWN ? words->count : WORDS_SHOWN;
    int terminal = 0;
    for (size_t i = 0; i < words->count; i++)
        if (strlen(words->items[i]) > widest) widest = strlen(words->items[i]);
    if (el_get(edit, EL_GETTC, "co", &terminal) == 0 && terminal > 0)
        columns = (size_t)terminal;
    size_t beside = columns / (widest + 2) ? columns / (widest + 2) : 1;
    for (size_t i = 0; i < shown; i++)
        printf("%s%-*s", i % beside ? "  " : "\n", (int)widest, words->items[i]);
    if (shown < words->count) printf("\n... %zu more", words->count - shown);
    putchar('\n');
    fflush(stdout);
}

static bool is_blank(const char *text, size_t length)
{
    while (length && (text[length - 1] == ' ' || text[length - 1] == '\t')) length--;
    return length == 0;
}

static unsigned char on_tab(EditLine *edit, int key)
{
    LineInput *in;
    LineWords words = {0};
    const LineInfo *line = el_line(edit);
    size_t cursor = (size_t)(line->cursor - line->buffer);
    unsigned char answer = CC_REFRESH;
    (void)key;
    el_get(edit, EL_CLIENTDATA, &in);
    if (is_blank(line->buffer, cursor)) return el_insertstr(edit, "\t") ? CC_ERROR : CC_REFRESH;
    if (in->complete) in->complete(in->context, line->buffer, cursor, &words);
    size_t common = line_sort_words(&words);
    if (!words.count) {
        answer = CC_ERROR;
    } else if (common > words.typed) {
        words.items[0][common] = 0;
        if (el_insertstr(edit, words.items[0] + words.typed) != 0) answer = CC_ERROR;
    } else if (words.count > 1) {
        list_words(edit, &words);
        answer = CC_REDISPLAY;
    }
    line_free_words(&words);
    return answer;
}

/* Ctrl-C ------------------------------------------------------------------------------- */

/* The line ends here, whatever is in it. */
static unsigned char on_drop(EditLine *edit, int key)
{
    LineInput *in;
    (void)key;
    el_get(edit, EL_CLIENTDATA, &in);
    in->dropped = true;
    fputs("^C", stdout);
    fflush(stdout);
    return CC_NEWLINE;
}

/* Libedit's own handlers see to the terminal. */
static unsigned char on_signal(EditLine *edit, int key)
{
    (void)edit;
    raise(key == ('Z' & 0x1f) ? SIGTSTP : SIGQUIT);
    return CC_REFRESH;
}

/* All ---------------------------------------------------------------------------------- */

static void bind_keys(EditLine *edit)
{
    el_set(edit, EL_ADDFN, "moonlet-complete", "Complete a name", on_tab);
    el_set(edit, EL_ADDFN, "moonlet-drop", "Drop the line", on_drop);
    el_set(edit, EL_ADDFN, "moonlet-signal", "Stop or quit", on_signal);
    el_set(edit, EL_BIND, "\t", "moonlet-complete", NULL);
    el_set(edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(edit, EL_SETTY, "-d", "-isig", NULL); /* these are keys while a line is edited */
    el_set(edit, EL_BIND, "^C", "moonlet-drop", NULL);
    el_set(edit, EL_BIND, "^Z", "moonlet-signal", NULL);
    el_set(edit, EL_BIND, "\\034", "moonlet-signal", NULL);
}

static void add_line(void *context, const char *line)
{
    HistEvent event;
    LineInput *in = context;
    history(in->history, &event, H_ENTER, line);
}

static void edit_open(LineInput *in)
{
    HistEvent event;
    in->locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (in->locale) uselocale(in->locale);
    in->history = history_init();
    in->edit = in->history ? el_init("moonlet", stdin, stdout, stderr) : NULL;
    if (in->edit) {
        history(in->history, &event, H_SETSIZE, HISTORY_MAX);
        history(in->history, &event, H_SETUNIQUE, 1);
        el_set(in->edit, EL_CLIENTDATA, in);
        el_set(in->edit, EL_PROMPT, prompt_of);
        el_set(in->edit, EL_HIST, history, in->history);
        el_set(in->edit, EL_EDITOR, "emacs");
        bind_keys(in->edit);
        el_set(in->edit, EL_SIGNAL, 1); /* a signal finds the terminal as it was */
        el_source(in->edit, NULL);
        in->file = line_history_file();
        line_history_read(in->file, add_line, in);
    }
    uselocale(LC_GLOBAL_LOCALE);
}

static void edit_close(LineInput *in)
{
    if (in->edit) el_end(in->edit);
    if (in->history) history_end(in->history);
    if (in->locale) freelocale(in->locale);
    free(in->file);
}

static const char *edit_read(LineInput *in, const char *prompt, size_t *length)
{
    int count = 0;
    in->prompt = prompt;
    in->dropped = false;
    if (in->locale) uselocale(in->locale);
    const char *text = el_gets(in->edit, &count);
    uselocale(LC_GLOBAL_LOCALE);
    *length = count > 0 && !in->dropped ? strlen(text) : 0;
    if (in->dropped) return "";
    return count > 0 ? text : NULL;
}

#endif

static const char *plain_read(LineInput *in, const char *prompt, size_t *length)
{
    fputs(prompt, stdout);
    fflush(stdout);
    ssize_t count = getline(&in->text, &in->size, stdin);
    *length = count > 0 ? (size_t)count : 0;
    return count > 0 ? in->text : NULL;
}

LineInput *line_open(void)
{
    LineInput *in = calloc(1, sizeof *in);
    if (!in) report_no_memory();
    in->terminal = isatty(STDIN_FILENO);
#ifdef MOONLET_EDIT
    if (in->terminal) edit_open(in);
#endif
    return in;
}

void line_close(LineInput *in)
{
#ifdef MOONLET_EDIT
    edit_close(in);
#endif
    free(in->text);
    free(in);
}

void line_completes(LineInput *in, LineComplete *complete, void *context)
{
    in->complete = complete;
    in->context = context;
}

bool line_dropped(const LineInput *in) { return in->dropped; }

String *line_read(LineInput *in, const char *prompt)
{
    size_t length;
#ifdef MOONLET_EDIT
    const char *text =
        in->edit ? edit_read(in, prompt, &length) : plain_read(in, prompt, &length);
#else
    const char *text = plain_read(in, prompt, &length);
#endif
    if (!text) return NULL;
    if (length && text[length - 1] == '\n') length--;
    if (!in->terminal) {
        fwrite(text, 1, length, stdout);
        putchar('\n');
        fflush(stdout);
    }
    return string_new(text, length);
}

void line_remember(LineInput *in, const String *line)
{
#ifdef MOONLET_EDIT
    char *text = in->edit && line->length ? strndup(line->data, line->length) : NULL;
    if (text) add_line(in, text);
    if (text) line_history_append(in->file, text);
    free(text);
#endif
}
