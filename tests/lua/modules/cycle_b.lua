local a = package.loaded["modules.cycle_a"]
return { name = "b", saw = type(a) }
