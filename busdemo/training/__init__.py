"""The recipe behind weights/."""
