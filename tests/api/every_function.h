/* SPDX-License-Identifier: MIT */
/*
 * A use of each function of moonlet.h with what it is handed: a state, values of it, texts, and
 * the context of a host function where one runs. Results are read whole and given back.
 *
 * test_every_function.c hands in odd things in odd places. It fails when this file does not
 * call some function of the header.
 */
#ifndef EVERY_FUNCTION_H
#define EVERY_FUNCTION_H

#include "api_test.h"

typedef struct Hand {
    const moonlet_state *s, *other; /* other came of s, or s of it, or neither */
    moonlet_value v, w, many[3];    /* of s */
    size_t count;                   /* of many */
    const char *text;
    const char *bytes; /* with zeros, perhaps; never NULL */
    size_t length;
    uint64_t n;
    const moonlet_chunk *chunk;
    moonlet_term *term; /* stays who made the hand's */
    FILE *out;
    moonlet_context *c; /* NULL: no host function runs */
    int answer;         /* of the host function */
    bool big;           /* s is large: what takes O(s) is not to be done many times */
} Hand;

/* What results are made of, looked at and given back ------------------------------------- */

static _Thread_local uint64_t hand_seen; /* so that no compiler leaves out what is read */

static void see_text(const char *text) { hand_seen += text ? strlen(text) : 0; }

static void see_value(moonlet_value v)
{
    char text[50];
    size_t length = 0;
    const char *bytes = moonlet_to_bytes(v, &length);
    if (length) hand_seen += (uint8_t)bytes[0] + (uint8_t)bytes[length - 1];
    see_text(moonlet_to_text(v, text, sizeof text));
    hand_seen += moonlet_identity(v);
}

static void see_values(const moonlet_value *values, size_t count)
{
    for (size_t i = 0; i < count && i < 100; i++) see_value(values[i]);
}

static void see_error(const Hand *h, const moonlet_error *e)
{
    if (!e) return;
    see_value(e->value);
    see_text(e->message);
    see_text(e->traceback);
    see_text(e->chunk);
    see_text(e->file);
    see_text(e->source);
    see_text(e->column_source);
    see_text(e->cause.name);
    see_values(e->cause.values, e->cause.count);
    for (size_t i = 0; i < e->count && i < 50; i++) {
        see_text(e->frames[i].name);
        see_text(e->frames[i].kind);
        see_text(e->frames[i].chunk);
        see_value(e->frames[i].function);
        see_values(e->frames[i].arguments, e->frames[i].count);
    }
    moonlet_error_print(e, h->out);
    char *text = moonlet_error_format(e);
    see_text(text);
    free(text);
}

static void take_state(moonlet_state *s)
{
    hand_seen += s && moonlet_is_paused(s);
    moonlet_release(s);
}

/* A result of any function; its state is never NULL. */
static void take(const Hand *h, moonlet_result r)
{
    if (!r.state) abort();
    if ((r.status == MOONLET_FAILED) != (r.error != NULL)) abort();
    see_values(r.values, r.count);
    see_error(h, r.error);
    see_value(moonlet_result_value(&r, 0));
    see_value(moonlet_result_value(&r, r.count));
    take_state(r.state);
}

static void take_text(char *text)
{
    see_text(text);
    free(text);
}

static void no_bytes(void *context, const char *bytes, size_t length)
{
    (void)context, (void)bytes;
    hand_seen += length;
}

static void see_term(const Hand *h, const moonlet_term *t)
{
    const moonlet_state *s = NULL;
    size_t length;
    hand_seen += (uint64_t)moonlet_term_type_of(t) + moonlet_term_is_true(t);
    hand_seen += (uint64_t)(moonlet_term_to_number(t, 1) > 0);
    see_text(moonlet_term_to_text(t, &length));
    see_text(moonlet_term_to_text(t, NULL));
    hand_seen += moonlet_term_to_pointer(t) != NULL;
    see_value(moonlet_term_to_value(t, NULL));
    see_value(moonlet_term_to_value(t, &s));
    for (size_t i = 0; i <= moonlet_term_count(t) && i < 10; i++) {
        hand_seen += (uint64_t)moonlet_term_type_of(moonlet_term_key(t, i));
        hand_seen += (uint64_t)moonlet_term_type_of(moonlet_term_item(t, i));
    }
    hand_seen += moonlet_term_find(t, h->text) != NULL;
    hand_seen += moonlet_term_index(t, 1) != NULL;
    hand_seen += moonlet_term_target(t) != NULL;
    hand_seen += moonlet_term_write(t, no_bytes, NULL);
    hand_seen += moonlet_term_print(t, h->out);
}

