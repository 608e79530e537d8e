;; Writes reports that are refused, again and again, without end.
  (import "wats:converter/report@0.1.0" "[constructor]uut" (func $new (param i32) (result i32)))
  (import "wats:converter/report@0.1.0" "[static]uut.finish" (func $finish (param i32 i32 i32 i32)))
  ;; process-code is `some(2^32 - 1)`, which is too large.
  (data (i32.const 4096) "\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\00\01\00\00\00\ff\ff\ff\ff")
  (func (export "convert") (param i32 i32 i32) (result i32)
    (loop $again
      (call $finish (call $new (i32.const 4096)) (i32.const 0) (i32.const 0) (i32.const 512))
      (br $again))
    (unreachable))
