/* SPDX-License-Identifier: MIT */
/*
 * NULL for each pointer that a function of moonlet.h takes, one at a time, in a process of its
 * own. Where the header allows it (MAY) the call comes back; elsewhere (NOT) a debug build ends
 * with a message that says what was NULL. A new function needs its lines here.
 */
#include "api_test.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the other arguments are --------------------------------------------------------------
 */

static moonlet_state *s;
static moonlet_context *c;
static moonlet_value v, t, f, co, out;
static moonlet_result r;
static const moonlet_error *e;
static moonlet_chunk *chunk;
static moonlet_term *term, *results;
static moonlet_timeline *timeline;
static moonlet_recording *rec;
static moonlet_debugger *d;
static moonlet_image *image;
static const moonlet_break at = {.caught = true};
static const char *bytes;
static char *message;
static size_t length, size;
static uint64_t u64;
static uint32_t u32;
static double number;
static const moonlet_value *values;
static const moonlet_state *state;

static int host(moonlet_context *now, const moonlet_value *args, size_t count)
{
    return moonlet_return(now, args, count);
}

static void write_nothing(void *to, const char *given, size_t n)
{
    (void)to, (void)given, (void)n;
}
static void held(void *user, moonlet_hold *hold, void *to) { (void)user, (void)hold, (void)to; }
static void trace(void *data, const char *name, int line)
{
    (void)data, (void)name, (void)line;
}

static const moonlet_entry entries[] = {{.name = "x", .call = host}, {.name = NULL}};
static const moonlet_type_info type = {.name = "type", .size = 8};

static void make_arguments(void)
{
    s = moonlet_init();
    moonlet_result made = moonlet_do(s, "return {}, type, coroutine.create(type)");
    assert_ok(made);
    s = made.state;
    v = moonlet_number(1);
    t = made.values[0];
    f = made.values[1];
    co = made.values[2];
    r = moonlet_do(s, "error 'x'");
    e = r.error;
    ck_assert_ptr_nonnull(e);
    chunk = moonlet_compile("return ...", 10, "=x", NULL);
    term = moonlet_term_list(0);
    timeline = moonlet_timeline_begin(s, 2);
    rec = moonlet_record(s, f, &v, 1, NULL, &made);
    d = moonlet_debugger_new(rec, NULL);
    image = moonlet_image_save(s, NULL, NULL, NULL);
    bytes = moonlet_image_bytes(image, &length);
    ck_assert(chunk && timeline && rec && d && bytes);
}

/* A call in a process of its own ------------------------------------------------------------
 */

static char *calls[600]; /* those that were met, when they are not to be made */
static int calls_count;
static bool calls_only_listed;
static int failures;

typedef struct Child {
    pid_t id;
    int said;
} Child;

/* 0 in the child, whose standard error the parent reads. */
static Child begin_child(void)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    Child child = {fork(), ends[0]};
    if (child.id == 0) {
        dup2(ends[1], STDERR_FILENO);
        dup2(ends[1], STDOUT_FILENO);
    }
    close(ends[1]);
    return child;
}

static void end_child(Child child, const char *call, bool allowed)
{
    static const char expected[] = "moonlet: wrong use: NULL given for ";
    char said[1000] = "";
    size_t n = 0;
    ssize_t more;
    while (n < sizeof said - 1 && (more = read(child.said, said + n, sizeof said - 1 - n)) > 0)
        n += (size_t)more;
    close(child.said);
    int status;
    ck_assert_int_eq(waitpid(child.id, &status, 0), child.id);
    bool refused = WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT &&
                   strncmp(said, expected, strlen(expected)) == 0;
    if (allowed ? status == 0 : refused) return;
    fprintf(stderr, "%s is not %s: %s\n", call, allowed ? "allowed" : "refused", said);
    failures++;
}

static bool is_to_be_made(const char *call, bool allowed)
{
#ifndef MOONLET_DEBUG
    if (!allowed && !calls_only_listed) return false;
#endif
    (void)allowed;
    if (!calls_only_listed) return true;
    calls[calls_count++] = strdup(call);
    return false;
}

