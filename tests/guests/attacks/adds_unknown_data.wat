;; Adds results with a key that nobody knows, and 4,000,000 numbers behind it.
  (import "wats:converter/report@0.1.0" "[constructor]uut" (func $new (param i32) (result i32)))
  (import "wats:converter/report@0.1.0" "[method]uut.add" (func $step (param i32 i32 i32)))
  (import "wats:converter/report@0.1.0" "[method]uut.add-result" (func $add (param i32 i32 i32)))
  (memory (export "memory") 512)
  (data (i32.const 0x50000) "{\"name\":\"a\",\"x\":[")
  (func (export "convert") (param i32 i32 i32) (result i32) (local $uut i32) (local $at i32)
    (local.set $at (i32.const 0x50011))
    (loop $fill
      (i32.store (local.get $at) (i32.const 0x2c302c30))
      (local.set $at (i32.add (local.get $at) (i32.const 4)))
      (br_if $fill (i32.lt_u (local.get $at) (i32.const 8327697))))
    (i32.store (local.get $at) (i32.const 0x207d5d30))
    (local.set $uut (call $new (i32.const 4096)))
    (call $step (local.get $uut) (i32.const 8192) (i32.const 1))
    (loop $again
      (call $add (local.get $uut) (i32.const 0x50000) (i32.sub (i32.add (local.get $at) (i32.const 4)) (i32.const 0x50000)))
      (br $again))
    (unreachable))
