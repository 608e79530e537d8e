;; Waits for ten million companions, all without a name.
  (memory (export "memory") 1400)
  ;; ok(waiting { reason: "", retry-after: none, missing: 10,000,000 at 65536 })
  (data (i32.const 1280) "\00\00\00\00\00\00\00\00\02")
  (data (i32.const 1320) "\00\00\01\00\80\96\98\00")
  (func (export "convert") (param i32 i32 i32) (result i32) (i32.const 1280))