#define CALL(text_, call_, allowed_)                \
    do {                                            \
        if (!is_to_be_made(text_, allowed_)) break; \
        Child child = begin_child();                \
        if (child.id == 0) {                        \
            (void)(call_);                          \
            _exit(0);                               \
        }                                           \
        end_child(child, text_, allowed_);          \
    } while (0)
#define MAY(call_) CALL(#call_, call_, true)
#define NOT(call_) CALL(#call_, call_, false)

/* The calls, in the order of the header -----------------------------------------------------
 */

static void in_values(void)
{
    NOT(moonlet_string(NULL, 1));
    NOT(moonlet_text(NULL));
    NOT(moonlet_to_number(v, NULL));
    MAY(moonlet_to_bytes(v, NULL));
    NOT(moonlet_to_integer(v, NULL));
    NOT(moonlet_to_text(v, NULL, 1));
    MAY(moonlet_pointer(NULL));
    NOT(moonlet_convert(NULL, 1, "n", &number));
    NOT(moonlet_convert(&v, 1, NULL, &number));
}

static void in_states(void)
{
    NOT(moonlet_retain(NULL));
    MAY(moonlet_release(NULL));
    NOT(moonlet_is_paused(NULL));
    NOT(moonlet_memory(NULL, s));
    MAY(moonlet_memory(s, NULL));
}

static void in_results(void)
{
    NOT(moonlet_error_print(NULL, stdout));
    NOT(moonlet_error_print(e, NULL));
    NOT(moonlet_error_format(NULL));
    NOT(moonlet_result_value(NULL, 0));
    MAY(moonlet_next(NULL, &r));
    NOT(moonlet_next(s, NULL));
    NOT(moonlet_stacktrace(NULL));
}

static void in_chunks(void)
{
    NOT(moonlet_compile(NULL, 1, "x", &message));
    MAY(moonlet_compile("x = 1", 1, NULL, &message));
    MAY(moonlet_compile("x = 1", 1, "x", NULL));
    NOT(moonlet_chunk_retain(NULL));
    MAY(moonlet_chunk_release(NULL));
    NOT(moonlet_function_chunk(NULL, v));
    NOT(moonlet_chunk_dump(NULL, false, &size));
    NOT(moonlet_chunk_dump(chunk, false, NULL));
    MAY(moonlet_find_file(NULL, "x"));
    NOT(moonlet_find_file("x", NULL));
}

static void in_running(void)
{
    NOT(moonlet_do(NULL, "x = 1"));
    NOT(moonlet_do(s, NULL));
    NOT(moonlet_dofile(NULL, "x"));
    NOT(moonlet_dofile(s, NULL));
    NOT(moonlet_load(NULL, "x = 1"));
    NOT(moonlet_load(s, NULL));
    NOT(moonlet_loadfile(NULL, "x"));
    NOT(moonlet_loadfile(s, NULL));
    NOT(moonlet_load_chunk(NULL, chunk));
    NOT(moonlet_load_chunk(s, NULL));
    NOT(moonlet_path_loadfile(NULL, "x", "x"));
    MAY(moonlet_path_loadfile(s, NULL, "x"));
    NOT(moonlet_path_loadfile(s, "x", NULL));
    NOT(moonlet_call_chunk(NULL, chunk, &v, 1));
    NOT(moonlet_call_chunk(s, NULL, &v, 1));
    NOT(moonlet_call_chunk(s, chunk, NULL, 1));
    NOT(moonlet_call(NULL, f, &v, 1));
    NOT(moonlet_call(s, f, NULL, 1));
    NOT(moonlet_call_function(NULL, "x", &v, 1));
    NOT(moonlet_call_function(s, NULL, &v, 1));
    NOT(moonlet_call_function(s, "x", NULL, 1));
    NOT(moonlet_call_method(NULL, "x", &v, 1));
    NOT(moonlet_call_method(s, NULL, &v, 1));
    NOT(moonlet_call_method(s, "x", NULL, 1));
    NOT(moonlet_resume(NULL));
    NOT(moonlet_resume_with(NULL, &v, 1));
    NOT(moonlet_resume_with(s, NULL, 1));
}

