"""The pages for staff: signing in, who may see what, forms that only our pages can send, nothing personal in URLs."""

import datetime as dt
import importlib
import io
import json
import logging
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner

from exchange.pages import staff
from exchange.pages.sessions import LONGEST, Sessions
from exchange.pages.staff import FIRST_SECRET_LASTS, Profile, members
from exchange.pages.state import Refusals
from exchange.service.limits import Limits
from exchange.service.snapshot import TOO_OLD, Snapshots
from ibr.cli.main import cli
from ibr.errors import UsageProblem
from tests.pages import REGISTRY, add_people, password_of, publish, quick_passwords, served  # noqa: F401
from warehouse import audit
from warehouse.connection import attach

NOW = dt.datetime(2026, 7, 1, 9, tzinfo=dt.UTC)
PAGES = ["/", "/tables", "/tables.csv", "/tables.xlsx", "/enquiry", "/review", "/review/case/x", "/password"]


@pytest.fixture(scope="module")
def home(tmp_path_factory) -> Path:
    home = tmp_path_factory.mktemp("pages") / "home"
    publish(home)
    return home


@pytest.fixture(scope="module")
def secrets(home) -> dict[str, str]:
    return add_people(home)


@pytest.fixture(scope="module")
def browser(home):
    with served(home) as browser:
        yield browser


@pytest.fixture(scope="module")
def people(browser, secrets) -> dict:
    """A browser of each person, signed in with a password of their own."""
    return {name: browser().enter(name, secret) for name, secret in secrets.items()}


def test_without_a_session_every_page_leads_to_the_entrance(browser):
    for path in PAGES:
        answer = browser().get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in"), path


def test_every_page_bears_the_headers_and_nothing_comes_from_elsewhere(browser, people):
    for answer in (browser().get("/sign-in"), people["Amina"].get("/"), people["Amina"].get("/assets/pages.css"),
                   people["Amina"].get("/public/"), people["Amina"].get("/review/case/none")):  # fmt: skip
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert answer.headers["x-frame-options"] == "DENY"
    assert people["Amina"].get("/").headers["cache-control"] == "no-store"
    page = people["Amina"].get("/").text
    assert "://" not in page.replace("http://www.w3.org", "")
    assert " style=" not in page
    assert len(page) < 100_000


def test_who_has_signed_in_is_told_that_a_publication_is_too_old(browser, people, monkeypatch):
    assert 'role="alert"' not in people["Amina"].get("/").text
    monkeypatch.setattr(Snapshots, "problem", TOO_OLD)
    monkeypatch.setattr(Snapshots, "age", dt.timedelta(days=4, hours=3))
    for path in ("/", "/tables", "/enquiry"):
        assert "What you see is 4 days old" in people["Amina"].get(path).text, path
    assert "days old" not in browser().get("/sign-in").text


def test_the_first_secret_opens_only_the_choice_of_a_password(home, browser):
    secret = staff.add(home, "New Person", Profile.SECRETARIAT, None, None, dt.datetime.now(dt.UTC))
    new = browser()
    assert new.sign_in("new  person", secret).headers["location"] == "/"
    assert new.get("/").headers["location"] == "/password"
    for chosen in ("short", secret, "New  Person"):
        assert new.send("/password", password=chosen, again=chosen).status_code == 422
    assert new.send("/password", password="long enough words", again="long enough word").status_code == 422
    new.send("/password", password="long enough words", again="long enough words")
    assert new.get("/").status_code == 200
    assert browser().sign_in("New Person", secret).status_code == 403
    assert browser().sign_in("New Person", "long enough words").status_code == 303


def test_a_first_secret_ends_and_who_is_removed_is_out_at_once(home, browser):
    past = dt.datetime.now(dt.UTC) - FIRST_SECRET_LASTS - dt.timedelta(minutes=1)
    late = staff.add(home, "Late", Profile.SECRETARIAT, None, None, past)
    assert browser().sign_in("Late", late).status_code == 403
    gone = browser().enter("Gone", staff.add(home, "Gone", Profile.SECRETARIAT, None, None, dt.datetime.now(dt.UTC)))
    staff.remove(home, "gone")
    assert gone.get("/").headers["location"] == "/sign-in?over=1"
    staff.add(home, "Gone", Profile.COUNTY, None, "2", dt.datetime.now(dt.UTC))
    assert gone.get("/").headers["location"] == "/sign-in?over=1"
    assert browser().sign_in("Gone", password_of("Gone")).status_code == 403


