-- Each question of the adapter, word for word, and what it means in DuckDB's SQL. {id}: the number of any table.

-- asked
SELECT CONVERT(nvarchar(23), d.create_date, 121) AS created,
    CASE WHEN d.snapshot_isolation_state = 1 THEN 1 ELSE 0 END AS allows_snapshots,
    CASE WHEN DATABASEPROPERTYEX(d.name, 'Updateability') = 'READ_ONLY' THEN 1 ELSE 0 END AS is_read_only
FROM sys.databases AS d WHERE d.database_id = DB_ID()
-- means
SELECT created, allows_snapshots, is_read_only FROM settings

-- asked
SELECT o.object_id AS id, s.name AS place, o.name AS name, CASE WHEN o.type = 'U' THEN 1 ELSE 0 END AS is_stored
FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V') AND o.is_ms_shipped = 0 ORDER BY CASE WHEN s.name = N'dbo' THEN 0 ELSE 1 END, s.name, o.name
-- means
SELECT * FROM (VALUES (105, 'dbo', 'Empty', 1), (104, 'dbo', 'NoKey', 1), (102, 'dbo', 'Odd Types', 1),
    (101, 'dbo', 'Persons', 1), (108, 'dbo', 'Shown', 0), (103, 'aid', 'Visits', 1)) AS t(id, place, name, is_stored)

-- asked
SELECT c.name AS name, COALESCE(t.name, N'') AS kind, CAST(c.max_length AS int) AS length,
    CAST(c."precision" AS int) AS digits, CAST(c.scale AS int) AS scale, COALESCE(t.is_assembly_type, 0) AS is_assembly
FROM sys.columns AS c LEFT JOIN sys.types AS t
    ON t.user_type_id = CASE WHEN c.system_type_id = 240 THEN c.user_type_id ELSE c.system_type_id END
WHERE c.object_id = {id} ORDER BY c.column_id
-- means
SELECT name, kind, length, digits, scale, false AS is_assembly FROM columns WHERE id = {id} ORDER BY place

-- asked
SELECT i.index_id AS number, CAST(i.is_primary_key AS int) AS is_primary, c.name AS name,
    CAST(c.is_nullable AS int) AS may_be_empty
FROM sys.indexes AS i
JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id AND k.key_ordinal > 0
JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.object_id = {id} AND i.is_unique = 1 AND i.has_filter = 0 AND i.is_disabled = 0 AND i.is_hypothetical = 0
ORDER BY i.index_id, k.key_ordinal
-- means
SELECT number, is_primary, name, may_be_empty FROM keys WHERE id = {id} ORDER BY number, place

-- asked
SELECT CHANGE_TRACKING_CURRENT_VERSION() AS tracked, CAST(MIN_ACTIVE_ROWVERSION() AS bigint) AS written
-- means
SELECT tracked, written FROM settings

-- asked
SELECT CASE WHEN HAS_PERMS_BY_NAME(N'"dbo"."Persons"', 'OBJECT', 'VIEW CHANGE TRACKING') = 1 THEN CHANGE_TRACKING_MIN_VALID_VERSION(101) END AS oldest
-- means
SELECT tracked_since AS oldest FROM settings

-- asked
SELECT t."PersonId" AS "PersonId", CAST(t."National Id" AS nvarchar(20)) AS "National Id", t."FullName" AS "FullName", CAST(t."County" AS nvarchar(20)) AS "County", CAST(t."Income" AS decimal(19, 4)) AS "Income", CAST(t."UpdatedAt" AS datetime2(3)) AS "UpdatedAt" FROM "dbo"."Persons" AS t WHERE ("County" <> N'TEST')
-- means
SELECT * FROM persons WHERE County <> 'TEST'

-- asked
SELECT t."PersonId" AS "PersonId", CAST(t."National Id" AS nvarchar(20)) AS "National Id", t."FullName" AS "FullName", CAST(t."County" AS nvarchar(20)) AS "County", CAST(t."Income" AS decimal(19, 4)) AS "Income", CAST(t."UpdatedAt" AS datetime2(3)) AS "UpdatedAt" FROM "dbo"."Persons" AS t WHERE ("County" <> N'TEST') AND (EXISTS (SELECT 1 FROM CHANGETABLE(CHANGES "dbo"."Persons", 10) AS c WHERE c."PersonId" = t."PersonId"))
-- means
SELECT * FROM persons AS t WHERE County <> 'TEST'
    AND EXISTS (SELECT 1 FROM changed_persons AS c WHERE c.version > 10 AND c.PersonId = t.PersonId)

