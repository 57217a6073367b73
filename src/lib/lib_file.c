/* SPDX-License-Identifier: MIT */
/* The methods of files (manual 6.8), but for close, which is io.close. */
#include "lib/file.h"

#include <errno.h>
#include <sys/types.h>

static int method_flush(Run *R, Value *a, int n)
{
    File *file = file_arg_open(R, a, n, 0);
    return file ? lib_file_result(R, a, fflush(file->f) == 0, NULL) : NATIVE_ERROR;
}

static int method_lines(Run *R, Value *a, int n)
{
    if (!file_arg_open(R, a, n, 0)) return NATIVE_ERROR;
    return file_lines(R, a, n, 1, a[0], false);
}

static int method_read(Run *R, Value *a, int n)
{
    File *file = file_arg_open(R, a, n, 0);
    return file ? file_read(R, a, n, 1, file->f) : NATIVE_ERROR;
}

static int method_write(Run *R, Value *a, int n)
{
    File *file = file_arg_open(R, a, n, 0);
    return file ? file_write(R, a, n, 1, file->f, a[0]) : NATIVE_ERROR;
}

static int method_seek(Run *R, Value *a, int n)
{
    static const int whences[] = {SEEK_SET, SEEK_CUR, SEEK_END};
    static const char *const names[] = {"set", "cur", "end", NULL};
    double offset;
    File *file = file_arg_open(R, a, n, 0);
    int whence = file ? arg_option(R, a, n, 1, "cur", names) : -1;
    if (whence < 0 || !arg_number_or(R, a, n, 2, 0, &offset)) return NATIVE_ERROR;
    off_t to = (off_t)double_to_integer(offset);
    if ((double)to != offset) return native_arg_error(R, 2, "not an integer in proper range");
    if (fseeko(file->f, to, whences[whence]) != 0) return lib_file_result(R, a, false, NULL);
    NATIVE_RETURN(value_number((double)ftello(file->f)));
}

static int method_setvbuf(Run *R, Value *a, int n)
{
    static const int modes[] = {_IONBF, _IOFBF, _IOLBF};
    static const char *const names[] = {"no", "full", "line", NULL};
    int64_t size;
    File *file = file_arg_open(R, a, n, 0);
    int mode = file ? arg_option(R, a, n, 1, NULL, names) : -1;
    if (mode < 0 || !arg_integer_or(R, a, n, 2, BUFSIZ, &size)) return NATIVE_ERROR;
    bool ok = setvbuf(file->f, NULL, modes[mode], (size_t)size) == 0;
    return lib_file_result(R, a, ok, NULL);
}

static int method_tostring(Run *R, Value *a, int n)
{
    const File *file = file_arg(R, a, n, 0);
    if (!file) return NATIVE_ERROR;
    if (file->kind == FILE_CLOSED) NATIVE_RETURN(new_c_string("file (closed)"));
    char text[48];
    uint64_t id = object_id(value_pointer(a[0]));
    int length = snprintf(text, sizeof text, "file (0x%08llx)", (unsigned long long)id);
    NATIVE_RETURN(new_string(text, (size_t)length));
}

static int method_gc(Run *R, Value *a, int n)
{
    File *file = file_arg(R, a, n, 0);
    if (!file) return NATIVE_ERROR;
    if (file->kind > FILE_STANDARD && !file_is_seen_elsewhere(R, a[0])) file_close(R, a, a[0]);
    return 0;
}

static const NativeDef methods[] = {
    {"__gc", method_gc},         {"__tostring", method_tostring}, {"flush", method_flush},

    {"lines", method_lines},     {"read", method_read},           {"seek", method_seek},
    {"setvbuf", method_setvbuf}, {"write", method_write},         {NULL, NULL},
};

Table *lib_open_file(Run *R)
{
    Table *meta = lib_registry_table(R, FILE_TYPE_NAME);
    native_register(R, meta, methods);
    run_set_field(R, meta, "__index", value_object(meta));
    return meta;
}
