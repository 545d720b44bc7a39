"""Reports of a run: as JSON for machines, as JUnit for CI, as a page and a table for people."""