static void take_term(const Hand *h, moonlet_term *t)
{
    see_term(h, t);
    moonlet_term_free(t);
}

static void take_image(const Hand *h, moonlet_image *i)
{
    if (!i) return;
    size_t length;
    const char *bytes = moonlet_image_bytes(i, &length);
    hand_seen += moonlet_image_is_delta(i) + *moonlet_image_id(i);
    hand_seen += moonlet_is_image(bytes, length) + moonlet_is_recording(bytes, length);
    char *message = NULL;
    if (!moonlet_image_is_delta(i)) {
        moonlet_image *again = moonlet_image_load(bytes, length, NULL, NULL, &message);
        if (again) take_state(moonlet_image_state(again));
        moonlet_image_release(again);
        take_text(message);
        const char *list[] = {bytes};
        message = NULL;
        moonlet_image_release(moonlet_image_collapse(list, &length, 1, NULL, NULL, &message));
        take_text(message);
        moonlet_image_release(moonlet_image_load(bytes, length - 1, NULL, NULL, NULL));
    }
    moonlet_image_drop_bytes(i);
    hand_seen += moonlet_image_bytes(i, NULL) != NULL;
    moonlet_image *delta = moonlet_image_save(h->other, i, NULL, NULL);
    moonlet_image_release(i);
    if (delta) take_state(moonlet_image_state(delta));
    moonlet_image_release(delta);
}

static void see_place(const moonlet_place *p)
{
    see_value(p->thread);
    see_text(p->name);
    see_text(p->kind);
    see_text(p->chunk);
    see_text(p->file);
}

static void take_variables(moonlet_variables *v)
{
    for (size_t i = 0; i < v->count && i < 50; i++) {
        see_text(v->items[i].name);
        see_value(v->items[i].value);
    }
    moonlet_variables_release(v);
}

static void take_stack(const Hand *h, moonlet_stack *stack)
{
    for (size_t i = 0; i < stack->count && i < 3; i++) {
        see_place(&stack->places[i]);
        take_variables(moonlet_variables_of(h->s, &stack->places[i], 31, h->n, 5));
        take(h, moonlet_evaluate(h->s, &stack->places[i], h->text));
        take(h, moonlet_assign(h->s, &stack->places[i], h->text, h->v));
    }
    moonlet_stack_release(stack);
}

static void take_items(const Hand *h, moonlet_items all)
{
    for (size_t i = 0; i < all.count; i++) {
        see_values(all.items[i].values, all.items[i].count);
        see_error(h, all.items[i].error);
        if (i == 0) {
            take_term(h, all.items[i].terms);
            take_state(all.items[i].state);
            all.items[i].terms = NULL;
            all.items[i].state = NULL;
        }
    }
    moonlet_items_release(&all);
}

/* What the host gives -------------------------------------------------------------------- */

/* A host function that does what its first argument says. */
static int odd_function(moonlet_context *c, const moonlet_value *args, size_t count)
{
    double what = 0;
    if (count) moonlet_to_number(args[0], &what);
    switch (what >= 0 && what < 7 ? (int)what : 0) {
    case 1: return moonlet_fail(c, "odd %s", "error");
    case 2: return moonlet_pause(c);
    case 3: return moonlet_throw(c, args[0]);
    case 4: return moonlet_bad_argument(c, count + 5, "odd");
    case 5: moonlet_context_state(c); return moonlet_return(c, args, count);
    case 6: return moonlet_yield_then(c, args, count, odd_function, moonlet_nil());
    default: return moonlet_return(c, args, count);
    }
}

static moonlet_term *odd_terms(void *user, const moonlet_term *args, char **error)
{
    (void)user, (void)args;
    *error = strdup("odd");
    return moonlet_term_list(1, moonlet_term_number(1)); /* both */
}

static void odd_copy(void *to, const void *from, size_t size) { memcpy(to, from, size); }
static void odd_finalize(void *bytes, size_t size) { memset(bytes, 1, size); }
static void odd_digest(const void *bytes, size_t size, moonlet_add_bytes *add, void *to)
{
    add(to, bytes, size);
    add(to, bytes, 0);
}

