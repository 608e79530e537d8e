//! A converter in Zig: a head of `Key: value` lines, then `name;value;low;high;unit` for each measurement.

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
    decimal_mark: [*:0]const u8,
    sequence: [*:0]const u8,
};

const settings_table = [_]wats.wats_setting{
    .{
        .key = "decimal_mark",
        .kind = wats.WATS_SETTING_IS_TEXT,
        .at = @offsetOf(Settings, "decimal_mark"),
        .text = ".",
        .help = "Decimal mark of the numbers",
        .shortest = 1,
        .longest = 1,
    },
    .{
        .key = "sequence",
        .kind = wats.WATS_SETTING_IS_TEXT,
        .at = @offsetOf(Settings, "sequence"),
        .text = "Measurements",
        .help = "Name of the sequence that the measurements go into",
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

export const wats_exported: wats.wats_converter = .{
    .name = "my-format",
    .version = "0.1.0",
    .summary = "Logs of my tester",
    .formats = list(16, &.{"My tester's log"}),
    .patterns = list(16, &.{"*.log"}),
    .contains = list(16, &.{"Serial:"}),
    .settings = &settings_table,
    .settings_size = @sizeOf(Settings),
    .probe = probe,
    .convert = convert,
};

fn probe(input: [*c]const wats.wats_input, _: ?*const anyopaque) callconv(.c) wats.wats_detection {
    if (wats.wats_begins_with(input.*.main, "My tester")) return wats.wats_certain();
    return wats.wats_no("does not begin with \"My tester\"");
}

/// Says why it failed, with `wats_fail` or a function that does so, before it is returned.
const Told = error{Told};

fn convert(input: [*c]const wats.wats_input, data: ?*const anyopaque) callconv(.c) bool {
    const settings: *const Settings = @ptrCast(@alignCast(data));
    read(input.*.main.?, settings) catch return false;
    return true;
}

fn read(file: *const wats.wats_file, settings: *const Settings) Told!void {
    const lines = wats.wats_lines_of(file);
    var header: wats.wats_header = .{};
    // The head ends at an empty line.
    while (next(lines)) |line| {
        if (wats.wats_blank(line.text)) break;
        if (after(line, "Serial: ")) |value| header.serial_number = value;
        if (after(line, "Part: ")) |value| header.part_number = value;
        if (after(line, "Start: ")) |value| header.start = value;
    }
    if (header.serial_number == null) {
        _ = wats.wats_fail(wats.WATS_TRUNCATED, wats.wats_whole(), "no line \"Serial: ...\" before the first empty line");
        return error.Told;
    }

    const uut = wats.wats_begin(&header).?;
    wats.wats_open(uut, settings.sequence);
    while (next(lines)) |line| {
        if (!wats.wats_blank(line.text)) try measurement(uut, line, settings.decimal_mark[0]);
    }
    wats.wats_close(uut);
    try must(wats.wats_finish(uut));
}

/// One measurement. An unreadable number is an error with its place, never a zero. An empty limit is none.
fn measurement(uut: *wats.wats_uut, line: *wats.wats_text_line, mark: u8) Told!void {
    var fields: [5][*c]u8 = undefined;
    const count = wats.wats_split(line.text, ';', &fields, fields.len);
    if (count != fields.len) {
        const expected = "found %zu fields, expected name;value;low;high;unit";
        return must(wats.wats_fail(wats.WATS_MALFORMED, wats.wats_line(line.number), expected, count));
    }
    var value: f64 = undefined;
    var low: wats.wats_optional = .{};
    var high: wats.wats_optional = .{};
    try must(wats.wats_number(fields[1], mark, wats.wats_cell(line.number, 2), &value));
    try must(wats.wats_number_or_none(fields[2], mark, wats.wats_cell(line.number, 3), &low));
    try must(wats.wats_number_or_none(fields[3], mark, wats.wats_cell(line.number, 4), &high));
    wats.wats_add(uut, &.{
        .kind = wats.WATS_NUMERIC,
        .name = fields[0],
        .value = wats.wats_some(value),
        .unit = fields[4],
        .limits = wats.wats_inclusive(low, high),
    });
}

/// What returns false has said why.
fn must(done: bool) Told!void {
    if (!done) return error.Told;
}

fn next(lines: ?*wats.wats_lines) ?*wats.wats_text_line {
    return wats.wats_next(lines);
}

/// A copy of the rest of a line that begins with the prefix: the line itself is gone when the next one is read.
fn after(line: *wats.wats_text_line, prefix: [*:0]const u8) ?[*c]const u8 {
    const rest = wats.wats_after(line.text, prefix) orelse return null;
    return wats.wats_copy(rest);
}
