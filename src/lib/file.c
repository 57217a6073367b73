/* SPDX-License-Identifier: MIT */
#include "lib/file.h"

#include "eval/collect.h"
#include "lib/buffer.h"
#include "state/trace.h"

#include <errno.h>

const char file_tag[] = FILE_TYPE_NAME;

/* File objects --------------------------------------------------------------------- */

Value file_new(Run *R, FILE *f, FileKind kind)
{
    Userdata *u = run_new_userdata(R, file_tag, sizeof(File));
    *(File *)u->data = (File){f, kind};
    u->body.meta = lib_registry_table(R, FILE_TYPE_NAME);
    if (kind > FILE_STANDARD) collect_metatable(R, value_object(u), u->body.meta);
    return value_object(u);
}

File *file_of(Value v)
{
    if (!value_is(v, OBJ_USERDATA)) return NULL;
    const Userdata *u = value_pointer(v);
    return u->tag == file_tag ? u->data : NULL;
}

File *file_arg(Run *R, Value *a, int n, int i)
{
    Userdata *u = arg_userdata(R, a, n, i, file_tag, FILE_TYPE_NAME);
    return u ? u->data : NULL;
}

File *file_arg_open(Run *R, Value *a, int n, int i)
{
    File *file = file_arg(R, a, n, i);
    if (!file || file->kind != FILE_CLOSED) return file;
    native_error(R, "attempt to use a closed file");
    return NULL;
}

Value file_open_checked(Run *R, const String *name, const char *mode)
{
    const char *text = lib_c_text(name);
    FILE *f = fopen(text, mode);
    if (f) return file_new(R, f, FILE_PLAIN);
    const char *why = strerror(errno);
    lib_error(R, lib_join("cannot open file '", text, "' (", why, ")", NULL));
    return V_NIL;
}

bool file_is_seen_elsewhere(Run *R, Value v)
{
    const Userdata *u = value_pointer(v);
    return u->epoch != R->epoch;
}

int file_close(Run *R, Value *a, Value self)
{
    File *file = file_of(self);
    if (file->kind == FILE_STANDARD) {
        a[0] = V_NIL;
        a[1] = new_c_string("cannot close standard file");
        return 2;
    }
    trace_remove_finalizer(R, self);
    FileKind kind = __atomic_exchange_n(&file->kind, FILE_CLOSED, __ATOMIC_ACQ_REL);
    if (kind == FILE_CLOSED) return native_error(R, "attempt to use a closed file");
    if (kind == FILE_PIPE) return lib_exec_result(R, a, pclose(file->f));
    return lib_file_result(R, a, fclose(file->f) == 0, NULL);
}

/* Reading -------------------------------------------------------------------------- */

/* How reading one thing went. */
typedef enum Got { GOT_IT, GOT_NOTHING, GOT_ERROR } Got;

static Got finish(Run *R, Buffer *b, bool success, Value *out)
{
    const String *s = buffer_finish(b);
    if (!s) {
        native_memory_error(R);
        return GOT_ERROR;
    }
    *out = success ? string_value(s) : V_NIL;
    return success ? GOT_IT : GOT_NOTHING;
}

static Got read_line(Run *R, FILE *f, bool keep_end, Value *out)
{
    Buffer b;
    int c;
    buffer_init(&b, run_string_room(R));
    flockfile(f);
    while ((c = getc_unlocked(f)) != EOF && c != '\n')
        if (!buffer_append_char(&b, (char)c)) break;
    funlockfile(f);
    bool success = c == '\n' || b.length > 0;
    if (keep_end && c == '\n') buffer_append_char(&b, '\n');
    return finish(R, &b, success, out);
}

/* At most `count` bytes; nothing if there are none, unless none are asked for. */
static Got read_bytes(Run *R, FILE *f, size_t count, bool nothing_is_fine, Value *out)
{
    Buffer b;
    size_t block = BUFFER_ROOM, got;
    buffer_init(&b, run_string_room(R));
    do {
        size_t want = count - b.length < block ? count - b.length : block;
        if (!buffer_reserve(&b, want)) break;
        got = fread(b.data + b.length, 1, want, f);
        b.length += got;
        if (got < want) break;
        if (block < ((size_t)1 << 20)) block *= 2;
    } while (b.length < count);
    return finish(R, &b, nothing_is_fine || b.length > 0, out);
}

