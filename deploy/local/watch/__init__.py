"""Prometheus beside a Dealtrail on this machine: the rules of the chart on what its processes really show."""
