
error("failing module")
