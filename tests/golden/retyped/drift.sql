-- The tags changed. A policy that names the column would hinder the change of its type.
CREATE POLICY further ON posts USING (tenant = 'x');
