/* SPDX-License-Identifier: MIT */
/* Host functions and userdata put into states. */
#include "api/host.h"
#include "api/path.h"

moonlet_result moonlet_new_function(const moonlet_state *s, const char *name,
                                    moonlet_function *call, void *user)
{
    Session S;
    api_begin(&S, s);
    Value f = host_function(S.R, name, call, user);
    return api_end_values(&S, &f, 1);
}

moonlet_result moonlet_load_module(const moonlet_state *s, const char *path,
                                   const moonlet_entry *entries)
{
    Session S;
    size_t count;
    Value *keys = path_keys(path, &count), at;
    api_begin(&S, s);
    Value globals = value_object(S.R->world->globals);
    RunStatus status = path_get_keys(&S, globals, keys, count, &at);
    if (status == RUN_OK && !value_is_table(at)) {
        at = value_object(run_new_table(S.R));
        status = path_set_keys(&S, globals, keys, count, at);
    }
    if (status != RUN_OK) return api_end(&S, status);
    host_register(S.R, value_pointer(at), entries);
    return api_end_values(&S, &at, 1);
}

/* Userdata ---------------------------------------------------------------------------- */

/* The metatable of a type, made when it is first used in a world. */
static Table *type_metatable(Run *R, const moonlet_type_info *type)
{
    if (!type->methods) return NULL;
    Table *types = run_hidden_table(R);
    Value key = value_number((double)(uintptr_t)type), known = run_get(R, types, key);
    if (known != V_NIL) return value_pointer(known);
    Table *meta = run_new_table(R);
    host_register(R, meta, type->methods);
    run_set_field(R, meta, "__index", value_object(meta));
    run_set_field(R, meta, "__name", new_c_string(type->name));
    run_set(R, types, key, value_object(meta));
    return meta;
}

static Value new_userdata(Run *R, const moonlet_type_info *type, const void *init)
{
    Userdata *u = run_new_userdata(R, type, type->copy ? 0 : type->size);
    u->body.meta = type_metatable(R, type);
    if (type->copy) u->body.own = mem_alloc(type->size + 1);
    void *bytes = type->copy ? u->body.own : u->data;
    if (init && type->size) memcpy(bytes, init, type->size);
    return value_object(u);
}

static Userdata *checked(Value v, const moonlet_type_info *type)
{
    Userdata *u = value_is(v, OBJ_USERDATA) ? value_pointer(v) : NULL;
    return u && u->tag == type ? u : NULL;
}

static const void *bytes_of(Run *R, Value v, const moonlet_type_info *type)
{
    const Userdata *u = checked(v, type);
    if (!u) return NULL;
    return type->copy ? heap_userdata(R, u)->own : u->data;
}

moonlet_result moonlet_new_userdata(const moonlet_state *s, const moonlet_type_info *type,
                                    const void *init)
{
    Session S;
    api_begin(&S, s);
    Value v = new_userdata(S.R, type, init);
    return api_end_values(&S, &v, 1);
}

moonlet_value moonlet_context_new_userdata(moonlet_context *c, const moonlet_type_info *type,
                                           const void *init)
{
    return value_out(new_userdata(c->R, type, init));
}

const void *moonlet_userdata(const moonlet_state *s, moonlet_value v,
                             const moonlet_type_info *type)
{
    assert_live(s);
    Run *R = run_begin(s->state);
    const void *bytes = bytes_of(R, value_in(v), type);
    run_end(R);
    return bytes;
}

const void *moonlet_context_userdata(moonlet_context *c, moonlet_value v,
                                     const moonlet_type_info *type)
{
    return bytes_of(c->R, value_in(v), type);
}

/* In contents that this run does not own yet, the bytes are another's. */
void *moonlet_context_userdata_write(moonlet_context *c, moonlet_value v,
                                     const moonlet_type_info *type)
{
    Userdata *u = checked(value_in(v), type);
    if (!u) return NULL;
    if (!type->copy) return u->data;
    const void *before = heap_userdata(c->R, u);
    UserdataBody *b = heap_userdata_mut(c->R, u);
    if (b == before) return b->own;
    void *own = mem_alloc(type->size + 1);
    memcpy(own, b->own, type->size);
    type->copy(own, b->own, type->size);
    return b->own = own;
}
