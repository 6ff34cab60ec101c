"""`python -m busdemo`."""

from busdemo.cli import main

raise SystemExit(main())
