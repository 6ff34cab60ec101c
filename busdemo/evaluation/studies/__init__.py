"""Studies: many images, many annotators; a folder of masks is an annotator, and so is a model."""
