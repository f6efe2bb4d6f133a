"""Call sessions: a fixed time, a fixed place, one version of a script, and whom to call."""
