/* SPDX-License-Identifier: MIT */
/*
 * Images of values and tables of all kinds, which are written and read in rows: numbers and
 * strings whose numbers take one byte to many, tables whose keys are those of the one before or
 * nearly, and what comes of it when any one byte of such a row is another.
 */
#include "api_test.h"
#include "image/format.h"
#include "image/image.h"
#include "state_dump.h"

static moonlet_image *saved(const moonlet_state *s)
{
    char *message = NULL;
    moonlet_image *i = moonlet_image_save(s, NULL, NULL, &message);
    ck_assert_msg(i != NULL, "%s", message);
    return i;
}

static moonlet_image *loaded(const moonlet_image *i)
{
    char *message = NULL;
    size_t length;
    const char *bytes = moonlet_image_bytes(i, &length);
    moonlet_image *j = moonlet_image_load(bytes, length, NULL, NULL, &message);
    ck_assert_msg(j != NULL, "%s", message);
    return j;
}

/* The state as it comes back: object by object the same, and with the same bytes. */
static moonlet_state *through_bytes(const moonlet_state *s)
{
    size_t m, n;
    moonlet_image *i = saved(s), *j = loaded(i);
    moonlet_state *t = moonlet_image_state(j);
    Dump x = dump_state(s->state, DUMP_LOADED), y = dump_state(t->state, DUMP_LOADED);
    ck_assert(dump_equal(&x, &y));
    dump_free(&x);
    dump_free(&y);
    ck_assert_uint_eq(moonlet_digest(s), moonlet_digest(t));
    moonlet_image *again = saved(t);
    const char *a = moonlet_image_bytes(i, &m), *b = moonlet_image_bytes(again, &n);
    ck_assert_uint_eq(m, n);
    ck_assert_mem_eq(a, b, n);
    moonlet_image_release(again);
    moonlet_image_release(j);
    moonlet_image_release(i);
    return t;
}

/* `check` is Lua's view of it, before and after. */
static void assert_comes_back(const char *source, const char *check)
{
    moonlet_state *s = world(source), *t = through_bytes(s);
    moonlet_result x = moonlet_do(s, check), y = moonlet_do(t, check);
    assert_ok(x);
    assert_ok(y);
    ck_assert_uint_eq(x.steps, y.steps);
    ck_assert(moonlet_equal(moonlet_result_value(&x, 0), moonlet_result_value(&y, 0)));
    moonlet_release(x.state);
    moonlet_release(y.state);
    moonlet_release(s);
    moonlet_release(t);
}

/* Row and fields have the same values in the end; texts says how many strings come first. */
static const char values[] =
    "list, fields, pool = {}, {}, {}\n"
    "for i = 1, texts do pool[i] = 'text ' .. i end\n"
    "local function add(v) list[#list + 1] = v fields['f' .. #list] = v end\n"
    "for bit = 0, 60 do for near = -1, 1 do\n"
    "  add(2 ^ bit + near) add(-2 ^ bit + near) add(2 ^ bit + near + 0.5) add(2 ^ -bit)\n"
    "end end\n"
    "for i, v in ipairs{0, -0.0, 1 / 0, -1 / 0, 2 ^ 53 + 2, -2 ^ 53 - 2, 2 ^ 1023, 2 ^ -1074} "
    "do\n"
    "  add(v) end\n"
    "for i, v in ipairs{true, false, true} do add(v) add(true) end\n"
    "add(0 / 0) add(-(0 / 0))\n"
    "for i = 1, texts, 97 do add(pool[i]) add(pool[texts + 1 - i]) end\n"
    "for i = 5, #list, 11 do list[i] = nil end\n"
    "all = {list, fields, pool, list, fields}\n";
static const char view[] =
    "local out = {}\n"
    "local function say(v) out[#out + 1] = type(v) == 'number' and\n"
    "  (v ~= v and 'nan' or ('%a'):format(v) .. (v == 0 and 1 / v or '')) or tostring(v) end\n"
    "for i = 1, 1200 do say(list[i]) end\n"
    "for k, v in pairs(fields) do out[#out + 1] = k say(v) end\n"
    "return table.concat(out, ' ')\n";

