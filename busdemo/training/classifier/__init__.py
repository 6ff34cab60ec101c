"""The classifier's training: its samples with predicted masks, its run, its export."""
