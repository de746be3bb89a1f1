CREATE SCHEMA "Sales";
CREATE TABLE "Sales"."Quarter ""Report""" (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    "Customer" text NOT NULL
);
-- A namesake, which must stay as it is.
CREATE TABLE public."Quarter ""Report""" (id bigint, "Customer" text);
