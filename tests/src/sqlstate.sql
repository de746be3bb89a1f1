-- SECURITY INVOKER: the statement runs in the scope of whoever asks.
CREATE OR REPLACE FUNCTION "public"."sqlstate"("statement" text) RETURNS text
    LANGUAGE plpgsql
AS $$
BEGIN
    EXECUTE "statement";
    RETURN '00000';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