-- asked
SELECT t."PersonId" AS "PersonId" FROM "dbo"."Persons" AS t WHERE ("County" <> N'TEST')
-- means
SELECT PersonId FROM persons WHERE County <> 'TEST'

-- asked
SELECT count_big(*) AS n FROM (SELECT DISTINCT t."PersonId" AS "PersonId" FROM "dbo"."Persons" AS t WHERE ("County" <> N'TEST')) AS k
-- means
SELECT count(DISTINCT PersonId) AS n FROM persons WHERE County <> 'TEST'

-- asked
SELECT (SELECT count_big(*) FROM "dbo"."Persons" AS t WHERE ("County" <> N'TEST')) AS counted, (SELECT count_big(*) FROM CHANGETABLE(CHANGES "dbo"."Persons", 10) AS c) AS newer
-- means
SELECT (SELECT count(*) FROM persons WHERE County <> 'TEST') AS counted,
    (SELECT count(DISTINCT PersonId) FROM changed_persons WHERE version > 10) AS newer

-- asked
SELECT count_big(*) AS m0, sum(CAST(t."PersonId" AS decimal(38, 0))) AS m1, sum(LEN(CAST(CAST(t."National Id" AS nvarchar(20)) AS nvarchar(max)) COLLATE Latin1_General_100_CI_AS_SC + N'.') - 1) AS m2, sum(LEN(CAST(t."FullName" AS nvarchar(max)) COLLATE Latin1_General_100_CI_AS_SC + N'.') - 1) AS m3, sum(LEN(CAST(CAST(t."County" AS nvarchar(20)) AS nvarchar(max)) COLLATE Latin1_General_100_CI_AS_SC + N'.') - 1) AS m4, sum(CAST(t."Income" AS decimal(19, 4))) AS m5, DATEDIFF(day, '19700101', CAST(min(CAST(t."UpdatedAt" AS datetime2(3))) AS datetime2(6))) * CAST(86400 AS bigint) + DATEDIFF(second, CAST(CAST(min(CAST(t."UpdatedAt" AS datetime2(3))) AS datetime2(6)) AS date), CAST(min(CAST(t."UpdatedAt" AS datetime2(3))) AS datetime2(6))) + DATEPART(microsecond, CAST(min(CAST(t."UpdatedAt" AS datetime2(3))) AS datetime2(6))) / 1e6 AS m6, DATEDIFF(day, '19700101', CAST(max(CAST(t."UpdatedAt" AS datetime2(3))) AS datetime2(6))) * CAST(86400 AS bigint) + DATEDIFF(second, CAST(CAST(max(CAST(t."UpdatedAt" AS datetime2(3))) AS datetime2(6)) AS date), CAST(max(CAST(t."UpdatedAt" AS datetime2(3))) AS datetime2(6))) + DATEPART(microsecond, CAST(max(CAST(t."UpdatedAt" AS datetime2(3))) AS datetime2(6))) / 1e6 AS m7 FROM "dbo"."Persons" AS t WHERE ("County" <> N'TEST')
-- means
SELECT count(*) AS m0,
    sum("PersonId")::DECIMAL(38, 0) AS m1,
    sum(length("National Id"))::BIGINT AS m2,
    sum(length("FullName"))::BIGINT AS m3,
    sum(length("County"))::BIGINT AS m4,
    sum("Income")::DECIMAL(38, 4) AS m5,
    epoch(min("UpdatedAt")) AS m6,
    epoch(max("UpdatedAt")) AS m7
FROM persons WHERE County <> 'TEST'

-- asked
SELECT t."PersonId" AS "PersonId", CAST(t."National Id" AS nvarchar(20)) AS "National Id", t."FullName" AS "FullName", CAST(t."County" AS nvarchar(20)) AS "County", CAST(t."Income" AS decimal(19, 4)) AS "Income", CAST(t."UpdatedAt" AS datetime2(3)) AS "UpdatedAt" FROM "dbo"."Persons" AS t
-- means
SELECT * FROM persons

