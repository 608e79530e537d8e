;; Gives the null pointer as place for the list of companions: its own affair.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 0))
