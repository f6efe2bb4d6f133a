"""RACI charts: who is Responsible, Accountable, Consulted and Informed in each step of managing leads."""
