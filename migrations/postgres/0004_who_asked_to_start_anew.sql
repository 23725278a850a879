-- Whether the operator's code was used to ask. A session may refuse such a request, and not take its place.
ALTER TABLE anew ADD COLUMN by_code BOOLEAN NOT NULL DEFAULT false;
