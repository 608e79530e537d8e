;; Adds steps whose error codes are 31 MB long.
  (import "wats:converter/report@0.1.0" "[constructor]uut" (func $new (param i32) (result i32)))
  (import "wats:converter/report@0.1.0" "[method]uut.add" (func $add (param i32 i32 i32)))
  (memory (export "memory") 512)
  ;; error-code of the step at 8192 is `some` text at 0x50000.
  (data (i32.const 8304) "\01\00\00\00\00\00\05\00\c0\05\d9\01")
  (func (export "convert") (param i32 i32 i32) (result i32) (local $uut i32)
    (memory.fill (i32.const 0x50000) (i32.const 0x41) (i32.const 31000000))
    (local.set $uut (call $new (i32.const 4096)))
    (loop $again
      (call $add (local.get $uut) (i32.const 8192) (i32.const 1))
      (br $again))
    (unreachable))
