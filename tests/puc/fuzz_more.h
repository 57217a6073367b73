/* SPDX-License-Identifier: MIT */
/* More calls for fuzz.c: buffers, upvalues, references, coroutines that go on several times,
 * chains of continuations, loading and dumping, what the debug functions tell, and errors. */

static int is_lua_function(lua_State *L, int i)
{
    return lua_isfunction(L, i) && !lua_iscfunction(L, i);
}

/* Buffers: in the structure, and in a box on the stack; an error leaves both. */
static const char *buffer(lua_State *L)
{
    luaL_Buffer b;
    size_t size = pick(3) ? pick(40) : pick(3 * LUAL_BUFFERSIZE);
    luaL_checkstack(L, 10, NULL);
    lua_pushnumber(L, pick(9) / 2.0);
    if (pick(2))
        luaL_buffinit(L, &b);
    else
        memset(luaL_buffinitsize(L, &b, size), 'i', size), luaL_addsize(&b, size);
    for (unsigned n = pick(6); n > 0; n--) switch (pick(6)) {
        case 0: luaL_addchar(&b, 'c'); break;
        case 1: luaL_addlstring(&b, "a\0z", 3); break;
        case 2: luaL_addstring(&b, name()); break;
        case 3:
            size = pick(2) ? pick(20) : pick(2 * LUAL_BUFFERSIZE);
            memset(luaL_prepbuffsize(&b, size), 'p', size);
            luaL_addsize(&b, size / 2);
            break;
        case 4:
            lua_pushinteger(L, (int)pick(1000));
            luaL_addvalue(&b);
            break;
        default:
            lua_pushlstring(L, "0123456789", pick(10));
            lua_pushvalue(L, -1);
            lua_concat(L, 2);
            luaL_addvalue(&b);
        }
    if (pick(12) == 0) return luaL_error(L, "in a buffer"), "";
    if (pick(2)) {
        luaL_pushresult(&b);
    } else {
        char *room = luaL_prepbuffsize(&b, 7);
        memcpy(room, "at last", 7);
        luaL_pushresultsize(&b, 7);
    }
    return "box";
}

static const char *upvalue(lua_State *L)
{
    int f = of_type(L, LUA_TFUNCTION), n = 1 + (int)pick(3);
    if (!f) return "no function";
    const char *found = NULL;
    switch (pick(4)) {
    case 0:
        found = lua_getupvalue(L, f, n);
        if (found && lua_istable(L, -1)) lua_pop(L, 1); /* globals are not of the same size */
        lua_pushstring(L, found ? found : "none");
        return "getupvalue";
    case 1: /* _ENV stays, or chunks would fail alike for ever */
        if (lua_iscfunction(L, f) && lua_gettop(L) != f) {
            lua_pushvalue(L, any(L));
            found = lua_setupvalue(L, f, n);
            if (!found) lua_pop(L, 1);
        }
        lua_pushboolean(L, found != NULL);
        return "setupvalue";
    case 2: {
        int has = lua_getupvalue(L, f, 1) != NULL;
        if (has) lua_pop(L, 1);
        lua_pushvalue(L, f);
        lua_pushboolean(L, has && lua_upvalueid(L, f, 1) == lua_upvalueid(L, -1, 1));
        return "upvalueid";
    }
    default: {
        int g = of_type(L, LUA_TFUNCTION);
        if (!is_lua_function(L, f) || !is_lua_function(L, g)) return "no Lua functions";
        if (!lua_getupvalue(L, f, 1)) return "no upvalue";
        lua_pop(L, 1);
        if (!lua_getupvalue(L, g, 1)) return "no upvalue of that";
        lua_pop(L, 1);
        lua_upvaluejoin(L, f, 1, g, 1);
        return "upvaluejoin";
    }
    }
}

