"""What all scripts share. They work under any locale and with any standard streams, and an error is one line.

    import script

    with script.packages("plot"):
        import h5py

    def main(arguments=None): ...                  # returns the exit status

    if __name__ == "__main__":
        script.run("plot", main)
"""

import argparse
import difflib
import errno
import io
import logging
import os
import sys
import warnings
from contextlib import contextmanager
from pathlib import Path

FORMATS = (".png", ".pdf", ".svg")
DEBIAN = {"PIL": "python3-pil"}  # packages that are not called python3-MODULE


class BadInput(Exception):
    """Wrong usage, or a file that is not what it should be. The message is one line for people."""


def first_line(error):
    return (str(error).splitlines() or [type(error).__name__])[0]


def suggestion(word, words):
    """'; did you mean loss?', or '' if no word is near."""
    names = {name.lower(): name for name in words}
    found = difflib.get_close_matches(word.lower(), names, 1)
    return f"; did you mean {names[found[0]]}?" if found else ""


def no_such_file(path):
    """The error for a file that is not there."""
    path = Path(path)
    try:
        names = os.listdir(path.parent)
    except OSError:
        names = []
    return BadInput(f"{path}: no such file{suggestion(path.name, names)}")


def check_format(path):
    """Refuses figures that Matplotlib would refuse later."""
    if Path(path).suffix not in FORMATS:
        raise BadInput(f"{path}: the name of a figure ends in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}")


@contextmanager
def writing(path):
    """An OSError meanwhile names the file."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or first_line(error), str(path)) from None


def fail(name, message, status):
    print(f"{name}: {message}", file=sys.stderr)
    return status


@contextmanager
def packages(name):
    """For imports that may fail: then script `name` ends with one line."""
    if not sys.warnoptions:
        warnings.simplefilter("ignore")  # who runs the script cannot change what the packages warn of
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # as when it cannot write its cache
    try:
        yield
    except ImportError as error:
        while isinstance(error.__context__, ImportError):  # Debian's h5py tries another build when the first fails
            error = error.__context__
        module = (error.name or "").partition(".")[0]
        debian = DEBIAN.get(module, f"python3-{module}")
        requirements = Path(__file__).resolve().parent / "requirements.txt"
        help_ = f"; install {debian}, or: pip install -r {requirements}" if module else ""
        prepare_streams()
        sys.exit(fail(name, first_line(error) + help_, 1))
    except Exception as error:  # whatever a package that is installed by halves raises
        prepare_streams()
        sys.exit(fail(name, f"importing packages: {first_line(error)}", 1))


def prepare_streams():
    """Standard error takes any text. Closed streams do not become files that are opened later."""
    for descriptor in (0, 1, 2):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number, which is `descriptor`
    sys.stderr = sys.stderr or io.StringIO()
    if hasattr(sys.stderr, "reconfigure"):
        sys.stderr.reconfigure(errors="backslashreplace")


def write_output(text, stream):
    """Writes all that was printed to standard output, which was `stream`; None: closed."""
    data = text.encode(stream.encoding if stream else "utf-8", "backslashreplace")
    with writing("standard output"):
        if data and stream is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        while data:
            data = data[os.write(stream.fileno(), data) :]


def status_of(name, function):
    """What function() returns; what it raises is told in one line."""
    try:
        return function()
    except SystemExit as end:  # of argparse
        return end.code
    except BadInput as error:
        return fail(name, error, 2)
    except KeyboardInterrupt:
        return fail(name, "interrupted", 130)
    except OSError as error:
        where = f"cannot write {error.filename}: " if error.filename else ""
        return fail(name, f"{where}{error.strerror or first_line(error)}", 1)
    except Exception as error:
        if sys.flags.dev_mode:
            raise
        return fail(name, f"{type(error).__name__}: {first_line(error)} (python3 -X dev shows where)", 1)


def draw_from(draw, description, content):
    """The command line of a script that draws one figure, draw(path), from a JSON file. Returns the exit status."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("file", metavar="FILE.json", help=content)
    named = "the figure, .png, .pdf or .svg; may be repeated (default: FILE.png)"
    parser.add_argument("-o", "--output", metavar="FILE", action="append", help=named)
    options = parser.parse_args()
    outputs = options.output or [Path(options.file).with_suffix(".png")]
    for output in outputs:
        check_format(output)
    figure = draw(options.file)
    for output in outputs:
        with writing(output):
            figure.savefig(output, dpi=130)
        print(f"wrote {output}")
    return 0


def check_arguments():
    """Refuses bytes that Python cannot give back as it got them: it decodes arguments with the C library, and encodes
    paths with codecs of its own, which differ for EUC-JP and others."""
    for argument in sys.argv:
        try:
            os.fsencode(argument)
        except UnicodeEncodeError as error:
            works = f"python3 -X utf8 {sys.argv[0]} works"
            raise BadInput(f"{argument!a} is no text in {error.encoding}; {works}") from None


def run(name, main):
    """Runs the script `name` and ends the process. What it prints comes at the end, or the reason why it cannot."""
    prepare_streams()
    stream, sys.stdout = sys.stdout, io.StringIO()
    status = status_of(name, lambda: check_arguments() or main())
    sys.exit(status_of(name, lambda: write_output(sys.stdout.getvalue(), stream)) or status)
