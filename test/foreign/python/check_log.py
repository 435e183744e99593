"""Roots and consistency proofs by the definitions of RFC 6962, sections 2.1 and 2.1.2, word for word.

    python check_log.py    a JSON document from stdin: { leaves, roots, proofs: [[m, n, [hash, …]], …] },
                           leaves as texts, hashes as base64; prints one "ok …" line, or what differs
"""

import base64
import hashlib
import json
import sys
from functools import cache


def main() -> int:
    given = json.load(sys.stdin)
    leaves = [text.encode() for text in given["leaves"]]

    def sha(data: bytes) -> bytes:
        return hashlib.sha256(data).digest()

    def split(n: int) -> int:
        k = 1
        while 2 * k < n:
            k *= 2
        return k

    @cache
    def mth(start: int, end: int) -> bytes:
        n = end - start
        if n == 0:
            return sha(b"")
        if n == 1:
            return sha(b"\0" + leaves[start])
        k = split(n)
        return sha(b"\1" + mth(start, start + k) + mth(start + k, end))

    def subproof(m: int, start: int, end: int, known: bool) -> list[bytes]:
        n = end - start
        if m == n:
            return [] if known else [mth(start, end)]
        k = split(n)
        if m <= k:
            return subproof(m, start, start + k, known) + [mth(start + k, end)]
        return subproof(m - k, start + k, end, False) + [mth(start, start + k)]

    def text(hashes: list[bytes]) -> list[str]:
        return [base64.b64encode(one).decode() for one in hashes]

    wrong = 0
    for size, root in enumerate(given["roots"]):
        if text([mth(0, size)]) != [root]:
            wrong += 1
            print(f"no root of {size}: {root}")
    for m, n, proof in given["proofs"]:
        # the definition begins at 1; from nothing there is nothing to prove
        if proof != (text(subproof(m, 0, n, True)) if m > 0 else []):
            wrong += 1
            print(f"no proof from {m} to {n}")
    print(f"{'no' if wrong else 'ok'} {len(given['roots'])} roots, {len(given['proofs'])} proofs, {wrong} wrong")
    return wrong


if __name__ == "__main__":
    sys.exit(min(main(), 1))