-- asked
SELECT CASE WHEN HAS_PERMS_BY_NAME(N'"dbo"."Odd Types"', 'OBJECT', 'VIEW CHANGE TRACKING') = 1 THEN CHANGE_TRACKING_MIN_VALID_VERSION(102) END AS oldest
-- means
SELECT NULL::BIGINT AS oldest

-- asked
SELECT t."Id" AS "Id", t."bit" AS "bit", t."tiny" AS "tiny", t."small" AS "small", t."double" AS "double", t."single" AS "single", t."long" AS "long", t."day" AS "day", t."at3" AS "at3", CONVERT(nvarchar(27), t."at7", 121) AS "at7", CONVERT(nvarchar(34), t."there", 121) AS "there", t."hour" AS "hour", CAST(t."padded" AS nvarchar(10)) AS "padded", t."note" AS "note", t."guid" AS "guid", t."scan" AS "scan", CAST(t."version" AS bigint) AS "version" FROM "dbo"."Odd Types" AS t
-- means
SELECT * FROM odd

-- asked
SELECT count_big(*) AS m0, sum(CAST(t."Id" AS decimal(38, 0))) AS m1, sum(CAST(t."tiny" AS decimal(38, 0))) AS m2, sum(CAST(t."small" AS decimal(38, 0))) AS m3, sum(CASE WHEN abs(CAST(t."double" AS float)) < 1e100 THEN abs(CAST(t."double" AS float)) END) AS m4, sum(CASE WHEN abs(CAST(t."single" AS float)) < 1e100 THEN abs(CAST(t."single" AS float)) END) AS m5, sum(CASE WHEN abs(CAST(t."long" AS float)) < 1e100 THEN abs(CAST(t."long" AS float)) END) AS m6, DATEDIFF(day, '19700101', CAST(min(t."day") AS datetime2(6))) * CAST(86400 AS bigint) + DATEDIFF(second, CAST(CAST(min(t."day") AS datetime2(6)) AS date), CAST(min(t."day") AS datetime2(6))) + DATEPART(microsecond, CAST(min(t."day") AS datetime2(6))) / 1e6 AS m7, DATEDIFF(day, '19700101', CAST(max(t."day") AS datetime2(6))) * CAST(86400 AS bigint) + DATEDIFF(second, CAST(CAST(max(t."day") AS datetime2(6)) AS date), CAST(max(t."day") AS datetime2(6))) + DATEPART(microsecond, CAST(max(t."day") AS datetime2(6))) / 1e6 AS m8, DATEDIFF(day, '19700101', CAST(min(t."at3") AS datetime2(6))) * CAST(86400 AS bigint) + DATEDIFF(second, CAST(CAST(min(t."at3") AS datetime2(6)) AS date), CAST(min(t."at3") AS datetime2(6))) + DATEPART(microsecond, CAST(min(t."at3") AS datetime2(6))) / 1e6 AS m9, DATEDIFF(day, '19700101', CAST(max(t."at3") AS datetime2(6))) * CAST(86400 AS bigint) + DATEDIFF(second, CAST(CAST(max(t."at3") AS datetime2(6)) AS date), CAST(max(t."at3") AS datetime2(6))) + DATEPART(microsecond, CAST(max(t."at3") AS datetime2(6))) / 1e6 AS m10, sum(LEN(CAST(CONVERT(nvarchar(27), t."at7", 121) AS nvarchar(max)) COLLATE Latin1_General_100_CI_AS_SC + N'.') - 1) AS m11, sum(LEN(CAST(CONVERT(nvarchar(34), t."there", 121) AS nvarchar(max)) COLLATE Latin1_General_100_CI_AS_SC + N'.') - 1) AS m12, sum(LEN(CAST(CAST(t."padded" AS nvarchar(10)) AS nvarchar(max)) COLLATE Latin1_General_100_CI_AS_SC + N'.') - 1) AS m13, sum(LEN(CAST(t."note" AS nvarchar(max)) COLLATE Latin1_General_100_CI_AS_SC + N'.') - 1) AS m14, sum(CAST(CAST(t."version" AS bigint) AS decimal(38, 0))) AS m15 FROM "dbo"."Odd Types" AS t
-- means
SELECT count(*) AS m0,
    sum("Id")::DECIMAL(38, 0) AS m1,
    sum("tiny")::DECIMAL(38, 0) AS m2,
    sum("small")::DECIMAL(38, 0) AS m3,
    sum(abs("double"::DOUBLE)) FILTER (abs("double"::DOUBLE) < 1e100) AS m4,
    sum(abs("single"::DOUBLE)) FILTER (abs("single"::DOUBLE) < 1e100) AS m5,
    sum(abs("long"::DOUBLE)) FILTER (abs("long"::DOUBLE) < 1e100) AS m6,
    epoch(min("day")) AS m7,
    epoch(max("day")) AS m8,
    epoch(min("at3")) AS m9,
    epoch(max("at3")) AS m10,
    sum(length("at7"))::BIGINT AS m11,
    sum(length("there"))::BIGINT AS m12,
    sum(length("padded"))::BIGINT AS m13,
    sum(length("note"))::BIGINT AS m14,
    sum("version")::DECIMAL(38, 0) AS m15
