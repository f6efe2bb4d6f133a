"""Workloads (工作量): how loaded everybody is, open leads held against capacity."""
