;; Gives the handle of a file for that of a report.
  (import "wats:converter/report@0.1.0" "[method]uut.add-result" (func $add (param i32 i32 i32)))
  (func (export "convert") (param $main i32) (param i32 i32) (result i32)
    (call $add (local.get $main) (i32.const 600) (i32.const 0))
    (i32.const 1280))
