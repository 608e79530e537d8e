;; Logs at a level that is none.
  (import "wats:converter/station@0.1.0" "log" (func $log (param i32 i32 i32)))
  (func (export "convert") (param i32 i32 i32) (result i32)
    (call $log (i32.const 99) (i32.const 600) (i32.const 1))
    (i32.const 1280))
