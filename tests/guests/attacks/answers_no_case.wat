;; Gives an answer that is no case of its type.
  (data (i32.const 1280) "\00\00\00\00\00\00\00\00\4d")
  (func (export "convert") (param i32 i32 i32) (result i32) (i32.const 1280))
