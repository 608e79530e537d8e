;; Logs a text that begins after its memory and ends beyond 4 GiB.
  (import "wats:converter/station@0.1.0" "log" (func $log (param i32 i32 i32)))
  (func (export "convert") (param i32 i32 i32) (result i32)
    (call $log (i32.const 2) (i32.const 0xfffffff0) (i32.const 100))
    (i32.const 1280))
