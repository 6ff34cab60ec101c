"""The verbs a page, a terminal or a program may ask for, in terms of the rooms above."""
