"""What every service stands on. Kit holds no business noun and knows no service."""
