-- How a cell is read, whichever program wrote the file: all texts that it may stand for, in one form a kind, the likeliest
-- first. A spreadsheet changes how dates and numbers look without anybody having touched them. (A list of one with a
-- lambda gives a step of the calculation a name; written out, the expression would be computed again at each place.)
CREATE OR REPLACE TEMP MACRO cell_text(given) AS
    nullif(trim(regexp_replace(given, '[\s\x00-\x1f\x7f\x{a0}\x{202f}]+', ' ', 'g')), '');

-- A word as it is compared: capitals and accents do not matter.
CREATE OR REPLACE TEMP MACRO folded(given) AS strip_accents(lower(replace(cell_text(given), '’', chr(39))));

-- Without the noughts in front of digits, which go when a spreadsheet opens a CSV file and takes them for a number, and
-- without the apostrophe that keeps text from being taken for a formula.
CREATE OR REPLACE TEMP MACRO text_form(given) AS
    regexp_replace(regexp_replace(cell_text(given), '^0+([0-9]+)$', '\1'), '^''([=+\-@])', '\1');

CREATE OR REPLACE TEMP MACRO date_form(value) AS value::DATE::VARCHAR;

CREATE OR REPLACE TEMP MACRO money_form(value) AS try_cast(value AS DECIMAL(18, 2))::VARCHAR;

CREATE OR REPLACE TEMP MACRO number_form(value) AS money_form(value);

CREATE OR REPLACE TEMP MACRO share_form(value) AS try_cast(value AS DECIMAL(9, 4))::VARCHAR;

-- A value, or the cell it came back in, where nothing but blanks and an apostrophe was added: true of most cells, and
-- quick to tell. Text is written without blanks around it.
CREATE OR REPLACE TEMP MACRO text_written(value) AS ltrim(trim(value), '''');

CREATE OR REPLACE TEMP MACRO date_written(value) AS left(value, 10);

CREATE OR REPLACE TEMP MACRO money_written(value) AS coalesce(money_form(try_cast(value AS DOUBLE)), value);

CREATE OR REPLACE TEMP MACRO number_written(value) AS money_written(value);

CREATE OR REPLACE TEMP MACRO share_written(value) AS coalesce(share_form(try_cast(value AS DOUBLE)), value);

-- All days that a text may mean: with or without a time of day, in any common order, or as days since 1899, which a cell
-- shows that lost its format.
CREATE OR REPLACE TEMP MACRO cell_dates(given) AS list_transform(
    [regexp_replace(regexp_replace(cell_text(given), '[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?$', ''), '[-./, ]+', '-', 'g')],
    lambda parts: list_distinct(list_filter([
        CASE WHEN regexp_full_match(parts, '\d{4}-\d{1,2}-\d{1,2}') THEN try_strptime(parts, '%Y-%m-%d') END,
        CASE WHEN regexp_full_match(parts, '\d{1,2}-\d{1,2}-\d{4}') THEN try_strptime(parts, '%d-%m-%Y') END,
        CASE WHEN regexp_full_match(parts, '\d{1,2}-\d{1,2}-\d{4}') THEN try_strptime(parts, '%m-%d-%Y') END,
        CASE WHEN regexp_full_match(parts, '\d{1,2}-\d{1,2}-\d{2}') THEN try_strptime(parts, '%d-%m-%y') END,
        CASE WHEN regexp_full_match(parts, '\d{1,2}-\d{1,2}-\d{2}') THEN try_strptime(parts, '%m-%d-%y') END,
        CASE WHEN regexp_matches(parts, '[A-Za-z]{3}.*\d{4}') THEN
            try_strptime(parts, ['%d-%b-%Y', '%d-%B-%Y', '%b-%d-%Y', '%B-%d-%Y', '%Y-%b-%d', '%Y-%B-%d'])
        END,
        CASE WHEN regexp_matches(parts, '[A-Za-z]{3}[a-z]*-\d{2}$') THEN try_strptime(parts, ['%d-%b-%y', '%d-%B-%y']) END,
        CASE WHEN regexp_full_match(parts, '[1-9]\d{4}(-\d+)?') THEN
            TIMESTAMP '1899-12-30' + to_days(left(parts, 5)::INTEGER)
        END
    ], lambda day: day IS NOT NULL)::DATE[])
)[1];

-- 4,000.00 and 4 000.00; then 4.000,00
CREATE OR REPLACE TEMP MACRO cell_numbers(given) AS [
    try_cast(regexp_replace(given, '[,\s''%\x{a0}\x{202f}]', '', 'g') AS DOUBLE),
    try_cast(replace(regexp_replace(given, '[.\s''%\x{a0}\x{202f}]', '', 'g'), ',', '.') AS DOUBLE)
];

-- What cannot be read stands for itself: it is no empty cell.
CREATE OR REPLACE TEMP MACRO readable(forms, given) AS
    coalesce(nullif(list_filter(forms, lambda form: form IS NOT NULL), []), [cell_text(given)]);

CREATE OR REPLACE TEMP MACRO text_readings(given) AS [text_form(given)];

CREATE OR REPLACE TEMP MACRO date_readings(given) AS
    readable(list_transform(cell_dates(given), lambda day: date_form(day)), given);

CREATE OR REPLACE TEMP MACRO money_readings(given) AS
    readable(list_transform(cell_numbers(given), lambda number: money_form(number)), given);

CREATE OR REPLACE TEMP MACRO number_readings(given) AS money_readings(given);

CREATE OR REPLACE TEMP MACRO share_readings(given) AS readable(list_transform(
    cell_numbers(given), lambda number: share_form(if(contains(given, '%'), number / 100, number))
), given);

CREATE OR REPLACE TEMP MACRO cell_sum(exception_id, heading, form) AS
    md5_number_lower(concat_ws(chr(31), exception_id, heading, coalesce(form, '')));
