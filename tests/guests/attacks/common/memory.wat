  (memory (export "memory") 16)
