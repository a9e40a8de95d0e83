"""What `benchmarks/run.py` is made of: measuring, the programs and their peers, the four sections, the table."""
