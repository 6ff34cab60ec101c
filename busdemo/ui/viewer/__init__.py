"""The viewer: a canvas where the threshold lives in the browser."""
