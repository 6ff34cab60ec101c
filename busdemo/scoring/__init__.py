"""Two masks to numbers: overlap, and the outcome word that settles the empties."""