/* Pseudo-indices: the upvalues of the C function that runs, and those that it has not. */
static const char *pseudo(lua_State *L)
{
    int u = lua_upvalueindex(1 + (int)pick(2)), there = !lua_isnone(L, u);
    switch (pick(7)) {
    case 0: lua_pushboolean(L, there); return "upvalueindex";
    case 1:
        if (there) lua_pushvalue(L, u);
        return "pushvalue of upvalue";
    case 2:
        if (there) lua_copy(L, signed_index(L), u);
        return "copy to upvalue";
    case 3:
        if (there) lua_copy(L, u, signed_index(L));
        return "copy from upvalue";
    case 4:
        if (there) lua_replace(L, u);
        return "replace upvalue";
    case 5:
        lua_pushglobaltable(L);
        lua_rawgeti(L, LUA_REGISTRYINDEX, LUA_RIDX_GLOBALS);
        lua_pushboolean(L, lua_rawequal(L, -1, -2) && lua_compare(L, -1, -2, LUA_OPEQ));
        lua_replace(L, -3);
        lua_pop(L, 1);
        return "globals";
    default:
        lua_pushinteger(L, lua_absindex(L, -1) - lua_gettop(L) + (lua_absindex(L, u) == u));
        return "absindex";
    }
}

static const char *const keys[] = {"first", "second", "third"};

static const char *reference(lua_State *L)
{
    int t = of_type(L, LUA_TTABLE);
    const char *key = keys[pick(3)];
    switch (pick(6)) {
    case 0:
        lua_pushvalue(L, any(L));
        lua_rawsetp(L, LUA_REGISTRYINDEX, key);
        return "rawsetp";
    case 1: lua_rawgetp(L, LUA_REGISTRYINDEX, key); return "rawgetp";
    case 2:
        if (t) lua_pushvalue(L, any(L)), lua_rawsetp(L, t, key);
        return "rawsetp of a table";
    case 3:
        if (t) lua_rawgetp(L, t, key);
        return "rawgetp of a table";
    case 4: { /* a reference is got, used and given up */
        lua_pushvalue(L, any(L));
        int r = luaL_ref(L, LUA_REGISTRYINDEX);
        lua_rawgeti(L, LUA_REGISTRYINDEX, r);
        luaL_unref(L, LUA_REGISTRYINDEX, r);
        lua_pushvalue(L, -1);
        int again = luaL_ref(L, LUA_REGISTRYINDEX);
        lua_pushboolean(L, again == r);
        luaL_unref(L, LUA_REGISTRYINDEX, again);
        return "unref";
    }
    default:
        luaL_unref(L, LUA_REGISTRYINDEX, LUA_NOREF);
        luaL_unref(L, LUA_REGISTRYINDEX, LUA_REFNIL);
        return "unref of none";
    }
}

/* Coroutines ---------------------------------------------------------------------------- */

/* Chains of calls with and without protection, which yield. */
static int chain(lua_State *L);

static int chain_on(lua_State *L)
{
    int ctx = -1, status = lua_getctx(L, &ctx);
    lua_pushfstring(L, "chain %d %d", status, ctx);
    if (ctx > 0 && pick(3) == 0) return lua_yieldk(L, 1, ctx - 1, chain_on);
    if (pick(10) == 0) return luaL_error(L, "chain failed at %d", ctx);
    return lua_gettop(L) > 6 ? 6 : lua_gettop(L);
}

/* Calls itself so many times, with and without protection, and yields at the bottom. */
static int chain(lua_State *L)
{
    int n = (int)lua_tointeger(L, 1);
    luaL_checkstack(L, 10, NULL);
    if (n <= 0 || n > 6) {
        lua_pushliteral(L, "bottom");
        return pick(2) ? lua_yield(L, 1) : lua_yieldk(L, 1, 3, chain_on);
    }
    lua_pushcfunction(L, chain);
    lua_pushinteger(L, n - 1);
    if (pick(2)) {
        lua_callk(L, 1, pick(2) ? LUA_MULTRET : (int)pick(3), n, chain_on);
        lua_pushliteral(L, "called");
    } else {
        int status = lua_pcallk(L, 1, LUA_MULTRET, 0, n, chain_on);
        lua_pushfstring(L, "caught %d", status);
    }
    return lua_gettop(L) > 4 ? 4 : lua_gettop(L);
}

