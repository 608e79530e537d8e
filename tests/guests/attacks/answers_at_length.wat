;; Waits with a reason of a mebibyte, and for a hundred thousand companions, in escape sequences.
  (memory (export "memory") 100)
  (data (i32.const 1280) "\00\00\00\00\00\00\00\00\02\00\00\00\00\00\00\00\00\00\01\00\00\00\10\00")
  ;; retry-after: some(a NaN with a payload); missing: 100,000 at 0x200000
  (data (i32.const 1304) "\01\00\00\00\00\00\00\00\ef\be\ad\de\00\00\fc\7f\00\00\20\00\a0\86\01\00")
  (func (export "convert") (param i32 i32 i32) (result i32) (local $at i32)
    (memory.fill (i32.const 65536) (i32.const 0x1b) (i32.const 1048576))
    (local.set $at (i32.const 0x200000))
    (loop $again
      (i32.store (local.get $at) (i32.const 65536))
      (i32.store offset=4 (local.get $at) (i32.const 16))
      (br_if $again (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (i32.const 0x2c3500))))
    (i32.const 1280))
