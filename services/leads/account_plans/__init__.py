"""Account plans (客户运营计划表): what we and a customer want of each other over some years."""
