"""Running Dealtrail: on one machine, in a container, in a cluster."""
