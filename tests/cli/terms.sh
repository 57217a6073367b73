# SPDX-License-Identifier: MIT
# What moonlet_term_write writes is what lua5.2 reads: random tables, as both see them.
. "$LIB"

root=$(cd "$(dirname "$0")/../.." && pwd)
cat >terms.c <<'END'
#include <stdlib.h>
#include <string.h>

#include "moonlet.h"

typedef struct Text {
    char *bytes;
    size_t length;
} Text;

static void add(void *context, const char *bytes, size_t length)
{
    Text *t = context;
    t->bytes = realloc(t->bytes, t->length + length);
    memcpy(t->bytes + t->length, bytes, length);
    t->length += length;
}

static int text(moonlet_context *c, const moonlet_value *args, size_t count)
{
    Text t = {NULL, 0};
    moonlet_term *term = moonlet_decode(moonlet_context_state(c), args[0], 0, NULL);
    bool good = moonlet_term_write(term, add, &t);
    moonlet_value results[2] = {moonlet_string(t.bytes, t.length), moonlet_boolean(good)};
    moonlet_term_free(term);
    free(t.bytes);
    return moonlet_return(c, results, 2);
}

MOONLET_API int moonletopen_terms(moonlet_context *c, const moonlet_value *args, size_t count)
{
    return moonlet_return_one(c, moonlet_context_new_function(c, "text", text, NULL));
}
END
"${CC:-gcc}" -shared -fPIC -I"$root/include" terms.c -o terms.so || exit 1

# A text of a value in which equal values have equal texts, but for NaN's sign.
cat >canonical.lua <<'END'
local function canonical(v)
  if type(v) == "number" then return v ~= v and "nan" or ("%.17g"):format(v) end
  if type(v) == "string" then return ("%q"):format(v):gsub("\n", "n") .. "" end
  if type(v) ~= "table" then return tostring(v) end
  local list = {}
  for k, x in pairs(v) do list[#list + 1] = canonical(k) .. "=" .. canonical(x) end
  table.sort(list)
  return "{" .. table.concat(list, ",") .. "}"
end
return canonical
END
cat >write.lua <<'END'
package.cpath = "./?.so"
local text, canonical = require "terms", require "canonical"
local random = math.random
local special = {0, -0, 1 / 0, -1 / 0, 0 / 0, -(0 / 0), 0.1, 1 / 3, 2 ^ 53, 5e-324, 1e308, 1e15}
local words = {"", "end", "x", "goto", "1", "a b", "nil"}
local function scalar()
  local kind = random(5)
  if kind == 1 then return special[random(#special)] end
  if kind == 2 then return (random() - 0.5) * 10 ^ random(-300, 300) end
  if kind == 3 then return words[random(#words)] end
  if kind == 4 then return string.char(random(0, 255), random(0, 255), random(0, 31)) end
  return random(2) == 1
end
local function value(depth)
  if depth > 4 or random(3) == 1 then return scalar() end
  local t = {}
  for i = 1, random(0, 4) do t[i] = value(depth + 1) end
  for _ = 1, random(0, 4) do
    local k = scalar()
    if k == k then t[k] = value(depth + 1) end
  end
  return t
end
local deep = {}
for _ = 1, 179 do deep = {deep} end
local texts, meant = io.open("texts", "wb"), io.open("meant", "wb")
for i = 1, 3000 do
  local v = i == 1 and deep or value(0)
  local s, good = text(v)
  assert(good, s)
  texts:write(s, "\n")
  meant:write(canonical(v), "\n")
end
texts:close() meant:close()
print(select(2, text({deep})))
END
cat >read.lua <<'END'
package.path = "./?.lua"
local canonical = require "canonical"
local meant, n = io.open("meant", "rb"):lines(), 0
for s in io.open("texts", "rb"):lines() do
  local v = assert((load or loadstring)("return " .. s))()
  local m = meant()
  assert(canonical(v) == m, s)
  n = n + 1
end
print(n)
END
export LUA_PATH="./?.lua"
expect "random tables are written" 0 "false" "" "$MOONLET" write.lua
expect "moonlet reads them back" 0 "3000" "" "$MOONLET" read.lua
expect "lua5.2 reads them back" 0 "3000" "" lua5.2 read.lua
