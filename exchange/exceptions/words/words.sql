-- Evidence, rules, answers and advice are held as phrases, [{say: code, with: {placeholder: value}}], and said in a
-- language where a file is written; so what is frozen in one language can be told in another.
CREATE OR REPLACE TEMP MACRO phrase
(code) AS [{'say': code, 'with': MAP {}::MAP(VARCHAR, VARCHAR)}],
(code, given) AS [{'say': code, 'with': given::MAP(VARCHAR, VARCHAR)}];

CREATE OR REPLACE TEMP MACRO phrases_of(json) AS from_json(json, '[{"say": "VARCHAR", "with": "MAP(VARCHAR, VARCHAR)"}]');

CREATE OR REPLACE TEMP MACRO as_written(text) AS phrase('as_written', MAP {'text': text});

-- The words of the language that the connection speaks (sql.py), by group.code.
CREATE OR REPLACE TEMP MACRO word(key) AS getvariable('words')[key];

CREATE OR REPLACE TEMP MACRO word_of(code_group, code) AS coalesce(word(code_group || '.' || code), replace(code, '_', ' '));

-- Codes with commas between them. What is no code of the group stands as it is: a name, a day, an amount.
CREATE OR REPLACE TEMP MACRO words_of(code_group, codes) AS coalesce(word(code_group || '.' || codes), list_transform(
    [list_transform(string_split(codes, ', '), lambda code: coalesce(word(code_group || '.' || code), code))],
    lambda said: nullif(concat_ws(
        coalesce(word('last.' || code_group), ', '), nullif(array_to_string(said[:-2], ', '), ''), said[-1]
    ), '')
)[1]);

CREATE OR REPLACE TEMP MACRO say_phrase(code, given) AS array_to_string(list_transform(
    regexp_extract_all(word('phrase.' || code), '\{\w+\}|[^{]+'),
    lambda part: if(
        starts_with(part, '{'), coalesce(words_of(part[2:-2], given[part[2:-2]]), ''), part
    )
), '');

CREATE OR REPLACE TEMP MACRO say(phrases) AS
    nullif(array_to_string(list_transform(phrases, lambda one: say_phrase(one.say, one."with")), ' '), '');

-- Codes of details as they are kept; before there were codes, their English names were.
CREATE OR REPLACE TEMP MACRO fields_of(kept) AS replace(replace(lower(kept), ' ', '_'), ',_', ', ');
