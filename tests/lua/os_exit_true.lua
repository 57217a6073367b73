-- os.exit(true) is success, also from within a coroutine.
coroutine.wrap(function() print("bye") os.exit(true) end)() -- expect: bye
print("never")
