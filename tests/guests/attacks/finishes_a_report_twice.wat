;; Finishes a report twice.
  (import "wats:converter/report@0.1.0" "[constructor]uut" (func $new (param i32) (result i32)))
  (import "wats:converter/report@0.1.0" "[static]uut.finish" (func $finish (param i32 i32 i32 i32)))
  (func (export "convert") (param i32 i32 i32) (result i32) (local $uut i32)
    (local.set $uut (call $new (i32.const 4096)))
    (call $finish (local.get $uut) (i32.const 0) (i32.const 0) (i32.const 512))
    (call $finish (local.get $uut) (i32.const 0) (i32.const 0) (i32.const 512))
    (i32.const 1280))
