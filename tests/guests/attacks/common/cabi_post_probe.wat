  (func (export "cabi_post_probe") (param i32))
