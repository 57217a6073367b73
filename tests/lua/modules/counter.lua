-- For require.lua: a module with state, that sees its name and file.
local name, file = ...
local M = { name = name, file = file, n = 0 }
function M.inc() M.n = M.n + 1 return M.n end
return M