START_TEST(values_of_all_sizes_come_back)
{
    static const int texts[] = {1, 100, 128, 200, 16000, 16500, 40000};
    char source[sizeof values + 40];
    snprintf(source, sizeof source, "texts = %d\n%s", texts[_i], values);
    assert_comes_back(source, view);
}
END_TEST

/* Tables by the hundreds, each with the keys of the one before, or of one of some others, in
 * their order or not, with some more, some fewer, some removed. */
static const char alike[] =
    "local random = math.random math.randomseed(seed)\n"
    "local keys = {'x', 'y', 'id', 'hp', 'name', 'kind', true, false, {}, {}, print, 1, 2, 3,\n"
    "  7.5, -1, 'k' .. seed, 'l' .. seed}\n"
    "for i = 1, seed % 3 * 10 do keys[#keys + 1] = 'more' .. i end\n"
    "local meta, shapes = {__index = {}}, {}\n"
    "for i = 1, 6 do shapes[i] = {} for k = 1, random(0, i < 3 and 7 or 20) do\n"
    "  shapes[i][k] = keys[random(i % 2 == 0 and 8 or #keys)] end end\n"
    "local made = {}\n"
    "local function value() local k = random(8) return k == 1 and made[random(#made + 1)] or\n"
    "  k == 2 and {} or k == 3 and 'text' .. random(5) or k == 4 and random() or\n"
    "  k == 5 and random(2 ^ 20) or k == 6 and random(2) == 1 or random(60) end\n"
    "for i = 1, 300 do\n"
    "  local t, shape = {}, shapes[random(8)] or shapes[1]\n"
    "  for k = 1, #shape do if random(40) > 1 then t[shape[k]] = value() end end\n"
    "  if random(10) == 1 and #shape > 0 then t[shape[random(#shape)]] = nil end\n"
    "  if random(20) == 1 then t[keys[random(#keys)]] = value() end\n"
    "  if random(20) == 1 then setmetatable(t, meta) end\n"
    "  if random(30) == 1 then for k in pairs(t) do t[k] = nil end end\n"
    "  if random(50) == 1 then state.freeze(t) end\n"
    "  made[i] = t\n"
    "end\n"
    "all = made\n";
static const char order[] =
    "local out = {}\n"
    "for i, t in ipairs(all) do for k, v in pairs(t) do\n"
    "  out[#out + 1] = tostring(k) .. tostring(v) end out[#out + 1] = #t end\n"
    "return table.concat(out, ' ')\n";

START_TEST(tables_with_the_same_keys_come_back)
{
    char source[sizeof alike + 60];
    snprintf(source, sizeof source, "state = require 'state' seed = %d\n%s", _i, alike);
    assert_comes_back(source, order);
}
END_TEST

/* Other bytes with the right hash; gives whether they were an image, which is then looked at.
 */
static bool try_bytes(char *bytes, size_t length)
{
    char *message = NULL;
    uint8_t hash[IMAGE_ID];
    image_hash((uint8_t *)bytes, length, hash);
    memcpy(bytes + IMAGE_AT_HASH, hash, sizeof hash);
    moonlet_image *i = moonlet_image_load(bytes, length, NULL, NULL, &message);
    ck_assert((i != NULL) != (message != NULL));
    free(message);
    if (!i) return false;
    moonlet_state *s = moonlet_image_state(i);
    moonlet_limits limits = {.steps = 2000, .bytes = 10000000};
    moonlet_result r = moonlet_do(moonlet_limit(s, &limits), "for _, t in ipairs(all) do\n"
                                                             "for k in pairs(t) do t[k] = nil "
                                                             "end t.x, t.new = 1, 2 end");
    if (r.status == MOONLET_OK) moonlet_image_release(saved(r.state));
    moonlet_release(r.state);
    moonlet_release(through_bytes(s));
    moonlet_release(s);
    moonlet_image_release(i);
    return true;
}

