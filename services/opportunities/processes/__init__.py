"""Process definitions: the tenant's own stages for selling, versioned."""
