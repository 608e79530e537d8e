  (func (export "cabi_post_convert") (param i32))
