"""Reports of validation studies."""
