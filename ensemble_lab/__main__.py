"""``python -m ensemble_lab`` is ``ensemble-lab``."""

from ensemble_lab.cli import main

if __name__ == "__main__":
    main()
