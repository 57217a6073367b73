/* SPDX-License-Identifier: MIT */
/*
 * The Debug Adapter Protocol's messages on their way, and what the program writes.
 *
 *   client --fd--> reader thread --queue--> the session, in the main thread
 *          <-fd--- one writer at a time (a lock) <------+
 *                               ^
 *                               +-- output thread <--pipe-- the program's stdout and stderr
 *
 * A message is "Content-Length: n\r\n\r\n" and n bytes of JSON. Bytes may come from anywhere: a
 * header that is none, or too long a message, ends the session with an event that says why, as
 * nobody knows where the next message begins; what is no JSON is answered with an error. Both
 * in their turn.
 *
 * Some requests must be heard while the program runs or is searched: dap_queue.h says how.
 * While it runs, `threads` is answered by the reader.
 *
 * None of this touches collected memory, so the threads need not be known to the collector.
 */
#ifndef MOONLET_CLI_DAP_IO_H
#define MOONLET_CLI_DAP_IO_H

#include "cli/dap/dap_queue.h"

/* Takes over two files of the client: one for both directions, or two. Answers false if there
 * is no memory, or no thread. */
bool dap_io_begin(int in, int out);
/* Makes events of what the process writes to its standard output and error from now on. */
bool dap_io_capture(void);
/* All that has been written so far has been sent. */
void dap_io_flush(void);
/* The last one has been sent, also of the program. */
void dap_io_end(void);

/* The next request, which becomes the caller's, or NULL if there will be none. Waits for it. */
json_t *dap_io_next(void);

/* Answers and events; body becomes theirs, and may be NULL. */
void dap_answer(const json_t *request, json_t *body);
void dap_refuse(const json_t *request, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void dap_event(const char *name, json_t *body);
/* A JSON string of bytes that may be no UTF-8. */
json_t *dap_text(const char *bytes, size_t length);

#endif
