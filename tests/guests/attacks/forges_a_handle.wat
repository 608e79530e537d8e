;; Reads the size of a file that it was never given.
  (import "wats:converter/source@0.1.0" "[method]file.size" (func $size (param i32) (result i64)))
  (func (export "convert") (param i32 i32 i32) (result i32)
    (drop (call $size (i32.const 123456)))
    (i32.const 1280))
