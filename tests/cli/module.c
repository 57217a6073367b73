/* SPDX-License-Identifier: MIT */
/* A C module for module.sh. */
#include "moonlet.h"

#include <string.h>

static int add(moonlet_context *c, const moonlet_value *args, size_t count)
{
    double sum = 0, x;
    for (size_t i = 0; i < count; i++) {
        if (!moonlet_to_number(args[i], &x))
            return moonlet_bad_argument(c, i + 1, "number expected");
        sum += x;
    }
    return moonlet_return_one(c, moonlet_number(sum));
}

/* In the state of this moment, f is called, and then the program goes on there. */
static int within(moonlet_context *c, const moonlet_value *args, size_t count)
{
    const moonlet_value *values;
    size_t results;
    moonlet_context_state(c);
    if (moonlet_context_call(c, args[0], NULL, 0, &values, &results) != MOONLET_OK)
        return moonlet_throw(c, values[0]);
    return moonlet_return_state(c, moonlet_context_state(c), NULL, 0);
}

static int then_call(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_call_then(c, args[0], args + 1, count - 1, NULL, moonlet_nil());
}

static int count_up(moonlet_context *c, const moonlet_value *args, size_t count);

static const moonlet_entry methods[] = {{"up", count_up, NULL, NULL, false}, {0}};

static void copy(void *to, const void *from, size_t size) {}

static const moonlet_type_info counter = {
    .name = "counter", .size = sizeof(int), .copy = copy, .methods = methods};

static int count_up(moonlet_context *c, const moonlet_value *args, size_t count)
{
    int *n = count ? moonlet_context_userdata_write(c, args[0], &counter) : NULL;
    if (!n) return moonlet_bad_argument(c, 1, "counter expected");
    return moonlet_return_one(c, moonlet_number(++*n));
}

static int new_counter(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_return_one(c, moonlet_context_new_userdata(c, &counter, NULL));
}

static moonlet_term *lengths(void *user, const moonlet_term *args, char **error)
{
    moonlet_term *list = moonlet_term_list(0);
    for (size_t i = 0; i < moonlet_term_count(args); i++) {
        double n = (double)moonlet_term_count(moonlet_term_item(args, i));
        moonlet_term_add(list, moonlet_term_number(n));
    }
    return list;
}

static int write_image(moonlet_context *c, const moonlet_value *args, size_t count);

static const moonlet_entry entries[] = {{"image", write_image, NULL, NULL, false},
                                        {"add", add, NULL, NULL, false},
                                        {"within", within, NULL, NULL, false},
                                        {"call", then_call, NULL, NULL, false},
                                        {"counter", new_counter, NULL, NULL, false},
                                        {"lengths", NULL, lengths, NULL, false},
                                        {0}};

static bool save_counter(const void *bytes, moonlet_writer *write, void *context)
{
    write(context, bytes, sizeof(int));
    return true;
}

static const moonlet_type_info saved = {
    .name = "saved", .size = sizeof(int), .save = save_counter};

/* The file gets an image of the world in which there are the module's functions and one
 * userdata; in the program moonlet nobody knows what these are. */
static int write_image(moonlet_context *c, const moonlet_value *args, size_t count)
{
    static const moonlet_type_info *const types[] = {&saved, NULL};
    static const moonlet_library libraries[] = {{"m", entries}, {NULL, NULL}};
    const moonlet_image_host host = {.libraries = libraries, .types = types};
    moonlet_context_set_field(c, moonlet_context_globals(c), "u",
                              moonlet_context_new_userdata(c, &saved, NULL));
    char *message = NULL;
    size_t length, named;
    moonlet_image *i = moonlet_image_save(moonlet_context_state(c), NULL, &host, &message);
    if (!i) return moonlet_fail(c, "%s", message);
    const char *bytes = moonlet_image_bytes(i, &length),
               *name = moonlet_to_bytes(args[0], &named);
    char path[64] = {0};
    memcpy(path, name, named < sizeof path ? named : 0);
    FILE *f = fopen(path, "wb");
    fwrite(bytes, 1, length, f);
    fclose(f);
    moonlet_image_release(i);
    return moonlet_return(c, NULL, 0);
}

MOONLET_API int moonletopen_module(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_return_one(c, moonlet_context_new_library(c, entries));
}

MOONLET_API int moonletopen_module_part(moonlet_context *c, const moonlet_value *args,
                                        size_t count)
{
    return moonlet_return_one(c, moonlet_context_new_function(c, "add", add, NULL));
}

/* What modules for PUC Lua have. */
MOONLET_API int luaopen_foreign(void *L);
int luaopen_foreign(void *L) { return 0; }
