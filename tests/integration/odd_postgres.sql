-- A database that nobody here designed: names, types, keys and habits as they come.
CREATE SCHEMA "Field Office";
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TYPE pair AS (x int, y text);
CREATE DOMAIN phone_number AS varchar(20) CHECK (length(value) > 2);
CREATE DOMAIN money_amount AS numeric(38, 10);

CREATE TABLE "Odd Types" (
    "Id" uuid PRIMARY KEY, "Order" serial, sm smallint, it int, bi bigint, re real, dp double precision,
    exact numeric(38, 10), amount numeric(12, 2), loose numeric, long numeric(60, 20), rounded numeric(5, -2),
    in_domain money_amount, flag boolean, padded char(5), short varchar(20), "Free ""Text""" text, nm name, js json,
    jb jsonb, bytes bytea, cash money, span interval, day date, tm time, tmz timetz, at timestamp, atz timestamptz,
    numbers int[], words text[], grid int[][], amounts numeric(10, 2)[], loose_amounts numeric[], feeling mood,
    feelings mood[], both_parts pair, phone phone_number, ip inet, mac macaddr, net cidr, span4 int4range,
    during tstzrange, bits bit(5), vbits varbit, words_of tsvector, place point, obj oid, ids uuid[], docs jsonb[],
    moments timestamptz[], phones phone_number[], only_case text
);
INSERT INTO "Odd Types" VALUES (
    'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', DEFAULT, 1, 2, 3, 1.5, 2.5, 1234567890123456789012345678.0123456789, 1.25,
    123456789012345678901234567890.123456789, 1.00000000000000000001, 12345, 0.1, true, 'ab', 'vé',
    E'Ngũgĩ "x",\n\t\\ \u0001', 'nm', '{"a": 1,  "b":[1,2]}', '{"a":1}', '\xdeadbeef', '1234.56',
    '1 year 2 mons 3 days 04:05:06.789', '2026-01-01', '12:34:56.789', '12:34:56+03', '2026-01-01 12:00:00.123456',
    '2026-01-01 12:00+03', '{1,2,NULL}', '{"a","b,c",NULL,""}', '{{1,2},{3,4}}', '{1.25,2.50}', '{1e40,0.1}', 'happy',
    '{sad,ok}', '(1,"a b")', '0712', '10.0.0.1/24', '08:00:2b:01:02:03', '10.0.0.0/8', '[1,5)',
    '[2026-01-01 00:00+00,)', '10101', '101', 'a b c', '(1,2)', 5, '{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}',
    '{"{\"a\":1}"}', '{2026-01-01 12:00+03}', '{0712}', ''
);
INSERT INTO "Odd Types" ("Id", re, dp) VALUES
    (gen_random_uuid(), 'NaN', 'NaN'), (gen_random_uuid(), 'Infinity', '-Infinity'), (gen_random_uuid(), -0.0, 1e300);
INSERT INTO "Odd Types" ("Id", day, at, atz) VALUES
    (gen_random_uuid(), 'infinity', 'infinity', '-infinity'), (gen_random_uuid(), '0044-03-15 BC', '0044-03-15 BC', NULL);
INSERT INTO "Odd Types" ("Id", loose) VALUES (gen_random_uuid(), 'NaN'), (gen_random_uuid(), 1.50);
ALTER TABLE "Odd Types" ADD spans interval[], ADD t time;
INSERT INTO "Odd Types" ("Id", span) VALUES
    (gen_random_uuid(), '3 mons 5 days 01:00:01.123456'), (gen_random_uuid(), '400000 days 2000:00:00'),
    (gen_random_uuid(), '-3 mons 5 days -01:00'), (gen_random_uuid(), '0.000001 sec'), (gen_random_uuid(), '30 days');
UPDATE "Odd Types" SET spans = '{-1 day,NULL,0.000001 sec}' WHERE span = '30 days';
INSERT INTO "Odd Types" ("Id") SELECT gen_random_uuid() FROM generate_series(1, 20);

CREATE TABLE "Field Office"."Visit Log" ("HH No" int, "Visit" smallint, note text, PRIMARY KEY ("HH No", "Visit"));
INSERT INTO "Field Office"."Visit Log" SELECT n / 3, n % 3, 'note ' || n FROM generate_series(1, 100) n;
CREATE TABLE person_history (person_id int, valid_from date, valid_to date, status text, PRIMARY KEY (person_id, valid_from));
INSERT INTO person_history
SELECT n, d::date, CASE WHEN d < '2026-01-01' THEN d::date + 364 END, 'active'
FROM generate_series(1, 50) n, generate_series(timestamp '2024-01-01', '2026-01-01', '1 year') d;
CREATE TABLE soft_deleted (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name text, deleted_at timestamptz, updated_at timestamptz NOT NULL DEFAULT now());
INSERT INTO soft_deleted (name) SELECT 'row ' || n FROM generate_series(1, 60) n;
CREATE TABLE no_key (word text, number int);
INSERT INTO no_key SELECT 'word ' || n % 3, n % 2 FROM generate_series(1, 30) n;
CREATE TABLE unique_only (code text UNIQUE, other text NOT NULL UNIQUE);
INSERT INTO unique_only SELECT nullif('c' || n, 'c7'), 'o' || n FROM generate_series(1, 20) n;
CREATE TABLE "EmptyTable" (id int PRIMARY KEY, "SomeThing" text);
CREATE TABLE a_b (id int PRIMARY KEY, v text);
CREATE TABLE "a b" (id int PRIMARY KEY, v text);
INSERT INTO a_b VALUES (1, 'underscore');
INSERT INTO "a b" VALUES (1, 'space');
CREATE TABLE by_year (id int, year int, v text, PRIMARY KEY (id, year)) PARTITION BY LIST (year);
CREATE TABLE by_year_2025 PARTITION OF by_year FOR VALUES IN (2025);
CREATE TABLE by_year_2026 PARTITION OF by_year FOR VALUES IN (2026);
INSERT INTO by_year SELECT n, 2025 + n % 2, 'v' || n FROM generate_series(1, 40) n;
CREATE TABLE "Field Office".no_key (word text);
INSERT INTO "Field Office".no_key VALUES ('the other'), ('the other');
CREATE VIEW of_today AS SELECT id, v FROM a_b;
