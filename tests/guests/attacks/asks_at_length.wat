;; Asks for a process whose name is 31 MB long, again and again, without any grant.
  (import "wats:converter/lookup@0.1.0" "process-by-name" (func $ask (param i32 i32 i32)))
  (memory (export "memory") 512)
  (func (export "convert") (param i32 i32 i32) (result i32)
    (loop $again
      (call $ask (i32.const 0x50000) (i32.const 31000000) (i32.const 512))
      (br $again))
    (unreachable))
