"""Whole data sets: reading them, running a model over them, statistics, report."""
