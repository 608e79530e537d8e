;; Logs one line of 100 MB.
  (import "wats:converter/station@0.1.0" "log" (func $log (param i32 i32 i32)))
  (memory (export "memory") 1700)
  (func (export "convert") (param i32 i32 i32) (result i32)
    (memory.fill (i32.const 65536) (i32.const 0x1b) (i32.const 100000000))
    (call $log (i32.const 2) (i32.const 65536) (i32.const 100000000))
    (i32.const 1280))
