"""The files that it is deployed with say what the code says."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML
from sqlalchemy import Engine

from dashapp.settings import Settings
from tests.rehearse import Rehearsal, instructions
from tests.web.test_prometheus import Samples, client, scrape  # noqa: F401 # the fixture

ROOT = Path(__file__).resolve().parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
STEPS = instructions(DOCKERFILE)
UNITS = ("watchfloor.service", "watchfloor-worker.service")


def all_of(word: str) -> list[str]:
    return [rest for step, rest in STEPS if step == word]


def yaml(name: str) -> Any:
    return YAML(typ="safe").load((ROOT / name).read_text())


def test_the_rehearsal_knows_every_instruction_of_the_dockerfile() -> None:
    assert [word for word, _ in STEPS if not hasattr(Rehearsal, f"_{word.lower()}")] == []


def test_the_rehearsal_follows_the_instructions_in_order(tmp_path: Path) -> None:
    image = Rehearsal(tmp_path)
    image.build(
        "# an image\nFROM base AS first\nCOPY LICENSE /srv/\nRUN useradd somebody && \\\n    echo one > /srv/told\n"
        "FROM base\nWORKDIR /srv/app\nCOPY --from=first /srv/told /srv/told\nCOPY pages ./pages\nENV A=1 B=/srv/b\n"
        'RUN echo "$A $B" >> /srv/told\nHEALTHCHECK --retries=2 CMD ["true"]\nCMD ["echo", "served"]\n'
    )
    assert (tmp_path / "srv" / "LICENSE").is_file()
    assert (tmp_path / "srv" / "app" / "pages" / "overview.py").is_file()
    assert (tmp_path / "srv" / "told").read_text() == f"one\n1 {tmp_path}/srv/b\n"
    assert image.passes()
    assert image.command[1:] == ["served"]


def test_the_image_installs_what_is_pinned_and_serves_as_nobody_special() -> None:
    assert any("--require-hashes -r /srv/requirements.txt" in command for command in all_of("RUN"))
    assert all_of("USER") == ["10001"]
    assert "/readyz" in all_of("HEALTHCHECK")[0]
    assert (all_of("CMD"), all_of("STOPSIGNAL")) == (['["python", "-m", "dashapp", "serve"]'], ["SIGTERM"])


def test_docker_is_given_exactly_what_the_image_is_made_of() -> None:
    given = re.findall(r"^!(\S+)", (ROOT / ".dockerignore").read_text(), re.MULTILINE)
    copied = [source for rest in all_of("COPY") if "--from" not in rest for source in rest.split()[:-1]]
    assert sorted(given) == sorted(copied)
    assert [name for name in given if not (ROOT / name).exists()] == []


def test_in_compose_nobody_reaches_the_pages_but_through_the_proxy() -> None:
    services = yaml("compose.yaml")["services"]
    assert services["web"]["network_mode"] == "service:proxy"
    assert [name for name, service in services.items() if "ports" in service] == ["proxy"]
    assert "HOST" not in services["web"]["environment"]
    assert services["web"]["environment"]["AUTH"] == "${AUTH:-password}"


@pytest.mark.check(19)
def test_each_proxy_is_counted_once_and_says_itself_who_asked_and_how() -> None:
    assert yaml("compose.yaml")["services"]["web"]["environment"]["TRUSTED_PROXIES"] == "1"
    nginx = (ROOT / "deploy" / "nginx.conf").read_text()
    headers = dict(re.findall(r"proxy_set_header (\S+) (\S+);", nginx))
    assert headers["X-Forwarded-For"] == "$remote_addr"
    assert headers["X-Forwarded-Proto"] == "$scheme"
    assert headers["Host"] == "$http_host"  # $host leaves the port out, and who signs in comes from another site then
    assert "X-Forwarded" not in re.sub("#.*", "", (ROOT / "deploy" / "Caddyfile").read_text())  # which it sets anyway


@pytest.mark.parametrize("name", ["compose.yaml", *(f"deploy/{unit}" for unit in UNITS), "Dockerfile"])
def test_every_variable_that_is_set_for_it_is_one_that_it_reads(name: str) -> None:
    known = {field.upper() for field in Settings.model_fields} | {
        "PATH",
        "POSTGRES_DB",
        "POSTGRES_PASSWORD",
        "POSTGRES_USER",
        "PROMETHEUS_MULTIPROC_DIR",
        "PYTHONUNBUFFERED",
        "SITE",
    }
    text = (ROOT / name).read_text()
    assigned = re.findall(r"(?:^ENV |^Environment=|^ {4,6}|\s)([A-Z][A-Z_]{2,})(?::|=)(?= |\S)", text, re.MULTILINE)
    assert set(assigned) - known == set()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="there is no systemd")
@pytest.mark.parametrize("name", UNITS)
def test_systemd_finds_nothing_wrong_with_the_units(name: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / ".venv" / "bin").mkdir(parents=True)
    (home / ".venv" / "bin" / "python").symlink_to("/bin/true")
    for unit in UNITS:
        text = (ROOT / "deploy" / unit).read_text().replace("/srv/watchfloor", str(home))
        (tmp_path / unit).write_text(text)
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)], capture_output=True, text=True, check=False
    )
    assert (found.returncode, found.stderr) == (0, "")


def test_the_units_give_requests_longer_to_end_than_the_server_does() -> None:
    text = (ROOT / "deploy" / UNITS[0]).read_text()
    assert Settings.model_fields["export_seconds"].default + 30 < 11 * 60
    assert "TimeoutStopSec=11min" in text
    assert yaml("compose.yaml")["services"]["web"]["stop_grace_period"] == "11m"


def test_alerts_are_on_metrics_that_there_are(client: Any, writer: Engine) -> None:  # noqa: F811 # it is the fixture
    client.get("/metrics")
    text = client.get("/metrics").text
    names = set(re.findall(r"^# TYPE (watchfloor_\w+)", text, re.MULTILINE))
    rules = [rule for group in yaml("deploy/prometheus-rules.yaml")["groups"] for rule in group["rules"]]
    used = {name for rule in rules for name in re.findall(r"watchfloor_\w+", rule["expr"])}
    assert len(rules) == 9
    assert {name for name in used if name not in names and name.removesuffix("_bucket") not in names} == set()
    assert all({"alert", "expr", "labels", "annotations"} <= set(rule) for rule in rules)
