-- error(nil)
print("x") -- expect: x
error(nil) -- says nothing at all
-- expect-exit: 1