def test_unknown_names_and_wrong_passwords_look_alike_and_attempts_end(home, browser, people):
    wrong, unknown = browser().sign_in("Amina", "no"), browser().sign_in("Nobody", "no")
    assert (wrong.status_code, unknown.status_code) == (403, 403)
    assert wrong.text.split("<main")[1].split("<form")[0] == unknown.text.split("<main")[1].split("<form")[0]
    assert audit.last(home, "staff_sign_in_refused").actor == "unknown"
    tried = browser()
    answers = [tried.sign_in("Baraka", "no").status_code for _ in range(12)]
    assert answers[-1] == 429
    assert tried.sign_in("Baraka", password_of("Baraka")).status_code == 429


def test_who_signs_in_has_all_attempts_again(home, browser):
    secret = staff.add(home, "Forgetful", Profile.SECRETARIAT, None, None, dt.datetime.now(dt.UTC))
    tried = browser()
    for _ in range(2):
        assert {tried.sign_in("Forgetful", "no").status_code for _ in range(9)} == {403}
        assert tried.sign_in("Forgetful", secret).status_code == 303


def test_refused_sign_ins_cannot_fill_the_trail(tmp_path, monkeypatch):
    monkeypatch.setattr("exchange.pages.state._REFUSALS", (1 / 60, 2))
    clock = [0.0]
    monkeypatch.setattr("exchange.pages.state.Limits", lambda *rate: Limits(*rate, lambda: clock[0]))
    refusals, told = Refusals(tmp_path), []
    for _ in range(50):
        refusals.tell("Amina")
        told.append(audit.head(tmp_path).sequence)
    assert told[:3] == [1, 2, 2]
    assert told[-1] == 2
    clock[0] = 60.0
    refusals.tell("unknown")
    event = audit.last(tmp_path, "staff_sign_in_refused")
    assert (event.sequence, event.actor, event.details) == (3, "several", {"refused": 49})


def test_cookies_are_for_the_server_alone_and_secure_but_on_this_machine(browser):
    for base, is_secure in (("http://127.0.0.1", False), ("https://registry.example", True)):
        (cookie,) = browser(base).get("/sign-in").headers.get_list("set-cookie")
        assert "HttpOnly" in cookie
        assert "SameSite=strict" in cookie
        assert ("Secure" in cookie) == is_secure


@pytest.mark.parametrize("header", ["X-Forwarded-For", "X-Forwarded-Proto", "Forwarded"])
def test_cookies_are_secure_behind_a_proxy_that_passes_no_host_on(browser, header):
    (cookie,) = browser("http://127.0.0.1").get("/sign-in", headers={header: "x"}).headers.get_list("set-cookie")
    assert "Secure" in cookie


@pytest.mark.parametrize("path", ["/enquiry", "/sign-out", "/password", "/review/case/x", "/review/back/x"])
def test_a_form_without_its_token_or_with_anothers_does_nothing(browser, people, path):
    others = people["Wanja"].token("/enquiry")
    for form in ({}, {"form_token": ""}, {"form_token": others}):
        answer = people["Amina"].post(path, form | {"national_id": "20413377", "purpose": "desk"})
        assert answer.status_code == 403
        assert "P1" not in answer.text
    assert browser().post("/sign-in", {"name": "Amina", "password": password_of("Amina")}).status_code == 403
    assert people["Amina"].get("/").status_code == 200


def test_a_session_ends_by_doing_nothing_and_by_the_end_of_the_day(tmp_path):
    sessions = Sessions(tmp_path, dt.timedelta(minutes=20))
    member = staff.Member("A", Profile.SECRETARIAT, None, None, "kept", "")
    token = sessions.begin(member, NOW)
    assert sessions.find(token, NOW + dt.timedelta(minutes=19))
    assert sessions.find(token, NOW + dt.timedelta(minutes=38))
    assert not sessions.find(token, NOW + dt.timedelta(minutes=59))
    busy = sessions.begin(member, NOW)
    for minutes in range(0, 600, 15):
        assert sessions.find(busy, NOW + dt.timedelta(minutes=minutes))
    assert not sessions.find(busy, NOW + LONGEST + dt.timedelta(minutes=1))
    assert token.encode() not in (tmp_path / "service.sqlite").read_bytes()
    assert (tmp_path / "service.sqlite").stat().st_mode & 0o077 == 0


