-- How two sides' values of one detail compare: same, nearly or different. A manager who reads "different: name" of Derick and
-- DERIK, whom linkage is sure of, answers "different people", and that binds.

-- Names in any order: each of the shorter side has its like on the other, an initial with the name that it begins; two at least.
CREATE OR REPLACE TEMP MACRO has_like(name, others) AS len(list_filter(others, lambda other:
    CASE WHEN least(len(name), len(other)) = 1 THEN name[1] = other[1]
    ELSE jaro_winkler_similarity(name, other) >= {{ name_similarity }} END
)) > 0;

CREATE OR REPLACE TEMP MACRO all_have_like(fewer, others) AS
    len(fewer) >= 2 AND len(list_filter(fewer, lambda name: NOT has_like(name, others))) = 0;

CREATE OR REPLACE TEMP MACRO names_nearly(one, other) AS
    all_have_like(string_split_regex(one, '\W+'), string_split_regex(other, '\W+'))
    OR all_have_like(string_split_regex(other, '\W+'), string_split_regex(one, '\W+'));

-- YYYY-MM-DD: the same year, or the same day and month.
CREATE OR REPLACE TEMP MACRO dates_nearly(one, other) AS
    left(one, 4) = left(other, 4) OR (len(one) = 10 AND one[6:] = other[6:]);

CREATE OR REPLACE TEMP MACRO likeness(field, one, other) AS CASE
    WHEN one = other THEN 'same'
    WHEN field = 'birth_date' AND (starts_with(one, other) OR starts_with(other, one)) THEN 'same'
    WHEN field = 'name' AND names_nearly(one, other) THEN 'nearly'
    WHEN field = 'birth_date' AND dates_nearly(one, other) THEN 'nearly'
    WHEN field IN ('id_number', 'phone') AND len(one) > 5 AND damerau_levenshtein(one, other) = 1 THEN 'nearly'
    ELSE 'different'
END;