static void in_timelines(void)
{
    NOT(moonlet_timeline_begin(NULL, 1));
    MAY(moonlet_timeline_end(NULL));
    NOT(moonlet_timeline_call(NULL, "x", &v, 1));
    NOT(moonlet_timeline_call(timeline, NULL, &v, 1));
    NOT(moonlet_timeline_call(timeline, "x", NULL, 1));
    NOT(moonlet_timeline_frame(NULL));
    NOT(moonlet_timeline_oldest(NULL));
    NOT(moonlet_timeline_back(NULL, 1));
    NOT(moonlet_timeline_state(NULL));
    NOT(moonlet_timeline_state_at(NULL, 1));
    NOT(moonlet_timeline_digest(NULL, 1, &u64));
    NOT(moonlet_timeline_digest(timeline, 1, NULL));
}

static void in_tables1(void)
{
    NOT(moonlet_get(NULL, "x"));
    NOT(moonlet_get(s, NULL));
    NOT(moonlet_set(NULL, "x", v));
    NOT(moonlet_set(s, NULL, v));
    NOT(moonlet_get_keys(NULL, v, &v, 1));
    NOT(moonlet_get_keys(s, v, NULL, 1));
    NOT(moonlet_set_keys(NULL, v, &v, 1, v));
    NOT(moonlet_set_keys(s, v, NULL, 1, v));
    NOT(moonlet_new_table(NULL, &v, 1));
    NOT(moonlet_new_table(s, NULL, 1));
    NOT(moonlet_globals(NULL));
    NOT(moonlet_global(NULL, "x"));
    NOT(moonlet_global(s, NULL));
    NOT(moonlet_table_next(NULL, t, &out, &out));
    NOT(moonlet_table_next(s, t, NULL, &out));
    NOT(moonlet_table_next(s, t, &out, NULL));
    NOT(moonlet_raw_get(NULL, t, v));
    NOT(moonlet_raw_field(NULL, t, "x"));
    NOT(moonlet_raw_field(s, t, NULL));
    NOT(moonlet_raw_index(NULL, t, 1));
    NOT(moonlet_raw_length(NULL, v));
    NOT(moonlet_metatable(NULL, v));
    NOT(moonlet_set_metatable(NULL, v, v));
    NOT(moonlet_digest(NULL));
    NOT(moonlet_digest_limited(NULL, &u64));
    NOT(moonlet_digest_limited(s, NULL));
    NOT(moonlet_diff(NULL, s));
    NOT(moonlet_diff(s, NULL));
    NOT(moonlet_put_private(NULL, "x", v));
    NOT(moonlet_put_private(s, NULL, v));
}

static void in_tables2(void)
{
    NOT(moonlet_get_private(NULL, "x"));
    NOT(moonlet_get_private(s, NULL));
    NOT(moonlet_delete_private(NULL, "x"));
    NOT(moonlet_delete_private(s, NULL));
    NOT(moonlet_pin(NULL, v, &u32));
    NOT(moonlet_pin(s, v, NULL));
    NOT(moonlet_pinned(NULL, 1));
    NOT(moonlet_unpin(NULL, 1));
    NOT(moonlet_set_user(NULL, NULL));
    MAY(moonlet_set_user(s, NULL));
    NOT(moonlet_user(NULL));
    NOT(moonlet_set_held(NULL, held, NULL));
    MAY(moonlet_set_held(s, NULL, NULL));
    MAY(moonlet_set_held(s, held, NULL));
}

static void in_terms1(void)
{
    NOT(moonlet_term_string(NULL, 1));
    NOT(moonlet_term_text(NULL));
    MAY(moonlet_term_pointer(NULL));
    NOT(moonlet_term_function(NULL, NULL));
    MAY(moonlet_term_function(host, NULL));
    NOT(moonlet_term_value(NULL, v));
    MAY(moonlet_term_add(NULL, moonlet_term_nil()));
    MAY(moonlet_term_add(moonlet_term_list(0), NULL));
    MAY(moonlet_term_pair(NULL, moonlet_term_nil(), moonlet_term_nil()));
    MAY(moonlet_term_pair(moonlet_term_list(0), NULL, moonlet_term_nil()));
    MAY(moonlet_term_pair(moonlet_term_list(0), moonlet_term_nil(), NULL));
    MAY(moonlet_term_field(NULL, "x", moonlet_term_nil()));
    NOT(moonlet_term_field(moonlet_term_list(0), NULL, moonlet_term_nil()));
    MAY(moonlet_term_field(moonlet_term_list(0), "x", NULL));
    MAY(moonlet_term_free(NULL));
    MAY(moonlet_term_type_of(NULL));
    MAY(moonlet_term_is_true(NULL));
    MAY(moonlet_term_to_number(NULL, 1));
    MAY(moonlet_term_to_text(NULL, &size));
    MAY(moonlet_term_to_text(term, NULL));
    MAY(moonlet_term_to_pointer(NULL));
    MAY(moonlet_term_to_value(NULL, &state));
    MAY(moonlet_term_to_value(term, NULL));
    MAY(moonlet_term_count(NULL));
    MAY(moonlet_term_key(NULL, 1));
    MAY(moonlet_term_item(NULL, 1));
    MAY(moonlet_term_find(NULL, "x"));
    NOT(moonlet_term_find(term, NULL));
    MAY(moonlet_term_index(NULL, 1));
    MAY(moonlet_term_target(NULL));
}

