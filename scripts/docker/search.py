"""Looks for bytes in files, and in the files of archives in them, however deep: raw, in hex and in base64.

search.py NEEDLE FILE...    prints where; exit 1 if anywhere
"""

import base64
import bz2
import gzip
import io
import lzma
import sys
import tarfile

PACKED = {b"\x1f\x8b": gzip.decompress, b"BZh": bz2.decompress, b"\xfd7zXZ": lzma.decompress}


def main():
    needle, paths = sys.argv[1].encode(), sys.argv[2:]
    needles = {needle, needle.hex().encode(), base64.b64encode(needle).rstrip(b"=")}
    looked, found = 0, []

    def look(name, data):
        nonlocal looked
        looked += 1
        for magic, unpack in PACKED.items():
            if data.startswith(magic):
                data = unpack(data)
        if data.startswith(b"\x28\xb5\x2f\xfd"):
            print(f"{name} is packed with zstd, which this cannot open")
            sys.exit(2)
        found.extend(name for each in needles if each in data)
        if data[257:262] == b"ustar":
            with tarfile.open(fileobj=io.BytesIO(data)) as archive:
                for member in archive:
                    if member.isfile():
                        look(f"{name}!{member.name}", archive.extractfile(member).read())

    for path in paths:
        with open(path, "rb") as file:
            look(path, file.read())
    print(f"{looked} files searched", *found, sep="\n")
    sys.exit(bool(found))


main()
