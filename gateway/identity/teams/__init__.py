"""Teams: the tree that decides what managers see."""
