-- The answers of the import join the record; what is on it already stays as it is.
CREATE OR REPLACE TEMP TABLE this_import AS
SELECT coalesce(max(import_number), 0) + 1 AS import_number FROM ops.decision_files;

CREATE OR REPLACE TEMP TABLE new_answers AS
SELECT
    file, sha256, sheet, row_number, exception_id, program, kind, basis, export_number, decision, action, comment,
    decided_by, decided_day AS decided_on, false AS is_confirmation
FROM judged
WHERE is_answered AND NOT is_repeated
-- The same answer in two files is one.
QUALIFY row_number() OVER (PARTITION BY exception_id ORDER BY part, row_number) = 1
UNION ALL
-- Who has a file imported again in a name of their own confirms what waits for a second person, unless they are the
-- first: the one who decided, or the one who had it imported.
SELECT
    judged.file, judged.sha256, judged.sheet, judged.row_number, judged.exception_id, judged.program, judged.kind,
    answers.basis, judged.export_number, answers.decision, answers.action, NULL, $by, $today, true
FROM judged
INNER JOIN ops.answers AS answers
    ON answers.exception_id = judged.exception_id
    AND answers.basis = judged.basis
    AND answers.state = 'to_confirm'
    AND answers.decision = judged.decision
    AND answers.action IS NOT DISTINCT FROM judged.action
WHERE judged.is_answered AND judged.is_repeated AND $by IS NOT NULL
    AND NOT EXISTS (
        SELECT 1
        FROM ops.decisions AS known
        INNER JOIN ops.decision_files AS files
            ON files.import_number = known.import_number AND files.file_name = known.file_name AND files.sheet = known.sheet
        WHERE known.exception_id = judged.exception_id
            AND {{ person($by) }} IN ({{ person(known.decided_by) }}, {{ person(files.imported_by) }})
    )
QUALIFY row_number() OVER (PARTITION BY judged.exception_id ORDER BY judged.part, judged.row_number) = 1;

INSERT INTO ops.decision_files
SELECT
    this_import.import_number, new_answers.file, any_value(new_answers.sha256), new_answers.sheet,
    any_value(new_answers.program), max(new_answers.export_number), any_value(given.rows), count(*), $imported_at, $by
FROM new_answers
CROSS JOIN this_import
INNER JOIN (SELECT file, sheet, count(*) AS rows FROM given_rows GROUP BY file, sheet) AS given
    ON given.file = new_answers.file AND given.sheet = new_answers.sheet
GROUP BY this_import.import_number, new_answers.file, new_answers.sheet;

INSERT INTO ops.decisions BY NAME
SELECT
    -- In the order of the imports, also as text.
    printf('D%08d-%07d', this_import.import_number, row_number() OVER (ORDER BY exception_id)) AS decision_id,
    this_import.import_number, new_answers.file AS file_name, sheet, row_number, exception_id, program, kind, basis,
    decision, action, comment, decided_by, decided_on,
    list_contains($two_people::VARCHAR[], decision) AS needs_second
FROM new_answers
CROSS JOIN this_import;

-- Who decides again gets time again before the case is escalated anew.
UPDATE ops.exceptions SET is_escalated = false
WHERE exception_id IN (SELECT exception_id FROM new_answers)
