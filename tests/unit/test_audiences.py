"""Who may have what: the policy as it is checked, and the keys of pseudonyms."""

import stat

import pytest

from ibr import secrets
from ibr.errors import ConfigurationProblem, UsageProblem
from warehouse.audiences.policy import NumberAudience, RowAudience, Treatment, load_policy
from warehouse.audiences.pseudonyms import Key, key_of, rotate, secret_name, version_of
from warehouse.audiences.sensitivity import Sensitivity, declarations


@pytest.fixture(autouse=True)
def keys(tmp_path, monkeypatch):
    monkeypatch.setenv("IBR_KEYS", str(tmp_path / "keys"))


def test_the_defaults_name_four_audiences_and_hide_what_nobody_classified(tmp_path):
    policy = load_policy(tmp_path)
    assert list(policy) == ["secretariat", "me", "county", "public"]
    assert isinstance(policy["public"], NumberAudience)
    for name in ("me", "county"):
        audience = policy[name]
        assert isinstance(audience, RowAudience)
        assert audience.treatment(None) is Treatment.WITHHOLD
        assert audience.treatment(Sensitivity.FREE_TEXT) is Treatment.WITHHOLD
        assert audience.treatment(Sensitivity.IDENTIFIER) is Treatment.PSEUDONYM
    assert policy["secretariat"].treatment(None) is Treatment.KEEP


def test_people_of_the_register_who_receive_nothing_are_the_secretariats_alone(tmp_path):
    for name, audience in load_policy(tmp_path).items():
        if name == "secretariat":
            continue
        named = audience.tables if isinstance(audience, NumberAudience) else audience.marts
        for table in ("rpt_register_residents", "rpt_uncovered"):
            assert (named == "all" and table in audience.without) or (named != "all" and table not in named)


def test_a_workspace_replaces_an_audience_whole_and_leaves_one_out(tmp_path):
    (tmp_path / "audiences.yml").write_text(
        "public: null\n"
        "county: null\n"
        "auditors: {who: Auditors, marts: [fct_payments], columns: {none: keep}}\n"
    )
    policy = load_policy(tmp_path)
    assert list(policy) == ["secretariat", "me", "auditors"]
    assert list(load_policy(tmp_path, ["secretariat"])) == ["secretariat"]
    with pytest.raises(ConfigurationProblem, match=r"publish\.audiences names public; expected of secretariat, me"):
        load_policy(tmp_path, ["secretariat", "public"])


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("me: {who: M, marts: all, columns: {identifier: hide}}", "me.columns.identifier: input should be 'keep'"),
        ("me: {who: M, marts: all, columns: all}", "me: columns: all is for secretariat alone"),
        ("secretariat: {who: S, marts: [dim_area], columns: all}", "secretariat: gets everything"),
        ("secretariat: null", "secretariat: gets everything"),
        ("county: {who: C, each: county, marts: all, columns: {}}", "county: a file a county needs its marts named"),
        ("public: {who: P, tables: {a: {keep: [b], across: [c], counts: [d]}}}", "c is in within or across, and not"),
        ("public: {who: P, tables: {a: {keep: [b], counts: [b]}}}", "b stands in more than one of keep"),
        ("public: {who: P, tables: {a: {keep: [b], across: [b]}}}", "across and withheld need counts"),
        ("public: {who: P, smallest_cell: 1, tables: {a: {keep: [b]}}}", "public.smallest_cell: input should be"),
        ("me: {who: M, marts: all, columns: {}, wihtout: [x]}", "me.wihtout: extra inputs are not permitted"),
        ("[me]", "holds no audiences"),
        ("me: {", "not readable as YAML at line"),
    ],
)
def test_a_mistake_in_the_policy_is_told_with_its_place(tmp_path, written, said):
    (tmp_path / "audiences.yml").write_text(written)
    with pytest.raises(ConfigurationProblem) as caught:
        load_policy(tmp_path)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_word_of_a_declaration_that_is_none_is_named():
    models = [{"name": "dim_x", "columns": {"a": {"config": {"meta": {"sensitivity": "secret"}}}, "b": {}}}]
    with pytest.raises(ConfigurationProblem, match=r"dim_x.a is 'secret'.*expected identifier, quasi_identifier"):
        declarations(models)
    models[0]["columns"]["a"] = {"config": {"meta": {"sensitivity": "none", "coarser": "month"}}}
    with pytest.raises(ConfigurationProblem, match=r"dim_x.a is cut to 'month', not to year or five_years"):
        declarations(models)
    models[0]["columns"].pop("a")
    assert declarations(models) == {"dim_x": {}}


def test_an_audience_has_a_key_of_its_own_outside_the_workspace_that_its_owner_alone_reads(tmp_path):
    home = tmp_path / "workspace"
    home.mkdir()
    assert version_of(home, "me") is None
    me, county = key_of(home, "me"), key_of(home, "county_1")
    assert me.version == 1
    assert me.secret != county.secret
    assert key_of(home, "me") == me
    file = secrets.key_file(home, secret_name("me"))
    assert not file.is_relative_to(home)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert {path.name for path in home.iterdir()} == {"audit", "audit-copy"}  # that it was made, and no more
    assert not [path for path in home.rglob("*") if path.is_file() and me.secret.hex() in path.read_text()]
    assert me.secret.hex() not in repr(me)


def test_a_rotated_key_is_another_and_says_so(tmp_path):
    before = key_of(tmp_path, "me")
    after = rotate(tmp_path, "me")
    assert (before.version, after.version) == (1, 2)
    assert before.secret != after.secret
    assert key_of(tmp_path, "me") == after
    assert version_of(tmp_path, "me") == 2


def test_a_key_of_the_environment_is_used_and_rotated_where_it_is(tmp_path, monkeypatch):
    key_of(tmp_path, "me")
    monkeypatch.setenv("IBR_PSEUDONYMS_ME", f"7:{'ab' * 32}")
    assert key_of(tmp_path, "me") == Key("me", 7, b"\xab" * 32)
    with pytest.raises(UsageProblem, match="by systemd as IBR_PSEUDONYMS_ME; set a new one there, as 8:"):
        rotate(tmp_path, "me")


@pytest.mark.parametrize("held", ["", "abc", "1:", f"1:{'zz' * 32}", f"1:{'ab' * 31}", f"1:{'ab' * 32}a"])
def test_what_is_no_key_is_refused_without_being_told(tmp_path, monkeypatch, held):
    monkeypatch.setenv("IBR_PSEUDONYMS_ME", held)
    with pytest.raises(ConfigurationProblem) as caught:
        key_of(tmp_path, "me")
    assert "abab" not in str(caught.value)
