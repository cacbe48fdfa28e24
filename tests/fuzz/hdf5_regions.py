# SPDX-License-Identifier: MIT
"""Where the metadata of an HDF5 file lies, and mutations of it that get past its checksums.

Written after the HDF5 File Format Specification, version 3.0. Only what netCDF-4 writes is known:
superblock 2, object headers 2, B-trees 1 and 2, fractal and global heaps.
"""
import struct

MASK = 0xFFFFFFFF
SIGNATURE = b"\x89HDF\r\n\x1a\n"
CONTINUATION = 0x10
FIXED_SIZES = {b"FRHP": 142, b"BTHD": 34}  # without the checksum at the end
UNSUMMED_SIZES = {b"TREE": 600, b"GCOL": 4096, b"SNOD": 328, b"HEAP": 32, b"FSHD": 80, b"FSSE": 80}
SEARCHED = {b"BTLF": 1200, b"BTIN": 600, b"FHIB": 600}


def rotate(value, count):
    return (value << count | value >> (32 - count)) & MASK


def lookup3(content):
    """Bob Jenkins' hash of 2006, which HDF5 uses as checksum of metadata."""
    length = len(content)
    a = b = c = (0xDEADBEEF + length) & MASK
    padded = content + bytes(-length % 12 if length else 0)
    words = struct.unpack(f"<{len(padded) // 4}I", padded)
    for i in range(0, len(words) - 3, 3):
        a, b, c = (a + words[i]) & MASK, (b + words[i + 1]) & MASK, (c + words[i + 2]) & MASK
        a = (a - c) & MASK ^ rotate(c, 4)
        c = (c + b) & MASK
        b = (b - a) & MASK ^ rotate(a, 6)
        a = (a + c) & MASK
        c = (c - b) & MASK ^ rotate(b, 8)
        b = (b + a) & MASK
        a = (a - c) & MASK ^ rotate(c, 16)
        c = (c + b) & MASK
        b = (b - a) & MASK ^ rotate(a, 19)
        a = (a + c) & MASK
        c = (c - b) & MASK ^ rotate(b, 4)
        b = (b + a) & MASK
    if not words:
        return c
    a, b, c = (a + words[-3]) & MASK, (b + words[-2]) & MASK, (c + words[-1]) & MASK
    c = ((c ^ b) - rotate(b, 14)) & MASK
    a = ((a ^ c) - rotate(c, 11)) & MASK
    b = ((b ^ a) - rotate(a, 25)) & MASK
    c = ((c ^ b) - rotate(b, 16)) & MASK
    a = ((a ^ c) - rotate(c, 4)) & MASK
    b = ((b ^ a) - rotate(a, 14)) & MASK
    return ((c ^ b) - rotate(b, 24)) & MASK


class Region:
    """One structure: its bytes, where its checksum lies (None: it has none), and its fields."""

    def __init__(self, kind, start, end, checksum=None, fields=()):
        self.kind, self.start, self.end, self.checksum = kind, start, end, checksum
        self.fields = list(fields)  # (offset in the file, bytes) of what is worth hitting


def messages(content, start, end, has_order):
    """(offset, header size, body size, type) of the messages of an object header's chunk."""
    at, head = start, 6 if has_order else 4
    while at + head <= end:
        kind, size = content[at], int.from_bytes(content[at + 1 : at + 3], "little")
        if at + head + size > end:
            return
        yield at, head, size, kind
        at += head + size


def fields_of_messages(found):
    """Type, size and flags of each message, and its body's first numbers, byte by byte."""
    for at, head, size, _ in found:
        yield at, 1
        yield at + 1, 2
        yield at + 3, 1
        for offset in range(min(size, 56)):
            yield at + head + offset, 1
            if offset % 2 == 0 and offset + 2 <= size:
                yield at + head + offset, 2
            if offset + 4 <= size:
                yield at + head + offset, 4
            if offset + 8 <= size:
                yield at + head + offset, 8


def object_header(content, start):
    """The regions of an object header: its first chunk and those that continue it."""
    flags = content[start + 5]
    at = start + 6 + (16 if flags & 0x20 else 0) + (4 if flags & 0x10 else 0)
    width = 1 << (flags & 3)
    end = at + width + int.from_bytes(content[at : at + width], "little")
    has_order = bool(flags & 4)
    pending = [(b"OHDR", start, at + width, end)]
    while pending:
        kind, begin, first, last = pending.pop()
        found = list(messages(content, first, last, has_order))
        fields = [(begin + 4, 1), (begin + 5, 1)] + list(fields_of_messages(found))
        yield Region(kind, begin, last + 4, last, fields)
        for offset, head, size, message in found:
            if message == CONTINUATION and size == 16:
                address, length = struct.unpack_from("<QQ", content, offset + head)
                pending.append((b"OCHK", address, address + 4, address + length - 4))


def searched(content, kind, start, most):
    """A structure whose checksum ends it, found by trying."""
    for end in range(start + 6, min(start + most, len(content) - 4)):
        if struct.unpack_from("<I", content, end)[0] == lookup3(content[start:end]):
            return Region(kind, start, end + 4, end, every_field(start, end))
    return None


def direct_block(content, start):
    """A fractal heap's block: its checksum follows the block's offset, and counts as zero."""
    for width in range(1, 9):
        at = start + 13 + width
        for nbytes in (512, 1024, 2048, 4096, 8192, 16384, 32768, 65536):
            block = content[start:at] + bytes(4) + content[at + 4 : start + nbytes]
            if struct.unpack_from("<I", content, at)[0] == lookup3(block):
                return Region(b"FHDB", start, start + nbytes, at, every_field(start, start + 400))
    return None


def every_field(start, end):
    return [(at, width) for at in range(start + 4, end) for width in (1, 2, 4, 8)
            if at + width <= end]


def regions(content):
    """All structures of a file."""
    found = [Region(b"superblock", 0, 48, 44, every_field(4, 44))]
    for kind in (b"OHDR", *FIXED_SIZES, *UNSUMMED_SIZES, *SEARCHED, b"FHDB"):
        at = content.find(kind)
        while at >= 0:
            if kind == b"OHDR":
                found += object_header(content, at)
            elif kind in FIXED_SIZES:
                end = at + FIXED_SIZES[kind]
                found.append(Region(kind, at, end + 4, end, every_field(at, end)))
            elif kind in SEARCHED:
                found.append(searched(content, kind, at, SEARCHED[kind]))
            elif kind == b"FHDB":
                found.append(direct_block(content, at))
            else:
                end = min(at + UNSUMMED_SIZES[kind], len(content))
                found.append(Region(kind, at, end, None, every_field(at, min(end, at + 300))))
            at = content.find(kind, at + 1)
    return [region for region in found if region is not None]


def is_valid(content, region):
    """Whether the checksum is where we think it is."""
    if region.checksum is None:
        return True
    return struct.unpack_from("<I", content, region.checksum)[0] == checksum(content, region)


def checksum(content, region):
    if region.kind == b"FHDB":
        at = region.checksum
        return lookup3(bytes(content[region.start:at]) + bytes(4) + bytes(content[at + 4 : region.end]))
    return lookup3(bytes(content[region.start : region.checksum]))


def repair(content, region):
    """Makes the checksum right again."""
    if region.checksum is not None and region.end <= len(content):
        struct.pack_into("<I", content, region.checksum, checksum(content, region))
