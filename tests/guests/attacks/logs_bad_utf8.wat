;; Logs bytes that are no UTF-8.
  (import "wats:converter/station@0.1.0" "log" (func $log (param i32 i32 i32)))
  (data (i32.const 600) "a\ff\feb")
  (func (export "convert") (param i32 i32 i32) (result i32)
    (call $log (i32.const 2) (i32.const 600) (i32.const 4))
    (i32.const 1280))