/* A coroutine that is made here and goes on until it ends, at most so many times. */
static const char *go_on(lua_State *L)
{
    lua_State *co = lua_newthread(L);
    if (pick(2)) {
        lua_pushcfunction(co, chain);
        lua_pushinteger(co, (int)pick(6));
    } else {
        luaL_loadstring(co, chunks[pick(CHUNKS)]);
        lua_pushliteral(co, "argument");
    }
    int status = LUA_YIELD, n = 1;
    for (unsigned i = 0; i < 8 && status == LUA_YIELD; i++) {
        status = lua_resume(co, pick(4) ? L : NULL, n);
        int top = status > LUA_YIELD ? 1 : lua_gettop(co);
        lua_pushfstring(L, "%d %d %s", status, top, top ? luaL_typename(co, -1) : "-");
        if (top && lua_type(co, -1) == LUA_TSTRING) {
            lua_pushvalue(co, -1);
            lua_xmove(co, L, 1);
            lua_concat(L, 2);
        }
        if (status > LUA_YIELD) break;
        lua_settop(co, 0);
        n = (int)pick(3);
        for (int k = 0; k < n; k++) lua_pushinteger(co, k);
    }
    lua_pushinteger(L, lua_status(co));
    if (status > LUA_YIELD) {
        lua_pushinteger(L, lua_resume(co, L, 0));
        lua_pushstring(L, lua_tostring(co, -1));
    }
    return "go on";
}

/* C functions that run in a coroutine do steps on the stack of the one that has resumed it:
 * such as raise no errors, which would be errors of that one. */
static lua_State *waits;

/* A C function, which has no lines that the hook of either could count. */
static int all_or_error(lua_State *L)
{
    if (pick(3) == 0) return luaL_error(L, "failed with %d", lua_gettop(L));
    lua_pushinteger(L, lua_gettop(L));
    return lua_gettop(L);
}

static void step_safely(lua_State *L)
{
    if (lua_gettop(L) > STACK) lua_settop(L, 3);
    const char *op = pick(2) || !lua_gettop(L) ? push(L) : move(L);
    if (pick(4) == 0) {
        int n = (int)pick((unsigned)lua_gettop(L) + 1);
        lua_pushcfunction(L, all_or_error);
        lua_insert(L, -n - 1);
        lua_pushinteger(L, lua_pcall(L, n, (int)pick(4), 0));
        op = "pcall for others";
    }
    show_stack(L, op);
}

static int step_outside(lua_State *L)
{
    lua_State *outer = waits;
    unsigned within = depth++;
    luaL_checkstack(outer, 40, NULL);
    for (int i = (int)pick(4) + 1; i > 0; i--) {
        step_safely(outer);
        depth = within + 1;
        waits = outer;
    }
    depth = within;
    return pick(2) ? lua_yield(L, 0) : 0;
}

static const char *let_others_step(lua_State *L)
{
    lua_State *outer = waits, *co = lua_newthread(L);
    int status = LUA_YIELD, anchor = luaL_ref(L, LUA_REGISTRYINDEX);
    bool by_lua = pick(2);
    if (by_lua) luaL_loadstring(co, "local f = ... while true do f() end");
    lua_pushcfunction(co, step_outside);
    for (unsigned i = 0; i < 3 && status == LUA_YIELD; i++) {
        waits = L;
        status = lua_resume(co, L, by_lua && !i);
        if (status == LUA_YIELD) lua_settop(co, 0);
        if (!by_lua && lua_status(co) == LUA_OK) lua_pushcfunction(co, step_outside);
    }
    waits = outer;
    luaL_unref(L, LUA_REGISTRYINDEX, anchor);
    lua_pushinteger(L, status);
    return "others step";
}

/* Code, and what is told of it ------------------------------------------------------------ */

