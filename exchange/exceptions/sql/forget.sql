-- What a program had and this run did not find is gone: decided, corrected at the source, or no longer so. What could
-- not be looked up again stays open.
UPDATE ops.exceptions SET status = CASE
    WHEN exception_id IN (SELECT exception_id FROM found_verification WHERE NOT is_checked)
        THEN CASE WHEN first_found_at = $run_date THEN 'new' ELSE 'open' END
    ELSE 'gone'
END
WHERE last_found_run <> $run_id AND list_contains($programs::VARCHAR[], program)
