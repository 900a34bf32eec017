-- Each row that came back beside what went out, with its answer in our words and on a day.
CREATE OR REPLACE TEMP TABLE judged AS
WITH files AS (
    -- A file is one program's: the one that most of its rows belong to.
    SELECT given_rows.file, coalesce($program, mode(exceptions.program)) AS program
    FROM given_rows
    LEFT JOIN ops.exceptions AS exceptions ON exceptions.exception_id = given_rows.exception_id
    GROUP BY given_rows.file
),

beside AS (
    SELECT
        given.* EXCLUDE (decision, action),
        files.program AS file_program,
        exceptions.program,
        exceptions.kind,
        (exceptions.latest_evidence ->> 'is_one_record')::BOOLEAN AS is_one_record,
        exports.export_number,
        exports.run_date,
        exported.basis,
        exported.sheet AS kept_sheet,
        exported.row_sum AS kept_sum,
        exported.cell_sums AS kept_sums,
        given.decision AS decision_given,
        given.action AS action_given,
        decisions.code AS decision,
        -- Where there is a list of actions, one of it; else whatever was written.
        if(sheets.has_actions, actions.code, given.action) AS action,
        sheets.decisions AS decisions_listed,
        sheets.actions AS actions_listed,
        cell_dates(given.decided_on) AS days,
        coalesce(given.decision, given.action, given.decided_by, given.decided_on) IS NOT NULL AS is_answered
    FROM given_rows AS given
    INNER JOIN files ON files.file = given.file
    INNER JOIN decision_sheets AS sheets ON sheets.sheet = given.sheet
    LEFT JOIN ops.exceptions AS exceptions ON exceptions.exception_id = given.exception_id
    LEFT JOIN ops.exports AS exports ON exports.program = exceptions.program AND exports.run_id = given.run_id
    LEFT JOIN ops.exported_rows AS exported
        ON exported.exception_id = given.exception_id
        AND exports.export_number BETWEEN exported.first_export AND exported.last_export
    LEFT JOIN decision_words AS decisions
        ON decisions.sheet = given.sheet AND decisions.column_name = 'decision' AND decisions.word = folded(given.decision)
    LEFT JOIN decision_words AS actions
        ON actions.sheet = given.sheet AND actions.column_name = 'action taken' AND actions.word = folded(given.action)
    -- A run that exported twice may have written a row in two ways.
    QUALIFY row_number() OVER (
        PARTITION BY given.part, given.row_number ORDER BY exported.row_sum = given.row_sum DESC NULLS LAST
    ) = 1
),

dated AS (
    SELECT *, list_filter(days, lambda day: day BETWEEN run_date AND $today) AS likely_days FROM beside
)

SELECT
    dated.* EXCLUDE (likely_days),
    len(likely_days) AS possible_days,
    likely_days[1] AS decided_day,
    -- Already on record: the whole file, or this very answer.
    dated.sha256 IN (SELECT sha256 FROM ops.decision_files)
    OR EXISTS (
        SELECT 1 FROM ops.decisions AS known
        WHERE known.exception_id = dated.exception_id
            AND known.decision = dated.decision
            AND known.action IS NOT DISTINCT FROM dated.action
            AND {{ person(known.decided_by) }} = {{ person(dated.decided_by) }}
            AND list_contains(dated.days, known.decided_on)
    ) AS is_repeated
FROM dated;

-- All that is wrong with them, but for changed cells.
INSERT INTO decision_faults
WITH rows AS (
    SELECT
        judged.*,
        (SELECT max(known.decided_on) FROM ops.decisions AS known WHERE known.exception_id = judged.exception_id) AS last_decided,
        (
            -- The newest file that was imported, if this row stood in it too.
            SELECT max(imported.export_number)
            FROM ops.decision_files AS imported
            INNER JOIN ops.exported_rows AS later
                ON later.exception_id = judged.exception_id
                AND later.last_export > judged.export_number
                AND later.first_export <= imported.export_number
            WHERE imported.program = judged.program
                AND imported.sheet = judged.sheet
                AND imported.export_number > judged.export_number
        ) AS newer_export,
        min(answer) OVER same_exception <> max(answer) OVER same_exception AS is_contradicted
    FROM (
        SELECT
            *,
            CASE WHEN is_answered THEN
                concat_ws(
                    chr(31), decision_given, action_given, {{ person(decided_by) }}, coalesce(decided_day::VARCHAR, decided_on)
                )
            END AS answer
        FROM judged
    ) AS judged
    WINDOW same_exception AS (PARTITION BY exception_id)
),

