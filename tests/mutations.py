"""Changes to a result file, as damage, other tools and users make them. A function that takes names returns the
change: a function of an h5py.File that is open for writing."""

import re
import struct

import h5py
import numpy

# --- through HDF5: all checksums of its own structure stay right


def without(*names):
    return lambda file: [file.__delitem__(name) for name in names]


def without_attributes(name, *keys):
    return lambda file: [file[name].attrs.__delitem__(key) for key in keys]


def with_attribute(name, key, value):
    return lambda file: file[name].attrs.__setitem__(key, value)


def with_value(name, value):
    """Of the same shape, and of the same type but for the length of a text."""

    def change(file):
        if file[name].dtype.kind == "S":
            text = value.encode() if isinstance(value, str) else value
            retyped(name, numpy.bytes_(text), f"S{len(text) + 1}")(file)
        else:
            file[name][()] = value

    return change


def overwritten(name, key, value):
    """An attribute with another value of the same type."""

    def change(file):
        attribute = h5py.h5a.open(file[name].id, key.encode())
        attribute.write(numpy.array(value, attribute.dtype), attribute.get_type())

    return change


def instead(name, value=None, **how):
    """Another object; also a link (h5py.SoftLink ...), or a dataset made with `how`."""

    def change(file):
        del file[name]
        if how:
            file.create_dataset(name, data=value, **how)
        else:
            file[name] = value

    return change


def group_instead(name):
    return lambda file: (without(name)(file), file.create_group(name))


def retyped(name, value, dtype):
    """A dataset of another type, with the same attributes."""

    def change(file):
        attributes = dict(file[name].attrs)
        instead(name, value, dtype=dtype)(file)
        file[name].attrs.update(attributes)

    return change


def replaced(name, old, new):
    """Another word in a text."""

    def change(file):
        value = file[name][()].decode()
        assert old in value, f"{name} has no {old!r}"
        with_value(name, value.replace(old, new))(file)

    return change


def scaled(name, dimension, *scales):
    """With these scales of a dimension and no others."""

    def change(file):
        labels = file[name].dims[dimension]
        for scale in labels.values():
            labels.detach_scale(scale)
        for scale in scales:
            labels.attach_scale(file[scale])

    return change


def kept_bits(number, *fields):
    return lambda file: [file[field].attrs.modify("quantization_nsb", numpy.int32(number)) for field in fields]


# --- of bytes, past HDF5


def write_value(path, name, index, value):
    """Another value in the place of one of a contiguous dataset."""
    with h5py.File(path) as file:
        dataset = file[name]
        at = dataset.id.get_offset() + index * dataset.dtype.itemsize
        form = {"f": "<d", "u": "<Q", "i": "<q"}[dataset.dtype.kind] if dataset.dtype.itemsize == 8 else "B"
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(struct.pack(form, value))


def flip_bit(path, name, byte, bit):
    with h5py.File(path) as file:
        at = file[name].id.get_offset() + byte
    with open(path, "r+b") as file:
        file.seek(at)
        old = file.read(1)[0]
        file.seek(at)
        file.write(bytes([old ^ 1 << bit]))


# --- headers of objects


def object_headers(content):
    """[(start, end)] of the first pieces of object headers of version 2; a checksum of 4 bytes follows each."""
    found = []
    for match in re.finditer(b"OHDR", content):
        flags, at = content[match.start() + 5], match.start() + 6
        at += 16 * (flags >> 5 & 1) + 4 * (flags >> 4 & 1)
        size = 1 << (flags & 3)
        end = at + size + int.from_bytes(content[at : at + size], "little")
        if lookup3(content[match.start() : end]) == int.from_bytes(content[end : end + 4], "little"):
            found.append((match.start(), end))
    return found


def lookup3(data):
    """Bob Jenkins' hash of 2006 (public domain), the checksum of HDF5's metadata."""
    mask = 0xFFFFFFFF

    def turn(x, bits):
        return (x << bits | x >> (32 - bits)) & mask

    a = b = c = (0xDEADBEEF + len(data)) & mask
    words = [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]
    while len(words) > 3:
        a, b, c = (a + words[0]) & mask, (b + words[1]) & mask, (c + words[2]) & mask
        for bits in (4, 6, 8, 16, 19, 4):  # a -= c; a ^= turn(c); c += b; then the same with the names moved on
            a, c = (a - c) & mask ^ turn(c, bits), (c + b) & mask
            a, b, c = b, c, a
        words = words[3:]
    a, b, c = ((x + word) & mask for x, word in zip((a, b, c), [*words, 0, 0, 0]))
    for bits in (14, 11, 25, 16, 4, 14, 24):  # c ^= b; c -= turn(b); then the same with the names moved on
        c = ((c ^ b) - turn(b, bits)) & mask
        a, b, c = b, c, a
    return b
