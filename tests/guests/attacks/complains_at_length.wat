;; Opens 255 sequences with names of 100 characters and has 1,000 complaints about each of a thousand reports, which the
  ;; host has to remember until the report is finished.
  (import "wats:converter/report@0.1.0" "[constructor]uut" (func $new (param i32) (result i32)))
  (import "wats:converter/report@0.1.0" "[method]uut.open-sequence" (func $open (param i32)))
  (import "wats:converter/report@0.1.0" "[method]uut.add-result" (func $add (param i32 i32 i32)))
  ;; The report and the sequence at 8192: zeros but for the name.
  (data (i32.const 600) "0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890123456789")
  (data (i32.const 8192) "\00\00\00\00\58\02\00\00\64\00\00\00")
  (func (export "convert") (param i32 i32 i32) (result i32) (local $uut i32) (local $left i32)
    (loop $report
      (local.set $uut (call $new (i32.const 4096)))
      (i32.store (i32.const 8192) (local.get $uut))
      (local.set $left (i32.const 255))
      (loop $deeper
        (call $open (i32.const 8192))
        (br_if $deeper (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (local.set $left (i32.const 1000))
      (loop $wrong
        (call $add (local.get $uut) (i32.const 600) (i32.const 0))
        (br_if $wrong (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
      (br $report))
    (unreachable))
