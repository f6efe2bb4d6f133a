"""`python -m tests.bench.search`: what a search takes among a million leads (--leads), against a bare select by key.

--explain tells how PostgreSQL goes about each, besides.
"""

import argparse

from tests.bench.report import markdown
from tests.bench.search.measure import among

if __name__ == "__main__":
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--leads", type=int, default=1_000_000)
    asked.add_argument("--explain", action="store_true")
    chosen = asked.parse_args()
    print(markdown(among(chosen.leads, explain=chosen.explain)))
