"""The leads service: leads, accounts and contacts, and why leads are given up."""
