"""The directory: what our services may know of who works for the tenant."""
