#!/usr/bin/env python3
"""Writes bucketing-vectors.json: what every implementation of bucketing has to give.

Implementations of its own, written from the XXH64 specification (github.com/Cyan4973/xxHash, doc/xxhash_spec.md) and
from MurmurHash3's description (github.com/aappleby/smhasher), and sharing nothing with the service: their answers are
what the service is tested against, not the reverse.

    python3 docs/bucketing-vectors.py            writes the file
    python3 docs/bucketing-vectors.py --check    compares every XXH64 with the xxhsum command, and MurmurHash3 with
                                                 the number by which its author recognises it
"""

import json
import pathlib
import random
import re
import struct
import subprocess
import sys
import tempfile

MASK = (1 << 64) - 1
P1, P2, P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
P4, P5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5


def rotated(value, bits):
    return ((value << bits) | (value >> (64 - bits))) & MASK


def xxh64(data):
    def round_(lane, word):
        return rotated((lane + word * P2) & MASK, 31) * P1 & MASK

    length, at = len(data), 0
    if length >= 32:
        lanes = [(P1 + P2) & MASK, P2, 0, -P1 & MASK]
        while length - at >= 32:
            lanes = [round_(lane, word) for lane, word in zip(lanes, struct.unpack_from("<4Q", data, at))]
            at += 32
        state = sum(rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18))) & MASK
        for lane in lanes:
            state = ((state ^ round_(0, lane)) * P1 + P4) & MASK
    else:
        state = P5
    state = (state + length) & MASK
    while length - at >= 8:
        state = (rotated(state ^ round_(0, struct.unpack_from("<Q", data, at)[0]), 27) * P1 + P4) & MASK
        at += 8
    if length - at >= 4:
        state = (rotated(state ^ (struct.unpack_from("<I", data, at)[0] * P1 & MASK), 23) * P2 + P3) & MASK
        at += 4
    while at < length:
        state = rotated(state ^ (data[at] * P5 & MASK), 11) * P1 & MASK
        at += 1
    state = (state ^ (state >> 33)) * P2 & MASK
    state = (state ^ (state >> 29)) * P3 & MASK
    return state ^ (state >> 32)


def murmur3(data, seed):
    def scrambled(block):
        block = block * 0xCC9E2D51 & 0xFFFFFFFF
        return (block << 15 | block >> 17) * 0x1B873593 & 0xFFFFFFFF

    whole = len(data) // 4 * 4
    state = seed
    for (block,) in struct.iter_unpack("<I", data[:whole]):
        state ^= scrambled(block)
        state = ((state << 13 | state >> 19) * 5 + 0xE6546B64) & 0xFFFFFFFF
    state ^= scrambled(int.from_bytes(data[whole:], "little"))
    state ^= len(data)
    state = (state ^ state >> 16) * 0x85EBCA6B & 0xFFFFFFFF
    state = (state ^ state >> 13) * 0xC2B2AE35 & 0xFFFFFFFF
    return state ^ state >> 16


def utf8(units):
    """UTF-8 of UTF-16 code units; half of a surrogate pair is U+FFFD."""
    text = struct.pack(f"<{len(units)}H", *units).decode("utf-16-le", "surrogatepass")
    return re.sub("[\ud800-\udfff]", "\ufffd", text).encode()


def joined(parts):
    return b"\0".join(part.encode() for part in parts)


def bucket(hash_):
    return (hash_ >> 11) / 2**53


def part_lists():
    rnd = random.Random(64)
    alphabets = ["abcdefghijklmnopqrstuvwxyz0123456789-", "äöüßéñçøåÆ", "日本語漢字仮名한국어", "😀🚀🎉🏳🧪", "абвгджз λμν אבג", " \t\"\\/'<>&"]

    def text(length, alphabet=None):
        return "".join(rnd.choice(alphabet or rnd.choice(alphabets)) for _ in range(length))

    # Every length around the steps of the hash: 4, 8 and 32 bytes.
    for length in range(0, 140):
        yield ["x" * length]
    for length in range(0, 140):
        yield ["acme", "checkout", text(length, alphabets[0])]
    # Empty parts, and parts that could be confused without a separator.
    yield from ([""], ["", ""], ["", "", ""], ["a", ""], ["", "a"], ["ab", "c"], ["a", "bc"], ["a", "b", "c"], ["abc"])
    yield from (["acme", "checkout", ""], ["acme", "", "user-1"], ["", "checkout", "user-1"], ["a\0b"], ["a", "b"])
    # Splits and gates of the same users, as the service draws them.
    for user in range(150):
        id_ = f"user-{user}"
        yield ["acme", "checkout", id_]
        yield ["acme", "checkout", "gate", id_]
        yield ["acme", "segment:beta", "gate", id_]
        yield ["acme", "checkout", "gate", "second-wave", id_]
    # Integers as ids.
    for number in (0, 1, -1, 42, 2**31, -(2**31), 2**53, -(2**53), 1234567890123456):
        yield ["acme", "checkout", str(number)]
    # Ids of every script, and long ones.
    for _ in range(200):
        yield ["acme", rnd.choice(["checkout", "new-search", "é-flag"]), text(rnd.randint(1, 60))]
    for length in (255, 256, 257, 1000, 4096):
        yield ["acme", "checkout", text(1, "aé日😀") * length]