static int write_chunk(lua_State *L, const void *p, size_t size, void *to)
{
    luaL_addlstring(to, p, size);
    return 0;
}

static const char *read_pieces(lua_State *L, void *data, size_t *size)
{
    const char **at = data;
    *size = strlen(*at) < 3 ? strlen(*at) : 3;
    *at += *size;
    return *at - *size;
}

static const char *load(lua_State *L)
{
    static const char *const modes[] = {"t", "b", "bt", NULL};
    const char *text = chunks[pick(CHUNKS)], *mode = modes[pick(4)];
    switch (pick(4)) {
    case 0:
        lua_pushinteger(L, luaL_loadbufferx(L, text, strlen(text), "=chunk", mode));
        return "loadbufferx";
    case 1: lua_pushinteger(L, lua_load(L, read_pieces, &text, "@file", mode)); return "load";
    case 2:
        lua_pushinteger(L, luaL_loadbuffer(L, text, pick((unsigned)strlen(text)), "=cut"));
        return "load of a part";
    default: {
        luaL_Buffer b;
        luaL_loadbuffer(L, text, strlen(text), "=dumped");
        lua_State *own = lua_newthread(L);
        lua_pushvalue(L, -2);
        lua_xmove(L, own, 1);
        luaL_buffinit(L, &b);
        int failed = lua_dump(own, write_chunk, &b);
        luaL_pushresult(&b);
        size_t size;
        const char *bytes = lua_tolstring(L, -1, &size);
        int status = failed ? -1 : luaL_loadbufferx(L, bytes, size, "=again", mode);
        lua_replace(L, -4);
        lua_pop(L, 2);
        lua_pushinteger(L, status);
        return "dump";
    }
    }
}

static const char *tell(lua_State *L)
{
    lua_Debug ar = {0};
    int f = of_type(L, LUA_TFUNCTION);
    if (pick(3) == 0) {
        int there = lua_getstack(L, (int)pick(3), &ar) && lua_getinfo(L, "Slut", &ar);
        lua_pushboolean(L, there);
        if (there)
            lua_pushfstring(L, "%s %s:%d-%d %d %d %d %d", ar.what, ar.short_src, ar.linedefined,
                            ar.lastlinedefined, ar.currentline, ar.nups * (*ar.what != 'C'),
                            ar.nparams, ar.isvararg);
        return "getinfo of a level";
    }
    if (!f) return "no function";
    lua_pushvalue(L, f);
    int good = lua_getinfo(L, ">nSlutfL", &ar);
    int lines = 0;
    if (lua_istable(L, -1))
        for (lua_pushnil(L); lua_next(L, -2); lua_pop(L, 1)) lines += (int)lua_tointeger(L, -2);
    lua_pop(L, 1);
    lua_pushboolean(L, lua_rawequal(L, -1, f));
    lua_replace(L, -2);
    lua_pushfstring(L, "%d %s %s %s %d %d %d %d %d %d", good, ar.name ? ar.name : "-", ar.what,
                    ar.short_src, ar.linedefined, ar.lastlinedefined, ar.currentline,
                    is_lua_function(L, f) ? ar.nparams : -1, ar.isvararg, lines);
    return "getinfo of a function";
}

/* Errors and conversions ----------------------------------------------------------------- */

