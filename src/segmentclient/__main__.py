"""Run the command line: ``python -m segmentclient``."""

import sys

from segmentclient.cli import main

if __name__ == "__main__":
    sys.exit(main())
