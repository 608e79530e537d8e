;; Drops the file twice.
  (import "wats:converter/source@0.1.0" "[resource-drop]file" (func $drop (param i32)))
  (func (export "convert") (param $main i32) (param i32 i32) (result i32)
    (call $drop (local.get $main))
    (call $drop (local.get $main))
    (i32.const 1280))
