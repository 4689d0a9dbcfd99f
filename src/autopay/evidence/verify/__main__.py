"""`python -m autopay.evidence.verify FILE [OTHER]`: exit status 0 if it holds, 1 with a sentence if not."""

from __future__ import annotations

import sys
from pathlib import Path

from . import Broken, disagreement, first_problem, opened


def main(arguments: list[str]) -> str | None:
    """What is wrong, or None. A second file of the same biller must have the same journal wherever both know it."""
    if not 1 <= len(arguments) <= 2:
        return "usage: python -m autopay.evidence.verify FILE [OTHER]"
    documents = []
    for path in arguments:
        try:
            documents.append(opened(Path(path).read_bytes()))
        except (Broken, OSError) as problem:
            return f"{path}: {problem}"
        if found := first_problem(documents[-1]):
            return f"{path}: {found}"
    return disagreement(*documents) if len(documents) == 2 else None


def summary(path: Path) -> str:
    """Of a file that holds: what it is, what was checked, and what nobody can check in it."""
    document = opened(path.read_bytes())
    counted, head = document["counts"], document["journal"]["head"]
    checked = ", ".join(
        f"{counted[name]} {name.replace('_', ' ')}" for name in ("consents", "charges", "refunds", "sealed_entries")
    )
    lines = [
        f"{path} holds: {document['account']['name']}, billed by {document['biller']['name']}, as of {document['made']['at_local']}",
        f"checked: {checked}; the journal's newest entry was no. {head['seq']}, {head['hash']}",
        f"sha256 {document['sha256']}",
    ]
    if counted["entries_not_sealed_yet"]:
        lines.append(
            f"{counted['entries_not_sealed_yet']} entries had no seal yet when the file was made: make it again for those"
        )
    return "\n".join([*lines, document["does_not_prove"]])


if __name__ == "__main__":
    found = main(sys.argv[1:])
    if found:
        sys.exit(f"It does not hold. {found}.")
    sys.stdout.write("\n".join(summary(Path(path)) for path in sys.argv[1:]) + "\n")
