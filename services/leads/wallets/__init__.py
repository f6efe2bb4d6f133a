"""Wallets (钱包份额): how much of what a customer spends is spent with us."""
