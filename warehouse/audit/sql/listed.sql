-- The lists of subjects that hold one of the identifiers.
INSERT INTO listed
SELECT subject, parse_filename(filename)
FROM read_csv(
    $lists::VARCHAR[], columns = {subject: 'VARCHAR'}, header = false, delim = chr(9), quote = '', escape = '',
    filename = true
)
WHERE list_contains($identifiers::VARCHAR[], subject)
