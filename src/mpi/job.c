/* SPDX-License-Identifier: MIT */
/*
 * The world that a job works in: the script's, run by rank 0 and sent to all; and the calls.
 *
 * Main invariant: all ranks have the same world before the first call, and no call changes it.
 */
#include "job.h"

#include <mpi.h>
#include <stdlib.h>
#include <string.h>

#include "map/line_function.h"

enum { PART = 1 << 30 };

static const char wrapper[] = LINE_FUNCTION_SOURCE;

/* Moves on to r's state, or says what went wrong. */
static bool went_well(Job *j, const JobOptions *o, moonlet_result *r)
{
    if (r->status == MOONLET_OK) {
        j->state = moonlet_next(j->state, r);
        return true;
    }
    fprintf(stderr, "%s: ", o->program);
    if (r->error)
        moonlet_error_print(r->error, stderr);
    else
        fprintf(stderr, "%s: the script is paused\n", o->script);
    moonlet_release(r->state);
    return false;
}

static bool is_callable(const Job *j, moonlet_value f)
{
    moonlet_value meta = moonlet_metatable(j->state, f);
    return moonlet_type_of(f) == MOONLET_FUNCTION ||
           (moonlet_type_of(meta) == MOONLET_TABLE &&
            moonlet_type_of(moonlet_raw_get(j->state, meta, moonlet_text("__call"))) !=
                MOONLET_NIL);
}

/* The global `arg`, and how many arguments the script has. */
static bool set_arg(Job *j, const JobOptions *o, size_t *count)
{
    for (*count = 0; o->args[*count];) ++*count;
    moonlet_value *pairs = calloc(2 * (*count + 1), sizeof *pairs);
    if (!pairs) return false;
    pairs[0] = moonlet_number(0);
    pairs[1] = moonlet_text(o->script);
    for (size_t i = 0; i < *count; i++) {
        pairs[2 * i + 2] = moonlet_number((double)i + 1);
        pairs[2 * i + 3] = moonlet_text(o->args[i]);
    }
    moonlet_result r = moonlet_new_table(j->state, pairs, *count + 1);
    moonlet_value arg = moonlet_result_value(&r, 0);
    free(pairs);
    if (!went_well(j, o, &r)) return false;
    r = moonlet_set(j->state, "arg", arg);
    return went_well(j, o, &r);
}

static bool call_script(Job *j, const JobOptions *o, moonlet_value *function)
{
    size_t count;
    moonlet_result r = moonlet_loadfile(j->state, o->script);
    moonlet_value chunk = moonlet_result_value(&r, 0);
    if (!went_well(j, o, &r) || !set_arg(j, o, &count)) return false;
    moonlet_value *args = calloc(count + 1, sizeof *args);
    if (!args) return false;
    for (size_t i = 0; i < count; i++) args[i] = moonlet_text(o->args[i]);
    r = moonlet_call(j->state, chunk, args, count);
    free(args);
    *function = moonlet_result_value(&r, 0);
    return went_well(j, o, &r);
}

bool job_run_script(Job *j, const JobOptions *o)
{
    moonlet_value function;
    j->state = moonlet_init();
    if (!j->state) {
        fprintf(stderr, "%s: not enough memory\n", o->program);
        return false;
    }
    if (!call_script(j, o, &function)) return false;
    if (!is_callable(j, function)) {
        fprintf(stderr, "%s: the script must return a function\n", o->program);
        return false;
    }
    moonlet_chunk *c = moonlet_compile(wrapper, sizeof wrapper - 1, "=mpi", NULL);
    moonlet_result r = moonlet_call_chunk(j->state, c, &function, 1);
    moonlet_chunk_release(c);
    moonlet_value wrapped = moonlet_result_value(&r, 0);
    if (!went_well(j, o, &r)) return false;
    moonlet_state *s = moonlet_put_private(j->state, "mpi", wrapped);
    moonlet_release(j->state);
    j->state = s;
    return true;
}

static moonlet_image *save(const Job *j)
{
    char *message = NULL;
    moonlet_image *i = moonlet_image_save(j->state, NULL, NULL, &message);
    if (!i) fprintf(stderr, "moonlet-mpi: cannot send the world: %s\n", message);
    free(message);
    return i;
}

static void broadcast(char *bytes, uint64_t length)
{
    for (uint64_t at = 0; at < length; at += PART) {
        int part = length - at < PART ? (int)(length - at) : PART;
        MPI_Bcast(bytes + at, part, MPI_BYTE, 0, MPI_COMM_WORLD);
    }
}

static bool load(Job *j, const char *bytes, size_t length)
{
    char *message = NULL;
    moonlet_image *i = moonlet_image_load(bytes, length, NULL, NULL, &message);
    if (!i) {
        fprintf(stderr, "moonlet-mpi: cannot load the world: %s\n", message);
        MPI_Abort(MPI_COMM_WORLD, EXIT_FAILURE);
    }
    free(message);
    if (!i) return false;
    j->state = moonlet_image_state(i);
    moonlet_image_release(i);
    return true;
}

static bool send_world(const Job *j)
{
    int size;
    size_t bytes = 0;
    MPI_Comm_size(MPI_COMM_WORLD, &size);
    moonlet_image *i = j->state && size > 1 ? save(j) : NULL;
    char *image = i ? (char *)moonlet_image_bytes(i, &bytes) : NULL;
    uint64_t length = bytes;
    MPI_Bcast(&length, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
    broadcast(image, length);
    if (i) moonlet_image_release(i);
    return i || (j->state && size == 1);
}

static bool receive_world(Job *j)
{
    uint64_t length;
    Bytes image = {0};
    MPI_Bcast(&length, 1, MPI_UINT64_T, 0, MPI_COMM_WORLD);
    if (!length) return false;
    bytes_add(&image, NULL, length);
    broadcast(image.data, length);
    bool good = load(j, image.data, image.length);
    bytes_free(&image);
    return good;
}

bool job_share(Job *j, const moonlet_limits *limits)
{
    int rank;
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    if (rank == 0 ? !send_world(j) : !receive_world(j)) return false;
    moonlet_state *s = moonlet_limit(j->state, limits);
    moonlet_release(j->state);
    j->state = s;
    j->function = moonlet_get_private(s, "mpi");
    return true;
}

void job_end(Job *j)
{
    if (j->state) moonlet_release(j->state);
}

static void answer(const moonlet_result *r, Bytes *answers)
{
    size_t length = 0;
    moonlet_value v = moonlet_result_value(r, 0);
    const char *text = r->status == MOONLET_OK ? moonlet_to_bytes(v, &length) : NULL;
    const char *why = r->status == MOONLET_PAUSED   ? moonlet_limit_text(r->limit)
                      : r->status == MOONLET_FAILED ? r->error->message
                                                    : NULL;
    if (why)
        record_add(answers, RECORD_ERROR, why, strlen(why));
    else if (text)
        record_add(answers, RECORD_TEXT, text, length);
    else
        record_add(answers, RECORD_NOTHING, NULL, 0);
}

void job_work(const Job *j, const Bytes *batch, Bytes *answers)
{
    size_t at = 0, length;
    RecordTag tag;
    const char *line;
    while (record_next(batch, &at, &tag, &line, &length)) {
        moonlet_value input = moonlet_string(line, length);
        moonlet_result r = moonlet_call(j->state, j->function, &input, 1);
        answer(&r, answers);
        moonlet_release(r.state);
    }
}
