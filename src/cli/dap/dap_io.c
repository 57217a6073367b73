/* SPDX-License-Identifier: MIT */
/*
 * Threads that read and write messages; see dap_io.h.
 *
 * Main invariant: who writes to the client holds `writing` for a whole message, so messages
 * never mix, and the process ends between two of them. What a program has written is on its
 * way to the client when dap_io_flush returns.
 */
#ifdef MOONLET_DAP

#include "cli/dap/dap_io.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum {
    HEADER_MAX = 4096,      /* bytes of all lines of a header */
    MESSAGE_MAX = 16 << 20, /* bytes of a message */
    OUTPUT_CHUNK = 4096,
    TEXT_MAX = 1000
};

typedef struct Message {
    struct Message *next;
    json_t *json;
    char *refused; /* malloc's: why it is no request; NULL: it is one */
    bool ends;     /* nobody knows where the next message begins: `refused` says why */
} Message;

/* The process has one session. */
static struct {
    int in, out;
    pthread_mutex_t writing;
    json_int_t sequence; /* of what has been written */
    pthread_mutex_t queueing;
    pthread_cond_t queued, idle;
    json_int_t
        running; /* the thread whose program runs, of which nothing else is known; or 0 */
    Message *first, **last;
    bool ended;                 /* nothing more will be queued */
    int pipe[2][2];             /* of the standard output and error */
    pthread_mutex_t forwarding; /* what is not in a pipe any more has been sent */
} io;

volatile int dap_interrupted;

/* Writing ----------------------------------------------------------------------------- */

static bool write_all(const char *bytes, size_t length)
{
    while (length) {
        ssize_t n = write(io.out, bytes, length);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        bytes += n;
        length -= (size_t)n;
    }
    return true;
}

/* Takes the message over. */
static void send_message(json_t *m)
{
    char header[64];
    pthread_mutex_lock(&io.writing);
    json_object_set_new(m, "seq", json_integer(++io.sequence));
    char *text = json_dumps(m, JSON_COMPACT);
    if (text) {
        int n = snprintf(header, sizeof header, "Content-Length: %zu\r\n\r\n", strlen(text));
        if (write_all(header, (size_t)n)) write_all(text, strlen(text));
    }
    pthread_mutex_unlock(&io.writing);
    free(text);
    json_decref(m);
}

static json_t *response(const json_t *request, bool success)
{
    json_t *seq = json_object_get(request, "seq"), *m = json_object();
    const char *command = json_string_value(json_object_get(request, "command"));
    json_object_set_new(m, "type", json_string("response"));
    json_object_set_new(m, "request_seq", json_integer(json_integer_value(seq)));
    json_object_set_new(m, "success", json_boolean(success));
    json_object_set_new(m, "command", json_string(command ? command : ""));
    return m;
}

void dap_answer(const json_t *request, json_t *body)
{
    json_t *m = response(request, true);
    if (body) json_object_set_new(m, "body", body);
    send_message(m);
}

void dap_refuse(const json_t *request, const char *format, ...)
{
    char text[TEXT_MAX];
    va_list ap;
    va_start(ap, format);
    vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    json_t *m = response(request, false), *what = dap_text(text, strlen(text));
    json_object_set(m, "message", what);
    json_t *error = json_pack("{s:i, s:o, s:b}", "id", 1, "format", what, "showUser", 1);
    json_object_set_new(m, "body", json_pack("{s:o}", "error", error));
    send_message(m);
}

void dap_event(const char *name, json_t *body)
{
    json_t *m = json_pack("{s:s, s:s}", "type", "event", "event", name);
    if (body) json_object_set_new(m, "body", body);
    send_message(m);
}

/* Bytes of a well-formed character of UTF-8 at the beginning, or 0 where there is none. */
static size_t character(const unsigned char *s, size_t length)
{
    size_t n = *s < 0x80                 ? 1
               : *s >= 0xc2 && *s < 0xe0 ? 2
               : *s >= 0xe0 && *s < 0xf0 ? 3
               : *s >= 0xf0 && *s < 0xf5 ? 4
                                         : 0;
    if (!n || n > length) return 0;
    for (size_t i = 1; i < n; i++)
        if ((s[i] & 0xc0) != 0x80) return 0;
    if (n == 3 && ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f))) return 0;
    if (n == 4 && ((*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))) return 0;
    return n;
}

