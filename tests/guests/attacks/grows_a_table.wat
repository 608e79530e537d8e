;; Wants a table of 2^32 - 1 functions, and gives up without.
  (table $table 1 funcref)
  (func (export "convert") (param i32 i32 i32) (result i32)
    (if (i32.eq (table.grow $table (ref.null func) (i32.const -1)) (i32.const -1)) (then (unreachable)))
    (i32.const 1280))
