"""Relation walls: who of us knows whom of a customer, and how well."""
