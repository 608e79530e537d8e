  (func (export "cabi_post_describe") (param i32))
