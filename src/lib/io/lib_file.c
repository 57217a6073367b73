/* SPDX-License-Identifier: MIT */
/*
 * The methods of files (manual 6.8), but for close, which is io.close.
 *
 * Main invariant: no method but __tostring and __gc does anything with a file that is closed:
 * it is an error.
 */
#include "lib/io/file.h"
#include "lib/natives.h"
#include "outside/outside.h"

#include <sys/types.h>

static int method_flush(Machine *M, Value *a, int n)
{
    File *file = file_arg_open(M, a, n, 0);
    return file ? file_flush(M, a, file) : NATIVE_ERROR;
}

static int method_lines(Machine *M, Value *a, int n)
{
    if (!file_arg_open(M, a, n, 0)) return NATIVE_ERROR;
    return file_lines(M, a, n, 1, a[0], false);
}

static int read_go_on(Machine *M, Value *a, int n) { return file_read_on(M, a, read_go_on); }

static int method_read(Machine *M, Value *a, int n)
{
    File *file = file_arg_open(M, a, n, 0);
    return file ? file_read(M, a, n, 1, a[0], read_go_on) : NATIVE_ERROR;
}

static int method_write(Machine *M, Value *a, int n)
{
    File *file = file_arg_open(M, a, n, 0);
    return file ? file_write(M, a, n, 1, file, a[0]) : NATIVE_ERROR;
}

static int method_seek(Machine *M, Value *a, int n)
{
    static const int whences[] = {SEEK_SET, SEEK_CUR, SEEK_END};
    static const char *const names[] = {"set", "cur", "end", NULL};
    double offset;
    File *file = file_arg_open(M, a, n, 0);
    int whence = file ? arg_option(M, a, n, 1, "cur", names) : -1;
    if (whence < 0 || !arg_number_or(M, a, n, 2, 0, &offset)) return NATIVE_ERROR;
    off_t to = (off_t)double_to_integer(offset);
    if ((double)to != offset)
        return native_arg_error(M, a, n, 2, "not an integer in proper range");
    bool real = !outside_recalls(M);
    if (!outside_done(M, !real || fseeko(file->f, to, whences[whence]) == 0))
        return lib_file_result(M, a, false, NULL);
    NATIVE_RETURN(value_number(outside_number(M, real ? (double)ftello(file->f) : 0)));
}

static int method_setvbuf(Machine *M, Value *a, int n)
{
    static const int modes[] = {_IONBF, _IOFBF, _IOLBF};
    static const char *const names[] = {"no", "full", "line", NULL};
    int64_t size;
    File *file = file_arg_open(M, a, n, 0);
    int mode = file ? arg_option(M, a, n, 1, NULL, names) : -1;
    if (mode < 0 || !arg_integer_or(M, a, n, 2, BUFSIZ, &size)) return NATIVE_ERROR;
    bool ok = outside_recalls(M) || setvbuf(file->f, NULL, modes[mode], (size_t)size) == 0;
    return lib_file_result(M, a, outside_done(M, ok), NULL);
}

static int method_tostring(Machine *M, Value *a, int n)
{
    const File *file = file_arg(M, a, n, 0);
    if (!file) return NATIVE_ERROR;
    if (file_kind(M, file) == FILE_CLOSED) NATIVE_RETURN(new_c_string("file (closed)"));
    char text[48];
    uint64_t id = object_id(value_pointer(a[0]));
    int length = snprintf(text, sizeof text, "file (0x%08llx)", (unsigned long long)id);
    NATIVE_RETURN(new_string(text, (size_t)length));
}

const NativeDef natives_file[] = {
    NATIVE_SEES("file.__gc", file_gc, WORK_FIXED, OUTSIDE_FILES, false,
                "needs a file, which only io gives"),
    NATIVE_SEES("file.__tostring", method_tostring, WORK_FIXED, OUTSIDE_FILES, false,
                "needs a file, which only io gives"),
    NATIVE_SEES("file.flush", method_flush, WORK_FIXED, OUTSIDE_FILES, false,
                "needs a file, which only io gives",
                NATIVE_DOC("", "Writes what is still in memory.")),
    NATIVE_SEES("file.lines", method_lines, WORK_VALUES, OUTSIDE_FILES, false,
                "needs a file, which only io gives",
                NATIVE_DOC("...", "For loops: lines, or what formats read.")),
    NATIVE_SEES("file.read", method_read, WORK_BYTES, OUTSIDE_FILES, false,
                "needs a file, which only io gives",
                NATIVE_DOC("...", "\"*l\" a line, \"*L\" with its end, \"*n\" a number, \"*a\" "
                                  "all, or n bytes; nil at the "
                                  "end.")),
    NATIVE_SEES("file.seek", method_seek, WORK_FIXED, OUTSIDE_FILES, false,
                "needs a file, which only io gives",
                NATIVE_DOC("[from [, offset]]",
                           "Moves to a place from \"set\", \"cur\", \"end\", and gives it.")),
    NATIVE_SEES("file.setvbuf", method_setvbuf, WORK_FIXED, OUTSIDE_FILES, false,
                "needs a file, which only io gives",
                NATIVE_DOC("mode [, size]", "\"no\", \"full\" or \"line\".")),
    NATIVE_SEES("file.write", method_write, WORK_BYTES, OUTSIDE_FILES, false,
                "needs a file, which only io gives",
                NATIVE_DOC("...", "Writes strings and numbers; gives the file.")),
    NATIVE_CONTINUED("file.read:go_on", read_go_on, WORK_BYTES, "|file.read|", FILE_READS,
                     .holds = file_read_holds),
    NATIVE_ROWS_END,
};

Table *lib_open_file(Machine *M)
{
    Table *meta = lib_registry_table(&M->run, FILE_TYPE_NAME);
    native_register(M, meta, natives_file);
    run_set_field(&M->run, meta, "__index", value_object(meta));
    return meta;
}
