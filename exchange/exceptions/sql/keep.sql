-- Rows that stand as in the export before are carried on; the others begin.
CREATE OR REPLACE TEMP TABLE this_export AS
SELECT max(export_number) AS export_number FROM ops.exports WHERE program = $program;

UPDATE ops.exported_rows AS kept SET last_export = this_export.export_number
FROM kept_rows AS now, this_export
WHERE kept.exception_id = now.exception_id
    AND kept.last_export BETWEEN this_export.export_number - 1 AND this_export.export_number
    AND kept.row_sum = now.row_sum
    AND kept.basis = now.basis;

INSERT INTO ops.exported_rows BY NAME
SELECT
    now.exception_id, $program AS program, $sheet AS sheet, this_export.export_number AS first_export,
    this_export.export_number AS last_export, now.basis, now.row_sum, now.cell_sums
FROM kept_rows AS now
CROSS JOIN this_export
WHERE NOT EXISTS (
    SELECT 1 FROM ops.exported_rows AS kept
    WHERE kept.exception_id = now.exception_id
        AND kept.last_export = this_export.export_number
        AND kept.row_sum = now.row_sum
        AND kept.basis = now.basis
)
