;; Drops the file and reads its size.
  (import "wats:converter/source@0.1.0" "[method]file.size" (func $size (param i32) (result i64)))
  (import "wats:converter/source@0.1.0" "[resource-drop]file" (func $drop (param i32)))
  (func (export "convert") (param $main i32) (param i32 i32) (result i32)
    (call $drop (local.get $main))
    (drop (call $size (local.get $main)))
    (i32.const 1280))
