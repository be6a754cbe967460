"""Prints what a flag gives a user, and again whenever that changes, until Ctrl+C: python3 samples/python/app.py [USER]"""

import os
import sys
import time
from pathlib import Path

# In a program of yours: pip install the SDK instead.
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "sdks" / "python"))

from featureflags import FlagClient, User  # noqa: E402

FLAG = "new-checkout"


def main() -> None:
    user = User(sys.argv[1] if len(sys.argv) > 1 else "ada", {"country": "CA"})
    url = os.environ.get("FEATUREFLAGS_URL", "http://localhost:8080")
    key = os.environ.get("FEATUREFLAGS_KEY") or sys.exit("Set FEATUREFLAGS_KEY, see samples/README.md.")

    with FlagClient.local(url, key) as flags:
        if not flags.wait_until_ready():
            print(*flags.status.problems, sep="\n", file=sys.stderr)
        last = None
        while True:
            # In process, by rules in memory: nothing is sent.
            answer = flags.evaluate(FLAG, user, default=False)
            why = ", ".join(filter(None, (answer.reason, answer.rule_id, answer.error)))
            line = f"Python: {FLAG} is {'on' if answer.value else 'off'} for {user.id} ({why})"
            if line != last:
                print(line, flush=True)
                last = line
            time.sleep(0.5)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