/* Few tables, which are the last things in the image. */
START_TEST(any_byte_of_a_row_may_be_another)
{
    static const int other[] = {0,  1,  2,  3,  4,  5,  6,  7,   8,   9,   13,  14,  16,
                                24, 25, 63, 64, 65, 66, 79, 127, 128, 129, 140, 180, 255};
    moonlet_state *s =
        world("all = {} for i = 1, 5 do all[i] = {x = i, y = i * 300, hp = i / 3,"
              " name = 'n' .. i, on = true, {i}} end\n"
              "all[4].x = nil all[6] = {1, -1, 'n1', all[1], 4000000, 0.25}");
    size_t length;
    unsigned good = 0, bad = 0;
    moonlet_image *image = saved(s);
    const char *bytes = moonlet_image_bytes(image, &length);
    char *copy = malloc(length);
    for (size_t at = length - 180 + (size_t)_i; at < length; at += 6)
        for (size_t k = 0; k < sizeof other / sizeof *other; k++) {
            memcpy(copy, bytes, length);
            copy[at] = (char)other[k];
            bool is_one = try_bytes(copy, length);
            *(is_one ? &good : &bad) += 1;
        }
    ck_assert(good > 0 && bad > 0);
    free(copy);
    moonlet_image_release(image);
    moonlet_release(s);
}
END_TEST

/* The header ------------------------------------------------------------------------------ */

/* The message of an image of this state whose header says another version of the linker; NULL:
 * it has been loaded. */
static char *of_another_linker(const char *source)
{
    char *message = NULL;
    size_t length;
    moonlet_state *s = world(source);
    moonlet_image *i = saved(s);
    const char *bytes = moonlet_image_bytes(i, &length);
    char *copy = memcpy(malloc(length), bytes, length);
    copy[IMAGE_AT_LINKER]++;
    image_hash((uint8_t *)copy, length, (uint8_t *)copy + IMAGE_AT_HASH);
    moonlet_image *j = moonlet_image_load(copy, length, NULL, NULL, &message);
    ck_assert((j != NULL) != (message != NULL));
    if (j) {
        moonlet_state *t = moonlet_image_state(j);
        ck_assert_uint_eq(moonlet_digest(s), moonlet_digest(t));
        moonlet_release(t);
        moonlet_image_release(j);
    }
    free(copy);
    moonlet_image_release(i);
    moonlet_release(s);
    return message;
}

START_TEST(another_version_reads_what_has_no_frames)
{
    ck_assert_ptr_null(of_another_linker("function f() return 1 end t = {f}\n"
                                         "co = coroutine.create(f)"));
    char *message = of_another_linker("co = coroutine.wrap(coroutine.yield) co()");
    ck_assert_str_eq(message,
                     "the image has suspended coroutines of another version of the program");
    free(message);
}
END_TEST

static const char *const flipped[] = {"t = {1, {2}, x = 'y'}",
                                      "co = coroutine.wrap(coroutine.yield) co()",
                                      "s = require 'state'.snapshot() t = {s}"};

/* Also those of the header: what is not hashed is verified, or decides on the hash. */
START_TEST(no_flipped_bit_is_taken)
{
    size_t length;
    moonlet_state *s = world(flipped[_i]);
    moonlet_image *i = saved(s);
    const char *bytes = moonlet_image_bytes(i, &length);
    char *copy = memcpy(malloc(length), bytes, length);
    for (size_t at = 0; at < 8 * length; at++) {
        char *message = NULL;
        copy[at / 8] ^= (char)(1 << at % 8);
        ck_assert_ptr_null(moonlet_image_load(copy, length, NULL, NULL, &message));
        copy[at / 8] ^= (char)(1 << at % 8);
        free(message);
    }
    moonlet_image *j = moonlet_image_load(copy, length, NULL, NULL, NULL);
    ck_assert_ptr_nonnull(j);
    moonlet_image_release(j);
    free(copy);
    moonlet_image_release(i);
    moonlet_release(s);
}
END_TEST

