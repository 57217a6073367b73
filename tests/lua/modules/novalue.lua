loaded_without_value = (loaded_without_value or 0) + 1
