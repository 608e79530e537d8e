;; Emits 16 MiB of `[`, again and again: as deep as JSON can be.
  (import "wats:converter/report@0.1.0" "emit-json" (func $emit (param i32 i32 i32 i32 i32 i32)))
  (memory (export "memory") 400)
  (func (export "convert") (param i32 i32 i32) (result i32)
    (memory.fill (i32.const 131072) (i32.const 0x5b) (i32.const 16777216))
    (loop $again
      (call $emit (i32.const 131072) (i32.const 16777216) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 512))
      (br $again))
    (unreachable))
