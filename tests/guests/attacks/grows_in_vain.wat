;; Wants far more than its memory declares as its largest, a hundred times, and then what it may have.
  (memory (export "memory") 16 32)
  (func (export "convert") (param i32 i32 i32) (result i32) (local $left i32)
    (local.set $left (i32.const 100))
    (loop $again
      (drop (memory.grow (i32.const 500)))
      (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (if (i32.eq (memory.grow (i32.const 16)) (i32.const -1)) (then (unreachable)))
    (i32.const 1280))
