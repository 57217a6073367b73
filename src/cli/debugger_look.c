/* SPDX-License-Identifier: MIT */
#include "cli/debugger_look.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Called with what is asked, the frame's number, a text, and the coroutines whose stacks are
 * the program's, the running one first. */
static const char source[] =
    "local what, number, text = ...\n"
    "local debug, frames = debug, {}\n"
    "for _, co in ipairs {select(4, ...)} do\n"
    "  for level = 0, math.huge do\n"
    "    local info = debug.getinfo(co, level, 'nSluf')\n"
    "    if not info then break end\n"
    "    if info.func then frames[#frames + 1] = {co, level, info} end\n"
    "  end\n"
    "end\n"
    "local frame = frames[number + 1]\n"
    "local function show(v, deep)\n"
    "  if type(v) == 'string' then\n"
    "    return #v > 200 and ('%q...'):format(v:sub(1, 200)) or ('%q'):format(v)\n"
    "  end\n"
    "  if type(v) == 'function' then\n"
    "    local i = debug.getinfo(v, 'S')\n"
    "    return i.what == 'C' and 'function (C)'\n"
    "      or ('function %s:%d'):format(i.short_src, i.linedefined)\n"
    "  end\n"
    "  if type(v) ~= 'table' or deep == 0 then return (tostring(v)) end\n"
    "  local items, more = {}, 0\n"
    "  for k, x in next, v do\n"
    "    if #items == 12 then more = more + 1 else\n"
    "      local key = type(k) == 'string' and k:match('^[%a_][%w_]*$') and k\n"
    "        or '[' .. show(k, 0) .. ']'\n"
    "      items[#items + 1] = (k == #items + 1 and '' or key .. ' = ') ..\n"
    "        show(x, deep - 1)\n"
    "    end\n"
    "  end\n"
    "  if more > 0 then items[#items + 1] = '... ' .. more .. ' more' end\n"
    "  return '{' .. table.concat(items, ', ') .. '}'\n"
    "end\n"
    "local names, values, order, globals = {}, {}, {}, _G\n"
    "local function note(name, v, kind)\n"
    "  if not name or name:sub(1, 1) == '(' then return end\n"
    "  if not names[name] then order[#order + 1] = name end\n"
    "  names[name], values[name] = kind, v\n"
    "end\n"
    "if frame then\n"
    "  local f = frame[3].func\n"
    "  for i = 1, frame[3].nups do\n"
    "    local name, v = debug.getupvalue(f, i)\n"
    "    if name == '_ENV' then globals = v elseif name ~= '' then note(name, v, 'upvalue') "
    "end\n"
    "  end\n"
    "  for i = 1, math.huge do\n"
    "    local name, v = debug.getlocal(frame[1], frame[2], i)\n"
    "    if not name then break end\n"
    "    note(name, v, 'local')\n"
    "  end\n"
    "end\n"
    "local env = setmetatable({}, {\n"
    "  __index = function(_, k) if names[k] then return values[k] end return globals[k] end,\n"
    "  __newindex = function(_, k, v) if names[k] then values[k] = v else globals[k] = v end "
    "end})\n"
    "local function run()\n"
    "  local f = load('return ' .. text, '=(debugger)', 't', env)\n"
    "  if not f then f = assert(load(text, '=(debugger)', 't', env)) end\n"
    "  return table.pack(f())\n"
    "end\n"
    "local function place(i)\n"
    "  local name = i.source\n"
    "  return ('%d %s'):format(i.currentline or 0, name)\n"
    "end\n"
    "local lines = {}\n"
    "if what == 0 then\n"
    "  local r = run()\n"
    "  for i = 1, r.n do lines[i] = show(r[i], 3) end\n"
    "elseif what == 1 then lines[1] = run()[1] and 'true' or 'false'\n"
    "elseif what == 2 then\n"
    "  for _, name in ipairs(order) do\n"
    "    lines[#lines + 1] = name .. ' = ' .. show(values[name], 2) ..\n"
    "      (names[name] == 'upvalue' and ' (upvalue)' or '')\n"
    "  end\n"
    "elseif what == 3 then\n"
    "  for k, v in next, globals do\n"
    "    if type(k) == 'string' and package.loaded[k] ~= v and not (type(v) == 'function'\n"
    "        and debug.getinfo(v, 'S').what == 'C') and k ~= '_VERSION' and v ~= _G then\n"
    "      lines[#lines + 1] = k .. ' = ' .. show(v, 2)\n"
    "    end\n"
    "  end\n"
    "  table.sort(lines)\n"
    "elseif what == 4 then\n"
    "  for i, f in ipairs(frames) do\n"
    "    local info = f[3]\n"
    "    local name = info.what == 'main' and 'main chunk' or info.name or '?'\n"
    "    local where = info.what == 'C' and '[C]'\n"
    "      or info.short_src .. ':' .. info.currentline\n"
    "    lines[i] = ('#%d  %s at %s'):format(i - 1, name, where)\n"
    "    if i == number + 1 then lines[i] = lines[i] .. '  <--' end\n"
    "  end\n"
    "elseif what == 5 then\n"
    "  if not frame then error('there is no such frame', 0) end\n"
    "  lines[1] = place(frame[3])\n"
    "else\n"
    "  local f = run()[1]\n"
    "  if type(f) ~= 'function' then error('there is no function ' .. text, 0) end\n"
    "  local i = debug.getinfo(f, 'S')\n"
    "  if i.what == 'C' then error(text .. ' is a function of a library', 0) end\n"
    "  lines[1] = ('%d %s'):format(i.linedefined, i.source)\n"
    "end\n"
    "return table.concat(lines, '\\n')\n";

enum { COROUTINES_MAX = 200, LOOK_STEPS = 100000000 };

/* The coroutines of the paused program, the running one first. */
static size_t coroutines_of(const moonlet_state *s, moonlet_value *out)
{
    size_t n = 0;
    Coroutine *co = s->state->paused;
    Machine *M = machine_begin(s->state);
    for (; co && n < COROUTINES_MAX; co = heap_coroutine(&M->run, co)->resumer)
        out[n++] = value_out(value_object(co));
    machine_end(M);
    return n;
}

static char *text_of(const moonlet_result *r)
{
    size_t length;
    const char *bytes = r->count ? moonlet_to_bytes(r->values[0], &length) : NULL;
    if (r->status == MOONLET_OK) return bytes ? strndup(bytes, length) : strdup("");
    if (r->status == MOONLET_PAUSED) return strdup(moonlet_limit_text(r->limit));
    return strdup(r->error->message);
}

char *debugger_look(const moonlet_state *s, Look what, int frame, const char *text, bool *good)
{
    moonlet_value args[3 + COROUTINES_MAX] = {moonlet_number(what), moonlet_number(frame),
                                              moonlet_text(text)};
    size_t n = 3 + coroutines_of(s, args + 3);
    moonlet_limits limits = {.steps = LOOK_STEPS};
    moonlet_state *limited = moonlet_limit(s, &limits);
    moonlet_result f = moonlet_load(limited, source), r;
    *good = false;
    if (f.status != MOONLET_OK) {
        char *why = text_of(&f);
        moonlet_release(f.state);
        moonlet_release(limited);
        return why;
    }
    r = moonlet_call(f.state, f.values[0], args, n);
    *good = r.status == MOONLET_OK;
    char *answer = text_of(&r);
    moonlet_release(r.state);
    moonlet_release(f.state);
    moonlet_release(limited);
    return answer;
}
