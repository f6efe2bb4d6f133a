"""Who comes and who signs, by the attributes that customers are described by."""
