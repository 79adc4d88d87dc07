"""Run inside the bare Python: `verify.py` once for each package that standard input names.

One process for many packages; each answer is a line of JSON: exit code, and what was printed.
"""

import contextlib
import io
import json
import runpy
import sys


def main(program: str) -> None:
    verify = runpy.run_path(program, run_name="verify")["main"]
    for line in sys.stdin:
        package, trust = json.loads(line)
        sys.argv = ["verify.py", package, "--trust", trust, "--json"]
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            code = verify()
        print(json.dumps([code, json.loads(printed.getvalue())]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
