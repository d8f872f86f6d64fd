"""`make audit`: has any package we pin a known hole? Fails only for one; without a way out it says that it could not ask."""

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
# With hashes and without pip: nothing is installed or resolved, only the names and versions of the lock file are asked for.
COMMAND = ["pip-audit", "--require-hashes", "--disable-pip", "--progress-spinner", "off", "--format", "json", "-r"]


def main() -> int:
    tool = Path(sys.executable).parent / COMMAND[0]
    result = subprocess.run(
        [tool, *COMMAND[1:], ROOT / "requirements.txt"], capture_output=True, text=True, check=False
    )
    code, text = verdict(result.stdout, result.stderr)
    print(text)
    return code


def verdict(output: str, errors: str) -> tuple[int, str]:
    try:
        packages = json.loads(output)["dependencies"]
    except ValueError:
        why = errors.strip().splitlines()[-1:] or ["no answer"]
        return 0, f"NOT CHECKED: the service that knows the holes could not be asked ({why[0]})."
    asked = [package for package in packages if "skip_reason" not in package]
    holes = [
        f"{package['name']} {package['version']}: {hole['id']}, mended in {', '.join(hole['fix_versions']) or '–'}"
        for package in asked
        for hole in package["vulns"]
    ]
    if holes:
        return 1, "\n".join(["Known holes:", *holes])
    if not asked:
        return 0, f"NOT CHECKED: the service answered, but knows none of the {len(packages)} packages."
    skipped = [package["name"] for package in packages if "skip_reason" in package]
    missing = f" NOT CHECKED: {', '.join(skipped)}." if skipped else ""
    return 0, f"No known hole in {len(asked)} packages.{missing}"


if __name__ == "__main__":
    sys.exit(main())
