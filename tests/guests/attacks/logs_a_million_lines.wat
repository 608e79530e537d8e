;; Logs a million lines of escape sequences and forged lines, and is done.
  (import "wats:converter/station@0.1.0" "log" (func $log (param i32 i32 i32)))
  (data (i32.const 600) "\1b[2J\nERROR forged\r\07")
  (func (export "convert") (param i32 i32 i32) (result i32) (local $left i32)
    (local.set $left (i32.const 1000000))
    (loop $again
      (call $log (i32.const 2) (i32.const 600) (i32.const 19))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i32.const 1280))