FROM odd

-- asked
SELECT count_big(*) AS n FROM (SELECT DISTINCT t."Id" AS "Id" FROM "dbo"."Odd Types" AS t) AS k
-- means
SELECT count(*) AS n FROM (SELECT DISTINCT "Id" FROM odd)

-- asked
SELECT (SELECT count_big(*) FROM "dbo"."Odd Types" AS t) AS counted, (SELECT count_big(*) FROM "dbo"."Odd Types" AS t WHERE t."version" >= CAST(CAST('2000' AS bigint) AS binary(8))) AS newer
-- means
SELECT (SELECT count(*) FROM odd) AS counted, (SELECT count(*) FROM odd WHERE "version" >= 2000) AS newer

-- asked
SELECT t."Id" AS "Id", t."bit" AS "bit", t."tiny" AS "tiny", t."small" AS "small", t."double" AS "double", t."single" AS "single", t."long" AS "long", t."day" AS "day", t."at3" AS "at3", CONVERT(nvarchar(27), t."at7", 121) AS "at7", CONVERT(nvarchar(34), t."there", 121) AS "there", t."hour" AS "hour", CAST(t."padded" AS nvarchar(10)) AS "padded", t."note" AS "note", t."guid" AS "guid", t."scan" AS "scan", CAST(t."version" AS bigint) AS "version" FROM "dbo"."Odd Types" AS t WHERE (t."version" >= CAST(CAST('2000' AS bigint) AS binary(8)))
-- means
SELECT * FROM odd WHERE "version" >= 2000

-- asked
SELECT t."Id" AS "Id" FROM "dbo"."Odd Types" AS t
-- means
SELECT "Id" FROM odd

-- asked
SELECT CASE WHEN HAS_PERMS_BY_NAME(N'"aid"."Visits"', 'OBJECT', 'VIEW CHANGE TRACKING') = 1 THEN CHANGE_TRACKING_MIN_VALID_VERSION(103) END AS oldest
-- means
SELECT NULL::BIGINT AS oldest

-- asked
SELECT t."HH No" AS "HH No", t."Visit" AS "Visit", t."Remark" AS "Remark", CAST(t."ChangedAt" AS datetime2(3)) AS "ChangedAt" FROM "aid"."Visits" AS t
-- means
SELECT * FROM visits

