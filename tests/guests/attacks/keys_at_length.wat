;; Opens reports whose keys are 31 MB long.
  (import "wats:converter/report@0.1.0" "[constructor]uut" (func $new (param i32) (result i32)))
  (memory (export "memory") 512)
  ;; key is `some` text at 0x50000.
  (data (i32.const 4280) "\01\00\00\00\00\00\05\00\c0\05\d9\01")
  (func (export "convert") (param i32 i32 i32) (result i32)
    (loop $again
      (drop (call $new (i32.const 4096)))
      (br $again))
    (unreachable))