static void in_terms2(void)
{
    MAY(moonlet_term_write(NULL, write_nothing, NULL));
    NOT(moonlet_term_write(term, NULL, NULL));
    MAY(moonlet_term_write(term, write_nothing, NULL));
    MAY(moonlet_term_print(NULL, stdout));
    NOT(moonlet_term_print(term, NULL));
    NOT(moonlet_encode(NULL, term));
    MAY(moonlet_encode(s, NULL));
    NOT(moonlet_encode_list(NULL, term));
    MAY(moonlet_encode_list(s, NULL));
    NOT(moonlet_set_decoding(NULL, NULL));
    MAY(moonlet_set_decoding(s, NULL));
    NOT(moonlet_decode(NULL, v, 1, &message));
    MAY(moonlet_decode(s, v, 1, NULL));
    NOT(moonlet_decode_list(NULL, &v, 1, 1, &message));
    NOT(moonlet_decode_list(s, NULL, 1, 1, &message));
    MAY(moonlet_decode_list(s, &v, 1, 1, NULL));
    NOT(moonlet_do_terms(NULL, "x = 1", &results));
    NOT(moonlet_do_terms(s, NULL, &results));
    NOT(moonlet_do_terms(s, "x = 1", NULL));
    NOT(moonlet_call_chunk_terms(NULL, chunk, term, &results));
    NOT(moonlet_call_chunk_terms(s, NULL, term, &results));
    MAY(moonlet_call_chunk_terms(s, chunk, NULL, &results));
    NOT(moonlet_call_chunk_terms(s, chunk, term, NULL));
    NOT(moonlet_call_function_terms(NULL, "x", term, &results));
    NOT(moonlet_call_function_terms(s, NULL, term, &results));
    MAY(moonlet_call_function_terms(s, "x", NULL, &results));
    NOT(moonlet_call_function_terms(s, "x", term, NULL));
    NOT(moonlet_call_method_terms(NULL, "x", term, &results));
    NOT(moonlet_call_method_terms(s, NULL, term, &results));
    MAY(moonlet_call_method_terms(s, "x", NULL, &results));
}

static void in_terms3(void)
{
    NOT(moonlet_call_method_terms(s, "x", term, NULL));
    NOT(moonlet_get_term(NULL, "x", &results));
    NOT(moonlet_get_term(s, NULL, &results));
    NOT(moonlet_get_term(s, "x", NULL));
    NOT(moonlet_set_term(NULL, "x", term));
    NOT(moonlet_set_term(s, NULL, term));
    MAY(moonlet_set_term(s, "x", NULL));
    MAY(moonlet_eval(NULL, "x = 1", &message));
    NOT(moonlet_eval(s, NULL, &message));
    MAY(moonlet_eval(s, "x = 1", NULL));
    MAY(moonlet_evalfile(NULL, "x", &message));
    NOT(moonlet_evalfile(s, NULL, &message));
    MAY(moonlet_evalfile(s, "x", NULL));
}

