"""The card where a visitor's files come in, and the examples beside it."""
