"""How many leads stand in each stage of the process of managing leads, and how long they stood there."""
