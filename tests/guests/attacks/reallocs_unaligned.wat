;; Gives a place for the list of companions where none may be.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65537))
