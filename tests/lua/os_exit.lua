-- os.exit ends the program with its code; buffered output is written.
io.write("one ")
print("two") -- expect: one two
io.write("written before exit\n") -- expect: written before exit
pcall(function() os.exit(7) end)
print("never")
-- expect-exit: 7
