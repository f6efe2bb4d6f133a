"""The sales funnel: deals by stage and by what became of them."""
