"""Answers questions, one JSON object a line, as a program that uses the SDK would: what tests of the service itself start.

    python -m tests.ask local|remote URL     the key is in FLAGS_KEY, and the tenant, where it is a token, in FLAGS_TENANT

A line is {"flag_key", "user"} and is answered by all that the evaluation said; {} is answered by the status.
"""

import json
import os
import sys
from dataclasses import asdict
from decimal import Decimal

from featureflags import FlagClient

make = {"local": FlagClient.local, "remote": FlagClient.remote}[sys.argv[1]]
with make(sys.argv[2], os.environ["FLAGS_KEY"], tenant=os.environ.get("FLAGS_TENANT")) as client:
    client.wait_until_ready(60)
    for line in sys.stdin:
        question = json.loads(line, parse_float=Decimal)
        answer = client.evaluate(**question) if question else client.status
        print(json.dumps(asdict(answer)), flush=True)
