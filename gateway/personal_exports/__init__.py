"""Personal exports: all that is held about somebody, in a file that can be fetched once."""
