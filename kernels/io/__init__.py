"""Reading and writing of sequencing files: the only place that opens them and that imports pysam."""
