//! The functions and types of wats_converter.h, wats_scheduled_converter.h and wats_json.h in Zig, made by make_zig.py with
//! `zig translate-c` 0.17.1. Do not edit it. What they mean is said in the headers; those of the second and third are for the world
//! `scheduled-converter`.

const __root = @This();
pub const __builtin = @import("std").zig.c_translation.builtins;
pub const __helpers = @import("std").zig.c_translation.helpers;
pub const __builtin_va_list = ?*anyopaque;
pub const va_list = __builtin_va_list;
pub const __gnuc_va_list = __builtin_va_list;
pub const ptrdiff_t = c_long;
pub const wchar_t = c_int;
pub const max_align_t = extern struct {
    __aro_max_align_ll: c_longlong = 0,
    __aro_max_align_ld: c_longdouble = 0,
};
pub const intmax_t = c_longlong;
pub const uintmax_t = c_ulonglong;
pub const int_least64_t = c_longlong;
pub const int_least32_t = c_int;
pub const int_least16_t = c_short;
pub const int_least8_t = i8;
pub const uint_least64_t = c_ulonglong;
pub const uint_least32_t = c_uint;
pub const uint_least16_t = c_ushort;
pub const uint_least8_t = u8;
pub const int_fast64_t = c_longlong;
pub const int_fast32_t = c_int;
pub const int_fast16_t = c_short;
pub const int_fast8_t = i8;
pub const uint_fast64_t = c_ulonglong;
pub const uint_fast32_t = c_uint;
pub const uint_fast16_t = c_ushort;
pub const uint_fast8_t = u8;
pub const int128_t = i128;
pub const uint128_t = u128;
pub const int_fast128_t = i128;
pub const uint_fast128_t = u128;
pub const int_least128_t = i128;
pub const uint_least128_t = u128;
pub const struct_wats_optional = extern struct {
    given: bool = false,
    value: f64 = 0,
    pub const wats_inclusive = __root.wats_inclusive;
    pub const wats_as_it_is = __root.wats_as_it_is;
    pub const inclusive = __root.wats_inclusive;
    pub const is = __root.wats_as_it_is;
};
pub const wats_optional = struct_wats_optional;
pub fn wats_some(arg_value: f64) callconv(.c) wats_optional {
    var value = arg_value;
    _ = &value;
    var optional: wats_optional = undefined;
    _ = &optional;
    optional.given = @"true" != 0;
    optional.value = value;
    return optional;
}
pub fn wats_none() callconv(.c) wats_optional {
    var optional: wats_optional = undefined;
    _ = &optional;
    optional.given = @"false" != 0;
    optional.value = @floatFromInt(@as(c_int, 0));
    return optional;
}
pub const WATS_NOT_GIVEN: c_int = 0;
pub const WATS_PASSED: c_int = 1;
pub const WATS_FAILED: c_int = 2;
pub const WATS_DONE: c_int = 3;
pub const WATS_SKIPPED: c_int = 4;
pub const WATS_ERROR: c_int = 5;
pub const WATS_TERMINATED: c_int = 6;
pub const enum_wats_status = c_uint;
pub const wats_status = enum_wats_status;
pub fn wats_passed_if(arg_passed: bool) callconv(.c) wats_status {
    var passed = arg_passed;
    _ = &passed;
    return @bitCast(if (passed) WATS_PASSED else WATS_FAILED);
}
pub const WATS_MAIN: c_int = 0;
pub const WATS_SETUP: c_int = 1;
pub const WATS_CLEANUP: c_int = 2;
pub const enum_wats_group = c_uint;
pub const wats_group = enum_wats_group;
pub const WATS_TEXT_VALUE: c_int = 0;
pub const WATS_NUMBER_VALUE: c_int = 1;
pub const WATS_FLAG_VALUE: c_int = 2;
pub const WATS_JSON_VALUE: c_int = 3;
pub const enum_wats_value_kind = c_uint;
pub const wats_value_kind = enum_wats_value_kind;
pub const struct_wats_property = extern struct {
    key: [*c]const u8 = null,
    kind: wats_value_kind = @import("std").mem.zeroes(wats_value_kind),
    text: [*c]const u8 = null,
    number: f64 = 0,
    flag: bool = false,
};
pub const wats_property = struct_wats_property;
pub extern fn wats_text_property(key: [*c]const u8, text: [*c]const u8) wats_property;
pub extern fn wats_number_property(key: [*c]const u8, number: f64) wats_property;
pub extern fn wats_flag_property(key: [*c]const u8, flag: bool) wats_property;
pub extern fn wats_json_property(key: [*c]const u8, json: [*c]const u8) wats_property;
pub const WATS_MALFORMED: c_int = 0;
pub const WATS_TRUNCATED: c_int = 1;
pub const WATS_UNSUPPORTED: c_int = 2;
pub const WATS_REJECTED: c_int = 3;
pub const WATS_MISCONFIGURED: c_int = 4;
pub const WATS_INTERNAL: c_int = 5;
pub const enum_wats_error_kind = c_uint;
pub const wats_error_kind = enum_wats_error_kind;
pub const WATS_WHOLE: c_int = 0;
pub const WATS_LINE: c_int = 1;
pub const WATS_CELL: c_int = 2;
pub const WATS_OFFSET: c_int = 3;
pub const WATS_PATH: c_int = 4;
pub const enum_wats_place_kind = c_uint;
pub const wats_place_kind = enum_wats_place_kind;
pub const struct_wats_place = extern struct {
    kind: wats_place_kind = @import("std").mem.zeroes(wats_place_kind),
    line: u32 = 0,
    column: u32 = 0,
    offset: u64 = 0,
    path: [*c]const u8 = null,
    pub const wats_fail_at = __root.wats_fail_at;
    pub const at = __root.wats_fail_at;
};
pub const wats_place = struct_wats_place;
pub extern fn wats_whole() wats_place;
pub extern fn wats_line(line: u32) wats_place;
pub extern fn wats_cell(line: u32, column: u32) wats_place;
pub extern fn wats_offset(offset: u64) wats_place;
pub extern fn wats_path(path: [*c]const u8) wats_place;
pub extern fn wats_fail(kind: wats_error_kind, place: wats_place, format: [*c]const u8, ...) bool;
pub extern fn wats_fail_list(kind: wats_error_kind, place: wats_place, format: [*c]const u8, arguments: va_list) bool;
pub extern fn wats_fail_at(place: wats_place) bool;
pub extern fn wats_fail_in(file_name: [*c]const u8) bool;
pub const struct_wats_error = extern struct {
    told: bool = false,
    kind: wats_error_kind = @import("std").mem.zeroes(wats_error_kind),
    message: [*c]const u8 = null,
    place: wats_place = @import("std").mem.zeroes(wats_place),
    file: [*c]const u8 = null,
};
pub const wats_error = struct_wats_error;
pub extern fn wats_last_error() wats_error;
pub extern fn wats_forgive() void;
pub extern fn wats_skip(why: [*c]const u8, ...) bool;
pub const struct_wats_wait_for = extern struct {
    reason: [*c]const u8 = null,
    retry_after: wats_optional = @import("std").mem.zeroes(wats_optional),
    missing: [8][*c]const u8 = @import("std").mem.zeroes([8][*c]const u8),
    pub const wats_wait_with = __root.wats_wait_with;
    pub const wats_last_wait = __root.wats_last_wait;
    pub const with = __root.wats_wait_with;
    pub const wait = __root.wats_last_wait;
};
pub const wats_wait_for = struct_wats_wait_for;
pub extern fn wats_wait_with(wait: [*c]const wats_wait_for) bool;
pub extern fn wats_last_wait(wait: [*c]wats_wait_for) bool;
pub extern fn wats_panic(file: [*c]const u8, line: c_int, format: [*c]const u8, ...) noreturn;
pub const struct_wats_file = opaque {
    pub const wats_name_of = __root.wats_name_of;
    pub const wats_path_of = __root.wats_path_of;
    pub const wats_modified_of = __root.wats_modified_of;
    pub const wats_size_of = __root.wats_size_of;
    pub const wats_read = __root.wats_read;
    pub const wats_begins_with = __root.wats_begins_with;
    pub const wats_bytes_of = __root.wats_bytes_of;
    pub const wats_text_of = __root.wats_text_of;
    pub const wats_lines_of = __root.wats_lines_of;
    pub const of = __root.wats_name_of;
    pub const read = __root.wats_read;
    pub const with = __root.wats_begins_with;
};
pub const wats_file = struct_wats_file;
pub const struct_wats_input = extern struct {
    main: ?*const wats_file = null,
    companions: [*c]const ?*const wats_file = null,
    companion_count: usize = 0,
};
pub const wats_input = struct_wats_input;
pub extern fn wats_name_of(file: ?*const wats_file) [*c]const u8;
pub extern fn wats_path_of(file: ?*const wats_file) [*c]const u8;
pub extern fn wats_modified_of(file: ?*const wats_file) [*c]const u8;
pub extern fn wats_size_of(file: ?*const wats_file) u64;
pub extern fn wats_read(file: ?*const wats_file, offset: u64, buffer: ?*anyopaque, length: usize) usize;
pub extern fn wats_begins_with(file: ?*const wats_file, text: [*c]const u8) bool;
pub extern fn wats_bytes_of(file: ?*const wats_file, length: [*c]usize) [*c]u8;
pub extern fn wats_text_of(file: ?*const wats_file, encoding: [*c]const u8) [*c]u8;
pub const struct_wats_lines = opaque {
    pub const wats_next = __root.wats_next;
    pub const wats_broken = __root.wats_broken;
    pub const wats_position = __root.wats_position;
    pub const next = __root.wats_next;
    pub const broken = __root.wats_broken;
    pub const position = __root.wats_position;
};
pub const wats_lines = struct_wats_lines;
pub const struct_wats_text_line = extern struct {
    text: [*c]u8 = null,
    length: usize = 0,
    number: u32 = 0,
};
pub const wats_text_line = struct_wats_text_line;
pub extern fn wats_lines_of(file: ?*const wats_file) ?*wats_lines;
pub extern fn wats_lines_in(text: [*c]const u8) ?*wats_lines;
pub extern fn wats_next(lines: ?*wats_lines) [*c]wats_text_line;
pub extern fn wats_broken(lines: ?*const wats_lines) bool;
pub extern fn wats_position(lines: ?*const wats_lines) u64;
pub extern fn wats_alloc(size: usize) ?*anyopaque;
pub extern fn wats_copy(text: [*c]const u8) [*c]u8;
pub extern fn wats_copy_bytes(bytes: [*c]const u8, length: usize) [*c]u8;
pub extern fn wats_format(format: [*c]const u8, ...) [*c]u8;
pub extern fn wats_trim(text: [*c]u8) [*c]u8;
pub extern fn wats_blank(text: [*c]const u8) bool;
pub extern fn wats_after(text: [*c]const u8, prefix: [*c]const u8) [*c]const u8;
pub extern fn wats_split(text: [*c]u8, separator: u8, fields: [*c][*c]u8, most: usize) usize;
pub extern fn wats_number(text: [*c]const u8, decimal_mark: u8, place: wats_place, value: [*c]f64) bool;
pub extern fn wats_number_or_none(text: [*c]const u8, decimal_mark: u8, place: wats_place, value: [*c]wats_optional) bool;
pub extern fn wats_integer(text: [*c]const u8, lowest: i64, highest: i64, place: wats_place, value: [*c]i64) bool;
pub extern fn wats_status_from(text: [*c]const u8, place: wats_place, status: [*c]wats_status) bool;
pub const struct_wats_time = extern struct {
    year: c_int = 0,
    month: c_int = 0,
    day: c_int = 0,
    hour: c_int = 0,
    minute: c_int = 0,
    second: c_int = 0,
    nanoseconds: c_int = 0,
    offset_minutes: wats_optional = @import("std").mem.zeroes(wats_optional),
    pub const wats_timestamp = __root.wats_timestamp;
    pub const timestamp = __root.wats_timestamp;
};
pub const wats_time = struct_wats_time;
pub extern fn wats_timestamp(time: [*c]const wats_time, place: wats_place) [*c]const u8;
pub const WATS_LOG: c_int = 0;
pub const WATS_EQ: c_int = 1;
pub const WATS_EQT: c_int = 2;
pub const WATS_NE: c_int = 3;
pub const WATS_LT: c_int = 4;
pub const WATS_LE: c_int = 5;
pub const WATS_GT: c_int = 6;
pub const WATS_GE: c_int = 7;
pub const WATS_GTLT: c_int = 8;
pub const WATS_GTLE: c_int = 9;
pub const WATS_GELT: c_int = 10;
pub const WATS_GELE: c_int = 11;
pub const WATS_LTGT: c_int = 12;
pub const WATS_LTGE: c_int = 13;
pub const WATS_LEGT: c_int = 14;
pub const WATS_LEGE: c_int = 15;
pub const enum_wats_comparison = c_uint;
pub const wats_comparison = enum_wats_comparison;
pub const struct_wats_limits = extern struct {
    comparison: wats_comparison = @import("std").mem.zeroes(wats_comparison),
    low: f64 = 0,
    high: f64 = 0,
};
pub const wats_limits = struct_wats_limits;
pub fn wats_compare(arg_comparison: wats_comparison, arg_low: f64, arg_high: f64) callconv(.c) wats_limits {
    var comparison = arg_comparison;
    _ = &comparison;
    var low = arg_low;
    _ = &low;
    var high = arg_high;
    _ = &high;
    var limits: wats_limits = undefined;
    _ = &limits;
    limits.comparison = comparison;
    limits.low = low;
    limits.high = high;
    return limits;
}
pub fn wats_between(arg_low: f64, arg_high: f64) callconv(.c) wats_limits {
    var low = arg_low;
    _ = &low;
    var high = arg_high;
    _ = &high;
    return wats_compare(WATS_GELE, low, high);
}
pub fn wats_at_least(arg_low: f64) callconv(.c) wats_limits {
    var low = arg_low;
    _ = &low;
    return wats_compare(WATS_GE, low, @floatFromInt(@as(c_int, 0)));
}
pub fn wats_at_most(arg_high: f64) callconv(.c) wats_limits {
    var high = arg_high;
    _ = &high;
    return wats_compare(WATS_LE, high, @floatFromInt(@as(c_int, 0)));
}
pub fn wats_above(arg_low: f64) callconv(.c) wats_limits {
    var low = arg_low;
    _ = &low;
    return wats_compare(WATS_GT, low, @floatFromInt(@as(c_int, 0)));
}
pub fn wats_below(arg_high: f64) callconv(.c) wats_limits {
    var high = arg_high;
    _ = &high;
    return wats_compare(WATS_LT, high, @floatFromInt(@as(c_int, 0)));
}
pub fn wats_equal_to(arg_expected: f64) callconv(.c) wats_limits {
    var expected = arg_expected;
    _ = &expected;
    return wats_compare(WATS_EQ, expected, @floatFromInt(@as(c_int, 0)));
}
pub extern fn wats_inclusive(low: wats_optional, high: wats_optional) wats_limits;
pub extern fn wats_limits_named(name: [*c]const u8, low: wats_optional, high: wats_optional, place: wats_place, limits: [*c]wats_limits) bool;
pub const WATS_TEXT_LOG: c_int = 0;
pub const WATS_TEXT_EQ: c_int = 1;
pub const WATS_TEXT_NE: c_int = 2;
pub const WATS_TEXT_CASE_SENSITIVE: c_int = 3;
pub const WATS_TEXT_IGNORE_CASE: c_int = 4;
pub const enum_wats_text_comparison = c_uint;
pub const wats_text_comparison = enum_wats_text_comparison;
pub const struct_wats_text_limits = extern struct {
    comparison: wats_text_comparison = @import("std").mem.zeroes(wats_text_comparison),
    expected: [*c]const u8 = null,
};
pub const wats_text_limits = struct_wats_text_limits;
pub extern fn wats_same_text(expected: [*c]const u8) wats_text_limits;
pub extern fn wats_same_text_in_any_case(expected: [*c]const u8) wats_text_limits;
pub extern fn wats_other_text(unwanted: [*c]const u8) wats_text_limits;
pub extern fn wats_text_limits_named(name: [*c]const u8, limit: [*c]const u8, place: wats_place, limits: [*c]wats_text_limits) bool;
pub const struct_wats_series = extern struct {
    name: [*c]const u8 = null,
    x: [*c]const f64 = null,
    y: [*c]const f64 = null,
    count: usize = 0,
};
pub const wats_series = struct_wats_series;
pub const WATS_LINEAR: c_int = 0;
pub const WATS_LOG_X: c_int = 1;
pub const WATS_LOG_Y: c_int = 2;
pub const WATS_LOG_XY: c_int = 3;
pub const enum_wats_scale = c_uint;
pub const wats_scale = enum_wats_scale;
pub const struct_wats_chart = extern struct {
    label: [*c]const u8 = null,
    x_label: [*c]const u8 = null,
    x_unit: [*c]const u8 = null,
    y_label: [*c]const u8 = null,
    y_unit: [*c]const u8 = null,
    scale: wats_scale = @import("std").mem.zeroes(wats_scale),
    series: [*c]const wats_series = null,
    series_count: usize = 0,
};
pub const wats_chart = struct_wats_chart;
pub const struct_wats_attachment = extern struct {
    name: [*c]const u8 = null,
    content_type: [*c]const u8 = null,
    content: ?*const anyopaque = null,
    size: usize = 0,
};
pub const wats_attachment = struct_wats_attachment;
pub const struct_wats_sequence = extern struct {
    name: [*c]const u8 = null,
    path: [*c]const u8 = null,
    version: [*c]const u8 = null,
    group: wats_group = @import("std").mem.zeroes(wats_group),
    status: wats_status = @import("std").mem.zeroes(wats_status),
    start: [*c]const u8 = null,
    duration: wats_optional = @import("std").mem.zeroes(wats_optional),
    error_code: [*c]const u8 = null,
    error_message: [*c]const u8 = null,
    report_text: [*c]const u8 = null,
    properties: [*c]const wats_property = null,
    property_count: usize = 0,
};
pub const wats_sequence = struct_wats_sequence;
pub const struct_wats_header = extern struct {
    serial_number: [*c]const u8 = null,
    part_number: [*c]const u8 = null,
    revision: [*c]const u8 = null,
    process_code: wats_optional = @import("std").mem.zeroes(wats_optional),
    start: [*c]const u8 = null,
    duration: wats_optional = @import("std").mem.zeroes(wats_optional),
    operator_name: [*c]const u8 = null,
    machine_name: [*c]const u8 = null,
    location: [*c]const u8 = null,
    purpose: [*c]const u8 = null,
    batch_serial_number: [*c]const u8 = null,
    fixture: [*c]const u8 = null,
    socket_index: wats_optional = @import("std").mem.zeroes(wats_optional),
    comment: [*c]const u8 = null,
    error_code: wats_optional = @import("std").mem.zeroes(wats_optional),
    error_message: [*c]const u8 = null,
    key: [*c]const u8 = null,
    id: [*c]const u8 = null,
    program: wats_sequence = @import("std").mem.zeroes(wats_sequence),
    properties: [*c]const wats_property = null,
    property_count: usize = 0,
    pub const wats_begin = __root.wats_begin;
    pub const begin = __root.wats_begin;
};
pub const wats_header = struct_wats_header;
pub const struct_wats_measurement = extern struct {
    name: [*c]const u8 = null,
    value: wats_optional = @import("std").mem.zeroes(wats_optional),
    unit: [*c]const u8 = null,
    limits: wats_limits = @import("std").mem.zeroes(wats_limits),
    text: [*c]const u8 = null,
    expected: wats_text_limits = @import("std").mem.zeroes(wats_text_limits),
    status: wats_status = @import("std").mem.zeroes(wats_status),
};
pub const wats_measurement = struct_wats_measurement;
pub const WATS_ACTION: c_int = 0;
pub const WATS_NUMERIC: c_int = 1;
pub const WATS_MULTI_NUMERIC: c_int = 2;
pub const WATS_PASS_FAIL: c_int = 3;
pub const WATS_MULTI_PASS_FAIL: c_int = 4;
pub const WATS_TEXT: c_int = 5;
pub const WATS_MULTI_TEXT: c_int = 6;
pub const WATS_CHART: c_int = 7;
pub const WATS_MESSAGE_POPUP: c_int = 8;
pub const WATS_CALL_EXECUTABLE: c_int = 9;
pub const WATS_GENERIC: c_int = 10;
pub const enum_wats_kind = c_uint;
pub const wats_kind = enum_wats_kind;
pub const struct_wats_loop = extern struct {
    count: u32 = 0,
    passed: u32 = 0,
    failed: u32 = 0,
};
pub const wats_loop = struct_wats_loop;
pub const struct_wats_step = extern struct {
    kind: wats_kind = @import("std").mem.zeroes(wats_kind),
    name: [*c]const u8 = null,
    value: wats_optional = @import("std").mem.zeroes(wats_optional),
    unit: [*c]const u8 = null,
    limits: wats_limits = @import("std").mem.zeroes(wats_limits),
    text: [*c]const u8 = null,
    expected: wats_text_limits = @import("std").mem.zeroes(wats_text_limits),
    measured: wats_status = @import("std").mem.zeroes(wats_status),
    response: [*c]const u8 = null,
    button: wats_optional = @import("std").mem.zeroes(wats_optional),
    exit_code: i32 = 0,
    type: [*c]const u8 = null,
    status: wats_status = @import("std").mem.zeroes(wats_status),
    group: wats_group = @import("std").mem.zeroes(wats_group),
    start: [*c]const u8 = null,
    duration: wats_optional = @import("std").mem.zeroes(wats_optional),
    error_code: [*c]const u8 = null,
    error_message: [*c]const u8 = null,
    report_text: [*c]const u8 = null,
    loop_index: wats_optional = @import("std").mem.zeroes(wats_optional),
    loop: [*c]const wats_loop = null,
    caused_failure: bool = false,
    properties: [*c]const wats_property = null,
    property_count: usize = 0,
    chart: [*c]const wats_chart = null,
    attachment: [*c]const wats_attachment = null,
    result: [*c]const u8 = null,
};
pub const wats_step = struct_wats_step;
pub const struct_wats_uut = opaque {
    pub const wats_set_header = __root.wats_set_header;
    pub const wats_open = __root.wats_open;
    pub const wats_open_with = __root.wats_open_with;
    pub const wats_close = __root.wats_close;
    pub const wats_close_with = __root.wats_close_with;
    pub const wats_depth = __root.wats_depth;
    pub const wats_add = __root.wats_add;
    pub const wats_add_measurement = __root.wats_add_measurement;
    pub const wats_add_chart = __root.wats_add_chart;
    pub const wats_add_attachment = __root.wats_add_attachment;
    pub const wats_add_result = __root.wats_add_result;
    pub const wats_attach = __root.wats_attach;
    pub const wats_attach_file = __root.wats_attach_file;
    pub const wats_misc_info = __root.wats_misc_info;
    pub const wats_add_sub_unit = __root.wats_add_sub_unit;
    pub const wats_add_asset = __root.wats_add_asset;
    pub const wats_data = __root.wats_data;
    pub const wats_finish = __root.wats_finish;
    pub const wats_finish_with = __root.wats_finish_with;
    pub const wats_discard = __root.wats_discard;
    pub const header = __root.wats_set_header;
    pub const open = __root.wats_open;
    pub const with = __root.wats_open_with;
    pub const close = __root.wats_close;
    pub const depth = __root.wats_depth;
    pub const add = __root.wats_add;
    pub const measurement = __root.wats_add_measurement;
    pub const chart = __root.wats_add_chart;
    pub const attachment = __root.wats_add_attachment;
    pub const result = __root.wats_add_result;
    pub const attach = __root.wats_attach;
    pub const file = __root.wats_attach_file;
    pub const info = __root.wats_misc_info;
    pub const unit = __root.wats_add_sub_unit;
    pub const asset = __root.wats_add_asset;
    pub const data = __root.wats_data;
    pub const finish = __root.wats_finish;
    pub const discard = __root.wats_discard;
};
pub const wats_uut = struct_wats_uut;
pub extern fn wats_begin(header: [*c]const wats_header) ?*wats_uut;
pub extern fn wats_set_header(uut: ?*wats_uut, header: [*c]const wats_header) void;
pub extern fn wats_open(uut: ?*wats_uut, name: [*c]const u8) void;
pub extern fn wats_open_with(uut: ?*wats_uut, sequence: [*c]const wats_sequence) void;
pub extern fn wats_close(uut: ?*wats_uut) void;
pub extern fn wats_close_with(uut: ?*wats_uut, status: wats_status, duration: wats_optional) void;
pub extern fn wats_depth(uut: ?*const wats_uut) usize;
pub extern fn wats_add(uut: ?*wats_uut, step: [*c]const wats_step) void;
pub extern fn wats_add_measurement(uut: ?*wats_uut, measurement: [*c]const wats_measurement) void;
pub extern fn wats_add_chart(uut: ?*wats_uut, chart: [*c]const wats_chart) void;
pub extern fn wats_add_attachment(uut: ?*wats_uut, attachment: [*c]const wats_attachment) void;
pub extern fn wats_add_result(uut: ?*wats_uut, json: [*c]const u8) void;
pub extern fn wats_attach(uut: ?*wats_uut, attachment: [*c]const wats_attachment) void;
pub extern fn wats_attach_file(uut: ?*wats_uut, file: ?*const wats_file, content_type: [*c]const u8) void;
pub extern fn wats_misc_info(uut: ?*wats_uut, description: [*c]const u8, text: [*c]const u8) void;
pub const struct_wats_sub_unit = extern struct {
    part_number: [*c]const u8 = null,
    serial_number: [*c]const u8 = null,
    revision: [*c]const u8 = null,
    part_type: [*c]const u8 = null,
};
pub const wats_sub_unit = struct_wats_sub_unit;
pub extern fn wats_add_sub_unit(uut: ?*wats_uut, unit: [*c]const wats_sub_unit) void;
pub const struct_wats_asset = extern struct {
    serial_number: [*c]const u8 = null,
    usage_count: u32 = 0,
    type: [*c]const u8 = null,
    part_number: [*c]const u8 = null,
    calibrated: [*c]const u8 = null,
    calibration_due: [*c]const u8 = null,
};
pub const wats_asset = struct_wats_asset;
pub extern fn wats_add_asset(uut: ?*wats_uut, asset: [*c]const wats_asset) void;
pub extern fn wats_data(uut: ?*wats_uut, json: [*c]const u8) void;
pub extern fn wats_finish(uut: ?*wats_uut) bool;
pub extern fn wats_finish_with(uut: ?*wats_uut, status: wats_status, id: [*c][*c]const u8) bool;
pub extern fn wats_discard(uut: ?*wats_uut) void;
pub extern fn wats_emit_json(wsjf: [*c]const u8, key: [*c]const u8, id: [*c][*c]const u8) bool;
pub fn wats_as_it_is(arg_value: wats_optional) callconv(.c) wats_optional {
    var value = arg_value;
    _ = &value;
    return value;
}
pub const WATS_TRACE: c_int = 0;
pub const WATS_DEBUG: c_int = 1;
pub const WATS_INFO: c_int = 2;
pub const WATS_WARN: c_int = 3;
pub const WATS_ERR: c_int = 4;
pub const enum_wats_level = c_uint;
pub const wats_level = enum_wats_level;
pub extern fn wats_log(level: wats_level, format: [*c]const u8, ...) void;
pub extern fn wats_progress(fraction: f64) void;
pub extern fn wats_settings_json() [*c]const u8;
pub const WATS_FOUND: c_int = 0;
pub const WATS_ABSENT: c_int = 1;
pub const WATS_UNAVAILABLE: c_int = 2;
pub const WATS_DENIED: c_int = 3;
pub const enum_wats_answer = c_uint;
pub const wats_answer = enum_wats_answer;
pub const struct_wats_process = extern struct {
    code: u32 = 0,
    name: [*c]const u8 = null,
    properties: [*c]const wats_property = null,
    property_count: usize = 0,
};
pub const wats_process = struct_wats_process;
pub const struct_wats_product = extern struct {
    part_number: [*c]const u8 = null,
    name: [*c]const u8 = null,
    revisions: [*c]const [*c]const u8 = null,
    revision_count: usize = 0,
    properties: [*c]const wats_property = null,
    property_count: usize = 0,
};
pub const wats_product = struct_wats_product;
pub extern fn wats_process_by_name(name: [*c]const u8, process: [*c]wats_process) wats_answer;
pub extern fn wats_product_by_part_number(part_number: [*c]const u8, product: [*c]wats_product) wats_answer;
pub extern fn wats_unanswered() bool;
pub const WATS_SETTING_IS_TEXT: c_int = 0;
pub const WATS_SETTING_IS_NUMBER: c_int = 1;
pub const WATS_SETTING_IS_INTEGER: c_int = 2;
pub const WATS_SETTING_IS_FLAG: c_int = 3;
pub const WATS_SETTING_IS_TEXTS: c_int = 4;
pub const WATS_SETTING_IS_JSON: c_int = 5;
pub const enum_wats_setting_kind = c_uint;
pub const wats_setting_kind = enum_wats_setting_kind;
pub const struct_wats_setting = extern struct {
    key: [*c]const u8 = null,
    kind: wats_setting_kind = @import("std").mem.zeroes(wats_setting_kind),
    at: usize = 0,
    text: [*c]const u8 = null,
    number: f64 = 0,
    flag: bool = false,
    help: [*c]const u8 = null,
    least: wats_optional = @import("std").mem.zeroes(wats_optional),
    most: wats_optional = @import("std").mem.zeroes(wats_optional),
    shortest: c_uint = 0,
    longest: c_uint = 0,
    choices: [16][*c]const u8 = @import("std").mem.zeroes([16][*c]const u8),
    schema: [*c]const u8 = null,
};
pub const wats_setting = struct_wats_setting;
pub const struct_wats_detection = extern struct {
    confidence: f64 = 0,
    detail: [*c]const u8 = null,
    missing: [8][*c]const u8 = @import("std").mem.zeroes([8][*c]const u8),
    serial_number: [*c]const u8 = null,
    part_number: [*c]const u8 = null,
};
pub const wats_detection = struct_wats_detection;
pub extern fn wats_no(why: [*c]const u8) wats_detection;
pub extern fn wats_certain() wats_detection;
pub extern fn wats_likely(confidence: f64) wats_detection;
pub const struct_wats_magic = extern struct {
    offset: u32 = 0,
    bytes: [*c]const u8 = null,
    length: usize = 0,
};
pub const wats_magic = struct_wats_magic;
pub const struct_wats_converter = extern struct {
    name: [*c]const u8 = null,
    version: [*c]const u8 = null,
    summary: [*c]const u8 = null,
    formats: [16][*c]const u8 = @import("std").mem.zeroes([16][*c]const u8),
    patterns: [16][*c]const u8 = @import("std").mem.zeroes([16][*c]const u8),
    min_size: u64 = 0,
    max_size: u64 = 0,
    magic: [8]wats_magic = @import("std").mem.zeroes([8]wats_magic),
    contains: [16][*c]const u8 = @import("std").mem.zeroes([16][*c]const u8),
    grants: [16][*c]const u8 = @import("std").mem.zeroes([16][*c]const u8),
    homepage: [*c]const u8 = null,
    license: [*c]const u8 = null,
    author: [*c]const u8 = null,
    settings: [*c]const wats_setting = null,
    settings_size: usize = 0,
    probe: ?*const fn (input: [*c]const wats_input, settings: ?*const anyopaque) callconv(.c) wats_detection = null,
    convert: ?*const fn (input: [*c]const wats_input, settings: ?*const anyopaque) callconv(.c) bool = null,
};
pub const wats_converter = struct_wats_converter;
pub extern const wats_exported: wats_converter;
pub const struct_wats_json = opaque {
    pub const wats_json_text = __root.wats_json_text;
    pub const wats_json_text_or_none = __root.wats_json_text_or_none;
    pub const wats_json_number = __root.wats_json_number;
    pub const wats_json_number_or_none = __root.wats_json_number_or_none;
    pub const wats_json_integer = __root.wats_json_integer;
    pub const wats_json_flag = __root.wats_json_flag;
    pub const wats_json_list = __root.wats_json_list;
    pub const wats_json_list_or_none = __root.wats_json_list_or_none;
    pub const wats_json_table = __root.wats_json_table;
    pub const wats_json_member = __root.wats_json_member;
    pub const wats_json_next = __root.wats_json_next;
    pub const wats_json_count = __root.wats_json_count;
    pub const wats_json_key = __root.wats_json_key;
    pub const text = __root.wats_json_text;
    pub const text_or_none = __root.wats_json_text_or_none;
    pub const number = __root.wats_json_number;
    pub const number_or_none = __root.wats_json_number_or_none;
    pub const integer = __root.wats_json_integer;
    pub const flag = __root.wats_json_flag;
    pub const list = __root.wats_json_list;
    pub const list_or_none = __root.wats_json_list_or_none;
    pub const table = __root.wats_json_table;
    pub const member = __root.wats_json_member;
    pub const next = __root.wats_json_next;
    pub const count = __root.wats_json_count;
    pub const key = __root.wats_json_key;
};
pub const wats_json = struct_wats_json;
pub extern fn wats_json_text(value: ?*const wats_json, key: [*c]const u8, text: [*c][*c]const u8) bool;
pub extern fn wats_json_text_or_none(value: ?*const wats_json, key: [*c]const u8, text: [*c][*c]const u8) bool;
pub extern fn wats_json_number(value: ?*const wats_json, key: [*c]const u8, number: [*c]f64) bool;
pub extern fn wats_json_number_or_none(value: ?*const wats_json, key: [*c]const u8, number: [*c]wats_optional) bool;
pub extern fn wats_json_integer(value: ?*const wats_json, key: [*c]const u8, lowest: i64, highest: i64, number: [*c]i64) bool;
pub extern fn wats_json_flag(value: ?*const wats_json, key: [*c]const u8, flag: [*c]bool) bool;
pub extern fn wats_json_list(value: ?*const wats_json, key: [*c]const u8, list: [*c]?*const wats_json) bool;
pub extern fn wats_json_list_or_none(value: ?*const wats_json, key: [*c]const u8, list: [*c]?*const wats_json) bool;
pub extern fn wats_json_table(value: ?*const wats_json, key: [*c]const u8, table: [*c]?*const wats_json) bool;
pub extern fn wats_json_member(value: ?*const wats_json, key: [*c]const u8) ?*const wats_json;
pub extern fn wats_json_next(list: ?*const wats_json, before: ?*const wats_json) ?*const wats_json;
pub extern fn wats_json_count(list: ?*const wats_json) usize;
pub extern fn wats_json_key(member: ?*const wats_json) [*c]const u8;
pub extern fn wats_json_quoted(text: [*c]const u8) [*c]const u8;
pub const struct_wats_http_header = extern struct {
    name: [*c]const u8 = null,
    value: [*c]const u8 = null,
};
pub const wats_http_header = struct_wats_http_header;
pub const struct_wats_http_request = extern struct {
    method: [*c]const u8 = null,
    url: [*c]const u8 = null,
    headers: [*c]const wats_http_header = null,
    header_count: usize = 0,
    body: ?*const anyopaque = null,
    body_size: usize = 0,
    timeout: wats_optional = @import("std").mem.zeroes(wats_optional),
    pub const wats_http_send = __root.wats_http_send;
    pub const send = __root.wats_http_send;
};
pub const wats_http_request = struct_wats_http_request;
pub const struct_wats_http_response = extern struct {
    url: [*c]const u8 = null,
    status: c_int = 0,
    headers: [*c]const wats_http_header = null,
    header_count: usize = 0,
    body: [*c]const u8 = null,
    body_size: usize = 0,
    pub const wats_http_header_of = __root.wats_http_header_of;
    pub const wats_http_success = __root.wats_http_success;
    pub const wats_http_text = __root.wats_http_text;
    pub const wats_http_json = __root.wats_http_json;
    pub const of = __root.wats_http_header_of;
    pub const success = __root.wats_http_success;
    pub const text = __root.wats_http_text;
    pub const json = __root.wats_http_json;
};
pub const wats_http_response = struct_wats_http_response;
pub extern fn wats_http_get(url: [*c]const u8) [*c]const wats_http_response;
pub extern fn wats_http_send(request: [*c]const wats_http_request) [*c]const wats_http_response;
pub const WATS_HTTP_ANSWERED: c_int = 0;
pub const WATS_HTTP_DENIED: c_int = 1;
pub const WATS_HTTP_INVALID: c_int = 2;
pub const WATS_HTTP_UNREACHABLE: c_int = 3;
pub const WATS_HTTP_TIMED_OUT: c_int = 4;
pub const WATS_HTTP_TOO_LARGE: c_int = 5;
pub const enum_wats_http_error_kind = c_uint;
pub const wats_http_error_kind = enum_wats_http_error_kind;
pub const struct_wats_http_error = extern struct {
    kind: wats_http_error_kind = @import("std").mem.zeroes(wats_http_error_kind),
    reason: [*c]const u8 = null,
};
pub const wats_http_error = struct_wats_http_error;
pub extern fn wats_last_http_error() wats_http_error;
pub extern fn wats_http_header_of(response: [*c]const wats_http_response, name: [*c]const u8) [*c]const u8;
pub extern fn wats_http_success(response: [*c]const wats_http_response) bool;
pub extern fn wats_http_text(response: [*c]const wats_http_response) [*c]const u8;
pub extern fn wats_http_json(response: [*c]const wats_http_response) ?*const wats_json;
pub extern fn wats_state_keys() [*c]const [*c]const u8;
pub extern fn wats_state_text(key: [*c]const u8) [*c]const u8;
pub extern fn wats_state_bytes(key: [*c]const u8, bytes: [*c]?*const anyopaque, length: [*c]usize) bool;
pub extern fn wats_set_state_text(key: [*c]const u8, text: [*c]const u8) bool;
pub extern fn wats_set_state_bytes(key: [*c]const u8, bytes: ?*const anyopaque, length: usize) bool;
pub extern fn wats_delete_state(key: [*c]const u8) bool;
pub const struct_wats_run = extern struct {
    due: [*c]const u8 = null,
    previous: [*c]const u8 = null,
    by_hand: bool = false,
};
pub const wats_run = struct_wats_run;
pub const struct_wats_scheduled_converter = extern struct {
    name: [*c]const u8 = null,
    version: [*c]const u8 = null,
    summary: [*c]const u8 = null,
    formats: [16][*c]const u8 = @import("std").mem.zeroes([16][*c]const u8),
    grants: [16][*c]const u8 = @import("std").mem.zeroes([16][*c]const u8),
    homepage: [*c]const u8 = null,
    license: [*c]const u8 = null,
    author: [*c]const u8 = null,
    settings: [*c]const wats_setting = null,
    settings_size: usize = 0,
    run: ?*const fn (run: [*c]const wats_run, settings: ?*const anyopaque) callconv(.c) bool = null,
};
pub const wats_scheduled_converter = struct_wats_scheduled_converter;
pub extern const wats_exported_scheduled: wats_scheduled_converter;
pub const @"true" = @as(c_int, 1);
pub const @"false" = @as(c_int, 0);
pub const WATS_GRANT_LOOKUP = "lookup";
pub const WATS_GRANT_OWN_ID = "own-id";
pub const WATS_GRANT_HTTP = "http";
pub const WATS_GRANT_STATE = "state";
