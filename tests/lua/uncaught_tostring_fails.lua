-- __tostring of an error fails: the traceback is that of its own error, on top of the first.

local function inner()
  error(setmetatable({}, { __tostring = function(self) return self.text.x end }))
end
print("before") -- expect: before
inner()
-- expect-error: uncaught_tostring_fails.lua:4: attempt to index field 'text' (a nil value)
