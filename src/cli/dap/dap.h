/* SPDX-License-Identifier: MIT */
/*
 * moonlet --dap: a debugger for editors, by the Debug Adapter Protocol (docs/DEBUGGING.md).
 *
 * The session is on the standard input and output, or with a port on the first connection to it
 * from this machine. The program runs when the client has configured its breaks, is recorded to
 * its end, or until the client wants it to pause; what the client then sees is a tour of the
 * recording (api/tour/tour.h). What the program writes becomes events; its standard input is
 * empty, or a file.
 */
#ifndef MOONLET_CLI_DAP_H
#define MOONLET_CLI_DAP_H

#include "cli/options/options.h"
#include "cli/output/report.h"

/* Serves a client until it ends the session. With port 0 it takes any port, and says on the
 * standard error which. Gives the process's exit code. */
int dap_run(const Cli *c, int port);

#endif
