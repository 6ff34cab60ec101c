"""Models and the facts about them: cards, checkpoints, architectures."""
