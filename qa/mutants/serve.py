"""`python -m qa.mutants.serve NAME`: the service as `server.py` runs it, with one bug in it."""

import sys

import server
from qa.mutants import talking, working  # noqa: F401 - they register their bugs
from qa.mutants.planting import MUTANTS

if __name__ == "__main__":
    MUTANTS[sys.argv[1]].plant()
    sys.exit(server.main())