static void in_host_functions1(void)
{
    NOT(moonlet_return(NULL, &v, 1));
    NOT(moonlet_return(c, NULL, 1));
    NOT(moonlet_return_one(NULL, v));
    NOT(moonlet_throw(NULL, v));
    NOT(moonlet_fail(NULL, "x"));
    NOT(moonlet_fail(c, NULL));
    NOT(moonlet_bad_argument(NULL, 1, "x"));
    NOT(moonlet_bad_argument(c, 1, NULL));
    NOT(moonlet_call_then(NULL, f, &v, 1, host, v));
    NOT(moonlet_call_then(c, f, NULL, 1, host, v));
    MAY(moonlet_call_then(c, f, &v, 1, NULL, v));
    NOT(moonlet_pcall_then(NULL, f, &v, 1, host, v));
    NOT(moonlet_pcall_then(c, f, NULL, 1, host, v));
    MAY(moonlet_pcall_then(c, f, &v, 1, NULL, v));
    NOT(moonlet_yield_then(NULL, &v, 1, host, v));
    NOT(moonlet_yield_then(c, NULL, 1, host, v));
    MAY(moonlet_yield_then(c, &v, 1, NULL, v));
    NOT(moonlet_resume_then(NULL, co, &v, 1, host, v));
    NOT(moonlet_resume_then(c, co, NULL, 1, host, v));
    MAY(moonlet_resume_then(c, co, &v, 1, NULL, v));
    NOT(moonlet_context_new_coroutine(NULL, f));
    NOT(moonlet_pause(NULL));
    NOT(moonlet_context_user(NULL));
    NOT(moonlet_context_run_user(NULL));
    NOT(moonlet_context_data(NULL));
    NOT(moonlet_context_cause(NULL));
    NOT(moonlet_context_returned(NULL, &size));
    NOT(moonlet_context_returned(c, NULL));
    NOT(moonlet_context_state(NULL));
    NOT(moonlet_return_state(NULL, s, &v, 1));
}

static void in_host_functions2(void)
{
    NOT(moonlet_return_state(c, NULL, &v, 1));
    NOT(moonlet_return_state(c, s, NULL, 1));
    NOT(moonlet_context_call(NULL, f, &v, 1, &values, &size));
    NOT(moonlet_context_call(c, f, NULL, 1, &values, &size));
    NOT(moonlet_context_call(c, f, &v, 1, NULL, &size));
    NOT(moonlet_context_call(c, f, &v, 1, &values, NULL));
    NOT(moonlet_context_new_function(NULL, "x", host, NULL));
    NOT(moonlet_context_new_function(c, NULL, host, NULL));
    NOT(moonlet_context_new_function(c, "x", NULL, NULL));
    MAY(moonlet_context_new_function(c, "x", host, NULL));
    NOT(moonlet_context_new_library(NULL, entries));
    NOT(moonlet_context_new_library(c, NULL));
    NOT(moonlet_context_globals(NULL));
    NOT(moonlet_context_new_table(NULL));
    NOT(moonlet_context_get(NULL, t, v));
    NOT(moonlet_context_set(NULL, t, v, v));
    NOT(moonlet_context_get_field(NULL, t, "x"));
    NOT(moonlet_context_get_field(c, t, NULL));
    NOT(moonlet_context_set_field(NULL, t, "x", v));
    NOT(moonlet_context_set_field(c, t, NULL, v));
    NOT(moonlet_context_get_index(NULL, t, 1));
    NOT(moonlet_context_set_index(NULL, t, 1, v));
    NOT(moonlet_context_length(NULL, v));
    NOT(moonlet_context_next(NULL, t, &out, &out));
    NOT(moonlet_context_next(c, t, NULL, &out));
    NOT(moonlet_context_next(c, t, &out, NULL));
    NOT(moonlet_context_metatable(NULL, v));
    NOT(moonlet_context_set_metatable(NULL, v, v));
    NOT(moonlet_context_pin(NULL, v));
    NOT(moonlet_context_pinned(NULL, 1));
}

