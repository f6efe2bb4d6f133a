"""The demo: a company's sales of 2017, loaded through the public API like anybody's data."""
