/* SPDX-License-Identifier: MIT */
/*
 * moonlet-mpi: options, and what each rank does.
 *
 * Main invariant: every rank comes to MPI_Finalize, or one of them has ended the whole job.
 */
#include <fcntl.h>
#include <getopt.h>
#include <mpi.h>
#include <stdlib.h>
#include <unistd.h>

#include "job.h"

static const char usage[] =
    "usage: mpirun -n N %s [options] script [args] < inputs > outputs\n"
    "Calls the function that the script returns with each line of the standard input, in "
    "forks\n"
    "of the script's world, on all processes of the job but the first, which hands out the "
    "lines\n"
    "and writes what the function returns, in their order.\n"
    "  --output=file   write to a file, and how far that is to file.progress\n"
    "  --resume        with --output: go on where a job that was ended has stopped\n"
    "  --steps=n       at most n steps for each line\n"
    "  --bytes=n       at most n bytes allocated for each line\n"
    "  --held=n        at most n bytes alive\n"
    "  --seconds=n     at most n seconds for each line\n"
    "  --stack=n       at most n values on the stack\n"
    "  --string=n      strings of at most n bytes\n"
    "  --version       show version information and do nothing else\n"
    "  --help          show this help\n";

enum { OUTPUT = 1, RESUME, STEPS, BYTES, HELD, SECONDS, STACK, STRING, VERSION, HELP };

static const struct option options[] = {{"output", required_argument, NULL, OUTPUT},
                                        {"resume", no_argument, NULL, RESUME},
                                        {"steps", required_argument, NULL, STEPS},
                                        {"bytes", required_argument, NULL, BYTES},
                                        {"held", required_argument, NULL, HELD},
                                        {"seconds", required_argument, NULL, SECONDS},
                                        {"stack", required_argument, NULL, STACK},
                                        {"string", required_argument, NULL, STRING},
                                        {"version", no_argument, NULL, VERSION},
                                        {"help", no_argument, NULL, HELP},
                                        {0}};

/* What has been said is said by one rank. */
typedef enum Parsed { PARSED_RUN, PARSED_END, PARSED_BAD } Parsed;

static bool set_limit(JobOptions *o, int which, double n)
{
    moonlet_limits *l = &o->limits;
    bool whole = which == SECONDS || n == (double)(uint64_t)n;
    if (!whole) return false;
    switch (which) {
    case STEPS: l->steps = (uint64_t)n; break;
    case BYTES: l->bytes = (uint64_t)n; break;
    case HELD: l->held = (uint64_t)n; break;
    case STACK: l->stack = (size_t)n; break;
    case STRING: l->string = (size_t)n; break;
    default: l->nanoseconds = n * 1e9 < 1 ? 1 : (uint64_t)(n * 1e9);
    }
    return true;
}

static bool parse_limit(JobOptions *o, int which, const char *text)
{
    char *end;
    double n = strtod(text, &end), most = which == SECONDS || which == STACK ? 1e9 : 1e18;
    return end != text && !*end && n > 0 && n <= most && set_limit(o, which, n);
}

static Parsed bad(const JobOptions *o, bool says, const char *what, const char *why)
{
    if (says) fprintf(stderr, "%s: '%s' %s\n", o->program, what, why);
    if (says) fprintf(stderr, usage, o->program);
    return PARSED_BAD;
}

static Parsed parse_option(JobOptions *o, bool says, int which, const char *word)
{
    switch (which) {
    case OUTPUT: o->output = optarg; return PARSED_RUN;
    case RESUME: o->resume = true; return PARSED_RUN;
    case VERSION:
        if (says)
            printf("moonlet-mpi %d.%d.%d\n", MOONLET_VERSION_MAJOR, MOONLET_VERSION_MINOR,
                   MOONLET_VERSION_PATCH);
        return PARSED_END;
    case HELP:
        if (says) printf(usage, o->program);
        return PARSED_END;
    case ':': return bad(o, says, word, "needs argument");
    case '?': return bad(o, says, word, "is no option, or takes no value");
    default:
        if (parse_limit(o, which, optarg)) return PARSED_RUN;
        return bad(o, says, optarg, "is no value for a limit: it takes a number above 0");
    }
}

static Parsed parse(JobOptions *o, bool says, int argc, char **argv)
{
    *o = (JobOptions){.program = argv[0] ? argv[0] : "moonlet-mpi"};
    opterr = 0;
    for (int at = optind, which; (which = getopt_long(argc, argv, "+:", options, NULL)) != -1;
         at = optind) {
        Parsed p = parse_option(o, says, which, argv[at]);
        if (p != PARSED_RUN) return p;
    }
    if (o->resume && !o->output) return bad(o, says, "--resume", "goes with '--output' only");
    o->script = argv[optind];
    if (!o->script) return bad(o, says, "script", "is missing");
    o->args = argv + optind + 1;
    return PARSED_RUN;
}

static bool run(const JobOptions *o, int rank)
{
    Job j = {0};
    if (rank == 0 && !job_run_script(&j, o)) {
        job_end(&j);
        j.state = NULL;
    }
    bool shared = job_share(&j, &o->limits), good = shared;
    if (shared && rank == 0) good = coordinator_run(&j, o);
    if (shared && rank != 0) worker_run(&j);
    job_end(&j);
    return good;
}

/* MPI opens files of its own. A stream that is closed must not become one of them: it stays
 * what cannot be read, or written. */
static void hold_streams(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            _exit(EXIT_FAILURE);
}

int main(int argc, char **argv)
{
    int rank;
    JobOptions o;
    hold_streams();
    if (MPI_Init(&argc, &argv) != MPI_SUCCESS) return EXIT_FAILURE;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    Parsed p = parse(&o, rank == 0, argc, argv);
    bool good = p == PARSED_RUN ? run(&o, rank) : p == PARSED_END;
    MPI_Finalize();
    return good ? EXIT_SUCCESS : EXIT_FAILURE;
}
