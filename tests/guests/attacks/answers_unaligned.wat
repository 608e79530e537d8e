;; Gives an answer at a place where none may be.
  (func (export "convert") (param i32 i32 i32) (result i32) (i32.const 1281))