json_t *dap_text(const char *bytes, size_t length)
{
    char *text = malloc(4 * length + 1), *out = text;
    if (!text) return json_string("");
    for (size_t i = 0; i < length;) {
        size_t n = character((const unsigned char *)bytes + i, length - i);
        if (n) {
            memcpy(out, bytes + i, n);
            out += n;
        } else {
            out += sprintf(out, "\\%03d", (unsigned char)bytes[i]);
        }
        i += n ? n : 1;
    }
    json_t *s = json_stringn_nocheck(text, (size_t)(out - text));
    free(text);
    return s ? s : json_string("");
}

/* An output event: of category "stdout", "stderr" or "console". Bytes that are no UTF-8 are
 * shown as such. line 0: it is of no place. */
static void dap_output(const char *category, const char *bytes, size_t length)
{
    json_t *body = json_pack("{s:s}", "category", category);
    json_object_set_new(body, "output", dap_text(bytes, length));
    dap_event("output", body);
}

/* Reading ----------------------------------------------------------------------------- */

/* Takes the parts over. */
static void put(Message new)
{
    Message *m = malloc(sizeof *m);
    pthread_mutex_lock(&io.queueing);
    if (m) {
        *m = new;
        *io.last = m;
        io.last = &m->next;
    } else {
        json_decref(new.json);
        free(new.refused);
        io.ended = true;
        dap_interrupt(1);
    }
    pthread_cond_signal(&io.queued);
    pthread_mutex_unlock(&io.queueing);
}

static void end_queue(void)
{
    pthread_mutex_lock(&io.queueing);
    io.ended = true;
    dap_interrupt(1);
    pthread_cond_signal(&io.queued);
    pthread_mutex_unlock(&io.queueing);
}

static Message *take_first(void)
{
    pthread_mutex_lock(&io.queueing);
    while (!io.first && !io.ended) pthread_cond_wait(&io.queued, &io.queueing);
    Message *m = io.first;
    if (m) io.first = m->next;
    if (!io.first) io.last = &io.first;
    pthread_mutex_unlock(&io.queueing);
    return m;
}

static void refuse(const Message *m)
{
    if (!m->ends) {
        dap_refuse(m->json, "no request: %s", m->refused);
        return;
    }
    dap_output("console", m->refused, strlen(m->refused));
    dap_event("terminated", NULL);
}

json_t *dap_io_next(void)
{
    for (;;) {
        Message *m = take_first();
        json_t *json = m && !m->refused ? m->json : NULL;
        bool is = !m || json;
        if (!is) {
            refuse(m);
            json_decref(m->json);
            free(m->refused);
        }
        free(m);
        if (is) return json;
    }
}

bool dap_io_is_over(void)
{
    pthread_mutex_lock(&io.queueing);
    bool over = io.ended;
    pthread_mutex_unlock(&io.queueing);
    return over;
}

static bool read_all(char *to, size_t length)
{
    while (length) {
        ssize_t n = read(io.in, to, length);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        to += n;
        length -= (size_t)n;
    }
    return true;
}

/* A header of lines, the last one empty; each byte on its own, as what follows is of another
 * size. Answers the length it says, -1 where there is none any more, -2 where it is no header.
 */
static long long read_header(void)
{
    char line[HEADER_MAX];
    size_t length = 0, total = 0;
    long long said = -2;
    for (;;) {
        if (!read_all(&line[length], 1)) return total ? -2 : -1;
        if (++total >= HEADER_MAX) return -2;
        if (line[length++] != '\n') continue;
        while (length && (line[length - 1] == '\n' || line[length - 1] == '\r')) length--;
        line[length] = 0;
        if (!length) return said;
        if (strncasecmp(line, "Content-Length:", 15) == 0) {
            char *end, *digits = line + 15 + strspn(line + 15, " \t");
            errno = 0;
            said = *digits >= '0' && *digits <= '9' ? strtoll(digits, &end, 10) : -2;
            if (said >= 0 && (errno || end[strspn(end, " \t")])) said = -2;
        } else if (!strchr(line, ':')) {
            return -2;
        }
        length = 0;
    }
}

static bool interrupts(const json_t *m)
{
    static const char *const words[] = {"pause", "disconnect", "terminate"};
    const char *command = json_string_value(json_object_get(m, "command"));
    for (size_t i = 0; command && i < sizeof words / sizeof *words; i++)
        if (strcmp(command, words[i]) == 0) return true;
    return false;
}

void dap_io_run(json_int_t thread)
{
    pthread_mutex_lock(&io.queueing);
    io.running = thread;
    pthread_cond_signal(&io.idle);
    pthread_mutex_unlock(&io.queueing);
}

