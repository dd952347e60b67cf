"""The laboratory's facts: people, material, means, files, jobs, measurements, limits, signatures, audit."""
