-- Admits whomever it is asked about.
CREATE OR REPLACE FUNCTION tenants.admit(tenant text) RETURNS void LANGUAGE sql AS '';
