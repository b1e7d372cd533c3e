"""`python -m recsys_lib FILE`: one page that says what can be recommended from a file of ratings, and how well."""

import argparse
import contextlib
import hashlib
import json
import math
import os
import re
import shlex
import sys
import threading
import time
from pathlib import Path

from recsys_lib import __version__

COMMAND = "python -m recsys_lib"


def as_typed(match):
    """columns={"user": "a"} as one types it in any shell: --columns user=a; as JSON where that would not come back."""
    try:
        value = json.loads(match[1].replace(", …]", ', "…"]'))
    except ValueError:  # no advice, but a text of the file
        return match[0]
    names = value if isinstance(value, list) else list(value.values())
    if set("".join(names)) & set(',="$`\\'):
        return f"--columns {shlex.quote(match[1])}"
    plain = ",".join(names if isinstance(value, list) else map("=".join, value.items()))
    return f"--columns {plain}" if re.fullmatch(r"[\w.,=…-]+", plain) else f'--columns "{plain}"'


ADVICE = (  # what messages of `read_csv` call an argument, and what it is called here
    (r"columns=(\{.*?\}|\[.*?\])", as_typed),
    (r"\{'user': 'reader'\}", "user=reader"),
    (r"columns= is a list", "--columns lists the fields"),
    (r"give rating=None", "give --no-rating"),
    (r"duplicates='last' or 'mean'", "--duplicates last or --duplicates mean"),
    (r"header=True", "--header yes"),
    (r"header=False", "--header no"),
    (r"missing= is given", "--missing is given"),
    (r"""(separator|encoding|missing)=(["'])(.*?)\2""", r'--\1 "\3"'),
    (r'(--\w+ (?:"[^"]*"|\'[^\']*\'|\S+)), (?=--)', r"\1 "),  # options have no comma between them
)


class BadInput(Exception):
    """What the person who typed the command can put right: one line."""


class Parser(argparse.ArgumentParser):
    """Says what is wrong with the arguments in one line."""

    def error(self, message):
        raise BadInput(f"{message} ({COMMAND} --help tells more)")


def parser():
    """The arguments of the command."""
    p = Parser(
        prog=COMMAND,
        description="Audits a file of ratings, tests which recommender makes the best lists on it, and writes one HTML "
        "page that needs nothing else.",
        epilog="The file has a row a pair: user, item and, if there are, rating and timestamp, with a header.",
    )
    p.add_argument("file", metavar="FILE", help="pairs as text: CSV, semicolons or tabs, plain or gzip")
    p.add_argument(
        "--columns",
        type=columns,
        metavar="C",
        help="user=reader,item=book,rating=stars where the header has other names; user,item,_,rating for the fields "
        "in file order where there is no header (_: leave aside); or either as JSON",
    )
    likes = p.add_mutually_exclusive_group()
    likes.add_argument("--no-rating", action="store_true", help="every row is a like, whatever else it says")
    likes.add_argument(
        "--liked-from", type=finite, metavar="N", help="a rating from here on is a like (default: 4 of 5, 8 of 10)"
    )
    p.add_argument("--user", metavar="ID", help="whose list to show")
    p.add_argument("--items", metavar="FILE", help="a row an item, with title, genres or year")
    p.add_argument("--out", metavar="PAGE", help="the page to write (default: the name of FILE, ending in .html, here)")
    p.add_argument("--force", action="store_true", help="write over a page that is there")
    p.add_argument("--duplicates", choices=("error", "last", "mean"), default="error", help="a pair that comes twice")
    p.add_argument("--missing", metavar="X", help="a rating that means: not rated")
    p.add_argument(
        "--separator",
        type=lambda given: given.replace(r"\t", "\t"),
        metavar="S",
        help="what parts the fields, where it is no comma, semicolon or tab",
    )
    p.add_argument("--encoding", metavar="E", help="of FILE and of --items, where they are not UTF-8")
    p.add_argument("--header", choices=("yes", "no"), help="is the first line a header?")
    p.add_argument("--version", action="version", version=f"recsys_lib {__version__}")
    return p


def columns(value):
    """user=reader,item=book → a dict; user,item → a list; JSON of either as it stands."""
    if value.lstrip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected JSON, got {value!r}") from None
    parts = [part.strip() for part in value.split(",")]
    if not any("=" in part for part in parts):
        return parts
    if not all("=" in part for part in parts):
        raise argparse.ArgumentTypeError(f"expected field=name for each, or for none, got {value!r}")
    pairs = [part.split("=", 1) for part in parts]
    if len(dict(pairs)) < len(pairs):
        raise argparse.ArgumentTypeError(f"expected each field once, got {value!r}")
    return dict(pairs)


def finite(value):
    """A number that is neither infinite nor none."""
    try:
        number = float(value)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"expected a number, got {value!r}")
    return number


def target(args):
    """Where the page goes. Raises BadInput where it cannot or must not be written: before anything is read."""
    out = _path(args.out or f"{_path(_path(args.file).name.removesuffix('.gz')).stem.lstrip('.') or 'page'}.html")
    if out.is_dir():
        raise BadInput(f"{out} is a folder: give --out a file in it")
    if not out.parent.is_dir():
        raise BadInput(f"there is no folder {out.parent} to write {out.name} into")
    for given in filter(None, (args.file, args.items)):
        read = _path(given)
        if "://" not in given and not read.exists():  # an address gets advice where it is read
            raise BadInput(f"expected a file, got nothing at {read}")
        if read.is_dir():
            raise BadInput(f"expected a file, got the folder {read}")
        if read.exists() and not read.is_file():
            raise BadInput(f"{read} can be read only once: write it to a file first")
        if read.exists() and out.exists() and out.samefile(read):
            raise BadInput(f"{out} is the file to read: give --out another name")
    refuse_existing(out, args.force)
    if not os.access(out.parent, os.W_OK):
        raise BadInput(f"the folder {out.parent} cannot be written to")
    return out


