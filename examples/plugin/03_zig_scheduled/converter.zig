//! A scheduled converter in Zig: asks a test system for results that are new. Each becomes a report; the number of the last one is
//! remembered.

const std = @import("std");
const wats = @import("wats");

/// A safety check of Zig that fails reaches the operator with its message.
pub const panic = std.debug.FullPanic(struct {
    fn call(message: []const u8, _: ?usize) noreturn {
        wats.wats_panic(null, 0, "%.*s", @as(c_int, @intCast(message.len)), message.ptr);
    }
}.call);

/// What an operator can set.
const Settings = extern struct {
    address: [*:0]const u8,
};

const settings_table = [_]wats.wats_setting{
    .{
        .key = "address",
        .kind = wats.WATS_SETTING_IS_TEXT,
        .at = @offsetOf(Settings, "address"),
        .text = "https://mes.example/results",
        .help = "Where the results are.",
        .shortest = 1,
    },
    .{}, // ends the table
};

/// A list as the C header has it: the rest is null.
fn list(comptime size: usize, comptime texts: []const [*:0]const u8) [size][*c]const u8 {
    var all: [size][*c]const u8 = @splat(null);
    for (texts, 0..) |text, index| all[index] = text;
    return all;
}

export const wats_exported_scheduled: wats.wats_scheduled_converter = .{
    .name = "my-source",
    .version = "0.1.0",
    .summary = "Results of my test system",
    .grants = list(16, &.{ wats.WATS_GRANT_HTTP, wats.WATS_GRANT_STATE }),
    .settings = &settings_table,
    .settings_size = @sizeOf(Settings),
    .run = run,
};

/// Said why it failed, with `wats_fail` or a function that does so, before it is returned.
const Told = error{Told};

fn run(_: [*c]const wats.wats_run, data: ?*const anyopaque) callconv(.c) bool {
    const settings: *const Settings = @ptrCast(@alignCast(data));
    ask(settings) catch return false;
    return true;
}

fn ask(settings: *const Settings) Told!void {
    const since = try there(wats.wats_state_text("since"));
    const url = wats.wats_format("%s?since=%s", settings.address, since);
    // Nobody there, a busy server: the station tries again later. Whatever else is no success is an error.
    const answer = try there(wats.wats_http_get(url));
    try must(wats.wats_http_success(answer));
    const document = wats.wats_http_json(answer) orelse return error.Told;
    var results: ?*const wats.wats_json = null;
    try must(wats.wats_json_list(document, null, &results));
    if (wats.wats_json_count(results) == 0) return must(wats.wats_skip("nothing new"));
    var result: ?*const wats.wats_json = null;
    while (next(results, &result)) |found| {
        var number: i64 = undefined;
        try must(wats.wats_json_integer(found, "id", 0, std.math.maxInt(i64), &number));
        const id = wats.wats_format("%lld", number);
        try write(found, id);
        // Kept only when the whole run is converted, together with its reports.
        try must(wats.wats_set_state_text("since", id));
    }
}

/// The report of a result. By key and start the station recognises what it has already.
fn write(result: *const wats.wats_json, id: [*c]const u8) Told!void {
    var header: wats.wats_header = .{ .key = id };
    var measurements: ?*const wats.wats_json = null;
    try must(wats.wats_json_text(result, "serial", &header.serial_number));
    try must(wats.wats_json_text_or_none(result, "part", &header.part_number));
    try must(wats.wats_json_text(result, "start", &header.start));
    try must(wats.wats_json_list_or_none(result, "measurements", &measurements));
    const uut = wats.wats_begin(&header).?;
    var measured: ?*const wats.wats_json = null;
    while (next(measurements, &measured)) |found| try measurement(uut, found);
    try must(wats.wats_finish(uut));
}

/// A measurement of a result. An absent limit is none.
fn measurement(uut: *wats.wats_uut, from: *const wats.wats_json) Told!void {
    var step: wats.wats_step = .{ .kind = wats.WATS_NUMERIC };
    var value: f64 = undefined;
    var low: wats.wats_optional = .{};
    var high: wats.wats_optional = .{};
    try must(wats.wats_json_text(from, "name", &step.name));
    try must(wats.wats_json_number(from, "value", &value));
    try must(wats.wats_json_number_or_none(from, "low", &low));
    try must(wats.wats_json_number_or_none(from, "high", &high));
    try must(wats.wats_json_text_or_none(from, "unit", &step.unit));
    step.value = wats.wats_some(value);
    step.limits = wats.wats_inclusive(low, high);
    wats.wats_add(uut, &step);
}

/// What returns false has said why.
fn must(done: bool) Told!void {
    if (!done) return error.Told;
}

/// What returns null has said why.
fn there(pointer: anytype) Told!@TypeOf(pointer) {
    if (pointer == null) return error.Told;
    return pointer;
}

/// The value of a list after `before`, which moves on.
fn next(of: ?*const wats.wats_json, before: *?*const wats.wats_json) ?*const wats.wats_json {
    before.* = wats.wats_json_next(of, before.*);
    return before.*;
}
