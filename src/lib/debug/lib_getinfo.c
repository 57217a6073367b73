/* SPDX-License-Identifier: MIT */
/*
 * debug.getinfo (manual 6.10 and 4.9, lua_getinfo): the description of a function, at
 * work or not, as a table with the fields that its options ask for.
 *
 * Main invariant: what is told is what PUC Lua would tell of the same program at the same
 * place.
 */
#include "lib/debug/lib_debug.h"
#include "operate/error.h"
#include "stack/upvalue.h"
#include "tree/text.h"

typedef struct Info {
    Value function;
    const AstFunction *source; /* NULL: a C function */
    const Activation *where;   /* NULL: not at work */
    Table *t;
} Info;

static void set_text(Machine *M, const Info *info, const char *name, const char *text)
{
    run_set_field(&M->run, info->t, name, string_value(string_intern(text, strlen(text))));
}

static void set_int(Machine *M, const Info *info, const char *name, int n)
{
    run_set_field(&M->run, info->t, name, value_number(n));
}

static void set_bool(Machine *M, const Info *info, const char *name, bool b)
{
    run_set_field(&M->run, info->t, name, value_boolean(b));
}

static const Proto *proto_of(const Info *info)
{
    return info->source ? ((Closure *)value_pointer(info->function))->proto : NULL;
}

/* S: where the function comes from. */
static void set_source(Machine *M, const Info *info)
{
    const AstFunction *f = info->source;
    char id[CHUNK_ID_MAX];
    if (f) {
        chunk_id(f->chunk_name, id);
        run_set_field(&M->run, info->t, "source", lib_debug_text(f->chunk_name));
    } else {
        set_text(M, info, "source", "=[C]");
    }
    set_text(M, info, "short_src", f ? id : "[C]");
    set_int(M, info, "linedefined", f ? f->line : -1);
    set_int(M, info, "lastlinedefined", !f ? -1 : f->line ? f->end_line : 0);
    set_text(M, info, "what", !f ? "C" : f->line ? "Lua" : "main");
}

/* u: upvalues and parameters. */
static void set_counts(Machine *M, const Info *info)
{
    const Proto *p = proto_of(info);
    set_int(M, info, "nups", (int)upvalue_count(info->function));
    set_int(M, info, "nparams", p ? (int)p->params : 0);
    set_bool(M, info, "isvararg", p ? p->vararg : true);
}

/* n: what its caller calls it. */
static void set_name(Machine *M, const Info *info)
{
    const char *kind = "";
    const String *name;
    const Activation *where = info->where;
    if (where && !where->host && error_frame_name(&where->c, &kind, &name))
        run_set_field(&M->run, info->t, "name", lib_debug_text(name));
    else
        kind = "";
    set_text(M, info, "namewhat", kind);
}

/* L: the lines that have code. */
static void set_lines(Machine *M, const Info *info)
{
    const Proto *p = proto_of(info);
    if (!p) return;
    Table *lines = run_new_table(&M->run);
    uint32_t count = info->source->stripped ? 0 : p->node_count;
    for (uint32_t i = 0; i < count; i++)
        if (proto_line(p, i)) run_set(&M->run, lines, value_number(proto_line(p, i)), V_TRUE);
    run_set_field(&M->run, info->t, "activelines", value_object(lines));
}

static void set_option(Machine *M, const Info *info, char option)
{
    const Activation *where = info->where;
    switch (option) {
    case 'S': set_source(M, info); break;
    case 'l': set_int(M, info, "currentline", where ? inspect_line(where) : -1); break;
    case 'u': set_counts(M, info); break;
    case 'n': set_name(M, info); break;
    case 't': set_bool(M, info, "istailcall", where && !where->host && where->c.tail); break;
    case 'L': set_lines(M, info); break;
    case 'f': run_set_field(&M->run, info->t, "func", info->function); break;
    default: break;
    }
}

static const char all_options[] = "SluntLf";

/* Each option once, however often it is there. */
static int set_options(Machine *M, Value *a, int at, const Info *info, const char *options,
                       size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!strchr(all_options, options[i]))
            return native_arg_error(M, NULL, 0, at, "invalid option");
    const Proto *p = memchr(options, 'L', length) ? proto_of(info) : NULL;
    if (p && !native_charge(M, p->node_count / STEP_VALUES)) return NATIVE_PAUSE;
    mem_work(length);
    for (const char *o = all_options; *o; o++)
        if (memchr(options, *o, length)) set_option(M, info, *o);
    NATIVE_RETURN(value_object(info->t));
}

/* What stands for the C code that started the outermost function; the registry is the
 * program's, which may have removed it. */
static Value host_function(Machine *M)
{
    return run_get_field(&M->run, M->run.world->registry, "_HOST");
}

int lib_debug_getinfo(Machine *M, Value *a, int n)
{
    int shift;
    Info info = {0};
    Activation where;
    double level;
    Coroutine *co = lib_debug_thread(M, a, n, &shift);
    String *options;
    if (!arg_string_or_null(M, a, n, shift + 1, &options)) return NATIVE_ERROR;
    if (value_to_number(arg(a, n, shift), &level)) {
        if (!inspect_level(M, co, bits_int(level), &where)) NATIVE_RETURN(V_NIL);
        info.where = &where;
        info.function = where.host ? host_function(M) : inspect_function(&where);
        if (!value_is_function(info.function)) NATIVE_RETURN(V_NIL);
    } else if (value_is_function(arg(a, n, shift))) {
        info.function = a[shift];
    } else {
        return native_arg_error(M, a, n, shift, "function or level expected");
    }
    if (value_is(info.function, OBJ_CLOSURE))
        info.source = ((Closure *)value_pointer(info.function))->proto->source;
    info.t = run_new_table(&M->run);
    if (!options) return set_options(M, a, shift + 1, &info, "flnStu", 6);
    size_t length = strnlen(options->data, options->length);
    return set_options(M, a, shift + 1, &info, options->data, length);
}
