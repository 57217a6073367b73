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
#include <unistd.h>

enum {
    HEADER_MAX = 4096,      /* bytes of all lines of a header */
    MESSAGE_MAX = 16 << 20, /* bytes of a message */
    OUTPUT_CHUNK = 4096,
    TEXT_MAX = 1000
};

/* The process has one session. */
static struct {
    int in, out;
    pthread_mutex_t writing;
    json_int_t sequence;        /* of what has been written */
    int pipe[2][2];             /* of the standard output and error */
    pthread_mutex_t forwarding; /* what is not in a pipe any more has been sent */
} io;

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

static void refuse(const DapMessage *m)
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
    DapMessage *m;
    while ((m = queue_take()) && m->refused) {
        refuse(m);
        queue_free(m);
    }
    json_t *json = m ? json_incref(m->json) : NULL;
    queue_free(m);
    return json;
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

/* What waits is not done any more, and what runs is to stop: cancel's turn comes then. */
static bool cancels(const json_t *m)
{
    const json_t *arguments = json_object_get(m, "arguments");
    json_int_t number = json_integer_value(json_object_get(arguments, "requestId"));
    DapMessage *waits = queue_take_number(number);
    if (waits) dap_refuse(waits->json, "cancelled");
    queue_free(waits);
    return queue_is_current(number);
}

static void take(const char *bytes, size_t length)
{
    json_error_t why;
    json_t *m = json_loadb(bytes, length, JSON_REJECT_DUPLICATES, &why);
    const char *command = json_string_value(json_object_get(m, "command"));
    if (!command) {
        queue_put(
            (DapMessage){.json = m, .refused = strdup(m ? "there is no command" : why.text)});
        return;
    }
    queue_put((DapMessage){
        .json = m,
        .pauses = strcmp(command, "pause") == 0 || strcmp(command, "restart") == 0 ||
                  (strcmp(command, "cancel") == 0 && cancels(m)),
        .leaves = strcmp(command, "disconnect") == 0 || strcmp(command, "terminate") == 0,
        .threads = strcmp(command, "threads") == 0});
}

/* A client asks which threads there are before it can ask for a pause. */
static void answer_threads(void)
{
    json_int_t thread;
    DapMessage *m = queue_take_threads(&thread);
    while (m) {
        DapMessage *next = m->next;
        dap_answer(m->json, json_pack("{s:[{s:I, s:s}]}", "threads", "id", thread, "name",
                                      "the program (running)"));
        queue_free(m);
        m = next;
    }
}

/* Waits until the client has written something. Who asks for threads meanwhile is told when its
 * turn comes, or after a while that the program runs. */
static void await_bytes(void)
{
    enum { SOON_MS = 100 };
    struct pollfd fd = {.fd = io.in, .events = POLLIN};
    int n;
    while ((n = poll(&fd, 1, queue_has_threads() ? SOON_MS : -1)) <= 0)
        if (n == 0) answer_threads();
}

/* Answers false where there are no more. */
static bool read_message(void)
{
    await_bytes();
    long long length = read_header();
    const char *broken = length < -1            ? "a header that is none\n"
                         : length > MESSAGE_MAX ? "a message of more than 16 MB\n"
                                                : NULL;
    if (broken) queue_put((DapMessage){.refused = strdup(broken), .ends = true});
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
    queue_end();
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
    io.pipe[0][0] = io.pipe[1][0] = -1;
    pthread_mutex_init(&io.writing, NULL);
    pthread_mutex_init(&io.forwarding, NULL);
    queue_begin();
    return begin_thread(read_messages);
}

void dap_io_end(void)
{
    dap_io_flush();
    pthread_mutex_lock(&io.writing); /* the process ends between two messages */
}

#endif
