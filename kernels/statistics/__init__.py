"""Statistics of performance validation: counts and measurements in, frozen results out. No files, no clock."""