static const moonlet_entry odd_entries[] = {
    {.name = "odd", .call = odd_function},
    {.name = "", .call = odd_function, .looks_outside = true},
    {.name = "terms", .term_call = odd_terms},
    {.name = "__gc", .call = odd_function},
    {.name = NULL}};
static const moonlet_type_info odd_type = {.name = "odd",
                                           .size = 40,
                                           .copy = odd_copy,
                                           .methods = odd_entries,
                                           .finalize = odd_finalize,
                                           .digest = odd_digest};
static const moonlet_type_info empty_type = {.name = "", .size = 0};

static void odd_trace(void *data, const char *chunk, int line)
{
    (void)data, (void)line;
    see_text(chunk);
}

static const moonlet_value *held_value;
static void odd_held(void *user, moonlet_hold *hold, void *to)
{
    (void)user;
    if (held_value) hold(to, *held_value);
}

/* Several functions that need something that another one of them makes -------------------- */

static void use_timeline(Hand *h)
{
    uint64_t digest = 0;
    moonlet_timeline *t = moonlet_timeline_begin(h->s, h->n % 3);
    for (int i = 0; i < 3; i++) {
        moonlet_result r = moonlet_timeline_call(t, i ? "frame" : h->text, h->many, h->count);
        see_error(h, r.error);
        see_values(r.values, r.count);
    }
    hand_seen += moonlet_timeline_frame(t) + moonlet_timeline_oldest(t);
    if (!h->big) moonlet_timeline_digest(t, moonlet_timeline_frame(t), &digest);
    if (!h->big) moonlet_timeline_digest(t, h->n, &digest);
    take_state(moonlet_timeline_state_at(t, h->n));
    take_state(moonlet_timeline_state_at(t, moonlet_timeline_oldest(t)));
    hand_seen += moonlet_timeline_back(t, h->n);
    hand_seen += moonlet_timeline_back(t, moonlet_timeline_oldest(t));
    take_state(moonlet_timeline_state(t));
    moonlet_timeline_end(t);
    moonlet_timeline_end(NULL);
}

static void use_debugger(Hand *h, moonlet_recording *rec)
{
    char *message = NULL;
    uint64_t asked;
    static const volatile int interrupt;
    moonlet_debugger_options options = {.interrupt = &interrupt, .portion = h->n};
    moonlet_debugger *d = moonlet_debugger_new(rec, h->n % 2 ? &options : NULL);
    moonlet_break breaks[] = {{.line = 1, .condition = h->text},
                              {.function = h->text, .hits = h->text},
                              {.write = h->text},
                              {.caught = true, .log = h->text},
                              {.file = h->text, .line = -1},
                              {.log = "x"}};
    for (size_t i = 0; i < sizeof breaks / sizeof *breaks; i++) {
        int number = moonlet_debugger_break(d, &breaks[i], i ? &message : NULL);
        take_text(message);
        message = NULL;
        hand_seen += moonlet_debugger_hits(d, number);
    }
    hand_seen += moonlet_debugger_run(d);
    for (int how = MOONLET_MOVE_INTO; how <= MOONLET_MOVE_ON; how++) {
        hand_seen += moonlet_debugger_move(d, (moonlet_move)how, h->n % 2);
        see_text(moonlet_debugger_moment(d).chunk);
        see_value(moonlet_debugger_moment(d).error);
    }
    moonlet_debugger_go_begin(d);
    hand_seen += moonlet_debugger_go(d, h->n, 1);
    hand_seen += moonlet_debugger_last_write(d, h->text);
    hand_seen += moonlet_debugger_first_true(d, h->text, 5, h->n % 2 ? &asked : NULL);
    see_text(moonlet_debugger_change(d, h->n % 2 ? h->s : moonlet_debugger_state(d)));
    hand_seen += moonlet_debugger_unbreak(d, (int)h->n);
    hand_seen += moonlet_debugger_unbreak(d, 0);
    moonlet_debugger_go_end(d);
    hand_seen += moonlet_debugger_move(d, MOONLET_MOVE_ON, false);
    moonlet_debugger_release(d);
    moonlet_debugger_release(NULL);
}

