"""Development: how far accounts have come in the eight steps of the process of developing them."""
