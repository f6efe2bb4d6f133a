"""Issues: what keeps a customer from being content, with owner and end."""
