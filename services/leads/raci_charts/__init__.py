"""RACI charts: who is Responsible, Accountable, Consulted and Informed in each stage of managing leads."""
