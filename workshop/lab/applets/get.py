"""``wget [-q] [-O FILE] [-T SECONDS] URL``: fetch over HTTP; ``-O -`` writes to the output."""

# pathlib would double the time to start
# ruff: noqa: PTH110, PTH112, PTH113, PTH118, PTH119, PTH123

import argparse
import os
import sys
import urllib.error
import urllib.request


def main(arguments):
    parser = argparse.ArgumentParser(prog="wget")
    parser.add_argument("-q", action="store_true")
    parser.add_argument("-S", action="store_true")
    parser.add_argument("-O", default="", metavar="FILE")
    parser.add_argument("-T", "--timeout", type=float, default=30, metavar="SECONDS")
    parser.add_argument("-t", "--tries", type=int, default=1, metavar="COUNT")
    parser.add_argument("url")
    o = parser.parse_args(arguments)
    url = o.url if "://" in o.url else f"http://{o.url}"
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(url, timeout=o.timeout) as answer:
            if o.S:
                print(f"  HTTP/1.1 {answer.status} {answer.reason}\n{answer.headers}".rstrip(), file=sys.stderr)
            data = answer.read()
    except urllib.error.HTTPError as error:
        print(f"wget: server returned error: HTTP/1.1 {error.code} {error.reason}", file=sys.stderr)
        return 1
    except (OSError, ValueError) as error:
        why = getattr(error, "reason", error)
        print(f"wget: can't connect to {url}: {getattr(why, 'strerror', None) or why}", file=sys.stderr)
        return 1
    if o.O == "-":
        sys.stdout.buffer.write(data)
    else:
        name = o.O or os.path.basename(url.partition("://")[2].partition("/")[2]) or "index.html"
        with open(name, "wb") as file:
            file.write(data)
        if not o.q:
            print(f"'{name}' saved", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
