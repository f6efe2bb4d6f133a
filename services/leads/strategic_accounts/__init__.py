"""Strategic accounts (战略客户): which customers are kept, which are run, and which are dropped."""