static void in_host_functions3(void)
{
    NOT(moonlet_context_unpin(NULL, 1));
    NOT(moonlet_new_function(NULL, "x", host, NULL));
    NOT(moonlet_new_function(s, NULL, host, NULL));
    NOT(moonlet_new_function(s, "x", NULL, NULL));
    MAY(moonlet_new_function(s, "x", host, NULL));
    NOT(moonlet_load_module(NULL, "x", entries));
    NOT(moonlet_load_module(s, NULL, entries));
    NOT(moonlet_load_module(s, "x", NULL));
    NOT(moonlet_new_userdata(NULL, &type, NULL));
    NOT(moonlet_new_userdata(s, NULL, NULL));
    MAY(moonlet_new_userdata(s, &type, NULL));
    NOT(moonlet_context_new_userdata(NULL, &type, NULL));
    NOT(moonlet_context_new_userdata(c, NULL, NULL));
    MAY(moonlet_context_new_userdata(c, &type, NULL));
    NOT(moonlet_userdata(NULL, v, &type));
    NOT(moonlet_userdata(s, v, NULL));
    NOT(moonlet_context_userdata(NULL, v, &type));
    NOT(moonlet_context_userdata(c, v, NULL));
    NOT(moonlet_context_userdata_write(NULL, v, &type));
    NOT(moonlet_context_userdata_write(c, v, NULL));
}

static void in_limits(void)
{
    NOT(moonlet_limit(NULL, NULL));
    MAY(moonlet_limit(s, NULL));
}

static void in_many_at_once(void)
{
    NOT(moonlet_import(NULL, s, &v, 1, s));
    NOT(moonlet_import(s, NULL, &v, 1, s));
    NOT(moonlet_import(s, s, NULL, 1, s));
    MAY(moonlet_import(s, s, &v, 1, NULL));
    NOT(moonlet_map(NULL, f, &v, 1, NULL));
    NOT(moonlet_map(s, f, NULL, 1, NULL));
    MAY(moonlet_map(s, f, &v, 1, NULL));
    NOT(moonlet_items_release(NULL));
}

static void in_sandboxes(void)
{
    NOT(moonlet_sandbox(NULL, NULL, NULL));
    MAY(moonlet_sandbox(s, NULL, NULL));
    MAY(moonlet_sandbox(s, NULL, NULL));
}

static void in_read_only_tables(void)
{
    NOT(moonlet_freeze(NULL, t, false));
    NOT(moonlet_freeze_libraries(NULL));
    NOT(moonlet_is_frozen(NULL, t));
}

static void in_contexts(void) { NOT(moonlet_context_freeze(NULL, t, false)); }

static void in_outside(void)
{
    NOT(moonlet_externalize(NULL, &message));
    MAY(moonlet_externalize(s, NULL));
    MAY(moonlet_internalize(NULL));
}

static void in_images(void)
{
    NOT(moonlet_image_save(NULL, NULL, NULL, &message));
    MAY(moonlet_image_save(s, NULL, NULL, &message));
    MAY(moonlet_image_save(s, NULL, NULL, &message));
    MAY(moonlet_image_save(s, NULL, NULL, NULL));
    NOT(moonlet_image_load(NULL, length, NULL, NULL, &message));
    MAY(moonlet_image_load(bytes, length, NULL, NULL, &message));
    MAY(moonlet_image_load(bytes, length, NULL, NULL, &message));
    MAY(moonlet_image_load(bytes, length, NULL, NULL, NULL));
    NOT(moonlet_image_collapse(NULL, &length, 1, NULL, NULL, &message));
    NOT(moonlet_image_collapse((const char *const *)&bytes, NULL, 1, NULL, NULL, &message));
    MAY(moonlet_image_collapse((const char *const *)&bytes, &length, 1, NULL, NULL, &message));
    MAY(moonlet_image_collapse((const char *const *)&bytes, &length, 1, NULL, NULL, &message));
    MAY(moonlet_image_collapse((const char *const *)&bytes, &length, 1, NULL, NULL, NULL));
    MAY(moonlet_image_release(NULL));
    NOT(moonlet_image_bytes(NULL, &size));
    MAY(moonlet_image_bytes(image, NULL));
    NOT(moonlet_image_drop_bytes(NULL));
    NOT(moonlet_image_state(NULL));
    NOT(moonlet_set_image_host(NULL, NULL));
    MAY(moonlet_set_image_host(s, NULL));
    NOT(moonlet_image_is_delta(NULL));
    NOT(moonlet_image_id(NULL));
    NOT(moonlet_is_image(NULL, length));
    NOT(moonlet_image_seed(NULL, length, &u64));
    NOT(moonlet_image_seed(bytes, length, NULL));
}

