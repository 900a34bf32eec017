"""SQL Server without a server: what each type becomes, where a URL leads, what errors mean."""

import sys
from types import SimpleNamespace

import pytest

from ibr.errors import ConfigurationProblem, SourceUnreachable
from pipelines.replication.adapters.sqlserver.errors import told
from pipelines.replication.adapters.sqlserver.session import Address, open_session
from pipelines.replication.adapters.sqlserver.types import attribute

# As sys.columns and sys.types have them: the type, its length in bytes, precision, scale; whether it is .NET code.
TYPES = [
    (("bit", 1, 1, 0), "BOOLEAN", "c"),
    (("tinyint", 1, 3, 0), "UTINYINT", "c"),
    (("smallint", 2, 5, 0), "SMALLINT", "c"),
    (("int", 4, 10, 0), "INTEGER", "c"),
    (("bigint", 8, 19, 0), "BIGINT", "c"),
    (("decimal", 17, 38, 10), "DECIMAL(38,10)", "c"),
    (("numeric", 5, 9, 0), "DECIMAL(9,0)", "c"),
    (("money", 8, 19, 4), "DECIMAL(19,4)", "CAST(c AS decimal(19, 4))"),
    (("smallmoney", 4, 10, 4), "DECIMAL(10,4)", "CAST(c AS decimal(10, 4))"),
    (("float", 8, 53, 0), "DOUBLE", "c"),
    (("real", 4, 24, 0), "FLOAT", "c"),
    (("date", 3, 10, 0), "DATE", "c"),
    (("datetime", 8, 23, 3), "TIMESTAMP", "CAST(c AS datetime2(3))"),
    (("smalldatetime", 4, 16, 0), "TIMESTAMP", "CAST(c AS datetime2(0))"),
    (("datetime2", 6, 19, 0), "TIMESTAMP", "c"),
    (("datetime2", 8, 26, 6), "TIMESTAMP", "c"),
    (("datetime2", 8, 27, 7), "VARCHAR", "CONVERT(nvarchar(27), c, 121)"),
    (("datetimeoffset", 8, 26, 0), "VARCHAR", "CONVERT(nvarchar(34), c, 121)"),
    (("time", 3, 8, 0), "TIME", "c"),
    (("time", 5, 16, 7), "VARCHAR", "CONVERT(nvarchar(16), c, 121)"),
    (("char", 10, 0, 0), "VARCHAR", "CAST(c AS nvarchar(10))"),
    (("varchar", 4000, 0, 0), "VARCHAR", "CAST(c AS nvarchar(4000))"),
    (("varchar", 4001, 0, 0), "VARCHAR", "CAST(c AS nvarchar(max))"),
    (("varchar", -1, 0, 0), "VARCHAR", "CAST(c AS nvarchar(max))"),
    (("text", 16, 0, 0), "VARCHAR", "CAST(c AS nvarchar(max))"),
    (("nchar", 20, 0, 0), "VARCHAR", "c"),
    (("nvarchar", 8000, 0, 0), "VARCHAR", "c"),
    (("nvarchar", -1, 0, 0), "VARCHAR", "c"),
    (("ntext", 16, 0, 0), "VARCHAR", "CAST(c AS nvarchar(max))"),
    (("xml", -1, 0, 0), "VARCHAR", "CAST(c AS nvarchar(max))"),
    (("uniqueidentifier", 16, 0, 0), "UUID", "c"),
    (("binary", 4, 0, 0), "BLOB", "c"),
    (("varbinary", -1, 0, 0), "BLOB", "c"),
    (("image", 16, 0, 0), "BLOB", "CAST(c AS varbinary(max))"),
    (("timestamp", 8, 0, 0), "BIGINT", "CAST(c AS bigint)"),
    (("hierarchyid", 892, 0, 0, True), "VARCHAR", "c.ToString()"),
    (("geography", -1, 0, 0, True), "VARCHAR",
     "N'SRID=' + CAST(c.STSrid AS nvarchar(10)) + N';' + c.ToString()"),
    (("Their Own", 40, 0, 0, True), "BLOB", "CAST(c AS varbinary(max))"),
    (("of a later version", 8, 0, 0), "VARCHAR", "CAST(c AS nvarchar(max))"),
]  # fmt: skip


@pytest.mark.parametrize(("declared", "kept", "read"), TYPES)
def test_types(declared, kept, read):
    kind, length, precision, scale, *is_assembly = declared
    found = attribute("c", kind, length, precision, scale, bool(is_assembly))
    assert (found.type, found.value.replace('t."c"', "c")) == (kept, read)


def test_each_value_of_a_variant_is_written_in_full():
    value = attribute("v", "sql_variant", 8016, 0, 0, False).value
    for kind in ("float", "money", "datetime2", "datetimeoffset", "varbinary"):
        assert f"'{kind}'" in value
    assert value.endswith('ELSE CONVERT(nvarchar(max), t."v") END')


