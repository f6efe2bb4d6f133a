"""Lost reasons: the tenant's own list of why a deal may be lost."""
