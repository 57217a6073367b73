package = "greeting"
version = "1.0-1"
source = { url = "file:///nowhere" }
description = { summary = "A rock for the test of luarocks", license = "MIT" }
dependencies = { "lua >= 5.2" }
build = {
    type = "builtin",
    modules = { greeting = "greeting.lua", ["greeting.core"] = "core.c" },
    install = { bin = { "greet" } },
}
