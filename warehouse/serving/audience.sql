-- An audience's schema, and the role whose members may read it.
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {role_name}) THEN
        CREATE ROLE {role} NOLOGIN;
    END IF;
END $$;
CREATE SCHEMA IF NOT EXISTS {role};
REVOKE ALL ON SCHEMA {role} FROM PUBLIC;
GRANT CONNECT ON DATABASE {database} TO {role};
GRANT USAGE ON SCHEMA {role} TO {role};
