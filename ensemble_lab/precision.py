"""What probabilities are stored as."""

from typing import Literal

__all__ = ["FloatName"]

FloatName = Literal["float32", "float16"]
"""In memory they are float32; float16 takes half the disk, and flips a label now and then."""
