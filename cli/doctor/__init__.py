"""The checks of `trailkeeper doctor`; one that cannot be made is a finding too."""

from .examine import examine
from .finding import Finding, Severity

__all__ = ["Finding", "Severity", "examine"]
