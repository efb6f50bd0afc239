"""What it costs: every figure that the manual gives, measured side by side with what else there is.

`python -m benchmarks` runs them all; docs/evidence/benchmarks.md says how to read what it prints.
"""
