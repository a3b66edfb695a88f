"""Whatever flags.csv holds, importing it raises nothing and accounts for every row."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, func, select

from dashapp.ingest.pipeline import How
from dashapp.ingest.ts_ops import KINDS, import_ts_ops
from dashapp.settings import Settings
from dashapp.store.schema import flag
from dashapp.store.writes import remove_origin

HEADER = ",".join(KINDS["flags"].columns).encode() + b"\n"

fields = st.sampled_from(
    [
        *(
            "F1",
            "F2",
            "2024-03-01",
            "2024-3-1",
            "2999-01-01",
            "spam",
            "low",
            "high",
            "allow",
            "auto_block",
            "0.5",
            "-1",
        ),
        *(
            "nan",
            "1e999",
            "True",
            "",
            " ",
            '"',
            '""',
            '"a',
            'a"',
            '"a,b"',
            '"a\nb"',
            "\r",
            "\n",
            "\0",
            "\x85",
            "é",
            "𝄞",
        ),
    ]
)
good = st.tuples(
    *(st.sampled_from(values) for values in (["F1", "F2", "F3"], ["2024-03-01", "2024-03-02"], ["spam", "fraud"])),
    *(st.sampled_from(values) for values in (["low", "high"], ["allow", "human_review"], ["", "R1"], ["", "3", "-3"])),
    *(st.sampled_from(values) for values in (["", "0.5", "2"], ["", "True"], ["", "A1"])),
)
rows = st.one_of(good, st.lists(fields, max_size=12)).map(lambda values: ",".join(values).encode())
files = st.one_of(
    st.binary(max_size=200),
    st.binary(max_size=200).map(lambda data: HEADER + data),
    st.lists(st.one_of(rows, st.binary(max_size=20)), max_size=8).map(lambda found: HEADER + b"\n".join(found)),
)


@pytest.mark.check(30)
@pytest.mark.parametrize("strict", [False, True])
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=files)
def test_any_bytes_are_accounted_for(
    writer: Engine, settings: Settings, tmp_path: Path, *, strict: bool, data: bytes
) -> None:
    (tmp_path / "flags.csv").write_bytes(data)
    with writer.begin() as connection:
        remove_origin(connection, "ts-ops")
    how = How("ts-ops", datetime(2024, 4, 1, tzinfo=UTC), settings.zone, settings.sla, strict=strict)
    report = import_ts_ops(writer, tmp_path, {}, how)
    [file] = report.files
    assert file.read == file.new + file.updated + file.seen + file.refused
    assert len(file.refusals) == max(file.refused, 0 if file.read else 1)
    with writer.connect() as connection:
        held = connection.scalar(select(func.count()).select_from(flag))
    assert held == (file.new if report.stored else 0)
    assert all(refusal.reason and (refusal.value is None or len(refusal.value) <= 160) for refusal in file.refusals)
