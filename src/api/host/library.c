/* SPDX-License-Identifier: MIT */
/*
 * Host functions and userdata put into states.
 *
 * Main invariant: a type has one metatable in a world, and userdata's bytes are written only by
 * the epoch that owns them.
 */
#include "api/host/host.h"
#include "api/path.h"
#include "control/collect.h"
#include "memory/watch.h"
#include "operate/operate.h"

moonlet_result moonlet_new_function(const moonlet_state *s, const char *name,
                                    moonlet_function *call, void *user)
{
    assert_given(name);
    assert_given(call);
    HostRun S;
    api_begin(&S, s);
    Value f = host_function(S.M, name, call, user);
    return api_end_values(&S, &f, 1);
}

moonlet_result moonlet_load_module(const moonlet_state *s, const char *path,
                                   const moonlet_entry *entries)
{
    assert_given(entries);
    HostRun S;
    Value at = V_NIL;
    api_begin(&S, s);
    assert_given(path);
    RunStatus status = path_get(&S, path, &at);
    if (status == RUN_OK && !value_is_table(at)) {
        at = value_object(run_new_table(&S.M->run));
        status = path_set(&S, path, at);
    }
    if (status != RUN_OK) return api_end(&S, status);
    if (heap_is_frozen(&S.M->run, value_pointer(at)))
        return api_end_error(&S, MOONLET_ERROR_HOST, FROZEN_TEXT);
    host_register(S.M, value_pointer(at), entries, path);
    return api_end_values(&S, &at, 1);
}

/* Userdata ---------------------------------------------------------------------------- */

/* The metatable of a type, made when it is first used in a world. */
static Table *type_metatable(Machine *M, const moonlet_type_info *type)
{
    if (!type->methods) return NULL;
    Table *types = run_hidden_table(&M->run);
    Value key = value_number((double)(uintptr_t)type), known = run_get(&M->run, types, key);
    if (known != V_NIL) return value_pointer(known);
    Table *meta = run_new_table(&M->run);
    host_register(M, meta, type->methods, type->name);
    run_set_field(&M->run, meta, "__index", value_object(meta));
    run_set_field(&M->run, meta, "__name", new_c_string(type->name));
    run_set(&M->run, types, key, value_object(meta));
    return meta;
}

/* A WatchLostFn. */
static void lost(void *bytes, const void *type)
{
    const moonlet_type_info *t = type;
    t->finalize(bytes, t->size);
}

/* Bytes of their own for a state, or for all that share them. Answers NULL where there is no
 * memory, which is a shortage. */
void *library_bytes(const moonlet_type_info *type, const void *from)
{
    void *bytes = mem_try_alloc(type->size + 1);
    if (!bytes) mem_refuse();
    if (bytes && from && type->size) memcpy(bytes, from, type->size);
    return bytes;
}

/* Bytes of which each state has its own are part of it, but where something outside belongs to
 * them; those that all share are the host's. */
static void contents(const Userdata *u, const void *bytes, UserdataAddFn *add, void *to)
{
    const moonlet_type_info *type = u->tag;
    if (type->name) add(to, type->name, strlen(type->name));
    if (type->digest)
        type->digest(bytes, type->size, add, to);
    else if (type->copy && !type->finalize)
        add(to, bytes, type->size);
}
const UserdataKind library_kind = {.contents = contents};

/* Answers NULL where there is no memory, which is a shortage. */
Userdata *library_userdata(Machine *M, const moonlet_type_info *type, const void *init)
{
    void *bytes = library_bytes(type, init);
    if (!bytes) return NULL;
    Userdata *u = run_new_userdata(&M->run, type, 0);
    mem_count(type->size);
    u->size = type->size;
    u->kind = &library_kind;
    if (type->copy) {
        u->body.own = bytes;
        u->body.own_epoch = M->run.epoch;
    } else {
        u->data = bytes;
    }
    return u;
}

void library_userdata_watch(void *bytes, const moonlet_type_info *type)
{
    if (type->finalize) watch_add(bytes, lost, type);
}

Value library_new_userdata(Machine *M, const moonlet_type_info *type, const void *init)
{
    Userdata *u = library_userdata(M, type, init);
    if (!u) return V_NIL;
    u->body.meta = type_metatable(M, type);
    collect_metatable(M, value_object(u), u->body.meta);
    library_userdata_watch(type->copy ? u->body.own : u->data, type);
    return value_object(u);
}

static Userdata *checked(Value v, const moonlet_type_info *type)
{
    Userdata *u = value_is(v, OBJ_USERDATA) ? value_pointer(v) : NULL;
    return u && u->tag == type ? u : NULL;
}

static const void *bytes_of(Machine *M, Value v, const moonlet_type_info *type)
{
    const Userdata *u = checked(v, type);
    if (!u) return NULL;
    return type->copy ? heap_userdata(&M->run, u)->own : u->data;
}

moonlet_result moonlet_new_userdata(const moonlet_state *s, const moonlet_type_info *type,
                                    const void *init)
{
    assert_given(type);
    HostRun S;
    api_begin(&S, s);
    Value v = library_new_userdata(S.M, type, init);
    if (v == V_NIL) return api_end_memory(&S);
    return api_end_values(&S, &v, 1);
}

moonlet_value moonlet_context_new_userdata(moonlet_context *c, const moonlet_type_info *type,
                                           const void *init)
{
    assert_context(c);
    assert_given(type);
    return value_out(library_new_userdata(c->M, type, init));
}

const void *moonlet_userdata(const moonlet_state *s, moonlet_value v,
                             const moonlet_type_info *type)
{
    assert_given(type);
    assert_live(s);
    Machine *M = machine_begin(s->state);
    const void *bytes = bytes_of(M, value_in(v), type);
    machine_end(M);
    return bytes;
}

const void *moonlet_context_userdata(moonlet_context *c, moonlet_value v,
                                     const moonlet_type_info *type)
{
    assert_context(c);
    assert_given(type);
    return bytes_of(c->M, value_in(v), type);
}

/* Bytes that another epoch has made are another state's. */
void *library_userdata_write(Machine *M, Userdata *u)
{
    const moonlet_type_info *type = u->tag;
    if (!type->copy) return u->data;
    const UserdataBody *now = heap_userdata(&M->run, u);
    if (now->own_epoch == M->run.epoch) return now->own;
    void *own = library_bytes(type, now->own);
    if (!own) return NULL;
    type->copy(own, now->own, type->size);
    library_userdata_watch(own, type);
    UserdataBody *b = heap_userdata_mut(&M->run, u);
    b->own_epoch = M->run.epoch;
    return b->own = own;
}

void *moonlet_context_userdata_write(moonlet_context *c, moonlet_value v,
                                     const moonlet_type_info *type)
{
    assert_context(c);
    assert_given(type);
    Userdata *u = checked(value_in(v), type);
    return u ? library_userdata_write(c->M, u) : NULL;
}
