-- os.exit(false) is failure.
os.exit(false)
-- expect-exit: 1