def test_signing_out_ends_the_session_on_the_server(browser, people):
    visitor = browser()
    visitor.sign_in("Wanja", password_of("Wanja"))
    kept = dict(visitor.client.cookies)
    assert visitor.send("/sign-out", at="/enquiry").status_code == 303
    visitor.client.cookies.update(kept)
    assert visitor.get("/").status_code == 303


def test_a_program_and_a_county_see_their_own_numbers_and_the_secretariat_all(people):
    amina, otieno, wanja = (people[name].get("/").text for name in ("Amina", "Otieno", "Wanja"))
    assert "7,654,321" in amina
    assert "Grant of the other" in amina
    assert "7,654,321" not in otieno + wanja
    assert "Grant of the other" not in otieno
    assert "70,0" not in otieno
    assert "Grant of the other" in wanja
    # Of both counties in May 10 + 5 and 20 + 5; of its own alone 15.
    assert ">40<" in otieno
    assert ">15<" in wanja
    assert ">40<" not in wanja


def test_a_table_by_two_variables_adds_up_and_goes_out_as_csv_and_excel(people):
    query = "subject=payroll&row=check&column=county&measure=amount_at_stake"
    page = people["Amina"].get(f"/tables?{query}").text
    assert "South &lt;b&gt;" in page
    lines = people["Amina"].get(f"/tables.csv?{query}").content.decode("utf-8-sig").splitlines()
    assert lines[0] == "Check,North,South <b>,Total"
    assert lines[1:] == ["'=cmd(),9000,,9000", "never collected,,2000,2000", "shared account,13000,,13000",
                         "Total,22000,2000,24000"]  # fmt: skip
    answer = people["Amina"].get(f"/tables.xlsx?{query}")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.content)).active
    assert [cell.value for cell in sheet[4]] == ["Check", "North", "South <b>", "Total"]
    assert (sheet["A5"].value, sheet["A5"].data_type, sheet["D8"].value) == ("=cmd()", "s", 24000)


def test_a_table_of_a_program_holds_its_own_rows_whatever_is_asked(people):
    query = "subject=payroll&row=program&column=county&measure=amount_at_stake"
    own = people["Otieno"].get(f"/tables.csv?{query}").text
    assert own.splitlines()[1:] == ["PENSION,4000,2000,6000", "Total,4000,2000,6000"]
    other = people["Otieno"].get("/tables.csv?subject=payroll&row=check&program=GRANT").text
    assert "9000" not in other
    county = people["Wanja"].get("/tables.csv?subject=payroll&row=county").text
    assert "South" not in county
    assert "verification" not in people["Wanja"].get("/tables").text  # its file has no names to count


def test_what_is_not_declared_reaches_no_statement_and_no_trail(home, people):
    for asked in ("row=full_name", "column=national_id", "measure=count(*)", "subject=dim_person", "row='; drop",
                  "subject=payroll&county=' OR 1=1 --"):  # fmt: skip
        answer = people["Amina"].get(f"/tables?{asked}")
        assert answer.status_code == 200
        assert "Akinyi" not in answer.text
    assert "OR 1=1" not in str(audit.last(home, "tabulated").details)


def test_people_counted_under_several_are_not_added_up(people):
    coverage = people["Amina"].get("/tables.csv?subject=coverage&row=county").text
    assert coverage.splitlines()[1].startswith("North,80,20,60")  # of any program, not of all of them together
    by_program = people["Amina"].get("/tables.csv?subject=coverage&row=program&column=sex&measure=eligible").text
    assert "Total," not in by_program


def test_a_payment_cycle_says_whose_it_is_where_programs_stand_beside_each_other(people):
    of_all = people["Amina"].get("/tables.csv?subject=receipt&row=cycle").text
    of_one = people["Amina"].get("/tables.csv?subject=receipt&row=cycle&program=PENSION").text
    assert [line.split(",")[0] for line in of_all.splitlines()[1:3]] == ["Jan 2026 (GRANT)", "Jan 2026 (PENSION)"]
    assert [line.split(",")[0] for line in of_one.splitlines()[1:3]] == ["Jan 2026", "Feb 2026"]