static void use_recording(Hand *h, moonlet_recording *rec)
{
    size_t length;
    char *message = NULL;
    if (!rec) return;
    hand_seen += moonlet_recording_steps(rec) + (uint64_t)moonlet_recording_status(rec);
    take_state(moonlet_recording_state(rec, moonlet_recording_steps(rec) / 2));
    take_state(moonlet_recording_state(rec, h->n));
    if (!h->big && h->n % 3 == 0) use_debugger(h, rec); /* it searches for long */
    char *bytes = moonlet_recording_save(rec, NULL, &length, &message);
    take_text(message);
    message = NULL;
    moonlet_recording_release(rec);
    if (!bytes) return;
    moonlet_recording_release(moonlet_recording_load(bytes, length - 1, NULL, NULL));
    rec = moonlet_recording_load(bytes, length, NULL, &message);
    take_text(message);
    free(bytes);
    if (rec) take_state(moonlet_recording_state(rec, h->n));
    moonlet_recording_release(rec);
}

static void use_record(Hand *h)
{
    moonlet_result r;
    const moonlet_record_options options = {.bytes = h->n, .spacing = h->n, .stays = true};
    moonlet_recording *rec =
        moonlet_record(h->s, h->v, h->many, h->count, h->n % 2 ? &options : NULL, &r);
    take(h, r);
    use_recording(h, rec);
}

static void use_record_resume(Hand *h)
{
    moonlet_result r;
    moonlet_recording *rec = moonlet_record_resume(h->s, NULL, &r);
    take(h, r);
    use_recording(h, rec);
}

static void use_map(Hand *h)
{
    const moonlet_limits limits = {.steps = 1000, .bytes = h->n};
    const moonlet_map_options options = {.threads = 2,
                                         .give = (unsigned)h->n % 4,
                                         .limits = h->n % 2 ? &limits : NULL,
                                         .into = h->n % 3 ? h->s : NULL};
    take_items(h, moonlet_map(h->s, h->v, h->many, h->count, &options));
    take_items(h, moonlet_map(h->s, h->v, NULL, 0, NULL));
}

static void use_tables(Hand *h)
{
    moonlet_value key = moonlet_nil(), value = moonlet_nil();
    for (int i = 0; i < 20 && moonlet_table_next(h->s, h->v, &key, &value); i++)
        see_value(value);
    key = h->w;
    hand_seen += moonlet_table_next(h->s, h->v, &key, &value);
}

static void use_convert(Hand *h)
{
    double d = 0;
    int64_t i = 0;
    bool b = false;
    const char *bytes = NULL;
    size_t length = 0;
    moonlet_value v;
    hand_seen +=
        moonlet_convert(h->many, h->count, "n|isbvn", &d, &i, &bytes, &length, &b, &v, &d);
    hand_seen += moonlet_convert(h->many, h->count, "s?n", &bytes, &length, &d, &d);
    hand_seen += moonlet_convert(h->many, h->count, "");
}

static void use_images(Hand *h)
{
    char *message = NULL;
    uint64_t seed;
    moonlet_image *i = moonlet_image_save(h->s, NULL, NULL, &message);
    take_text(message);
    take_image(h, i);
    message = NULL;
    i = moonlet_image_load(h->bytes, h->length, NULL, NULL, &message);
    take_text(message);
    take_image(h, i);
    hand_seen += moonlet_is_image(h->bytes, h->length);
    hand_seen += moonlet_image_seed(h->bytes, h->length, &seed);
    moonlet_image_release(NULL);
}

static void use_terms(Hand *h)
{
    char *message = NULL;
    moonlet_term *results = NULL;
    take_term(h, moonlet_decode(h->s, h->v, 0, &message));
    take_text(message);
    message = NULL;
    moonlet_term *t = moonlet_decode(h->s, h->w, MOONLET_DECODE_REFERENCES, &message);
    take_text(message);
    take(h, moonlet_encode(h->s, t));
    take(h, moonlet_call_function_terms(h->s, h->text, t, &results));
    moonlet_term_free(results);
    t = moonlet_term_pair(moonlet_term_list(0), t, moonlet_term_value(h->s, h->v));
    take(h, moonlet_encode(h->s, t));
    t = moonlet_term_field(t, h->text, moonlet_term_string(h->bytes, h->length));
    t = moonlet_term_add(t, NULL);
    take(h, moonlet_encode_list(h->s, t));
    moonlet_term_free(moonlet_term_add(NULL, t));
    moonlet_term_free(moonlet_term_pair(NULL, moonlet_term_nil(), NULL));
    take_term(h, moonlet_decode_list(h->s, h->many, h->count, 0, NULL));
}

