;; Is sure with a NaN that has a payload, and says why in a mebibyte of escape sequences.
  (memory (export "memory") 100)
  (data (i32.const 1200) "\ef\be\ad\de\00\00\fc\7f\00\00\01\00\00\00\10\00")
  (func (export "probe") (param i32 i32 i32) (result i32)
    (memory.fill (i32.const 65536) (i32.const 0x1b) (i32.const 1048576))
    (i32.const 1200))
