;; Opens reports without end and keeps the handles.
  (import "wats:converter/report@0.1.0" "[constructor]uut" (func $new (param i32) (result i32)))
  (func (export "convert") (param i32 i32 i32) (result i32)
    (loop $again (drop (call $new (i32.const 4096))) (br $again))
    (unreachable))