static const char *check(lua_State *L)
{
    static const char *const options[] = {"a", "b", "count", NULL};
    int i = 1 + (int)pick((unsigned)lua_gettop(L) + 2), is = 0;
    switch (pick(14)) {
    case 0: lua_pushnumber(L, luaL_checknumber(L, i)); return "checknumber";
    case 1: lua_pushstring(L, luaL_optstring(L, i, "default")); return "optstring";
    case 2: lua_pushinteger(L, luaL_checkoption(L, i, "a", options)); return "checkoption";
    case 3: luaL_checktype(L, i, (int)pick(8)); return "checktype";
    case 4: luaL_checkany(L, i); return "checkany";
    case 5: lua_pushnumber(L, luaL_optnumber(L, i, 0.5)); return "optnumber";
    case 6: return luaL_argerror(L, i, "of no use"), "";
    case 7: return luaL_error(L, "%s %d %%", name(), i), "";
    case 8:
        lua_pushnumber(L, lua_tonumberx(L, i, &is));
        lua_pushboolean(L, is);
        return "tonumberx";
    case 9:
        lua_pushinteger(L, lua_tointegerx(L, i, &is));
        lua_pushboolean(L, is);
        return "tointegerx";
    case 10:
        lua_pushunsigned(L, lua_tounsignedx(L, i, &is));
        lua_pushboolean(L, is);
        return "tounsignedx";
    case 11: lua_pushboolean(L, luaL_testudata(L, i, "kind") != NULL); return "testudata";
    case 12: luaL_checkudata(L, i, "kind"); return "checkudata";
    default: luaL_where(L, (int)pick(2)); return "where";
    }
}

static const char *kinds(lua_State *L)
{
    switch (pick(6)) {
    case 0: lua_pushboolean(L, luaL_newmetatable(L, "kind")); return "newmetatable";
    case 1:
        lua_newuserdata(L, 1);
        luaL_setmetatable(L, "kind");
        return "setmetatable of a kind";
    case 2:
        lua_pushnil(L);
        if (of_type(L, LUA_TUSERDATA)) lua_setmetatable(L, of_type(L, LUA_TUSERDATA));
        return "setmetatable of nil";
    case 3: {
        int t = of_type(L, LUA_TTABLE);
        if (t && luaL_getmetafield(L, t, "__tostring")) luaL_tolstring(L, t, NULL);
        return "tolstring of a table";
    }
    case 4: {
        int t = of_type(L, LUA_TTABLE);
        if (t && luaL_callmeta(L, t, pick(2) ? "__len" : "__tostring")) return "callmeta";
        return "no callmeta";
    }
    default: {
        int t = of_type(L, LUA_TTABLE);
        if (t && luaL_getmetafield(L, t, "__len")) lua_pushinteger(L, luaL_len(L, t));
        return "len of luaL";
    }
    }
}

static const char *collector(lua_State *L)
{
    static const int what[] = {LUA_GCSTOP,     LUA_GCRESTART, LUA_GCCOLLECT, LUA_GCISRUNNING,
                               LUA_GCSETPAUSE, LUA_GCGEN,     LUA_GCINC,     LUA_GCSETSTEPMUL};
    int k = (int)pick(8), answer = lua_gc(L, what[k], what[k] == LUA_GCSETPAUSE ? 150 : 250);
    lua_pushinteger(L, answer);
    lua_pushboolean(L, lua_gc(L, LUA_GCCOUNT, 0) > 0 && lua_gc(L, LUA_GCCOUNTB, 0) < 1024);
    return "gc";
}

/* Hooks count the lines of chunks of one line. */
static int hooked;
static void on_line(lua_State *L, lua_Debug *ar)
{
    lua_getinfo(L, "Sl", ar);
    hooked += ar->currentline * (ar->event == LUA_HOOKLINE);
    lua_pushliteral(L, "left by the hook");
}

static const char *hook(lua_State *L)
{
    int mask = lua_gethookmask(L);
    lua_pushboolean(L, mask == LUA_MASKLINE && lua_gethook(L) == on_line);
    lua_sethook(L, mask ? NULL : on_line, mask ? 0 : LUA_MASKLINE, 0);
    lua_pushinteger(L, hooked);
    hooked = 0;
    return "hook";
}

static const char *more(lua_State *L)
{
    luaL_checkstack(L, 20, NULL);
    switch (pick(12)) {
    case 0: return buffer(L);
    case 1: return upvalue(L);
    case 2: return pseudo(L);
    case 3: return reference(L);
    case 4: return go_on(L);
    case 5: return load(L);
    case 6: return tell(L);
    case 7: return kinds(L);
    case 8: return collector(L);
    case 9: return hook(L);
    case 10: return let_others_step(L);
    default: return check(L);
    }
}
