local b = require("modules.cycle_b")
return { name = "a", b = b }