/* Frames of another linker would come in without a look at its version. */
START_TEST(frames_that_the_header_denies_are_refused)
{
    size_t length;
    char *message = NULL;
    moonlet_state *s = world("co = coroutine.wrap(coroutine.yield) co()");
    moonlet_image *i = saved(s);
    const char *bytes = moonlet_image_bytes(i, &length);
    char *copy = memcpy(malloc(length), bytes, length);
    ck_assert_int_eq(copy[IMAGE_AT_FLAGS], IMAGE_HAS_FRAMES);
    copy[IMAGE_AT_FLAGS] = 0;
    image_hash((uint8_t *)copy, length, (uint8_t *)copy + IMAGE_AT_HASH);
    ck_assert_ptr_null(moonlet_image_load(copy, length, NULL, NULL, &message));
    ck_assert_str_eq(message, "the image is damaged");
    free(message);
    free(copy);
    moonlet_image_release(i);
    moonlet_release(s);
}
END_TEST

/* What cannot be saved ----------------------------------------------------------------------
 */

static const moonlet_type_info texture = {.name = "texture", .size = 8};

static bool refuse(const void *bytes, moonlet_writer *write, void *context)
{
    (void)bytes, (void)write, (void)context;
    return false;
}
static bool take(void *to, const char *bytes, size_t length)
{
    (void)to, (void)bytes;
    return length == 0;
}
static const moonlet_type_info refused = {
    .name = "socket", .size = 8, .save = refuse, .load = take};
static const moonlet_type_info *const types[] = {&texture, &refused, NULL};

/* The state with a userdata of the type at the path, in world `w`. */
static moonlet_state *with_userdata(const char *w, const char *path,
                                    const moonlet_type_info *type)
{
    moonlet_result u = moonlet_new_userdata(world(w), type, NULL);
    assert_ok(u);
    moonlet_result r = moonlet_set(u.state, path, u.values[0]);
    assert_ok(r);
    return r.state;
}

static void assert_refused(moonlet_state *s, const char *want)
{
    char *message = NULL;
    const moonlet_image_host host = {.types = types};
    uint64_t digest = moonlet_digest(s);
    ck_assert_ptr_null(moonlet_image_save(s, NULL, &host, &message));
    ck_assert_str_eq(message, want);
    free(message);
    ck_assert_uint_eq(moonlet_digest(s), digest);
    moonlet_release(s);
}

START_TEST(a_userdata_that_cannot_be_saved_is_told_with_its_path)
{
    const char *enemies = "enemies = {{}, {}, {name = 'c'}}";
    assert_refused(with_userdata(enemies, "enemies[3].handle", &texture),
                   "cannot save a userdata of type 'texture' (_G.enemies[3].handle)");
    assert_refused(with_userdata(enemies, "enemies[3].handle", &refused),
                   "cannot save a userdata of type 'socket' (_G.enemies[3].handle)");
}
END_TEST

int main(void)
{
    TCase *t = tcase_create("image_values");
    tcase_add_loop_test(t, values_of_all_sizes_come_back, 0, 7);
    tcase_add_loop_test(t, tables_with_the_same_keys_come_back, 0, 24);
    tcase_add_loop_test(t, any_byte_of_a_row_may_be_another, 0, 6);
    tcase_add_test(t, another_version_reads_what_has_no_frames);
    tcase_add_loop_test(t, no_flipped_bit_is_taken, 0, sizeof flipped / sizeof *flipped);
    tcase_add_test(t, frames_that_the_header_denies_are_refused);
    tcase_add_test(t, a_userdata_that_cannot_be_saved_is_told_with_its_path);
    return run_suite(t);
}