def test_an_enquiry_tells_benefits_and_payments_and_is_on_record_with_its_purpose(home, people):
    page = people["Amina"].send("/enquiry", national_id="20413377", purpose="payment query").text
    assert "mis_a:e1" in page
    assert "XTS 4,000" in page
    event = audit.last(home, "enquired")
    assert (event.actor, event.details["purpose"], event.subjects) == ("Amina", "payment query", ["P1"])


def test_an_enquiry_takes_its_part_of_the_machine_alone(people, monkeypatch):
    seen, module = [], importlib.import_module("exchange.enquiries.enquire")

    def looked(con, *rest):
        seen.append(con.execute("SELECT current_setting('memory_limit'), current_setting('threads')").fetchone())
        return attach(con, *rest)

    monkeypatch.setattr(module, "attach", looked)
    assert people["Amina"].send("/enquiry", national_id="20413377", purpose="desk").status_code == 200
    assert seen == [("953.6 MiB", 2)]


@pytest.mark.parametrize(
    ("given", "words"),
    [({"national_id": "20413377"}, "Write why you ask"), ({"purpose": "desk"}, "Nobody was asked for"),
     ({"full_name": "Grace Akinyi", "purpose": "asks for Akinyi"}, "leave names and numbers"),
     ({"national_id": "20413377", "purpose": "20413377"}, "leave names and numbers"),
     ({"full_name": "Grace Akinyi", "birth_date": "1950-13-01", "purpose": "desk"}, "is no date")],
)  # fmt: skip
def test_without_a_purpose_or_a_person_nothing_is_looked_up(home, people, given, words):
    before = audit.last(home, "enquired")
    answer = people["Baraka"].send("/enquiry", **given)
    assert answer.status_code == 422
    assert words in answer.text
    assert audit.last(home, "enquired") == before


def test_not_found_and_could_not_check_look_different(people):
    not_found = people["Amina"].send("/enquiry", national_id="99999998", purpose="desk").text
    unchecked = people["Amina"].send("/enquiry", national_id="1", purpose="desk").text
    assert 'class="notice not_found"' in not_found
    assert "It was looked for, and nobody fits" in not_found
    assert 'class="notice could_not_check"' in unchecked
    assert "says nothing about the person" in unchecked
    assert "looked for, and nobody fits" not in unchecked


def test_another_programs_details_and_another_countys_people_never_appear(people):
    page = people["Otieno"].send("/enquiry", national_id="20413377", purpose="desk").text
    assert "mis_a:e1" in page
    assert "of another program or county" in page
    assert "mis_b" not in page.split("<footer")[0]
    # Halima is in the other county, and Nobody nowhere: the same answer.
    for name in ("Halima Noor", "Nobody Nowhere"):
        page = people["Wanja"].send("/enquiry", full_name=name, birth_date="1985-07-15", purpose="desk").text
        assert "Not found among these records" in page
        assert "P5" not in page


def test_particulars_are_in_no_url_log_or_trail(home, people, caplog):
    with caplog.at_level(logging.DEBUG):
        answer = people["Amina"].send(
            "/enquiry", national_id="20413377", full_name="Zuhura Canary", birth_date="1950-03-28", purpose="desk"
        )
        failing = people["Amina"].get("/enquiry?full_name=Zuhura+Canary&purpose=desk")
    assert "P1" in answer.text
    assert "P1" not in failing.text  # a URL asks nothing
    trail = (home / "audit" / "events.jsonl").read_text()
    # The client's own log names the URL that a person typed; ours does not.
    ours = " ".join(one.getMessage() for one in caplog.records if not one.name.startswith(("httpx", "httpcore")))
    for value in ("20413377", "Canary", "1950-03-28"):
        assert value not in trail + ours


def test_a_failure_is_a_page_without_the_values_that_made_it(people, monkeypatch, caplog):
    def fail(*_, **__):
        raise ValueError("Zuhura Canary 20413377")

    monkeypatch.setattr("exchange.pages.enquiry.enquire", fail)
    answer = people["Amina"].send("/enquiry", national_id="20413377", purpose="desk")
    assert answer.status_code == 500
    assert "says nothing about anybody" in answer.text
    logged = " ".join(one.getMessage() for one in caplog.records if one.name == "ibr.pages")
    assert "ValueError" in logged
    assert "Canary" not in answer.text + caplog.text


