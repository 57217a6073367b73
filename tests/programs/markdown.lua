-- needs-file: /usr/share/lua/5.1/markdown.lua
-- markdown.lua, which is for Lua 5.1: its setfenv is a local _ENV here.
local file = assert(io.open "/usr/share/lua/5.1/markdown.lua")
local text = file:read("*a"):gsub("setfenv%(1, ([%w_]+)%)", "local _ENV = %1")
file:close()
local markdown = assert(load(text, "@markdown.lua"))()
local document = [==[
Heading
=======

Second *emphasis*, **strong**, `code <b>`, a [link](http://example.org "title") & <http://auto.example>.
Two spaces at the end  
make a break. An ![image](pic.png), a [reference][ref], AT&T, 4 < 5, \*not emphasis\*.

### Third ###

* one
* two

    more of two

    * nested
* three

1. first
2. second

> quoted
> > twice
> text

    code block
      <indented>

***

<div>
*html stays*
</div>

[ref]: http://example.org/ref 'Reference'

A line with __strong__ and _em_ words_with_underscores.
]==]
print(markdown(document))
print(markdown(document:rep(20)):len(), markdown "", markdown "# x\n\n- a\n- b\n")
