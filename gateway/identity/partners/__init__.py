"""Partners: systems of other companies that hear of a tenant's deals, and their keys."""
