;; Has the name and the path of the file put into the same place, over what it answers: its own affair.
  (import "wats:converter/source@0.1.0" "[method]file.name" (func $name (param i32 i32)))
  (import "wats:converter/source@0.1.0" "[method]file.path" (func $path (param i32 i32)))
  (import "wats:converter/station@0.1.0" "log" (func $log (param i32 i32 i32)))
  (func (export "convert") (param $main i32) (param i32 i32) (result i32)
    (call $name (local.get $main) (i32.const 65532))
    (call $path (local.get $main) (i32.const 65532))
    (call $log (i32.const 2) (i32.const 65536) (i32.const 4))
    (i32.const 1280))
