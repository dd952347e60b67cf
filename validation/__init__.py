"""Is this assay fit for use? Plans, evidence, statistics, approval, report."""
