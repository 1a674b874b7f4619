-- The id under which another scheduler runs a row; such a row is listed here and run there.
ALTER TABLE scheduled ADD COLUMN elsewhere TEXT;
