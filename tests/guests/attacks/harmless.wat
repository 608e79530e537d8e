;; Nothing wrong with this one: what is done to the others is not done by how they are made.
