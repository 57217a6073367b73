/* SPDX-License-Identifier: MIT */
/*
 * Random Lua programs that change a world in every way there is.
 *
 * The world (made by program_world) has numbers n1.., strings s1.., a list, a map, tables
 * of functions that share captured variables, of coroutines suspended at all sorts of
 * places, of objects with metamethods, of tables that become read-only. A program is a few
 * random statements.
 */
#ifndef RANDOM_PROGRAM_H
#define RANDOM_PROGRAM_H

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

static const char program_world[] =
    "list, map, fns, cos, objs, ice = {}, {}, {}, {}, {}, {}\n"
    "freeze = require('state').freeze package.loaded.state = nil\n"
    "debug.getregistry()['SNAPSHOT*'] = nil\n"
    "for i = 1, 9 do _G['n' .. i] = i; _G['s' .. i] = '' end\n"
    "local yield, resume = coroutine.yield, coroutine.resume\n"
    "local meta = {}\n"
    "meta.__index = function(o, k) if #list > 40 then list = {} end\n"
    "  list[#list + 1] = k; return rawget(meta, k) end\n"
    "meta.__newindex = function(o, k, v) rawset(o, k, {v}) end\n"
    "meta.__add = function(a, b) yield_inside('add'); return n1 end\n"
    "meta.__call = function(o, ...) return select('#', ...), ... end\n"
    "meta.__eq = function(a, b) return n1 % 2 == 0 end\n"
    "meta.__lt = function(a, b) yield_inside('lt'); return n2 % 2 == 0 end\n"
    "meta.__concat = function(a, b) return 'cat' end\n"
    "meta.__len = function() return n3 end\n"
    "function yield_inside(x) local _, main = coroutine.running()\n"
    "  if not main then return yield(x) end end\n"
    "function object(x) return setmetatable({x = x}, meta) end\n"
    "local function descend(k, acc) local mine = acc + k\n"
    "  yield(mine) if k > 0 then acc = descend(k - 1, mine) end\n"
    "  mine = mine + acc % 7 yield(mine) return mine end\n"
    "bodies = {\n"
    "  function(a) local sum = 0 while true do sum = sum + (yield(sum) or a or 1) end end,\n"
    "  function(a) return descend(a % 12, 0) end,\n"
    "  function(a) for i = 1, a do pcall(function() local x = i yield(x) error{x} end)\n"
    "    n1 = n1 + i end end,\n"
    "  function(a) local t = {5, 3, a, 1, 4, 2}\n"
    "    table.sort(t, function(x, y) yield(x) return x < y end) list = t end,\n"
    "  function(a) for k in coroutine.wrap(function() for i = 1, a do yield(i) end end) do\n"
    "    map['w' .. k] = object(k) yield(k) end end,\n"
    "  function(a) local o = object(a) local s = o + 1 yield(s, o < o, o .. o)\n"
    "    return o(1, 2, a) end,\n"
    "  function(a, ...) local t = {...} for i = 1, a do t[i] = yield(i, ...) end\n"
    "    objs[1] = t return ... end,\n"
    "  function(a) local inner = coroutine.create(bodies[a % 7 + 1])\n"
    "    for i = 1, 20 do local ok, v = resume(inner, a) n2 = i yield(ok) end end,\n"
    "}\n"
    "function go(c, a) if c and coroutine.status(c) == 'suspended' then\n"
    "  local ok, v = resume(c, a) if ok and type(v) == 'number' then n3 = v end end end\n"
    "function trim(s) return #s > 300 and '' or s end\n";

typedef struct Program {
    uint64_t seed;
    size_t length;
    char text[1 << 14];
} Program;

/* splitmix64; 0..below-1. */
static unsigned program_random(Program *p, unsigned below)
{
    uint64_t z = p->seed += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (unsigned)((z ^ z >> 31) % below);
}

static void program_add(Program *p, const char *text)
{
    size_t n = strlen(text);
    if (p->length + n >= sizeof p->text) return;
    memcpy(p->text + p->length, text, n + 1);
    p->length += n;
}

/* '#' stands for a number of 1..9, '@' for one of 0..99; other characters for themselves. */
static void program_expand(Program *p, const char *pattern)
{
    for (; *pattern; pattern++) {
        char text[16] = {*pattern, 0};
        if (*pattern == '#') snprintf(text, sizeof text, "%u", 1 + program_random(p, 9));
        if (*pattern == '@') snprintf(text, sizeof text, "%u", program_random(p, 100));
        program_add(p, text);
    }
    program_add(p, "\n");
}

