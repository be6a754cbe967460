"""Flags from a FeatureFlags service, evaluated in this process or by the service.

>>> from featureflags import FlagClient, User
>>> client = FlagClient.local("https://flags.example.com", key="ff_server_…")
>>> client.boolean("new-checkout", User("ann", {"country": "CA"}), default=False)
"""

from ._model import Evaluation, Status
from ._user import User
from .client import FlagClient

__all__ = ["Evaluation", "FlagClient", "Status", "User"]
