;; Logs a text that begins in its memory and is 2 GiB long.
  (import "wats:converter/station@0.1.0" "log" (func $log (param i32 i32 i32)))
  (func (export "convert") (param i32 i32 i32) (result i32)
    (call $log (i32.const 2) (i32.const 0) (i32.const 0x7fffffff))
    (i32.const 1280))
