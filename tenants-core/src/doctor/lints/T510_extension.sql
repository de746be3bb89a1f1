SELECT
    quote_ident(e.extname) AS object,
    x.why AS detail,
    NULL::text AS remedy
FROM pg_extension AS e
JOIN (
    VALUES
        ('adminpack', 'writes files of the server'),
        ('amcheck', 'reads tables past policies'),
        ('dblink', 'connects to databases as another role'),
        ('file_fdw', 'reads files of the server'),
        ('mysql_fdw', 'connects to databases as another role'),
        ('oracle_fdw', 'connects to databases as another role'),
        ('pageinspect', 'reads tables past policies'),
        ('pg_buffercache', 'shows which tables are in use'),
        ('pg_cron', 'runs statements as another role'),
        ('pg_stat_statements', 'keeps the texts of statements, in which tenants are named'),
        ('pg_surgery', 'changes tables past policies'),
        ('pg_visibility', 'reads tables past policies'),
        ('pg_walinspect', 'reads all that is written'),
        ('pgrowlocks', 'shows rows of others by their locks'),
        ('pgstattuple', 'reads tables past policies'),
        ('plperlu', 'runs programs on the server'),
        ('plpython3u', 'runs programs on the server'),
        ('pltclu', 'runs programs on the server'),
        ('postgres_fdw', 'connects to databases as another role'),
        ('tcn', 'sends keys of rows to all sessions'),
        ('xml2', 'runs statements that are given as text')
) AS x (name, why) ON x.name = e.extname
ORDER BY 1
