"""The coordinator's side, a module for each kind of work."""

from .company import staff as company
from .office import people
from .sign_up import staff as sign_up
from .training import staff as training

__all__ = ["company", "people", "sign_up", "training"]
