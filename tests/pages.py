"""The service's pages for tests: a small publication, people of each profile, and a browser without a screen."""

import asyncio
import datetime as dt
import re
from collections.abc import Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import duckdb
import httpx
import pytest

from exchange.pages import staff
from exchange.pages.staff import Profile
from exchange.service.app import make_app
from ibr.workspace import Workspace

_SQL = Path(__file__).parent / "integration"
CONTENT = "".join((_SQL / name).read_text("utf-8") for name in ("enquiry_publication.sql", "pages_publication.sql"))
REGISTRY = """
country: Testland
currency: XTS
reporting_date: 2026-06-30
programs:
  PENSION: {name: Pension, benefit_unit: person}
  GRANT: {name: Grant of the other, benefit_unit: household}
service: {enabled: true, max_age_hours: 1000000}
sources:
  mis_a: {name: A, kind: mis, url: "sqlite:///a.db", programs: [PENSION], tables: {persons: {key: [id]}}}
  mis_b: {name: B, kind: mis, url: "sqlite:///b.db", programs: [GRANT], tables: {persons: {key: [id]}}}
"""
PEOPLE = {
    "Amina": (Profile.SECRETARIAT, None, None), "Baraka": (Profile.SECRETARIAT, None, None),
    "Otieno": (Profile.PROGRAM, "PENSION", None), "Wanja": (Profile.COUNTY, None, "1"),
}  # fmt: skip
VERSION = "20260701T010000Z"


def publish(home: Path) -> Path:
    """A workspace with a publication for the secretariat and for two counties; its folder."""
    folder = home / "published" / VERSION
    folder.mkdir(parents=True)
    (home / "registry.yml").write_text(REGISTRY, encoding="utf-8")
    (home / "tmp").mkdir(exist_ok=True)
    for name in ("secretariat", "county_1", "county_2"):
        with duckdb.connect(str(folder / f"{name}.duckdb")) as con:
            con.execute(CONTENT)
            for (table,) in con.execute(
                "SELECT table_name FROM duckdb_columns() WHERE column_name = 'county_code' AND schema_name = 'marts'"
            ).fetchall():
                if name != "secretariat":
                    con.execute(f'DELETE FROM marts."{table}" WHERE county_code <> ?', [name[-1]])
            if name != "secretariat":
                con.execute("DROP TABLE marts.rpt_kpis; DROP TABLE marts.rpt_verification")
    (home / "published" / "current").symlink_to(VERSION)
    return folder


def small_queue(folder: Path) -> None:
    """Three cases of a review queue in a publication's folder, as `build_queue` writes them."""
    (folder / "review").mkdir()
    with duckdb.connect(str(folder / "review" / "queue.duckdb")) as con:
        con.execute(
            """
            CREATE TABLE cases AS
            SELECT
                'mis_a:' || i AS record_id_l, 'mis_b:' || i AS record_id_r, 'GRANT and PENSION' AS programs,
                'names' AS match_key, 0.9 - i / 10 AS match_probability, false AS is_one_person,
                NULL::VARCHAR AS beside, 4000.0 AS amount_at_stake,
                [{'program': 'PENSION', 'exception_id': 'E' || i, 'status': 'open'}] AS asked,
                NULL::STRUCT(decision VARCHAR, decided_by VARCHAR, decided_on DATE, comment VARCHAR)[] AS said,
                NULL::VARCHAR[] AS said_by, NULL::VARCHAR AS state,
                i AS place, left(sha256(i::VARCHAR), 20) AS case_id
            FROM range(1, 4) AS numbers (i);
            CREATE TABLE records AS
            SELECT
                unnest([record_id_l, record_id_r]) AS record_id,
                unnest(['Grace Akinyi', 'Grase Akinyi Odhiambo']) AS full_name,
                'F' AS sex, '1950-03-28' AS birth_date, '20413377' AS national_id, NULL AS birth_certificate_no,
                '+254712345678' AS phone, 'head' AS relationship, 'North, by the river' AS area,
                'Otieno Akinyi, Achieng Akinyi' AS household, 'PENSION' AS program
            FROM cases;
            CREATE TABLE evidence AS
            SELECT record_id_l, record_id_r,
                ['  given name: same      +8.1', '  together              +2.9'] AS evidence
            FROM cases;
            """
        )


@pytest.fixture(scope="module", autouse=True)
def quick_passwords() -> Iterator[None]:
    """Passwords that are cheap to try: a test tries many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(staff._COST, "n", 2)
        yield


def add_people(home: Path) -> dict[str, str]:
    """People of each profile, and the first secret of each."""
    return {name: staff.add(home, name, *who, dt.datetime.now(dt.UTC)) for name, who in PEOPLE.items()}


class Visitor:
    """A browser without a screen or scripts, at an application in this process."""

    def __init__(self, client: httpx.AsyncClient, loop: asyncio.AbstractEventLoop) -> None:
        self.client, self._loop = client, loop

    def get(self, path: str, **more) -> httpx.Response:
        return self._loop.run_until_complete(self.client.get(path, **more))

    def post(self, path: str, form: dict[str, str], **more) -> httpx.Response:
        return self._loop.run_until_complete(self.client.post(path, data=form, **more))

    def token(self, path: str) -> str:
        """The token in the last form of a page."""
        found = re.findall(r'name="form_token" value="([^"]+)"', self.get(path).text)
        assert found, f"no form at {path}"
        return found[-1]

    def send(self, path: str, at: str | None = None, **fields: str) -> httpx.Response:
        """Fill the form of a page, and send it."""
        return self.post(path, {"form_token": self.token(at or path)} | fields)

    def sign_in(self, name: str, password: str) -> httpx.Response:
        return self.send("/sign-in", name=name, password=password)

    def enter(self, name: str, secret: str) -> "Visitor":
        """Sign in for the first time, and choose a password."""
        self.sign_in(name, secret)
        assert self.send("/password", password=password_of(name), again=password_of(name)).status_code == 303
        return self


def password_of(name: str) -> str:
    return f"four words for {name}"


@contextmanager
def served(home: Path) -> Iterator[callable]:
    """An application in this process; call it for a browser, each with its own cookies."""

    @asynccontextmanager
    async def running():
        app = make_app(Workspace.at(home))
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with app.router.lifespan_context(app):
            yield lambda base="http://127.0.0.1": httpx.AsyncClient(transport=transport, base_url=base)

    with asyncio.Runner() as runner:
        loop, context = runner.get_loop(), running()
        clients = loop.run_until_complete(context.__aenter__())
        yield lambda *base: Visitor(clients(*base), loop)
        loop.run_until_complete(context.__aexit__(None, None, None))
