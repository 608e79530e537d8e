;; Stands in for the adapter of `wasi_snapshot_preview1`: a Go program is compiled for WASI, and a converter has none.
;;
;; No files, no arguments, no environment; a clock that stands at 2000-01-01 and moves only by what the program sleeps; "random"
;; bytes that are always the same. So the same file gives the same reports.
;;
;; What the program prints goes to the station's log, line by line: stdout at info, stderr at warn. What Go writes before it
;; gives up ("fatal error: all goroutines are asleep - deadlock!") goes there at error: the station shows the last error line of
;; a plugin that stops.
(module
  (import "env" "memory" (memory 0))
  ;; station.log(level, text, length). Levels: 2 info, 3 warn, 4 error.
  (import "wats:converter/station@0.1.0" "log" (func $log (param i32 i32 i32)))

  ;; An adapter has no memory of its own. Go's linker keeps the bytes from 4096 to 12288 free for the arguments and the
  ;; environment that JavaScript hosts give (wasmMinDataAddr in cmd/link), which a WASI program never gets there: the line that is
  ;; being written is at 4096.
  (global $line (mut i32) (i32.const 0))
  ;; 1 while the host places a result in memory: no import may be called then, or the component traps for that instead.
  (global $silent (mut i32) (i32.const 0))
  ;; Nanoseconds since 1970.
  (global $now (mut i64) (i64.const 946684800000000000))

  ;; Logs the line that is being written.
  (func $end_line (param $level i32)
    (local $length i32)
    (local.set $length (global.get $line))
    (global.set $line (i32.const 0))
    (if (i32.or (i32.eqz (local.get $length)) (global.get $silent)) (then (return)))
    (if (i32.or
          ;; "fatal er", "panic: "
          (i64.eq (i64.load (i32.const 4096)) (i64.const 0x7265206c61746166))
          (i64.eq
            (i64.and (i64.load (i32.const 4096)) (i64.const 0x00ffffffffffffff))
            (i64.const 0x00203a63696e6170)))
      (then (local.set $level (i32.const 4))))
    (call $log (local.get $level) (i32.const 4096) (local.get $length)))

  (func $write_byte (param $level i32) (param $byte i32)
    (if (i32.eq (local.get $byte) (i32.const 10))
      (then (call $end_line (local.get $level)) (return)))
    (if (i32.eq (global.get $line) (i32.const 8192)) (then (call $end_line (local.get $level))))
    ;; A log line must be UTF-8, which a line that was cut may not be: what is not ASCII becomes `?`.
    (if (i32.gt_u (local.get $byte) (i32.const 127)) (then (local.set $byte (i32.const 63))))
    ;; Tabs become spaces.
    (if (i32.eq (local.get $byte) (i32.const 9)) (then (local.set $byte (i32.const 32))))
    (i32.store8 (i32.add (i32.const 4096) (global.get $line)) (local.get $byte))
    (global.set $line (i32.add (global.get $line) (i32.const 1))))

  (func (export "fd_write") (param $fd i32) (param $pieces i32) (param $count i32) (param $written i32) (result i32)
    (local $level i32) (local $at i32) (local $end i32) (local $total i32)
    ;; EBADF for everything but stdout and stderr.
    (if (i32.gt_u (i32.sub (local.get $fd) (i32.const 1)) (i32.const 1)) (then (return (i32.const 8))))
    (local.set $level (i32.add (local.get $fd) (i32.const 1)))
    (block $done
      (loop $next_piece
        (br_if $done (i32.eqz (local.get $count)))
        (local.set $at (i32.load (local.get $pieces)))
        (local.set $end (i32.add (local.get $at) (i32.load offset=4 (local.get $pieces))))
        (local.set $total (i32.add (local.get $total) (i32.load offset=4 (local.get $pieces))))
        (block $piece_done
          (loop $next_byte
            (br_if $piece_done (i32.ge_u (local.get $at) (local.get $end)))
            (call $write_byte (local.get $level) (i32.load8_u (local.get $at)))
            (local.set $at (i32.add (local.get $at) (i32.const 1)))
            (br $next_byte)))
        (local.set $pieces (i32.add (local.get $pieces) (i32.const 8)))
        (local.set $count (i32.sub (local.get $count) (i32.const 1)))
        (br $next_piece)))
    (i32.store (local.get $written) (local.get $total))
    (i32.const 0))

  (func (export "proc_exit") (param i32)
    (call $end_line (i32.const 3))
    unreachable)

  (func (export "adapter_monotonic_clock_set_paused") (param i32) (global.set $silent (local.get 0)))

  (func (export "clock_time_get") (param i32 i64 i32) (result i32)
    (i64.store (local.get 2) (global.get $now))
    (i32.const 0))
  (func (export "clock_res_get") (param i32 i32) (result i32)
    (i64.store (local.get 1) (i64.const 1))
    (i32.const 0))

  ;; A wait is over at once, and the clock is where it would be then. Of several subscriptions only the first is told, and
  ;; only when it is a clock: there are no files to wait for.
  (func (export "poll_oneoff") (param $in i32) (param $out i32) (param $count i32) (param $told i32) (result i32)
    (local $time i64)
    (if (i32.or (i32.eqz (local.get $count)) (i32.load8_u offset=8 (local.get $in))) (then (return (i32.const 52))))
    (local.set $time (i64.load offset=24 (local.get $in)))
    ;; Flag 1: the time is a point in time, not a duration.
    (if (i32.eqz (i32.and (i32.load16_u offset=40 (local.get $in)) (i32.const 1)))
      (then (local.set $time (i64.add (local.get $time) (global.get $now)))))
    (if (i64.gt_u (local.get $time) (global.get $now)) (then (global.set $now (local.get $time))))
    (memory.fill (local.get $out) (i32.const 0) (i32.const 32))
    (i64.store (local.get $out) (i64.load (local.get $in)))
    (i32.store (local.get $told) (i32.const 1))
    (i32.const 0))

  (func (export "random_get") (param i32 i32) (result i32)
    (memory.fill (local.get 0) (i32.const 0x5a) (local.get 1))
    (i32.const 0))
  (func (export "sched_yield") (result i32) (i32.const 0))

  (func $none (param i32 i32) (result i32)
    (i32.store (local.get 0) (i32.const 0))
    (i32.store (local.get 1) (i32.const 0))
    (i32.const 0))
  (export "args_sizes_get" (func $none))
  (export "environ_sizes_get" (func $none))
  (func (export "args_get") (param i32 i32) (result i32) (i32.const 0))
  (func (export "environ_get") (param i32 i32) (result i32) (i32.const 0))

  ;; No file can be opened, and none is open: EBADF.
  (func $bad_1 (param i32) (result i32) (i32.const 8))
  (export "fd_close" (func $bad_1))
  (export "fd_sync" (func $bad_1))
  (func $bad_2 (param i32 i32) (result i32) (i32.const 8))
  (export "fd_fdstat_get" (func $bad_2))
  (export "fd_fdstat_set_flags" (func $bad_2))
  (export "fd_filestat_get" (func $bad_2))
  (export "fd_prestat_get" (func $bad_2))
  (export "sock_shutdown" (func $bad_2))
  (func $bad_3 (param i32 i32 i32) (result i32) (i32.const 8))
  (export "fd_prestat_dir_name" (func $bad_3))
  (export "path_create_directory" (func $bad_3))
  (export "path_remove_directory" (func $bad_3))
  (export "path_unlink_file" (func $bad_3))
  (export "sock_accept" (func $bad_3))
  (func (export "fd_read") (param i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_pread") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_pwrite") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_readdir") (param i32 i32 i32 i64 i32) (result i32) (i32.const 8))
  (func (export "fd_seek") (param i32 i64 i32 i32) (result i32) (i32.const 8))
  (func (export "fd_filestat_set_size") (param i32 i64) (result i32) (i32.const 8))
  (func (export "fd_fdstat_set_rights") (param i32 i64 i64) (result i32) (i32.const 8))
  (func (export "path_filestat_get") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_filestat_set_times") (param i32 i32 i32 i32 i64 i64 i32) (result i32) (i32.const 8))
  (func (export "path_link") (param i32 i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_readlink") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_rename") (param i32 i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_symlink") (param i32 i32 i32 i32 i32) (result i32) (i32.const 8))
  (func (export "path_open") (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32) (i32.const 8))

  ;; What the import of `station` is, in the binary form of component types:
  ;;
  ;;   package wats:converter@0.1.0;
  ;;   interface station {
  ;;     enum level { trace, debug, info, warn, error }
  ;;     log: func(level: level, message: string);
  ;;   }
  ;;   world nowasi-adapter { import station; }
  ;;
  ;; Made by `wasm-tools component embed -w nowasi-adapter` (1.262.0) on an empty module.
  (@custom "component-type"
    "\00asm\0d\00\01\00\00\19\16wit-component-encoding\04\00\07\99\01\01A"
    "\02\01A\02\01B\04\01m\05\05trace\05debug\04info\04warn\05error\04\00"
    "\05level\03\00\00\01@\02\05level\01\07messages\01\00\04\00\03log\01\02\03\00"
    "\1cwats:converter/station@0.1.0\05\00\04\00#wats:c"
    "onverter/nowasi-adapter@0.1.0\04\00\0b\14\01\00\0enowa"
    "si-adapter\03\00\00\00/\09producers\01\0cprocessed-by\01"
    "\0dwit-component\070.262.0"))
