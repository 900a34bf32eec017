-- What a program had and this run did not find is gone: decided, corrected at the source, or no longer so.
UPDATE ops.exceptions SET status = 'gone'
WHERE last_found_run <> $run_id AND list_contains($programs::VARCHAR[], program)
