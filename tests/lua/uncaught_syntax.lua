-- A syntax error: nothing of the file runs.
print("never printed")
local x = = 5
-- expect-error: uncaught_syntax.lua:3: unexpected symbol near '='
