"""Training the detector of lesions: `busdemo train detector`."""