-- asked
SELECT count_big(*) AS m0, sum(CAST(t."HH No" AS decimal(38, 0))) AS m1, sum(CAST(t."Visit" AS decimal(38, 0))) AS m2, sum(LEN(CAST(t."Remark" AS nvarchar(max)) COLLATE Latin1_General_100_CI_AS_SC + N'.') - 1) AS m3, DATEDIFF(day, '19700101', CAST(min(CAST(t."ChangedAt" AS datetime2(3))) AS datetime2(6))) * CAST(86400 AS bigint) + DATEDIFF(second, CAST(CAST(min(CAST(t."ChangedAt" AS datetime2(3))) AS datetime2(6)) AS date), CAST(min(CAST(t."ChangedAt" AS datetime2(3))) AS datetime2(6))) + DATEPART(microsecond, CAST(min(CAST(t."ChangedAt" AS datetime2(3))) AS datetime2(6))) / 1e6 AS m4, DATEDIFF(day, '19700101', CAST(max(CAST(t."ChangedAt" AS datetime2(3))) AS datetime2(6))) * CAST(86400 AS bigint) + DATEDIFF(second, CAST(CAST(max(CAST(t."ChangedAt" AS datetime2(3))) AS datetime2(6)) AS date), CAST(max(CAST(t."ChangedAt" AS datetime2(3))) AS datetime2(6))) + DATEPART(microsecond, CAST(max(CAST(t."ChangedAt" AS datetime2(3))) AS datetime2(6))) / 1e6 AS m5 FROM "aid"."Visits" AS t
-- means
SELECT count(*) AS m0,
    sum("HH No")::DECIMAL(38, 0) AS m1,
    sum("Visit")::DECIMAL(38, 0) AS m2,
    sum(length("Remark"))::BIGINT AS m3,
    epoch(min("ChangedAt")) AS m4,
    epoch(max("ChangedAt")) AS m5
FROM visits

-- asked
SELECT count_big(*) AS n FROM (SELECT DISTINCT t."HH No" AS "HH No", t."Visit" AS "Visit" FROM "aid"."Visits" AS t) AS k
-- means
SELECT count(*) AS n FROM (SELECT DISTINCT "HH No", "Visit" FROM visits)

-- asked
SELECT t."HH No" AS "HH No", t."Visit" AS "Visit", t."Remark" AS "Remark", CAST(t."ChangedAt" AS datetime2(3)) AS "ChangedAt" FROM "aid"."Visits" AS t WHERE (t."ChangedAt" >= CAST(N'2026-01-01 09:29:00.007' AS datetime) OR t."ChangedAt" IS NULL)
-- means
SELECT * FROM visits WHERE "ChangedAt" >= TIMESTAMP '2026-01-01 09:29:00.007' OR "ChangedAt" IS NULL

-- asked
SELECT t."HH No" AS "HH No", t."Visit" AS "Visit" FROM "aid"."Visits" AS t
-- means
SELECT "HH No", "Visit" FROM visits

-- asked
SELECT CASE WHEN HAS_PERMS_BY_NAME(N'"dbo"."NoKey"', 'OBJECT', 'VIEW CHANGE TRACKING') = 1 THEN CHANGE_TRACKING_MIN_VALID_VERSION(104) END AS oldest
-- means
SELECT NULL::BIGINT AS oldest

-- asked
SELECT CAST(t."word" AS nvarchar(20)) AS "word", t."number" AS "number" FROM "dbo"."NoKey" AS t
-- means
SELECT * FROM no_key

-- asked
SELECT count_big(*) AS m0, sum(LEN(CAST(CAST(t."word" AS nvarchar(20)) AS nvarchar(max)) COLLATE Latin1_General_100_CI_AS_SC + N'.') - 1) AS m1, sum(CAST(t."number" AS decimal(38, 0))) AS m2 FROM "dbo"."NoKey" AS t
-- means
SELECT count(*) AS m0,
    sum(length("word"))::BIGINT AS m1,
    sum("number")::DECIMAL(38, 0) AS m2
FROM no_key

-- asked
SELECT CASE WHEN HAS_PERMS_BY_NAME(N'"dbo"."Empty"', 'OBJECT', 'VIEW CHANGE TRACKING') = 1 THEN CHANGE_TRACKING_MIN_VALID_VERSION(105) END AS oldest
-- means
SELECT NULL::BIGINT AS oldest

-- asked
SELECT t."Id" AS "Id" FROM "dbo"."Empty" AS t
-- means
SELECT "Id" FROM empty_one

-- asked
SELECT count_big(*) AS m0, sum(CAST(t."Id" AS decimal(38, 0))) AS m1 FROM "dbo"."Empty" AS t
-- means
SELECT count(*) AS m0,
    sum("Id")::DECIMAL(38, 0) AS m1
FROM empty_one

-- asked
SELECT count_big(*) AS n FROM (SELECT DISTINCT t."Id" AS "Id" FROM "dbo"."Empty" AS t) AS k
-- means
SELECT count(*) AS n FROM (SELECT DISTINCT "Id" FROM empty_one)
