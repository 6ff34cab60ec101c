"""Pictures (RGB arrays) made from scans and masks."""
