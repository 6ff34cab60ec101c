"""Data sets as they are published, and any folder of images with masks; content decides which."""
