;; Calls its own export while the host puts a text into its memory, and that calls itself.
  (import "wats:converter/source@0.1.0" "[method]file.name" (func $name (param i32 i32)))
  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (call $deep (i32.const 1)))
  (func $deep (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
  (func (export "convert") (param $main i32) (param i32 i32) (result i32)
    (call $name (local.get $main) (i32.const 512))
    (i32.const 1280))
