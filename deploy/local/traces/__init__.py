"""The traces of a Dealtrail on this machine, on a page: no more than a developer needs to see where a request went."""