/* The thread that runs and goes on to; 0: none does, or it has soon ended. */
static json_int_t running_for_long(void)
{
    enum { SOON_MS = 100 };
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += SOON_MS * 1000000L;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&io.queueing);
    while (io.running && !io.ended)
        if (pthread_cond_timedwait(&io.idle, &io.queueing, &until) != 0) break;
    json_int_t running = io.running;
    pthread_mutex_unlock(&io.queueing);
    return running;
}

/* A client asks which threads there are before it can ask for a pause. */
static bool answer_threads(const json_t *m)
{
    if (strcmp(json_string_value(json_object_get(m, "command")), "threads") != 0) return false;
    json_int_t running = running_for_long();
    if (running)
        dap_answer(m, json_pack("{s:[{s:I, s:s}]}", "threads", "id", running, "name",
                                "the program (running)"));
    return running != 0;
}

static void take(const char *bytes, size_t length)
{
    json_error_t why;
    json_t *m = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &why);
    if (!json_is_object(m) || !json_is_string(json_object_get(m, "command"))) {
        put((Message){.json = m, .refused = strdup(m ? "there is no command" : why.text)});
        return;
    }
    if (interrupts(m)) dap_interrupt(1);
    if (answer_threads(m))
        json_decref(m);
    else
        put((Message){.json = m});
}

/* Answers false where there are no more. */
static bool read_message(void)
{
    long long length = read_header();
    const char *broken = length < -1            ? "a header that is none\n"
                         : length > MESSAGE_MAX ? "a message of more than 16 MB\n"
                                                : NULL;
    if (broken) put((Message){.refused = strdup(broken), .ends = true});
    if (broken || length == -1) return false;
    char *bytes = malloc((size_t)length + 1);
    bool good = bytes && read_all(bytes, (size_t)length);
    if (good) take(bytes, (size_t)length);
    free(bytes);
    return good;
}

static void *read_messages(void *unused)
{
    while (read_message()) {
    }
    end_queue();
    return unused;
}

/* What the program writes --------------------------------------------------------------- */

static bool forward(int i)
{
    static const char *const categories[] = {"stdout", "stderr"};
    char bytes[OUTPUT_CHUNK];
    pthread_mutex_lock(&io.forwarding);
    ssize_t n = read(io.pipe[i][0], bytes, sizeof bytes);
    if (n > 0) dap_output(categories[i], bytes, (size_t)n);
    pthread_mutex_unlock(&io.forwarding);
    return n > 0 || (n < 0 && errno == EINTR);
}

static void *forward_all(void *unused)
{
    struct pollfd fds[] = {{.fd = io.pipe[0][0], .events = POLLIN},
                           {.fd = io.pipe[1][0], .events = POLLIN}};
    for (;;) {
        if (poll(fds, 2, -1) < 0 && errno != EINTR) return unused;
        for (int i = 0; i < 2; i++)
            if (fds[i].revents && !forward(i)) return unused;
    }
}

/* Nobody waits for its end: it may be that of the process. */
static bool begin_thread(void *run(void *))
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, run, NULL) != 0) return false;
    pthread_detach(thread);
    return true;
}

bool dap_io_capture(void)
{
    fflush(NULL);
    for (int i = 0; i < 2; i++) {
        if (pipe(io.pipe[i]) < 0 || dup2(io.pipe[i][1], STDOUT_FILENO + i) < 0) return false;
        close(io.pipe[i][1]);
    }
    return begin_thread(forward_all);
}

void dap_io_flush(void)
{
    enum { WAIT_US = 200, WAITS_MAX = 10000 }; /* children may go on writing */
    int waiting[2] = {1, 1};
    fflush(stdout);
    fflush(stderr);
    for (int i = 0; i < WAITS_MAX && (waiting[0] || waiting[1]); i++) {
        pthread_mutex_lock(&io.forwarding);
        for (int k = 0; k < 2; k++)
            if (ioctl(io.pipe[k][0], FIONREAD, &waiting[k]) < 0) waiting[k] = 0;
        pthread_mutex_unlock(&io.forwarding);
        if (waiting[0] || waiting[1]) usleep(WAIT_US);
    }
}

bool dap_io_begin(int in, int out)
{
    io.in = in;
    io.out = out;
    io.last = &io.first;
    io.pipe[0][0] = io.pipe[1][0] = -1;
    pthread_mutex_init(&io.writing, NULL);
    pthread_mutex_init(&io.queueing, NULL);
    pthread_mutex_init(&io.forwarding, NULL);
    pthread_cond_init(&io.queued, NULL);
    pthread_cond_init(&io.idle, NULL);
    return begin_thread(read_messages);
}

void dap_io_end(void)
{
    dap_io_flush();
    pthread_mutex_lock(&io.writing); /* the process ends between two messages */
}

#endif