answered AS (
    SELECT * FROM rows WHERE is_answered AND NOT is_repeated
),

found AS (
    SELECT file, sheet, row_number, 'exception_id' AS column_name, phrase('fault_no_number') AS fault
    FROM rows WHERE exception_id IS NULL
    UNION ALL
    SELECT file, sheet, row_number, 'exception_id', phrase('fault_unknown_number')
    FROM rows WHERE exception_id IS NOT NULL AND program IS NULL
    UNION ALL
    SELECT
        file, sheet, row_number, 'exception_id',
        phrase('fault_other_program', MAP {'program': program, 'file_program': file_program})
    FROM rows WHERE program <> file_program
    UNION ALL
    SELECT
        file, sheet, row_number, 'run',
        if(run_id IS NULL, phrase('fault_no_run'), phrase('fault_unknown_run', MAP {'program': program}))
    FROM rows WHERE program IS NOT NULL AND export_number IS NULL
    UNION ALL
    SELECT file, sheet, row_number, 'exception_id', phrase('fault_not_in_that_file')
    FROM rows WHERE export_number IS NOT NULL AND kept_sheet IS NULL
    UNION ALL
    SELECT file, sheet, row_number, 'exception_id', phrase('fault_wrong_sheet', MAP {'sheet': kept_sheet})
    FROM rows WHERE kept_sheet <> sheet
    UNION ALL
    SELECT file, sheet, row_number, 'decision', phrase('fault_no_decision_of_ours', MAP {'decision': decisions_listed})
    FROM rows WHERE decision_given IS NOT NULL AND decision IS NULL
    UNION ALL
    SELECT file, sheet, row_number, 'action taken', phrase('fault_no_action_of_ours', MAP {'action': actions_listed})
    FROM rows WHERE action_given IS NOT NULL AND action IS NULL
    UNION ALL
    SELECT file, sheet, row_number, 'decision', phrase('fault_decision_missing')
    FROM answered WHERE decision_given IS NULL
    UNION ALL
    SELECT file, sheet, row_number, 'decided by', phrase('fault_decided_by_missing')
    FROM answered WHERE decided_by IS NULL
    UNION ALL
    SELECT
        file, sheet, row_number, 'decided on',
        CASE
            WHEN decided_on IS NULL THEN phrase('fault_day_missing', MAP {'day': $today::VARCHAR})
            WHEN len(days) = 0 THEN phrase('fault_no_day', MAP {'day': $today::VARCHAR})
            WHEN possible_days > 1 THEN phrase('fault_one_of_two_days', MAP {'day': $today::VARCHAR})
            WHEN run_date IS NULL THEN NULL
            WHEN list_min(days) > $today THEN phrase('fault_after_import', MAP {'day': $today::VARCHAR})
            ELSE phrase('fault_before_file', MAP {'day': run_date::VARCHAR})
        END
    FROM answered WHERE possible_days IS DISTINCT FROM 1
    UNION ALL
    SELECT
        file, sheet, row_number, 'action taken',
        phrase('fault_exit_of_two', MAP {'decision': decision})
    FROM answered WHERE decision <> 'same person' AND action IN ('exit here', 'exit there')
    UNION ALL
    SELECT file, sheet, row_number, 'action taken', phrase('fault_action_too_early', MAP {'decision': decision})
    FROM answered WHERE kind = 'duplicate' AND decision = 'need more time' AND action = 'keep both'
    UNION ALL
    SELECT
        file, sheet, row_number, 'decision',
        phrase('fault_one_record', MAP {'decision': 'need more time'})
    FROM answered WHERE decision = 'different people' AND is_one_record
    UNION ALL
    SELECT file, sheet, row_number, 'decision', phrase('fault_contradicted')
    FROM rows WHERE is_answered AND is_contradicted
    UNION ALL
    SELECT
        file, sheet, row_number, 'decided on',
        phrase('fault_before_last_decision', MAP {'day': last_decided::VARCHAR})
    FROM answered WHERE decided_day < last_decided
    UNION ALL
    SELECT
        rows.file, rows.sheet, rows.row_number, 'run',
        phrase('fault_old_file', MAP {'file': rows.run_date::VARCHAR, 'newer': newer.run_date::VARCHAR})
    FROM answered AS rows
    INNER JOIN ops.exports AS newer ON newer.program = rows.program AND newer.export_number = rows.newer_export
)

SELECT * FROM found WHERE fault IS NOT NULL
