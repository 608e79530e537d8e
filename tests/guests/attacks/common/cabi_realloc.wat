  ;; Gives the same place each time, above all data: nothing is kept from one answer of the host to the next.
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