@pytest.mark.parametrize(
    ("declared", "value", "literal"),
    [
        (("datetime", 8, 23, 3), "2026-01-01 12:00:00.007", "CAST(N'2026-01-01 12:00:00.007' AS datetime)"),
        (("datetime2", 8, 27, 7), "2026-01-01 12:00:00.1234567",
         "CAST(N'2026-01-01 12:00:00.1234567' AS datetime2(7))"),
        (("datetimeoffset", 10, 34, 7), "x", "CAST(N'x' AS datetimeoffset(7))"),
        (("varchar", 20, 0, 0), "O'Neil", "CAST(N'O''Neil' AS varchar(20))"),
        (("nvarchar", 40, 0, 0), "ũ", "CAST(N'ũ' AS nvarchar(20))"),
        (("decimal", 9, 18, 2), "1.50", "CAST(N'1.50' AS decimal(18, 2))"),
        (("timestamp", 8, 0, 0), "2001", "CAST(CAST('2001' AS bigint) AS binary(8))"),
    ],
)  # fmt: skip
def test_a_cursor_is_compared_in_its_own_type(declared, value, literal):
    assert attribute("c", *declared, False).literal(value) == literal


def test_names_may_hold_anything():
    assert attribute('a "b" {0}', "int", 4, 10, 0, False).value == 't."a ""b"" {0}"'


def test_a_url_leads_to_a_server():
    address = Address.of("mis", "mssql://AID%5Creader:p%40ss%3B%7D@db.example.org:1433/My%20MIS?encrypt=strict")
    assert address.login == {
        "Server": "db.example.org,1433", "Database": "My MIS", "UID": "AID\\reader", "PWD": "p@ss;}",
        "ApplicationIntent": "ReadOnly", "Encrypt": "strict",
    }  # fmt: skip
    assert (address.needs_snapshot, address.login_seconds) == (True, 15)
    assert "p@ss" not in repr(address)
    other = "mssql://db%5CINSTANCE/mis?Snapshot=if_allowed&LoginTimeout=60&ApplicationIntent=ReadWrite"
    address = Address.of("mis", other)
    assert address.login == {
        "Server": "db\\INSTANCE", "Database": "mis", "Trusted_Connection": "yes", "ApplicationIntent": "ReadWrite"
    }  # fmt: skip
    assert (address.needs_snapshot, address.login_seconds) == (False, 60)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mssql://u:s3cret@h", "expected mssql://user"),
        ("mssql:///db", "expected mssql://user"),
        ("mssql://u:s3cret@h:port/db", "expected mssql://user"),
        ("mssql://u:s3cret[@h/db", "expected mssql://user"),
        ("mssql://u:s3cret@h/db?Driver=mine", "sets Driver, which is not known; expected ApplicationIntent, Encrypt"),
        ("mssql://u:s3cret@h/db?Snapshot=no", "expected whole seconds, and required or if_allowed"),
        ("mssql://u:s3cret@h/db?LoginTimeout=1m", "expected whole seconds"),
    ],
)
def test_a_url_that_cannot_be_used_is_told_without_its_password(url, said):
    with pytest.raises(ConfigurationProblem) as raised:
        Address.of("mis", url)
    assert said in str(raised.value)
    assert "s3cret" not in str(raised.value)


def test_without_the_driver_the_error_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "mssql_python", None)
    with (
        pytest.raises(ConfigurationProblem, match="apt-get install libltdl7 libkrb5-3 libgssapi-krb5-2"),
        open_session(Address.of("mis", "mssql://u:p@h/db"), 60),
    ):
        pass


@pytest.mark.parametrize(
    ("kind", "words", "expected", "said", "may_pass"),
    [
        ("Connection operation failed", "Failed to load the driver. Please read the documentation",
         ConfigurationProblem, "libltdl7", None),
        ("Client unable to establish connection", "SSL Provider: [error:0A000086:SSL routines::certificate verify "
         "failed:self-signed certificate]", SourceUnreachable, "ServerCertificate=", False),
        ("Client unable to establish connection", "TCP Provider: Error code 0x2749", SourceUnreachable,
         "does not answer", True),
        ("Timeout expired", "Query timeout expired", SourceUnreachable, "timeout_seconds", False),
    ],
)  # fmt: skip
def test_what_errors_mean(kind, words, expected, said, may_pass):
    found = told("mis", "h:1433", SimpleNamespace(driver_error=kind, ddbc_error=f"[Microsoft]{words}"))
    assert isinstance(found, expected)
    assert said in str(found)
    assert getattr(found, "may_pass", None) is may_pass
