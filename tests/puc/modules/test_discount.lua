-- lua-discount.
local d = require "discount"
local ks = {} for k, v in pairs(d) do ks[#ks+1] = k.." "..type(v) end table.sort(ks) print(table.concat(ks, "\n"))
local f = type(d) == "table" and (d.compile or d) or d
local src = [[
% title
% author
% date

# Heading #

some *emphasis* and **strong** `code` <http://x.y>

* a
* b
    * c

1. one
2. two

> quote

    code block

| a | b |
|---|---|
| 1 | 2 |

[link](http://example.com "title") ![img](a.png)

text[^1]

[^1]: note
]]
local function show(v,ind) if type(v)=="table" then
    local ks={} for k in pairs(v) do ks[#ks+1]=k end table.sort(ks,function(a,b) return tostring(a)<tostring(b)
    end) for _,k in ipairs(ks) do print(ind..tostring(k)) show(v[k],ind.."  ") end else print(ind..tostring(v)) end end
show({pcall(f, src)}, "")
for _, o in ipairs { "toc", "noimages", "nolinks", "html", "nopants", "footnote", "embed", "tagtext", "bogus",
    "cdata", "autolink","strict" } do print(o) show({pcall(f, src, o)}, "") end
show({pcall(f)},"") show({pcall(f, {})},"") show({pcall(f, "")},"") show({pcall(f, "a\0b")},"")
for i = 1, 300 do f(src) end
print(#tostring((f(src:rep(200)).body) or f(src:rep(200))))
