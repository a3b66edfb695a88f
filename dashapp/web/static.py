"""Scripts and styles ready to send: compressed ahead of time, cached for a year under names that change with them."""

import logging
import re
import shutil
import tempfile
from hashlib import sha256
from pathlib import Path
from wsgiref.headers import Headers

from dash import Dash
from flask_compress import Compress
from whitenoise import WhiteNoise
from whitenoise.compress import Compressor

from dashapp.settings import ROOT
from dashapp.web.desk import EXTENSION
from dashapp.web.inside import inside
from dashapp.web.security import headers

log = logging.getLogger(__name__)

PLOTLY = "/assets/plotly-cartesian-4.1.1.min.js"
"""The part of plotly.js that has the charts we draw, a third of the whole. INDEX of dashapp.app leads Dash to it."""
UNNAMED = ("/_dash-component-suites/dash/dcc/async-graph.js", "/assets/fonts/inter-latin.woff2")
"""What pages ask for that their HTML does not name."""
NAMED = re.compile(r'(?:src|href)="(/(?:assets|_dash-component-suites)/[^"]+)"')
UNCHANGING = re.compile(r"^/assets/|\.v[\w-]+m[0-9a-f]+\.")
"""Addresses whose content never changes: with a fingerprint in the name, or for assets in the query."""
KEPT = 2
"""Sets of copies that stay: the one in use, and the one that a server still running may use."""


def fingerprint(asset: str) -> str:
    """The address of an asset, with a query that changes with its content."""
    return f"/assets/{asset}?m={sha256((ROOT / 'assets' / asset).read_bytes()).hexdigest()[:12]}"


def compress_answers(app: Dash) -> None:
    """Compress pages and callbacks' answers as they are made; exports are streamed as they are."""
    app.server.config.update(
        COMPRESS_ALGORITHM=["br", "gzip"], COMPRESS_BR_LEVEL=4, COMPRESS_GZIP_LEVEL=5, COMPRESS_STREAMS=False
    )
    Compress(app.server)


def publish(app: Dash, folder: Path) -> None:
    """Serve what the pages load from compressed copies below `folder`; where that cannot be written, as it is."""
    files = _files(app)
    digest = sha256(b"".join(url.encode() + sha256(data).digest() for url, data in sorted(files.items()))).hexdigest()
    copies = folder / digest[:16]
    try:
        if not copies.is_dir():
            _write(files, copies)
        _prune(folder, copies)
    except OSError as error:
        log.warning("static files are served uncompressed: %s", error)
        return
    server = app.server
    own = headers(server.extensions[EXTENSION].settings)

    def add(sent: Headers, _path: str, _url: str) -> None:
        for name, value in own.items():
            sent[name] = value

    server.wsgi_app = WhiteNoise(
        server.wsgi_app,
        root=str(copies),
        allow_all_origins=False,
        add_headers_function=add,
        immutable_file_test=lambda _path, url: bool(UNCHANGING.search(url)),
    )


def _files(app: Dash) -> dict[str, bytes]:
    """What the pages load, by address without query, as the app itself answers."""
    client = inside(app.server)

    def read(url: str) -> bytes:
        with client.get(url) as answer:
            data: bytes = answer.data
            return data

    named = NAMED.findall(read("/").decode())
    return {url.partition("?")[0]: read(url) for url in (*named, PLOTLY, *UNNAMED)}


def _write(files: dict[str, bytes], copies: Path) -> None:
    """Write the files and their compressed forms; others see all of them or none."""
    copies.parent.mkdir(parents=True, exist_ok=True)
    making = Path(tempfile.mkdtemp(dir=copies.parent))
    compressor = Compressor(quiet=True)
    for url, data in files.items():
        path = making / url.removeprefix("/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        if compressor.should_compress(path.name):
            list(compressor.compress(str(path)))
    try:
        making.rename(copies)
    except OSError:  # another process was first
        shutil.rmtree(making)
        if not copies.is_dir():
            raise


def _prune(folder: Path, copies: Path) -> None:
    """Remove the copies of earlier versions."""
    others = sorted((one for one in folder.iterdir() if one != copies), key=lambda one: -one.stat().st_mtime)
    for old in others[KEPT - 1 :]:
        shutil.rmtree(old, ignore_errors=True)
