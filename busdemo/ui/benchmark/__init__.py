"""The Benchmark tab's own component: its scripts, markup and styles, loaded when it is opened."""
