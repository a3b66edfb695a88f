"""The audit of what is pinned tells "none is known" from "nobody could be asked"."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.audit import CLEAN, NOT_ASKED, VULNERABLE, ask, verdict

FINE = {"name": "dash", "version": "4.4.1", "vulns": []}
BAD = {"name": "diskcache", "version": "5.6.3", "vulns": [{"id": "CVE-2025-69872", "fix_versions": [], "aliases": []}]}
UNKNOWN = {"name": "flask", "skip_reason": "Dependency not found on PyPI and could not be audited: flask (3.1.3)"}
PINS = "diskcache==5.6.3 --hash=sha256:5e3bc3fa3d1d4b1a1cf3d2d9f8a0f3ac7d1fbbe5d4d5f0e3d2d9b1d2a2a1b0c0\n"
FLAW = {
    "id": "GHSA-w8v5-vhqr-4h9v",
    "modified": "2026-01-01T00:00:00Z",
    "affected": [
        {
            "package": {"name": "diskcache", "ecosystem": "PyPI"},
            "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "6.0"}]}],
            "versions": ["5.6.3"],
        }
    ],
}


def report(*packages: dict[str, Any]) -> str:
    return json.dumps({"dependencies": packages, "fixes": []})


@contextmanager
def service(answer: dict[str, Any]) -> Iterator[str]:
    """The address of a service that gives the same answer to every question, as OSV does."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            body = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/v1/query"
        finally:
            server.shutdown()
            thread.join()


def test_packages_that_have_no_known_vulnerability_are_counted() -> None:
    assert verdict(report(FINE, FINE), "") == (CLEAN, "2 packages have no known vulnerability")


def test_a_known_vulnerability_is_named_and_fails_also_where_others_could_not_be_asked_about() -> None:
    assert verdict(report(FINE, BAD, UNKNOWN), "") == (VULNERABLE, "diskcache 5.6.3: CVE-2025-69872 (no fix)")


def test_what_the_service_does_not_know_is_not_called_audited() -> None:
    told = "NOT AUDITED: 1 of 2 packages, for the service knew nothing: flask"
    assert verdict(report(FINE, UNKNOWN), "No known vulnerabilities found") == (NOT_ASKED, told)


@pytest.mark.parametrize("broken", ["", "[]", "null", '{"dependencies"'])
def test_a_report_that_broke_off_is_no_audit(broken: str) -> None:
    assert verdict(broken, "Traceback\nConnectionError: out of reach\n") == (
        NOT_ASKED,
        "NOT AUDITED: ConnectionError: out of reach",
    )
    assert verdict(broken, "") == (NOT_ASKED, "NOT AUDITED: there is no report")


def test_a_report_without_packages_is_no_audit() -> None:
    assert verdict(report(), "")[0] == NOT_ASKED


@pytest.fixture
def pins(tmp_path: Path) -> Path:
    file = tmp_path / "pins.txt"
    file.write_text(PINS)
    return file


def test_what_a_service_says_is_told(pins: Path) -> None:
    with service({"vulns": [FLAW]}) as url:
        told = ask(pins, "--vulnerability-service", "osv", "--osv-url", url)
    assert told == (VULNERABLE, "diskcache 5.6.3: GHSA-w8v5-vhqr-4h9v (fixed in 6.0)")
    with service({}) as url:
        assert ask(pins, "--vulnerability-service", "osv", "--osv-url", url)[0] == CLEAN


def test_a_service_out_of_reach_is_no_audit(pins: Path) -> None:
    code, words = ask(pins, "--vulnerability-service", "osv", "--osv-url", "http://127.0.0.1:9/v1/query")
    assert code == NOT_ASKED
    assert words.startswith("NOT AUDITED: ")