static Got read_number(FILE *f, Value *out)
{
    double d;
    *out = V_NIL;
    if (fscanf(f, "%lf", &d) != 1) return GOT_NOTHING;
    *out = value_number_checked(d);
    return GOT_IT;
}

/* The empty string, unless the file is at its end. */
static Got test_end(FILE *f, Value *out)
{
    int c = getc(f);
    ungetc(c, f);
    *out = c == EOF ? V_NIL : new_string("", 0);
    return c == EOF ? GOT_NOTHING : GOT_IT;
}

/* Reads by the format in argument i. */
static Got read_format(Run *R, Value *a, int i, FILE *f, Value *out)
{
    if (value_is_number(a[i])) {
        size_t count = (size_t)double_to_integer(value_to_double(a[i]));
        return count ? read_bytes(R, f, count, false, out) : test_end(f, out);
    }
    const String *s = value_is_string(a[i]) ? value_string(a[i]) : NULL;
    if (!s || s->length == 0 || s->data[0] != '*') {
        native_arg_error(R, i, "invalid option");
        return GOT_ERROR;
    }
    switch (s->length > 1 ? s->data[1] : 0) {
    case 'n': return read_number(f, out);
    case 'l': return read_line(R, f, false, out);
    case 'L': return read_line(R, f, true, out);
    case 'a': return read_bytes(R, f, SIZE_MAX, true, out);
    default: native_arg_error(R, i, "invalid format"); return GOT_ERROR;
    }
}

int file_read(Run *R, Value *a, int n, int first, FILE *f)
{
    int results = 0;
    Got got = GOT_IT;
    clearerr(f);
    if (n <= first) got = read_line(R, f, false, &a[results++]);
    for (int i = first; i < n && got == GOT_IT; i++) {
        Value v = V_NIL;
        got = read_format(R, a, i, f, &v);
        a[results++] = v;
    }
    if (got == GOT_ERROR) return NATIVE_ERROR;
    if (ferror(f)) return lib_file_result(R, a, false, NULL);
    return results;
}

/* Lines ---------------------------------------------------------------------------- */

/* What the iterator of lines() has captured: the file, whether to close it at its end,
 * and the formats. */
enum { LINES_FILE, LINES_CLOSE, LINES_FORMATS, FORMATS_MAX = 17 };

static int lines_end(Run *R, Value *a, int results)
{
    if (results > 1) return lib_error(R, value_string(a[1]));
    if (lib_upvalue(a, LINES_CLOSE) == V_TRUE) file_close(R, a, lib_upvalue(a, LINES_FILE));
    return 0;
}

static int lines_step(Run *R, Value *a, int n)
{
    const Native *self = lib_self(a);
    File *file = file_of(self->upvalues[LINES_FILE]);
    if (file->kind == FILE_CLOSED) return native_error(R, "file is already closed");
    int formats = (int)self->count - LINES_FORMATS;
    for (int i = 0; i < formats; i++) a[1 + i] = self->upvalues[LINES_FORMATS + i];
    int results = file_read(R, a, 1 + formats, 1, file->f);
    if (results < 0 || !value_is_false(a[0])) return results;
    return lines_end(R, a, results);
}

int file_lines(Run *R, Value *a, int n, int first, Value self, bool close)
{
    int formats = n > first ? n - first : 0;
    if (formats > FORMATS_MAX) return native_arg_error(R, FORMATS_MAX - 1, "too many options");
    Native *f = run_new_native(R, lines_step, "lines", LINES_FORMATS + formats);
    f->upvalues[LINES_FILE] = self;
    f->upvalues[LINES_CLOSE] = value_boolean(close);
    for (int i = 0; i < formats; i++) f->upvalues[LINES_FORMATS + i] = a[first + i];
    NATIVE_RETURN(value_object(f));
}

/* Writing -------------------------------------------------------------------------- */

int file_write(Run *R, Value *a, int n, int first, FILE *f, Value self)
{
    bool ok = true;
    for (int i = first; i < n; i++) {
        if (value_is_number(a[i])) {
            char text[NUMBER_TEXT_MAX];
            size_t length = number_format(value_to_double(a[i]), text);
            ok = fwrite(text, 1, length, f) == length && ok;
            continue;
        }
        const String *s = arg_string(R, a, n, i);
        if (!s) return NATIVE_ERROR;
        ok = fwrite(s->data, 1, s->length, f) == s->length && ok;
    }
    if (!ok) return lib_file_result(R, a, false, NULL);
    NATIVE_RETURN(self);
}
