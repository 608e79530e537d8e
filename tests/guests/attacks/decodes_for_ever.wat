;; Has the whole file decoded again and again.
  (import "wats:converter/source@0.1.0" "[method]file.text" (func $text (param i32 i32 i32 i32 i32)))
  (memory (export "memory") 1600)
  (data (i32.const 600) "windows-1252")
  (func (export "convert") (param $main i32) (param i32 i32) (result i32)
    (loop $again
      (call $text (local.get $main) (i32.const 1) (i32.const 600) (i32.const 12) (i32.const 512))
      (br $again))
    (unreachable))
