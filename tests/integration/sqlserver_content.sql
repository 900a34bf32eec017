-- What the server holds. Texts that the adapter asks for as text (the seventh digit of a second, offsets) are text here.
CREATE TABLE settings AS SELECT 1 AS allows_snapshots, 0 AS is_read_only, 10::BIGINT AS tracked, 2000::BIGINT AS written,
    '2024-01-01 00:00:00.000' AS created, 3::BIGINT AS tracked_since;
CREATE TABLE columns(id INTEGER, place INTEGER, name VARCHAR, kind VARCHAR, length INTEGER, digits INTEGER, scale INTEGER);
INSERT INTO columns VALUES
    (101, 1, 'PersonId', 'int', 4, 10, 0), (101, 2, 'National Id', 'varchar', 20, 0, 0),
    (101, 3, 'FullName', 'nvarchar', 200, 0, 0), (101, 4, 'County', 'varchar', 20, 0, 0),
    (101, 5, 'Income', 'money', 8, 19, 4), (101, 6, 'UpdatedAt', 'datetime', 8, 23, 3),
    (102, 1, 'Id', 'bigint', 8, 19, 0), (102, 2, 'bit', 'bit', 1, 1, 0), (102, 3, 'tiny', 'tinyint', 1, 3, 0),
    (102, 4, 'small', 'smallint', 2, 5, 0), (102, 5, 'double', 'float', 8, 53, 0), (102, 6, 'single', 'real', 4, 24, 0),
    (102, 7, 'long', 'decimal', 17, 38, 10), (102, 8, 'day', 'date', 3, 10, 0), (102, 9, 'at3', 'datetime2', 7, 23, 3),
    (102, 10, 'at7', 'datetime2', 8, 27, 7), (102, 11, 'there', 'datetimeoffset', 10, 34, 7),
    (102, 12, 'hour', 'time', 3, 8, 0), (102, 13, 'padded', 'char', 10, 0, 0), (102, 14, 'note', 'nvarchar', -1, 0, 0),
    (102, 15, 'guid', 'uniqueidentifier', 16, 0, 0), (102, 16, 'scan', 'varbinary', -1, 0, 0),
    (102, 17, 'version', 'timestamp', 8, 0, 0),
    (103, 1, 'HH No', 'int', 4, 10, 0), (103, 2, 'Visit', 'smallint', 2, 5, 0), (103, 3, 'Remark', 'nvarchar', 100, 0, 0),
    (103, 4, 'ChangedAt', 'datetime', 8, 23, 3),
    (104, 1, 'word', 'varchar', 20, 0, 0), (104, 2, 'number', 'int', 4, 10, 0),
    (105, 1, 'Id', 'int', 4, 10, 0);
CREATE TABLE keys AS SELECT * FROM (VALUES
    (101, 1, 1, 1, 'PersonId', 0), (102, 2, 1, 1, 'Id', 0), (103, 1, 0, 1, 'Remark', 1), (103, 2, 1, 1, 'HH No', 0),
    (103, 2, 1, 2, 'Visit', 0), (105, 1, 1, 1, 'Id', 0)
) AS k(id, number, is_primary, place, name, may_be_empty);

CREATE TABLE persons AS
SELECT n::INTEGER AS "PersonId", printf('%08d', 20000000 + n) AS "National Id",
    CASE n % 3 WHEN 0 THEN 'Wanjikũ ' || n WHEN 1 THEN 'Omar 😀' ELSE 'Ann  ' END AS "FullName",
    CASE WHEN n > 190 THEN 'TEST' ELSE 'Turkana' END AS "County",
    CASE WHEN n % 7 > 0 THEN (n * 1000.1234)::DECIMAL(19, 4) END AS "Income",
    TIMESTAMP '2026-01-01 08:00:00.003' + INTERVAL (n) MINUTE AS "UpdatedAt"
FROM range(1, 201) AS r(n);
CREATE TABLE changed_persons(version BIGINT, "PersonId" INTEGER);

CREATE TABLE odd AS
SELECT n::BIGINT * 3000000000 AS "Id", n % 2 = 0 AS "bit", (n * 8 - 1)::UTINYINT AS tiny, -n::SMALLINT AS small,
    CASE n WHEN 1 THEN 1e300 ELSE n / 7 END::DOUBLE AS "double", (n / 3)::FLOAT AS single,
    (CASE n % 2 WHEN 0 THEN 1 ELSE -1 END * 1234567890123456789012345678.0123456789::DECIMAL(38, 10))::DECIMAL(38, 10) AS "long",
    DATE '0001-01-01' + (n * 100000)::INTEGER AS day, TIMESTAMP '2026-01-01 12:00:00.123' + INTERVAL (n) DAY AS at3,
    '9999-12-31 23:59:59.999999' || (n % 10) AS at7, '2026-03-04 12:30:00.0000001 +03:00' AS there,
    TIME '23:59:59' - INTERVAL (n) HOUR AS "hour", rpad('né' || n, 10, ' ') AS padded, repeat('ñ😀"' || n, n::INTEGER * 100) AS note,
    ('00000000-0000-4000-8000-0000000000' || printf('%02x', n))::UUID AS guid, unhex(printf('00ff%02x', n)) AS scan,
    1000 + n::BIGINT AS "version"
FROM range(1, 31) AS r(n);
INSERT INTO odd ("Id", "version") VALUES (1, 999);

CREATE TABLE visits AS
SELECT (n // 3)::INTEGER AS "HH No", (n % 3)::SMALLINT AS "Visit", 'remark ' || n AS "Remark",
    TIMESTAMP '2026-01-01 08:00:00.007' + INTERVAL (n) MINUTE AS "ChangedAt"
FROM range(90) AS r(n);
CREATE TABLE no_key AS SELECT 'word ' || (n % 3) AS word, (n % 2)::INTEGER AS number FROM range(30) AS r(n);
CREATE TABLE empty_one("Id" INTEGER);
