"""Where a user falls: XXH64 (github.com/Cyan4973/xxHash, doc/xxhash_spec.md) and, for flags that come from Unleash,
MurmurHash3 for x86 with 32 bits (github.com/aappleby/smhasher)."""

from __future__ import annotations

import struct

_MASK = (1 << 64) - 1
_P1, _P2, _P3 = 0x9E3779B185EBCA87, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9
_P4, _P5 = 0x85EBCA77C2B2AE63, 0x27D4EB2F165667C5


def utf8(text: str) -> bytes:
    """The text as UTF-8, half of a surrogate pair as U+FFFD."""
    try:
        return text.encode()
    except UnicodeEncodeError:
        units = text.encode("utf-16-le", "surrogatepass")
        return units.decode("utf-16-le", "replace").encode()


def bucket(*parts: str) -> float:
    """Where these parts fall in [0, 1), as docs/rules.md defines it."""
    return (xxh64(utf8("\0".join(parts))) >> 11) / 9007199254740992


def unleash_bucket(group: str, key: str, seed: int, total: int) -> float:
    """The same by Unleash's scheme, one of ``total`` places."""
    return murmur3(utf8(f"{group}:{key}"), seed) % total / total


def _rotated(value: int, bits: int) -> int:
    return ((value << bits) | (value >> (64 - bits))) & _MASK


def _round(lane: int, word: int) -> int:
    return _rotated((lane + word * _P2) & _MASK, 31) * _P1 & _MASK


def xxh64(data: bytes) -> int:
    """XXH64 with seed 0."""
    length, at = len(data), 0
    if length >= 32:
        lanes = [(_P1 + _P2) & _MASK, _P2, 0, -_P1 & _MASK]
        for at in range(0, length - 31, 32):
            words = struct.unpack_from("<4Q", data, at)
            lanes = [_round(lane, word) for lane, word in zip(lanes, words)]
        at += 32
        hashed = sum(_rotated(lane, bits) for lane, bits in zip(lanes, (1, 7, 12, 18))) & _MASK
        for lane in lanes:
            hashed = ((hashed ^ _round(0, lane)) * _P1 + _P4) & _MASK
    else:
        hashed = _P5
    hashed = (hashed + length) & _MASK
    while length - at >= 8:
        (word,) = struct.unpack_from("<Q", data, at)
        hashed = (_rotated(hashed ^ _round(0, word), 27) * _P1 + _P4) & _MASK
        at += 8
    if length - at >= 4:
        (word,) = struct.unpack_from("<I", data, at)
        hashed = (_rotated(hashed ^ (word * _P1 & _MASK), 23) * _P2 + _P3) & _MASK
        at += 4
    for byte in data[at:]:
        hashed = _rotated(hashed ^ (byte * _P5 & _MASK), 11) * _P1 & _MASK
    hashed = (hashed ^ (hashed >> 33)) * _P2 & _MASK
    hashed = (hashed ^ (hashed >> 29)) * _P3 & _MASK
    return hashed ^ (hashed >> 32)


def murmur3(data: bytes, seed: int) -> int:
    """MurmurHash3 for x86 with 32 bits."""
    mask = 0xFFFFFFFF

    def rotated(value: int, bits: int) -> int:
        return ((value << bits) | (value >> (32 - bits))) & mask

    def scrambled(word: int) -> int:
        return rotated(word * 0xCC9E2D51 & mask, 15) * 0x1B873593 & mask

    hashed = seed
    whole = len(data) & ~3
    for (word,) in struct.iter_unpack("<I", data[:whole]):
        hashed = (rotated(hashed ^ scrambled(word), 13) * 5 + 0xE6546B64) & mask
    hashed ^= scrambled(int.from_bytes(data[whole:], "little"))
    hashed ^= len(data)
    hashed = (hashed ^ (hashed >> 16)) * 0x85EBCA6B & mask
    hashed = (hashed ^ (hashed >> 13)) * 0xC2B2AE35 & mask
    return hashed ^ (hashed >> 16)
