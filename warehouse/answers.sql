-- The last answer to each exception on each basis, and what it amounts to:
-- in_force    it silences the exception, and binds linkage where it is about a duplicate
-- to_confirm  decisions of its kind need a second person, who has not been heard yet
-- contested   the programs of the two sides decided differently: neither binds until one of them has changed its mind
-- more_time   the program asked for time
-- Read it once in a statement: DuckDB 1.5.5 crashes on one that reads it twice.
CREATE OR REPLACE VIEW ops.answers AS
WITH in_order AS (
    SELECT
        *,
        (decision, action) IS DISTINCT FROM lag((decision, action)) OVER answered AS is_another
    FROM ops.decisions
    WINDOW answered AS (PARTITION BY exception_id, basis ORDER BY decision_id)
),

standing AS (
    -- The last answer and those before it that said the same: whoever repeats an answer stands for it too.
    SELECT * EXCLUDE (is_another)
    FROM (
        SELECT *, count(*) FILTER (WHERE is_another) OVER answered AS spell
        FROM in_order
        WINDOW answered AS (PARTITION BY exception_id, basis ORDER BY decision_id)
    )
    QUALIFY spell = max(spell) OVER (PARTITION BY exception_id, basis)
),

people AS (
    SELECT exception_id, basis, count(*) AS persons, list(decided_on ORDER BY decided_on) AS days
    FROM (
        SELECT exception_id, basis, min(decided_on) AS decided_on
        FROM standing
        GROUP BY exception_id, basis, {{ person(decided_by) }}
    )
    GROUP BY exception_id, basis
),

last_answers AS (
    SELECT
        standing.* EXCLUDE (spell),
        people.persons,
        people.days[if(standing.needs_second, 2, 1)] AS in_force_since,
        standing.decision <> 'need more time' AND (NOT standing.needs_second OR people.persons >= 2) AS is_settled
    FROM standing
    INNER JOIN people ON people.exception_id = standing.exception_id AND people.basis = standing.basis
    QUALIFY row_number() OVER (PARTITION BY standing.exception_id, standing.basis ORDER BY standing.decision_id DESC) = 1
),

sides AS (
    -- Both programs' answers to one duplicate rest on the same basis.
    SELECT
        *,
        bool_or(is_settled AND decision = 'same person') OVER both_sides
        AND bool_or(is_settled AND decision = 'different people') OVER both_sides AS is_contested
    FROM last_answers
    WINDOW both_sides AS (PARTITION BY basis)
),

pairs_since AS (
    -- Where a duplicate rests on other record pairs than when it was decided: how many, and how many of them are known.
    SELECT sides.exception_id, sides.basis, count(*) AS pairs, count(decided.basis) AS decided_pairs
    FROM sides
    INNER JOIN ops.exceptions AS exceptions
        ON exceptions.exception_id = sides.exception_id AND exceptions.basis <> sides.basis
    INNER JOIN ops.exception_pairs AS pairs ON pairs.basis = exceptions.basis
    LEFT JOIN ops.exception_pairs AS decided
        ON decided.basis = sides.basis
        AND decided.record_id_l = pairs.record_id_l
        AND decided.record_id_r = pairs.record_id_r
    GROUP BY sides.exception_id, sides.basis
)

SELECT
    sides.* EXCLUDE (is_settled, is_contested),
    CASE
        WHEN sides.decision = 'need more time' THEN 'more_time'
        WHEN NOT sides.is_settled THEN 'to_confirm'
        WHEN sides.is_contested THEN 'contested'
        ELSE 'in_force'
    END AS state,
    -- One more pair bears "same person" out, and is new evidence against "different people".
    exceptions.basis = sides.basis
    OR coalesce(
        CASE sides.decision
            WHEN 'different people' THEN pairs_since.decided_pairs = pairs_since.pairs
            ELSE pairs_since.decided_pairs > 0
        END, false
    ) AS is_current,
    exceptions.match_id,
    exceptions.enrolment_id,
    exceptions.other_enrolment_id,
    exceptions.evidence ->> 'reason' AS reason
FROM sides
INNER JOIN ops.exceptions AS exceptions ON exceptions.exception_id = sides.exception_id
LEFT JOIN pairs_since ON pairs_since.exception_id = sides.exception_id AND pairs_since.basis = sides.basis;

-- The last word on each pair in the review queue that nobody has taken back, and what it amounts to: in_force, to_confirm
-- or more_time, as above. `said`: all that stands, in its order; `said_by`: who said the last word, each once, by the letters
-- and digits of their names.
CREATE OR REPLACE VIEW ops.review_answers AS
WITH standing AS (
    SELECT
        *,
        last_value(decision) OVER pair AS last_decision
    FROM ops.review_decisions
    WHERE decision_id NOT IN (SELECT withdraws FROM ops.review_decisions WHERE withdraws IS NOT NULL) AND withdraws IS NULL
    WINDOW pair AS (
        PARTITION BY record_id_l, record_id_r ORDER BY decision_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING
    )
),

pairs AS (
    SELECT
        record_id_l,
        record_id_r,
        max(decision_id) AS decision_id,
        any_value(last_decision) AS decision,
        arg_max(decided_by, decision_id) AS decided_by,
        arg_max(decided_on, decision_id) AS decided_on,
        arg_max(needs_second, decision_id) AS needs_second,
        -- Who said otherwise before does not count, nor what was said before somebody said otherwise.
        coalesce(max(decision_id) FILTER (WHERE decision <> last_decision), '') AS said_otherwise,
        list({'id': decision_id, 'decision': decision, 'by': {{ person(decided_by) }}} ORDER BY decision_id) AS words,
        list(
            {'decision': decision, 'decided_by': decided_by, 'decided_on': decided_on, 'comment': comment} ORDER BY decision_id
        ) AS said
    FROM standing
    GROUP BY record_id_l, record_id_r
),

counted AS (
    SELECT
        * EXCLUDE (said_otherwise, words),
        list_sort(list_distinct(list_transform(
            list_filter(words, lambda word: word.id > said_otherwise), lambda word: word.by
        ))) AS said_by
    FROM pairs
)

SELECT
    *,
    CASE
        WHEN decision = 'need more time' THEN 'more_time'
        WHEN needs_second AND len(said_by) < 2 THEN 'to_confirm'
        ELSE 'in_force'
    END AS state
FROM counted;