static void in_recordings(void)
{
    NOT(moonlet_record(NULL, f, &v, 1, NULL, &r));
    NOT(moonlet_record(s, f, NULL, 1, NULL, &r));
    MAY(moonlet_record(s, f, &v, 1, NULL, &r));
    NOT(moonlet_record(s, f, &v, 1, NULL, NULL));
    NOT(moonlet_record_resume(NULL, NULL, &r));
    MAY(moonlet_record_resume(s, NULL, &r));
    NOT(moonlet_record_resume(s, NULL, NULL));
    MAY(moonlet_recording_release(NULL));
    NOT(moonlet_recording_steps(NULL));
    NOT(moonlet_recording_status(NULL));
    NOT(moonlet_recording_state(NULL, 1));
    NOT(moonlet_recording_save(NULL, NULL, &size, &message));
    MAY(moonlet_recording_save(rec, NULL, &size, &message));
    NOT(moonlet_recording_save(rec, NULL, NULL, &message));
    MAY(moonlet_recording_save(rec, NULL, &size, NULL));
    NOT(moonlet_recording_load(NULL, length, NULL, &message));
    MAY(moonlet_recording_load(bytes, length, NULL, &message));
    MAY(moonlet_recording_load(bytes, length, NULL, NULL));
    NOT(moonlet_is_recording(NULL, length));
}

static void in_looking_into_paused_programs(void)
{
    NOT(moonlet_stack_of(NULL, moonlet_nil(), 1, 1));
    MAY(moonlet_stack_release(NULL));
    NOT(moonlet_threads(NULL, &out, 1));
    NOT(moonlet_threads(s, NULL, 1));
    NOT(moonlet_thread_status(NULL, moonlet_nil()));
    NOT(moonlet_variables_of(NULL, NULL, 1, 1, 1));
    MAY(moonlet_variables_of(s, NULL, 1, 1, 1));
    MAY(moonlet_variables_release(NULL));
    NOT(moonlet_evaluate(NULL, NULL, "x = 1"));
    MAY(moonlet_evaluate(s, NULL, "x = 1"));
    NOT(moonlet_evaluate(s, NULL, NULL));
    NOT(moonlet_assign(NULL, NULL, "x", v));
    MAY(moonlet_assign(s, NULL, "x", v));
    NOT(moonlet_assign(s, NULL, NULL, v));
}

static void in_debuggers(void)
{
    NOT(moonlet_debugger_new(NULL, NULL));
    MAY(moonlet_debugger_new(rec, NULL));
    MAY(moonlet_debugger_release(NULL));
    NOT(moonlet_debugger_moment(NULL));
    NOT(moonlet_debugger_state(NULL));
    NOT(moonlet_debugger_move(NULL, MOONLET_MOVE_ON, false));
    NOT(moonlet_debugger_run(NULL));
    NOT(moonlet_debugger_go_begin(NULL));
    NOT(moonlet_debugger_go_end(NULL));
    NOT(moonlet_debugger_go(NULL, 1, 1));
    NOT(moonlet_debugger_last_write(NULL, "x"));
    NOT(moonlet_debugger_last_write(d, NULL));
    NOT(moonlet_debugger_first_true(NULL, "x", 1, &u64));
    NOT(moonlet_debugger_first_true(d, NULL, 1, &u64));
    MAY(moonlet_debugger_first_true(d, "x", 1, NULL));
    NOT(moonlet_debugger_break(NULL, &at, &message));
    NOT(moonlet_debugger_break(d, NULL, &message));
    MAY(moonlet_debugger_break(d, &at, NULL));
    NOT(moonlet_debugger_unbreak(NULL, 1));
    NOT(moonlet_debugger_hits(NULL, 1));
    NOT(moonlet_debugger_change(NULL, s));
    NOT(moonlet_debugger_change(d, NULL));
}

static void in_watching(void)
{
    NOT(moonlet_set_trace(NULL, trace, NULL));
    MAY(moonlet_set_trace(s, NULL, NULL));
    MAY(moonlet_set_trace(s, trace, NULL));
    NOT(moonlet_trace_data(NULL));
}

