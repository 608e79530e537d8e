-- Schema 2. Nobody looks a source up by its identity, and keeping that index cost each report a page at a random place.

DROP INDEX source_identity;