static void use_stack(Hand *h)
{
    moonlet_value threads[3];
    take_stack(h, moonlet_stack_of(h->s, moonlet_nil(), h->n, 100));
    take_stack(h, moonlet_stack_of(h->s, h->v, 0, SIZE_MAX));
    size_t n = moonlet_threads(h->s, threads, 3);
    for (size_t i = 0; i < n && i < 3; i++) {
        see_text(moonlet_thread_status(h->s, threads[i]));
        take_stack(h, moonlet_stack_of(h->s, threads[i], 0, 2));
    }
    moonlet_threads(h->s, NULL, 0);
    take_variables(moonlet_variables_of(h->s, NULL, ~0U, h->n, SIZE_MAX));
    moonlet_stack_release(NULL);
    moonlet_variables_release(NULL);
}

/* Its error is no failure. */
static void use_stacktrace(Hand *h)
{
    moonlet_result r = moonlet_stacktrace(h->s);
    see_error(h, r.error);
    r.error = NULL;
    take(h, r);
}

static void use_compile(Hand *h)
{
    char *message = NULL;
    size_t length;
    moonlet_chunk *c = moonlet_compile(h->bytes, h->length, h->text, &message);
    take_text(message);
    moonlet_chunk_release(c);
    c = moonlet_function_chunk(h->s, h->v);
    if (!c) return;
    char *dumped = moonlet_chunk_dump(c, h->n % 2, &length);
    moonlet_chunk_release(moonlet_chunk_retain(c));
    if (dumped) moonlet_chunk_release(moonlet_compile(dumped, length, NULL, NULL));
    free(dumped);
    moonlet_chunk_release(c);
}

static void use_texts(Hand *h)
{
    char *message = NULL;
    moonlet_term *results = NULL;
    take_text(moonlet_find_file(h->text, h->text));
    take(h, moonlet_do_terms(h->s, h->text, &results));
    take_term(h, results);
    results = NULL;
    take(h, moonlet_call_chunk_terms(h->s, h->chunk, h->term, &results));
    take_term(h, results);
    results = NULL;
    take(h, moonlet_call_method_terms(h->s, h->text, h->term, &results));
    take_term(h, results);
    results = NULL;
    take(h, moonlet_get_term(h->s, h->text, &results));
    take_term(h, results);
    take(h, moonlet_set_term(h->s, h->text, h->term));
    take_term(h, moonlet_eval(h->n % 2 ? h->s : NULL, h->text, &message));
    take_text(message);
    take_term(h, moonlet_evalfile(h->s, h->text, NULL));
}

static moonlet_state *pinned_and_unpinned(Hand *h)
{
    uint32_t pin;
    moonlet_state *s = moonlet_pin(h->s, h->v, &pin);
    see_value(moonlet_pinned(s, pin));
    see_value(moonlet_pinned(s, (uint32_t)h->n));
    moonlet_state *t = moonlet_unpin(s, pin);
    moonlet_release(moonlet_unpin(s, (uint32_t)h->n));
    moonlet_release(s);
    return t;
}

static void use_context_table(Hand *h)
{
    moonlet_value key = moonlet_nil(), v;
    moonlet_value t = moonlet_context_new_table(h->c);
    moonlet_context_set(h->c, t, h->w, h->v);
    moonlet_context_set_field(h->c, t, h->text, h->v);
    moonlet_context_set_index(h->c, t, (int64_t)h->n, h->v);
    moonlet_context_set_metatable(h->c, t, h->v);
    see_value(moonlet_context_metatable(h->c, t));
    while (moonlet_context_next(h->c, t, &key, &v)) see_value(v);
    key = h->w;
    hand_seen += moonlet_context_next(h->c, h->v, &key, &v);
    hand_seen += moonlet_context_length(h->c, t) + moonlet_context_length(h->c, h->v);
    moonlet_context_freeze(h->c, t, h->n % 2);
}

/* The lists -------------------------------------------------------------------------------- */

typedef struct Use {
    const char *name;
    void (*use)(Hand *h);
} Use;

#define USE(use_)   \
    {               \
#use_, use_ \
    }
