"""Arrays, image files, the resize and its way back, probability maps and masks (NumPy, OpenCV)."""
