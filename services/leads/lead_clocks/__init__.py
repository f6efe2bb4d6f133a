"""Lead clocks: how long leads wait for the first touch and for a decision, and who hears of it."""
