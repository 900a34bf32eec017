-- The database itself, before each load; what is there already is left as it is. Run as its owner.

-- A table that is made anew waits for its readers, and who comes to read it waits behind: not for long.
SET LOCAL lock_timeout = '30s';

-- Nobody but its audiences' roles may do anything here. A new role has no right until it is given one.
REVOKE ALL ON DATABASE {database} FROM PUBLIC;
REVOKE ALL ON SCHEMA public FROM PUBLIC;

-- Nor leave large objects here: PostgreSQL lets everybody make them, by functions that are a superuser's to take away
-- (docs/serving-postgresql.md). Where this account is one, it does.
DO $$ BEGIN
    IF (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
        REVOKE EXECUTE ON FUNCTION lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) FROM PUBLIC;
    END IF;
END $$;

-- Which county a login belongs to. Not a setting of the session: those a user sets himself.
CREATE SCHEMA IF NOT EXISTS ibr_serving;
REVOKE ALL ON SCHEMA ibr_serving FROM PUBLIC;
CREATE TABLE IF NOT EXISTS ibr_serving.county_logins (
    login name PRIMARY KEY,
    county_code text NOT NULL
);
COMMENT ON TABLE ibr_serving.county_logins IS 'The one county whose rows a login of a county sees; none, where it is not here';
-- What was made for each table: where that changes, the table is made anew.
CREATE TABLE IF NOT EXISTS ibr_serving.tables (
    schema_name name,
    table_name name,
    made_by text NOT NULL,
    PRIMARY KEY (schema_name, table_name)
);

-- By who logged in: SET ROLE does not change session_user. It reads a table that its callers may not, so nothing that
-- they can make may come before pg_catalog.
CREATE OR REPLACE FUNCTION ibr_serving.county() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS 'SELECT county_code FROM ibr_serving.county_logins WHERE login = session_user';
REVOKE ALL ON FUNCTION ibr_serving.county() FROM PUBLIC;

-- Readers: one version of all tables for the length of a transaction, no writing by mistake, no statement without end.
-- A user may change these for himself: what he may read and write is not theirs to say.
ALTER DATABASE {database} SET default_transaction_isolation = 'repeatable read';
ALTER DATABASE {database} SET default_transaction_read_only = on;
ALTER DATABASE {database} SET statement_timeout = {timeout};
ALTER DATABASE {database} SET idle_in_transaction_session_timeout = '1h';
ALTER ROLE CURRENT_USER IN DATABASE {database} SET default_transaction_read_only = off;
ALTER ROLE CURRENT_USER IN DATABASE {database} SET statement_timeout = 0;
-- Every statement of every user into the server's log, where a superuser has let us say so (docs/serving-postgresql.md).
DO $$ BEGIN
    IF has_parameter_privilege(current_user, 'log_statement', 'SET') THEN
        ALTER DATABASE {database} SET log_statement = 'all';
    END IF;
END $$;
