"""Launcher for a checkout: ``python cli.py summary lenet``. The commands live in netspec/cli/."""

from netspec.__main__ import main

if __name__ == "__main__":
    main()
