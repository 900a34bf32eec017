-- What a superuser alone can set, and whether it is: statements of readers are logged; any login may make large objects.
SELECT
    current_setting('log_statement') = 'all' OR has_parameter_privilege(current_user, 'log_statement', 'SET'),
    EXISTS (
        SELECT FROM pg_proc, aclexplode(coalesce(proacl, acldefault('f', proowner))) AS given
        WHERE proname IN ('lo_creat', 'lo_create', 'lo_from_bytea') AND pronamespace = 'pg_catalog'::regnamespace
            AND given.grantee = 0 AND given.privilege_type = 'EXECUTE'
    )
