"""Review plans: boards that are opened again and again, on the working calendar."""
