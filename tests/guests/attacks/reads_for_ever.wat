;; Reads 16 MiB again and again: nearly all of the time is spent in the host.
  (import "wats:converter/source@0.1.0" "[method]file.read" (func $read (param i32 i64 i32 i32)))
  (memory (export "memory") 300)
  (func (export "convert") (param $main i32) (param i32 i32) (result i32)
    (loop $again
      (call $read (local.get $main) (i64.const 0) (i32.const 16777216) (i32.const 512))
      (br $again))
    (unreachable))