#define DO(what_) static void what_(Hand *h)
#define WORLD(name_, call_) \
    DO(do_##name_) { take_state(call_); }
#define RUN(name_, call_) \
    DO(do_##name_) { take(h, call_); }
#define SEE(name_, call_) \
    DO(do_##name_) { call_; }

RUN(do, moonlet_do(h->s, h->text))
RUN(dofile, moonlet_dofile(h->s, h->text))
RUN(load, moonlet_load(h->s, h->text))
RUN(loadfile, moonlet_loadfile(h->s, h->text))
RUN(load_chunk, moonlet_load_chunk(h->s, h->chunk))
RUN(path_loadfile, moonlet_path_loadfile(h->s, h->n % 2 ? h->text : NULL, h->text))
RUN(call_chunk, moonlet_call_chunk(h->s, h->chunk, h->many, h->count))
RUN(call, moonlet_call(h->s, h->v, h->many, h->count))
RUN(call_function, moonlet_call_function(h->s, h->text, h->many, h->count))
RUN(call_method, moonlet_call_method(h->s, h->text, h->many, h->count))
RUN(resume, moonlet_resume(h->s))
RUN(resume_with, moonlet_resume_with(h->s, h->many, h->count))
RUN(get, moonlet_get(h->s, h->text))
RUN(set, moonlet_set(h->s, h->text, h->v))
RUN(get_keys, moonlet_get_keys(h->s, h->v, &h->w, 1))
RUN(set_keys, moonlet_set_keys(h->s, h->v, &h->w, 1, h->v))
RUN(new_table, moonlet_new_table(h->s, h->many, h->count / 2))
RUN(set_metatable, moonlet_set_metatable(h->s, h->v, h->w))
RUN(diff, moonlet_diff(h->s, h->other))
RUN(encode, moonlet_encode(h->s, h->term))
RUN(encode_list, moonlet_encode_list(h->s, h->term))
RUN(new_function, moonlet_new_function(h->s, h->text, odd_function, NULL))
RUN(load_module, moonlet_load_module(h->s, h->text, odd_entries))
RUN(new_userdata, moonlet_new_userdata(h->s, h->n % 2 ? &odd_type : &empty_type, NULL))
RUN(import, moonlet_import(h->other, h->s, h->many, h->count, NULL))
RUN(import_common, moonlet_import(h->s, h->s, h->many, h->count, h->s))
RUN(internalize, moonlet_internalize(h->term))
RUN(evaluate, moonlet_evaluate(h->s, NULL, h->text))
RUN(assign, moonlet_assign(h->s, NULL, h->text, h->v))

WORLD(init, moonlet_init())
WORLD(retain, moonlet_retain(h->s))
WORLD(put_private, moonlet_put_private(h->s, h->text, h->v))
WORLD(delete_private, moonlet_delete_private(h->s, h->text))
WORLD(pin, pinned_and_unpinned(h))
WORLD(set_user, moonlet_set_user(h->s, h))
WORLD(set_held, moonlet_set_held(h->s, h->n % 2 ? odd_held : NULL, NULL))
WORLD(set_decoding,
      moonlet_set_decoding(h->s, h->n % 2 ? &(moonlet_decode_options){3, 1, 1, 1} : NULL))
WORLD(limit, moonlet_limit(h->s, h->n % 2 ? &(moonlet_limits){.steps = h->n} : NULL))
WORLD(sandbox, moonlet_sandbox(h->s, NULL, NULL))
WORLD(sandbox_odd, moonlet_sandbox(h->s, (const char *[]){h->text, "", "[", NULL},
                                   (const char *[]){h->text, NULL}))
WORLD(freeze, moonlet_freeze(h->s, h->v, h->n % 2))
WORLD(freeze_libraries, moonlet_freeze_libraries(h->s))
WORLD(set_image_host, moonlet_set_image_host(h->s, NULL))
WORLD(set_trace, moonlet_set_trace(h->s, odd_trace, h))

SEE(value, see_value(h->v); see_value(moonlet_string(h->bytes, h->length));
    see_value(moonlet_text(h->text)); see_value(moonlet_boolean(true));
    see_value(moonlet_number((double)h->n)); see_value(moonlet_pointer(h)))
SEE(types, see_text(moonlet_type_name(moonlet_type_of(h->v)));
    hand_seen += moonlet_is_true(h->v) + moonlet_equal(h->v, h->w))
SEE(numbers, double d; int64_t i; hand_seen += moonlet_to_number(h->v, &d);
    hand_seen += moonlet_to_integer(h->v, &i); hand_seen += moonlet_to_pointer(h->v) != NULL)
SEE(next, moonlet_result r = moonlet_do(h->s, h->text);
    take_state(moonlet_next(moonlet_retain(h->s), &r)))
SEE(process, hand_seen += moonlet_seed(h->n) + moonlet_bytes_allocated();
    hand_seen += moonlet_bytes_held() + moonlet_collector_pauses().count; moonlet_idle(h->n);
    moonlet_thread_attach(); see_text(moonlet_limit_text((moonlet_limit_kind)(h->n % 9)));
    see_text(moonlet_sandbox_default[0]))
SEE(collect, if (h->n % 16 == 0) moonlet_collect())
SEE(memory, hand_seen += moonlet_memory(h->s, NULL).bytes;
    if (!h->big) hand_seen += moonlet_memory(h->s, h->other).shared)
SEE(look, see_value(moonlet_globals(h->s)); see_value(moonlet_global(h->s, h->text));
    see_value(moonlet_raw_get(h->s, h->v, h->w));
    see_value(moonlet_raw_field(h->s, h->v, h->text));
    see_value(moonlet_raw_index(h->s, h->v, (int64_t)h->n));
    hand_seen += moonlet_raw_length(h->s, h->v); see_value(moonlet_metatable(h->s, h->v));
    hand_seen += moonlet_is_frozen(h->s, h->v))
SEE(digest, uint64_t digest = 0; hand_seen += moonlet_digest(h->s);
    hand_seen += moonlet_digest_limited(h->s, &digest))
SEE(private, see_value(moonlet_get_private(h->s, h->text));
    hand_seen += moonlet_user(h->s) != NULL; hand_seen += moonlet_trace_data(h->s) != NULL;
    hand_seen += moonlet_is_paused(h->s))
SEE(term, see_term(h, h->term); take_term(h, moonlet_term_text(h->text));
    take_term(h, moonlet_term_boolean(h->n % 2)); take_term(h, moonlet_term_number(0 / 1.0));
    take_term(h, moonlet_term_pointer(h)); take_term(h, moonlet_term_function(odd_function, h));
    moonlet_term_free(NULL); see_term(h, NULL))
SEE(externalize, char *message = NULL; take_term(h, moonlet_externalize(h->s, &message));
    take_text(message))
SEE(userdata, hand_seen += moonlet_userdata(h->s, h->v, &odd_type) != NULL)

/* What can be called anywhere. */
static const Use uses[] = {
    USE(do_value),
    USE(do_types),
    USE(do_numbers),
    USE(use_convert),
    USE(do_init),
    USE(do_process),
    USE(do_collect),
    USE(do_retain),
    USE(do_private),
    USE(do_memory),
    USE(do_do),
    USE(do_next),
    USE(use_stacktrace),
    USE(use_compile),
    USE(use_texts),
    USE(do_dofile),
    USE(do_load),
    USE(do_loadfile),
    USE(do_load_chunk),
    USE(do_path_loadfile),
    USE(do_call_chunk),
    USE(do_call),
    USE(do_call_function),
    USE(do_call_method),
    USE(do_resume),
    USE(do_resume_with),
    USE(use_timeline),
    USE(do_get),
    USE(do_set),
    USE(do_get_keys),
    USE(do_set_keys),
    USE(do_new_table),
    USE(do_look),
    USE(use_tables),
    USE(do_set_metatable),
    USE(do_digest),
    USE(do_diff),
    USE(do_put_private),
    USE(do_delete_private),
    USE(do_pin),
    USE(do_set_user),
    USE(do_set_held),
    USE(do_term),
    USE(use_terms),
    USE(do_encode),
    USE(do_encode_list),
    USE(do_set_decoding),
    USE(do_new_function),
    USE(do_load_module),
    USE(do_new_userdata),
    USE(do_userdata),
    USE(do_limit),
    USE(do_import),
    USE(do_import_common),
    USE(use_map),
    USE(do_sandbox),
    USE(do_sandbox_odd),
    USE(do_freeze),
    USE(do_freeze_libraries),
    USE(do_externalize),
    USE(do_internalize),
    USE(use_images),
    USE(do_set_image_host),
    USE(use_record),
    USE(use_record_resume),
    USE(use_stack),
    USE(do_evaluate),
    USE(do_assign),
    USE(do_set_trace),
};
enum { USES = sizeof uses / sizeof *uses };

SEE(context_values, see_value(moonlet_context_new_coroutine(h->c, h->v));
    hand_seen += moonlet_context_user(h->c) != NULL;
    hand_seen += moonlet_context_run_user(h->c) != NULL; see_value(moonlet_context_data(h->c));
    see_value(moonlet_context_new_function(h->c, h->text, odd_function, NULL));
    see_value(moonlet_context_new_library(h->c, odd_entries));
    see_value(moonlet_context_globals(h->c)))
SEE(context_cause, moonlet_cause cause = moonlet_context_cause(h->c); see_text(cause.name);
    see_values(cause.values, cause.count))
SEE(context_returned, size_t n; const moonlet_value *v = moonlet_context_returned(h->c, &n);
    see_values(v, n))
SEE(context_state, hand_seen += moonlet_is_paused(moonlet_context_state(h->c)))
SEE(context_call, const moonlet_value *values; size_t n;
    moonlet_context_call(h->c, h->v, h->many, h->count, &values, &n); see_values(values, n))
SEE(context_get, see_value(moonlet_context_get(h->c, h->v, h->w));
    see_value(moonlet_context_get_field(h->c, h->v, h->text));
    see_value(moonlet_context_get_index(h->c, h->v, (int64_t)h->n)))
SEE(context_pin, uint32_t n = moonlet_context_pin(h->c, h->v);
    see_value(moonlet_context_pinned(h->c, n)); moonlet_context_unpin(h->c, n);
    moonlet_context_unpin(h->c, n); moonlet_context_unpin(h->c, (uint32_t)h->n))
SEE(context_userdata,
    moonlet_value u = moonlet_context_new_userdata(h->c, h->n % 2 ? &odd_type : &empty_type,
                                                   NULL);
    hand_seen += moonlet_context_userdata(h->c, u, &odd_type) != NULL;
    hand_seen += moonlet_context_userdata_write(h->c, h->v, &odd_type) != NULL)

/* What needs the context of a host function. */
static const Use context_uses[] = {
    USE(do_context_values), USE(do_context_cause), USE(do_context_returned),
    USE(do_context_state),  USE(do_context_call),  USE(use_context_table),
    USE(do_context_get),    USE(do_context_pin),   USE(do_context_userdata),
};
enum { CONTEXT_USES = sizeof context_uses / sizeof *context_uses };

#define ANSWER(name_, call_) \
    DO(do_##name_) { h->answer = (call_); }
ANSWER(return, moonlet_return(h->c, h->many, h->count))
ANSWER(return_one, moonlet_return_one(h->c, h->v))
ANSWER(throw, moonlet_throw(h->c, h->v))
ANSWER(fail, moonlet_fail(h->c, "%s", h->text))
ANSWER(bad_argument, moonlet_bad_argument(h->c, h->n, h->text))
ANSWER(call_then, moonlet_call_then(h->c, h->v, h->many, h->count, odd_function, h->w))
ANSWER(pcall_then, moonlet_pcall_then(h->c, h->v, h->many, h->count, odd_function, h->w))
ANSWER(pcall_nothing, moonlet_pcall_then(h->c, h->v, NULL, 0, NULL, h->w))
ANSWER(yield_then, moonlet_yield_then(h->c, h->many, h->count, odd_function, h->w))
ANSWER(resume_then, moonlet_resume_then(h->c, h->v, h->many, h->count, odd_function, h->w))
ANSWER(pause, moonlet_pause(h->c))
ANSWER(return_state, moonlet_return_state(h->c, h->s, h->many, h->count))
ANSWER(return_given, moonlet_return_state(h->c, moonlet_context_state(h->c), h->many, h->count))

/* What a host function answers. */
static const Use answers[] = {
    USE(do_return),       USE(do_return_one),  USE(do_throw),      USE(do_fail),
    USE(do_bad_argument), USE(do_call_then),   USE(do_pcall_then), USE(do_pcall_nothing),
    USE(do_yield_then),   USE(do_resume_then), USE(do_pause),      USE(do_return_state),
    USE(do_return_given),
};
enum { ANSWERS = sizeof answers / sizeof *answers };

/* Not called here: moonlet_limit_pauses, which is for the whole process, and
 * moonlet_thread_detach, which is for a thread that holds no values (test_walk_threads.c). */
static const char *const elsewhere[] = {"moonlet_limit_pauses", "moonlet_thread_detach"};

#endif
