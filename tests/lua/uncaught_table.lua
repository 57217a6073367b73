-- An error object without __tostring.
error({ code = 5 })
-- expect-error: (no error message)