def vectors():
    for parts in part_lists():
        hash_ = xxh64(joined(parts))
        yield {"parts": parts, "hash": f"{hash_:016x}", "bucket": bucket(hash_)}


def lone_surrogate_vectors():
    for units in ([0xD800], [0xDFFF], [0x61, 0xD83D], [0xDE00, 0x61], [0xD83D, 0xDE00], [0xD83D, 0xD83D, 0xDE00], [0xDE00, 0xD83D]):
        data = b"acme\0checkout\0" + utf8(units)
        hash_ = xxh64(data)
        yield {"prefix": ["acme", "checkout"], "utf16": units, "hash": f"{hash_:016x}", "bucket": bucket(hash_)}


def unleash_inputs():
    rnd = random.Random(32)
    alphabets = ["abcdefghijklmnopqrstuvwxyz0123456789-", "äöüßéñçøåÆ", "日本語漢字仮名한국어", "😀🚀🎉🏳🧪", "абвгджз λμν אבג"]
    totals = [1, 2, 3, 7, 99, 100, 1000, 1001, 10**9, 2**32 - 1, 2**32, 10**11]

    # Every length around the steps of the hash.
    for length in range(0, 40):
        yield "g", "x" * length, 1000
    for user in range(100):
        yield "checkout", f"user-{user}", totals[user % len(totals)]
    # Cases of Unleash's own specification, whose answers anybody can look up.
    yield from (("AB12A", "122", 100), ("AB12A", "155", 100), ("Feature.flexibleRollout.10", "174", 100))
    yield from (("Feature.Variants.C", "232", 99), ("Feature.Variants.C", "607", 99), ("Feature.Variants.C", "656", 99))
    for number in (0, -1, 2**53, -(2**53)):
        yield "checkout", str(number), 1000
    for _ in range(150):
        id_ = "".join(rnd.choice(rnd.choice(alphabets)) for _ in range(rnd.randint(1, 60)))
        yield rnd.choice(["checkout", "a:b", "é-flag"]), id_, rnd.choice(totals)
    for length in (255, 256, 257, 4096):
        yield "checkout", rnd.choice("aé日😀") * length, 1000


def unleash_vectors():
    for group, id_, total in unleash_inputs():
        data = f"{group}:{id_}".encode()
        gate, split = murmur3(data, 0), murmur3(data, 86028157)
        yield {
            "group_id": group,
            "id": id_,
            "gate_hash": f"{gate:08x}",
            "gate_bucket": gate % 100 / 100,
            "total": total,
            "split_hash": f"{split:08x}",
            "split_bucket": split % total / total,
        }


def document():
    return {
        "formula": "(XXH64(UTF-8 of the parts joined by U+0000, seed 0) >> 11) / 2^53",
        "vectors": list(vectors()),
        "lone_surrogates": list(lone_surrogate_vectors()),
        "unleash_formula": "MurmurHash3_x86_32(UTF-8 of group_id:id, seed) % total / total; a gate has seed 0 and total 100, "
        "a split seed 86028157 and the sum of the weights",
        "unleash": list(unleash_vectors()),
    }


def check(document_):
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for i, vector in enumerate(document_["vectors"]):
            names.append(pathlib.Path(folder, f"{i}"))
            names[-1].write_bytes(joined(vector["parts"]))
        printed = subprocess.run(["xxhsum", "-H64", *names], capture_output=True, text=True, check=True).stdout
    hashes = [line.split()[0] for line in printed.splitlines()]
    wrong = [v for v, hash_ in zip(document_["vectors"], hashes, strict=True) if v["hash"] != hash_]
    print(f"{len(hashes)} hashes compared with xxhsum, {len(wrong)} differ")

    # As SMHasher does: hashes of 0, 1, … 255 growing bytes, each with another seed, hashed together.
    hashes = b"".join(struct.pack("<I", murmur3(bytes(range(i)), 256 - i)) for i in range(256))
    recognised = murmur3(hashes, 0) == 0xB0F57EE3
    print(f"MurmurHash3 {'is' if recognised else 'is not'} what its author's test asks for")
    return 1 if wrong or not recognised else 0


if __name__ == "__main__":
    made = document()
    if "--check" in sys.argv:
        sys.exit(check(made))
    lines = [f'"formula": {json.dumps(made["formula"])}']
    for name in ("vectors", "lone_surrogates", "unleash"):
        if name == "unleash":
            lines.append(f'"unleash_formula": {json.dumps(made["unleash_formula"])}')
        rows = ",\n".join("  " + json.dumps(vector, ensure_ascii=False) for vector in made[name])
        lines.append(f'"{name}": [\n{rows}\n]')
    path = pathlib.Path(__file__).with_suffix(".json")
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8", newline="\n")
    print(f"{len(made['vectors'])} vectors and {len(made['unleash'])} of unleash written")
