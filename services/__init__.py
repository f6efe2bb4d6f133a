"""The five services and the kit below them."""