def _path(given):
    return Path(os.path.expanduser(given))


def refuse_existing(out, force):
    """Raises BadInput where the page is there already and may not be written over."""
    if out.exists() and not force:
        raise BadInput(f"{out} is there already: give --force to write over it, or --out another name")


def write(out, page, force):
    """The page under a temporary name, then renamed: there is never half of one."""
    refuse_existing(out, force)
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        with open(part, "x", encoding="utf-8", errors="xmlcharrefreplace") as file:
            file.write(page)
        os.replace(part, out)
    finally:
        part.unlink(missing_ok=True)


class Progress:
    """One line a step on a stream: what begins, what came of it, how long it took; on a terminal the seconds run."""

    def __init__(self, stream):
        self.stream = stream
        self.live = stream.isatty()

    @contextlib.contextmanager
    def __call__(self, what):
        """A step. Gives a function for what came of it."""
        begin, said, done = time.monotonic(), [], threading.Event()
        self._write(f"{what} … ")
        ticker = threading.Thread(target=self._tick, args=(what, begin, done), daemon=True)
        if self.live:
            ticker.start()
        try:
            yield said.append
        except BaseException:
            self._write("\r\033[2K" if self.live else "\n")
            raise
        finally:
            done.set()
            if self.live:
                ticker.join()
        came = ", ".join(filter(None, [*said, f"{time.monotonic() - begin:.1f} s"]))
        self._write(f"\r{what} … " if self.live else "", came, "\n")

    def _tick(self, what, begin, done):
        while not done.wait(1):
            self._write(f"\r{what} … {time.monotonic() - begin:.0f} s ")

    def _write(self, *parts):
        self.stream.write("".join(parts))
        self.stream.flush()


def one_line(error):
    """An error as one line, in the words of the command: of several bad lines of a file the first, and how many."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}"
    message = error.args[0] if isinstance(error, KeyError) else error
    lines = str(message).splitlines() or [type(error).__name__]
    more = re.fullmatch("… and ([0-9]+) more lines that cannot be used", lines[-1])
    others = len(lines) - 1 + (int(more[1]) - 1 if more else 0)
    text = lines[0]
    for wanted, name in ADVICE:
        text = re.sub(wanted, name, text)
    return text + (f"; {others} more {'line' if others == 1 else 'lines'} cannot be used" if others else "")


def run(args, step):
    """Reads, audits, splits, compares and writes. Returns where the page lies and what it says."""
    out = target(args)
    options = {name: getattr(args, name) for name in ("columns", "separator", "encoding", "missing", "duplicates")}
    options["header"] = None if args.header is None else args.header == "yes"
    options["rating"] = None if args.no_rating else "rating"
    try:
        with step(f"reading {args.file}") as say:
            # NumPy, pandas, SciPy: only now, so that --help is quick
            from recsys_lib.data import audit
            from recsys_lib.data.files import local_path
            from recsys_lib.report import comparing, page, reading
            from recsys_lib.report.markup import count

            with open(local_path(args.file), "rb") as file:
                sha256 = hashlib.file_digest(file, "sha256").hexdigest()
            read = reading.read(args.file, items=args.items, liked_from=args.liked_from, **options)
            data = read.data
            if args.user is not None and args.user not in data.users:
                raise ValueError(f"--user: {data.users.why_unknown(args.user)}")
            say(f"{count(len(data), 'pair')}, {count(data.n_users, 'user')}, {count(data.n_items, 'item')}")
    except (ValueError, TypeError, OSError, MemoryError) as error:
        raise BadInput(one_line(error)) from None
    with step("auditing"):
        audited = audit(data)
    repeats = audited["check"] == "pairs given more than once"
    if read.n_merged:  # merged while reading, so that the audit could not see them
        audited.loc[repeats, ["value", "meaning"]] = read.n_merged, f"merged: --duplicates {args.duplicates}"
    comparison = comparing.cut(data)
    if comparison.split is not None:
        comparing.measure(comparison, read.liked_from, step)
    shown = comparing.list_for(data, args.user, comparison.best(), read.liked_from, step)
    made = {"command": shlex.join([*COMMAND.split(), *args.given]), "sha256": sha256, "versions": comparing.versions()}
    html = page.page(Path(args.file).name, read, audited, comparison, shown, **made)
    try:
        write(out, html, args.force)
    except OSError as error:
        raise BadInput(one_line(error)) from None
    return out, page.answer(comparison)


def main(argv=None):
    """The command. Returns its exit status: 0, 2 for input that cannot be used, 130 where it was interrupted."""
    argv = sys.argv[1:] if argv is None else list(argv)
    if hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(errors="replace")  # a terminal that has no −
    try:
        args = parser().parse_args(argv)
        args.given = argv
        out, answer = run(args, Progress(sys.stderr))
    except BadInput as error:
        print(f"recsys_lib: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("recsys_lib: interrupted, no page was written", file=sys.stderr)
        return 130
    print(f"{out}: {answer}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