/* "$" stands for the sign of length. */
static const char *const program_simple[] = {
    "n# = n# + @",
    "n# = n# * # % 1000",
    "s# = trim(s#) .. 'x@'",
    "s# = trim(s#) .. trim(s#)",
    "do local a = trim(s#) s# = a .. 'left' s# = a .. 'right' end",
    "list[select('$', table.unpack(list)) + 1] = @",
    "table.insert(list, 1, @)",
    "table.remove(list)",
    "table.remove(list, 1)",
    "list[@] = nil",
    "list[@] = object(@)",
    "pcall(table.sort, list)",
    "map['k@'] = {v = @}",
    "map['k@'] = nil",
    "map[@] = map",
    "for k, v in pairs(map) do if type(v) == 'table' then v.v = @ end end",
    "for k in pairs(map) do if n# % 2 == 0 then map[k] = nil end end",
    "for i, v in ipairs(list) do n# = i end",
    "do local c = @ fns[#] = function(d) c = c + d return c end end",
    "do local c, d = 0, @ fns[#] = function(x) c = c + x return d end "
    "fns[#] = function() d = c return c end end",
    "if fns[#] then n# = fns[#] and fns[#](@) or 1 end",
    "do local t = {} for i = 1, # do t[i] = function(x) i = i + x return i end end "
    "fns[#] = t[1] end",
    "cos[#] = coroutine.create(bodies[# % 8 + 1])",
    "cos[#] = coroutine.create(bodies[# % 8 + 1])",
    "go(cos[#], @)",
    "go(cos[#], @)",
    "go(cos[#], @) go(cos[#], @)",
    "for i = 1, 9 do go(cos[i], @) end",
    "cos[#] = nil",
    "objs[#] = object(@)",
    "if objs[#] then objs[#] = {objs[#]} end",
    "if objs[#] then objs[#].y@ = @ end",
    "n# = math.random(@ + 1)",
    "n# = select(-1, pcall(function(...) return select('$', ...) end, @, @, @))",
    "pcall(function() n# = @ error({@}) end)",
    "pcall(function() list = list local x = nil; n# = @; x.y = 1 end)",
    "xpcall(function() error('e@') end, function(m) s# = m n# = @ end)",
    "if snap then snap(@) end",
    "ice[#] = {x = @, {}, ice[#]}",
    "if ice[#] then pcall(rawset, ice[#], 'x', @) end",
    "for i = 1, 9 do pcall(function() ice[i].x = ice[i].x + @ end) end",
    "for i = 1, 9 do pcall(function() table.insert(ice[i], @) end) end",
    "pcall(freeze, ice[#])",
    "pcall(freeze, ice[#], true)",
    "n# = ice[#] and ice[#].x or #",
    "setmetatable(map, n# % 2 == 0 and {__index = {d = @}} or nil)",
    "do local function f(n) if n > 0 then return f(n - 1) end n# = @ return n end f(@) end",
    "do local function f(n) return n < 2 and n or f(n - 1) + f(n - 2) end n# = f(#) end",
};

/* Openings and their ends. */
static const char *const program_blocks[][2] = {
    {"for i = 1, # do", "end"},
    {"if n# % 2 == 0 then", "end"},
    {"pcall(function()", "end)"},
    {"do local i = 0 while i < # do i = i + 1", "end end"},
    {"repeat", "until true"},
    {"coroutine.wrap(function()", "end)()"},
    {"do local t = setmetatable({}, {__index = function() ", "return 1 end}) n# = t.x end"},
};

static void program_statements(Program *p, unsigned count, unsigned depth)
{
    enum { SIMPLE = sizeof program_simple / sizeof *program_simple };
    enum { BLOCKS = sizeof program_blocks / sizeof *program_blocks };
    while (count-- > 0 && p->length < sizeof p->text - 2000) {
        if (depth && program_random(p, 5) == 0) {
            unsigned i = program_random(p, BLOCKS);
            program_expand(p, program_blocks[i][0]);
            program_statements(p, 1 + program_random(p, 5), depth - 1);
            program_expand(p, program_blocks[i][1]);
        } else {
            program_expand(p, program_simple[program_random(p, SIMPLE)]);
        }
    }
}

static void program_lengths(Program *p)
{
    for (char *c = p->text; *c; c++)
        if (*c == '$') *c = '#';
}

/* A new program from the seed, which moves on. One in eight ends with an error. */
static inline void program_make(Program *p)
{
    p->length = 0;
    program_statements(p, 1 + program_random(p, 20), 3);
    if (program_random(p, 8) == 0) program_expand(p, "error({n#})");
    program_lengths(p);
}

#endif
