"""Account chains (痛苦链和决策链): who at a customer suffers what and why, and who approves whom."""
