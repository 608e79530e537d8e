  ;; `ok(converted)` is all zeros.
  (func (export "convert") (param i32 i32 i32) (result i32) (i32.const 1280))
