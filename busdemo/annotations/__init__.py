"""Reading and writing masks in the formats people keep them in."""
