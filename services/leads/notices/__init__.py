"""Notices (站内通知): what one user is told of, until they have read it."""
