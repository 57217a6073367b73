/* SPDX-License-Identifier: MIT */
/*
 * The requests of the Debug Adapter Protocol, and the loop that answers them.
 *
 * Main invariant: each request that is taken from the queue is answered once, before the next
 * one is taken. After one that ends the session none is taken.
 */
#include "cli/dap/dap.h"

#include <stdio.h>
#include <stdlib.h>

#ifndef MOONLET_DAP

int dap_run(const Cli *c, int port)
{
    (void)port;
    report_message(c, "'--dap' is not in this program: it needs the library jansson "
                      "(Debian's libjansson-dev) when it is built");
    return EXIT_FAILURE;
}

#else

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cli/dap/dap_session.h"

/* Requests ---------------------------------------------------------------------------- */

static const struct {
    const char *name;
    DapRequest *run;
} requests[] = {
    {"initialize", dap_initialize},
    {"launch", dap_launch},
    {"attach", dap_attach},
    {"configurationDone", dap_configured},
    {"restart", dap_restart},
    {"disconnect", dap_disconnect},
    {"terminate", dap_terminate},
    {"setBreakpoints", dap_set_breaks},
    {"setFunctionBreakpoints", dap_set_functions},
    {"setExceptionBreakpoints", dap_set_exceptions},
    {"setDataBreakpoints", dap_set_data},
    {"dataBreakpointInfo", dap_data_info},
    {"breakpointLocations", dap_break_lines},
    {"continue", dap_continue},
    {"next", dap_next},
    {"stepIn", dap_step_in},
    {"stepOut", dap_step_out},
    {"stepBack", dap_step_back},
    {"reverseContinue", dap_reverse},
    {"pause", dap_pause},
    {"cancel", dap_cancel},
    {"exceptionInfo", dap_exception_info},
    {"threads", dap_threads},
    {"stackTrace", dap_stack},
    {"scopes", dap_scopes},
    {"source", dap_source},
    {"loadedSources", dap_sources},
    {"variables", dap_variables},
    {"setVariable", dap_set_variable},
    {"setExpression", dap_set_expression},
    {"evaluate", dap_evaluate},
    {"completions", dap_complete},
};

static void answer(Dap *d, const json_t *request)
{
    const char *command = json_string_value(json_object_get(request, "command"));
    const json_t *arguments = json_object_get(request, "arguments");
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        if (strcmp(command, requests[i].name) != 0) continue;
        requests[i].run(d, request, arguments);
        return;
    }
    dap_refuse(request, "there is no request '%s'", command);
}

const char *dap_word(const json_t *arguments, const char *name)
{
    return json_string_value(json_object_get(arguments, name));
}

json_int_t dap_number(const json_t *arguments, const char *name, json_int_t other)
{
    const json_t *v = json_object_get(arguments, name);
    return json_is_integer(v) ? json_integer_value(v) : other;
}

bool dap_is(const json_t *arguments, const char *name, bool other)
{
    const json_t *v = json_object_get(arguments, name);
    return json_is_boolean(v) ? json_is_true(v) : other;
}

bool dap_has_stopped(const Dap *d, const json_t *request)
{
    if (d->tour) return true;
    dap_refuse(request, "the program has not run yet");
    return false;
}

/* The session ------------------------------------------------------------------------- */

static void free_session(Dap *d)
{
    dap_forget(d);
    tour_end(d->tour);
    moonlet_recording_release(d->rec);
    json_decref(d->launch);
    json_decref(d->breaks);
    json_decref(d->functions);
    json_decref(d->data);
    for (size_t i = 0; i < d->source_count; i++) free(d->sources[i]);
    free(d->sources);
    free(d->references);
    free(d->frames);
    free(d->error);
    free(d->caught_condition);
    free(d->directory);
    mem_free_root(d);
}

static int serve(const Cli *c, int in, int out)
{
    json_t *request;
    Dap *d = mem_alloc_root(sizeof *d);
    *d = (Dap){.cli = c, .breaks = json_object(), .stops_at_errors = true};
    d->directory = getcwd(NULL, 0);
    if (!dap_io_begin(in, out) || !dap_io_capture()) {
        report_message(c, strerror(errno));
        return EXIT_FAILURE;
    }
    while (!d->over && (request = dap_io_next())) {
        answer(d, request);
        json_decref(request);
    }
    free_session(d);
    dap_io_end();
    return EXIT_SUCCESS;
}

/* Connections ------------------------------------------------------------------------- */

static void nothing(int number) { (void)number; }

/* What the program would read is not the client's. */
static bool leave_input(void)
{
    int null = open("/dev/null", O_RDONLY);
    bool good = null >= 0 && dup2(null, STDIN_FILENO) >= 0;
    if (null > STDIN_FILENO) close(null);
    return good;
}

/* The first one to the port of this machine, or -1, and errno says why there is none. */
static int accept_one(int port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    socklen_t size = sizeof a;
    int yes = 1, s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (s < 0) return -1;
    setsockopt(s, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(s, (struct sockaddr *)&a, sizeof a) < 0 || listen(s, 1) < 0 ||
        getsockname(s, (struct sockaddr *)&a, &size) < 0)
        return -1;
    fprintf(stderr, "listening on 127.0.0.1:%d\n", ntohs(a.sin_port));
    int client = accept(s, NULL, NULL);
    if (client >= 0) fcntl(client, F_SETFD, FD_CLOEXEC);
    close(s);
    return client;
}

int dap_run(const Cli *c, int port)
{
    struct sigaction a = {.sa_handler = nothing}; /* unlike SIG_IGN, not the children's */
    sigemptyset(&a.sa_mask);
    sigaction(SIGPIPE, &a, NULL);
    int in, out;
    if (port == DAP_NO_PORT) {
        in = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        out = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    } else {
        in = out = accept_one(port);
    }
    if (in >= 0 && out >= 0 && leave_input()) return serve(c, in, out);
    report_message(c, strerror(errno));
    return EXIT_FAILURE;
}

#endif
