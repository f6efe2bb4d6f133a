"""Imports: files of rows that become leads, accounts, deals, contracts, receipts or touchpoints, in the background."""