def test_one_person_cannot_go_through_a_list_of_people(home, browser):
    new = browser().enter("Busy", staff.add(home, "Busy", Profile.COUNTY, None, "2", dt.datetime.now(dt.UTC)))
    form = {"form_token": new.token("/enquiry"), "purpose": "desk"}  # nobody is named: nothing is looked up
    answers = [new.post("/enquiry", form).status_code for _ in range(40)]
    assert answers[0] == 422
    assert answers[-1] == 429


def test_the_language_is_chosen_and_kept_and_else_the_browsers(browser):
    visitor = browser()
    assert '<html lang="fr">' in visitor.get("/sign-in", headers={"Accept-Language": "de, fr-CA;q=0.9"}).text
    assert '<html lang="sw">' in visitor.get("/sign-in?lang=sw").text
    assert '<html lang="sw">' in visitor.get("/sign-in", headers={"Accept-Language": "fr"}).text
    assert '<html lang="sw">' in visitor.get("/sign-in?lang=xx").text


def test_the_public_pages_are_served_and_nothing_beside_them(home, browser):
    (home / "public").mkdir()
    (home / "public" / "index.html").write_text("<h1>For all</h1>")
    assert "For all" in browser().get("/public/").text
    for path in ("/public/../registry.yml", "/public/%2e%2e/registry.yml", "/assets/../registry.yml", "/assets/x"):
        answer = browser().get(path)
        assert answer.status_code == 404
        assert "Testland" not in answer.text


def test_a_form_that_is_too_large_or_not_readable_is_refused(people):
    token = people["Amina"].token("/enquiry")
    large = people["Amina"].post("/enquiry", {"form_token": token, "purpose": "x" * 40_000})
    assert large.status_code == 413
    odd = people["Amina"].client.post("/enquiry", content=b"form_token=%FF")
    assert people["Amina"]._loop.run_until_complete(odd).status_code == 400


def test_where_nothing_is_published_the_pages_could_not_check(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "registry.yml").write_text(REGISTRY)
    with served(home) as browser:
        visitor = browser().enter("Amina", add_people(home)["Amina"])
        for path in ("/", "/tables", "/review"):
            answer = visitor.get(path)
            assert answer.status_code == 503
            assert "says nothing about anybody" in answer.text
        answer = visitor.send("/enquiry", national_id="20413377", purpose="desk")
        assert 'class="notice could_not_check"' in answer.text


@pytest.mark.parametrize(
    ("who", "words"),
    [((Profile.PROGRAM, None, None), "needs --program"), ((Profile.COUNTY, None, None), "needs --county"),
     ((Profile.SECRETARIAT, "PENSION", None), "for the profile program alone"),
     ((Profile.COUNTY, None, "../1"), "no code of a county")],
)  # fmt: skip
def test_who_is_added_has_what_the_profile_needs(tmp_path, who, words):
    with pytest.raises(UsageProblem, match=words):
        staff.add(tmp_path, "Somebody", *who, NOW)
    assert members(tmp_path) == []


def test_people_are_added_by_the_command_and_their_secret_is_shown_once(tmp_path):
    (tmp_path / "registry.yml").write_text(REGISTRY)

    def ibr(*arguments: str):
        return CliRunner().invoke(cli, ["service", "staff", *arguments, "--home", str(tmp_path)])

    made = json.loads(ibr("add", "Peter Kamau", "--profile", "program", "--program", "GRANT", "--json").output)
    (member,) = members(tmp_path)
    assert staff.fits(made["secret"], member.secret)
    assert made["secret"] not in staff.file(tmp_path).read_text() + ibr("list").output
    assert staff.file(tmp_path).stat().st_mode & 0o077 == 0
    assert audit.last(tmp_path, "staff_added").details["program"] == "GRANT"
    assert [one["name"] for one in json.loads(ibr("list", "--json").output)] == ["Peter Kamau"]
    assert isinstance(ibr("add", "peter  kamau", "--profile", "secretariat").exception, UsageProblem)
    assert isinstance(ibr("add", "Other", "--profile", "program", "--program", "NONE").exception, UsageProblem)
    assert ibr("remove", "Peter Kamau").exit_code == 0
    assert members(tmp_path) == []
