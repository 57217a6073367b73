/* SPDX-License-Identifier: MIT */
/* Reading lines, with libedit or without. */
#include "cli/line.h"

#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifdef MOONLET_EDIT
#include <histedit.h>
#endif

enum { HISTORY_MAX = 1000 };

struct LineInput {
    bool terminal;
    char *text; /* getline's */
    size_t size;
#ifdef MOONLET_EDIT
    EditLine *edit; /* NULL: plain lines */
    History *history;
    const char *prompt;
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

static void edit_open(LineInput *in)
{
    HistEvent event;
    in->locale = newlocale(LC_CTYPE_MASK, "", (locale_t)0);
    if (in->locale) uselocale(in->locale);
    in->history = history_init();
    in->edit = in->history ? el_init("moonlet", stdin, stdout, stderr) : NULL;
    if (in->edit) {
        history(in->history, &event, H_SETSIZE, HISTORY_MAX);
        el_set(in->edit, EL_CLIENTDATA, in);
        el_set(in->edit, EL_PROMPT, prompt_of);
        el_set(in->edit, EL_HIST, history, in->history);
        el_set(in->edit, EL_EDITOR, "emacs");
        el_set(in->edit, EL_BIND, "\t", "ed-insert", NULL);
        el_set(in->edit, EL_BIND, "^R", "em-inc-search-prev", NULL);
        el_set(in->edit, EL_SIGNAL, 1); /* a signal finds the terminal as it was */
        el_source(in->edit, NULL);
    }
    uselocale(LC_GLOBAL_LOCALE);
}

static void edit_close(LineInput *in)
{
    if (in->edit) el_end(in->edit);
    if (in->history) history_end(in->history);
    if (in->locale) freelocale(in->locale);
}

static const char *edit_read(LineInput *in, const char *prompt, size_t *length)
{
    int count = 0;
    in->prompt = prompt;
    if (in->locale) uselocale(in->locale);
    const char *text = el_gets(in->edit, &count);
    uselocale(LC_GLOBAL_LOCALE);
    *length = count > 0 ? strlen(text) : 0;
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
    if (!in) abort();
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
    HistEvent event;
    char *text = in->edit && line->length ? strndup(line->data, line->length) : NULL;
    if (text) history(in->history, &event, H_ENTER, text);
    free(text);
#endif
}
