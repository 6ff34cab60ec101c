"""The Models tab's own component, its markup and styles."""