static void (*const parts[])(void) = {in_values,
                                      in_states,
                                      in_results,
                                      in_chunks,
                                      in_running,
                                      in_timelines,
                                      in_tables1,
                                      in_tables2,
                                      in_terms1,
                                      in_terms2,
                                      in_terms3,
                                      in_limits,
                                      in_many_at_once,
                                      in_sandboxes,
                                      in_read_only_tables,
                                      in_outside,
                                      in_images,
                                      in_recordings,
                                      in_looking_into_paused_programs,
                                      in_debuggers,
                                      in_watching};
static void (*const parts_within[])(void) = {in_host_functions1, in_host_functions2,
                                             in_host_functions3, in_contexts};
enum {
    PARTS = sizeof parts / sizeof *parts,
    PARTS_WITHIN = sizeof parts_within / sizeof *parts_within
};

START_TEST(null_is_allowed_or_refused)
{
    make_arguments();
    parts[_i]();
    ck_assert_int_eq(failures, 0);
}
END_TEST

/* In a host function, whose context is c. */
static int within(moonlet_context *now, const moonlet_value *args, size_t count)
{
    c = now;
    parts_within[(int)number_of(args[0])]();
    return moonlet_return(now, args, count);
}

START_TEST(null_is_allowed_or_refused_in_host_functions)
{
    make_arguments();
    moonlet_result made = moonlet_new_function(s, "within", within, NULL);
    moonlet_value i = moonlet_number(_i);
    made = moonlet_call(made.state, made.values[0], &i, 1);
    assert_ok(made);
    ck_assert_int_eq(failures, 0);
}
END_TEST

/* None is left out --------------------------------------------------------------------------
 */

static char *header_text(void)
{
    FILE *file = fopen("include/moonlet.h", "r");
    ck_assert_msg(file != NULL, "the header is read from where make runs the tests");
    char *read = calloc(1, 1 << 20);
    ck_assert_uint_lt(fread(read, 1, (1 << 20) - 1, file), (1 << 20) - 1);
    fclose(file);
    return read;
}

/* The end of the i-th of what is between commas, from which p is the first. */
static const char *end_of_argument(const char *p)
{
    for (int depth = 0; *p; p++) {
        if (depth == 0 && (*p == ',' || *p == ')')) return p;
        depth += (*p == '(') - (*p == ')');
    }
    return p;
}

/* Whether a listed call of a function has NULL there. */
static bool is_listed(const char *name, int i)
{
    size_t n = strlen(name);
    for (int k = 0; k < calls_count; k++) {
        if (strncmp(calls[k], name, n) != 0 || calls[k][n] != '(') continue;
        const char *p = calls[k] + n + 1;
        for (int j = 0; j < i; j++) p = end_of_argument(p) + 1;
        while (*p == ' ') p++;
        if (strncmp(p, "NULL", 4) == 0 && end_of_argument(p) == p + 4) return true;
    }
    return false;
}

static int assert_listed(const char *name, const char *arguments)
{
    int pointers = 0, i = 0;
    for (const char *p = arguments, *end;; p = end + 1, i++) {
        end = end_of_argument(p);
        if (memchr(p, '*', (size_t)(end - p))) {
            ck_assert_msg(is_listed(name, i), "no NULL for argument %d of %s", i + 1, name);
            pointers++;
        }
        if (*end != ',') return pointers;
    }
}

START_TEST(no_pointer_is_left_out)
{
    int found = 0;
    calls_only_listed = true;
    for (int i = 0; i < PARTS; i++) parts[i]();
    for (int i = 0; i < PARTS_WITHIN; i++) parts_within[i]();
    char *header = header_text();
    for (char *p = header; (p = strstr(p, "\nMOONLET_API ")); p++) {
        char name[80] = "", *open = strchr(p, '('), *start = open;
        if (!open || open > strchr(p, ';')) continue; /* a variable */
        while (start[-1] == '_' || (start[-1] >= 'a' && start[-1] <= 'z')) start--;
        snprintf(name, sizeof name, "%.*s", (int)(open - start), start);
        found += assert_listed(name, open + 1);
    }
    ck_assert_int_gt(found, 350);
    free(header);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("null");
    tcase_add_loop_test(tests, null_is_allowed_or_refused, 0, PARTS);
    tcase_add_loop_test(tests, null_is_allowed_or_refused_in_host_functions, 0, PARTS_WITHIN);
    tcase_add_test(tests, no_pointer_is_left_out);
    return run_suite(tests);
}
