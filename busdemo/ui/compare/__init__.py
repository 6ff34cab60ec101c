"""The annotation comparison: pictures, drawing and numbers of any number of annotators."""
