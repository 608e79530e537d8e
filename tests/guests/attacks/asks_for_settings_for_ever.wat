;; Asks for all settings again and again.
  (import "wats:converter/station@0.1.0" "settings-json" (func $settings (param i32)))
  (func (export "convert") (param i32 i32 i32) (result i32)
    (loop $again (call $settings (i32.const 512)) (br $again))
    (unreachable))
