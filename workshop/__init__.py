"""A Docker network plugin you can see through, and a course in writing your own.

Each folder is one room; its own docstring says what lives there. ``docs/architecture.md`` shows how they fit.
"""

from workshop.errors import PluginError

__all__ = ["PluginError", "__version__"]
__version__ = "0.1.0"
