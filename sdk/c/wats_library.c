/* What plugins of both worlds have in common: the implementation of wats_converter.h but for the exports. What an author needs is in
 * the header.
 *
 * It is not compiled by itself, but included by the source of a world, wats_converter.c or wats_scheduled_converter.c, behind the
 * bindings of that world: their types have the same names in both.
 *
 * A call of an export has one state, `call`; all that is handed to the author lives in its arena. Bindings and this file are the
 * same natively, where the test kit takes the place of the host. */
#include "wats_converter.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifndef __wasm__
#include <locale.h>
#endif

#define REPORT(name) wats_converter_report_##name
#define SOURCE(name) wats_converter_source_##name
#define STATION(name) wats_converter_station_##name

/* Steps that go to the host at a time: a call for each step would cost 1 us more. */
#define BATCH 64
/* Bytes of theirs from which on they go at once: the host takes 32 MiB in one call (its limit `hostcall_bytes`). */
#define BATCH_BYTES ((size_t)1 << 20)
/* What is read at a time: a call to the host costs about as much as copying 10 KiB. */
#define PIECE ((size_t)256 * 1024)

/* Ends the call; the test kit has its own. */
#ifdef __wasm__
_Noreturn static void stop(const char *message) {
    (void)message;
    __builtin_trap();
}
#else
_Noreturn void wats_testing_stop(const char *message);
#define stop wats_testing_stop
#endif

/* ---- Memory ---- */

typedef struct chunk {
    struct chunk *next;
    size_t size;
    size_t used;
    /* Aligned for everything. */
    _Alignas(16) unsigned char bytes[];
} chunk;

typedef struct arena {
    chunk *chunks;
    /* Taken since it was empty. */
    size_t taken;
} arena;

static void say(uint8_t level, const char *text, size_t length) {
    converter_string_t message = {(uint8_t *)text, length};
    STATION(log)(level, &message);
}

_Noreturn static void out_of_memory(size_t size) {
    char message[64];
    int length = snprintf(message, sizeof message, "out of memory: %zu bytes more were asked for", size);
    say(WATS_ERR, message, (size_t)length);
    stop(message);
}

static void *reserve(size_t size) {
    void *memory = malloc(size ? size : 1);
    if (!memory) out_of_memory(size);
    return memory;
}

static void *take(arena *from, size_t size) {
    const size_t usual = 16 * 1024 - sizeof(chunk);
    if (size > SIZE_MAX / 2) out_of_memory(size);
    size_t rounded = (size + 15) & ~(size_t)15;
    chunk *first = from->chunks;
    if (!first || first->size - first->used < rounded) {
        chunk *added = reserve(sizeof(chunk) + (rounded > usual ? rounded : usual));
        added->size = rounded > usual ? rounded : usual;
        added->used = 0;
        if (first && rounded > usual) {
            /* A large piece has a chunk of its own, and what is free in the first one stays in use. */
            added->next = first->next;
            first->next = added;
        } else {
            added->next = first;
            from->chunks = added;
        }
        first = added;
    }
    void *memory = first->bytes + first->used;
    first->used += rounded;
    from->taken += rounded;
    memset(memory, 0, size);
    return memory;
}

static void release(arena *of) {
    while (of->chunks) {
        chunk *next = of->chunks->next;
        free(of->chunks);
        of->chunks = next;
    }
    of->taken = 0;
}

/* As `release`, but keeps one usual chunk for the next batch. */
static void reuse(arena *of) {
    chunk *kept = of->chunks;
    if (!kept) return;
    of->chunks = kept->next;
    release(of);
    kept->next = NULL;
    kept->used = 0;
    of->chunks = kept;
}

/* ---- The state of a call ---- */

/* Why `convert` returned false. */
typedef struct verdict {
    enum { NOTHING = 0, ERROR_TOLD, SKIPPED, WAITING } what;
    wats_error_kind kind;
    const char *message;
    wats_place place;
    const char *file;
    wats_wait_for wait;
} verdict;

struct wats_file {
    SOURCE(own_file_t) own;
    SOURCE(borrow_file_t) borrowed;
};

static struct {
    arena memory;
    /* For what goes to the host at once. */
    arena scratch;
    /* Of the last error and of the one before: an author may try a thousand times and forgive. */
    arena told[2];
    unsigned turn;
    verdict last;
    /* What cannot be taken back: it stands even when `convert` returns true. */
    verdict certain;
    wats_answer answer;
    const char *unavailable;
    bool warned;
} call;

void *wats_alloc(size_t size) { return take(&call.memory, size); }

char *wats_copy_bytes(const char *bytes, size_t length) {
    char *copy = wats_alloc(length + 1);
    if (length) memcpy(copy, bytes, length);
    return copy;
}

char *wats_copy(const char *text) { return text ? wats_copy_bytes(text, strlen(text)) : NULL; }

static char *copy_into(arena *memory, const char *text) {
    if (!text) return NULL;
    size_t length = strlen(text);
    char *copy = take(memory, length + 1);
    memcpy(copy, text, length);
    return copy;
}

static char *format_into(arena *memory, const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0) return copy_into(memory, "(a text that could not be formatted)");
    char *text = take(memory, (size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return text;
}

char *wats_format(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = format_into(&call.memory, format, arguments);
    va_end(arguments);
    return text;
}

/* ---- UTF-8 ---- */

/* Length of the sequence that begins here, or 0 when it is not UTF-8. */
static size_t sequence_length(const unsigned char *at, size_t rest) {
    unsigned char first = at[0];
    size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF5 ? 4 : 0;
    if (length == 0 || length > rest) return 0;
    for (size_t i = 1; i < length; i++)
        if ((at[i] & 0xC0) != 0x80) return 0;
    /* Overlong forms, surrogates, and what is above U+10FFFF. */
    if ((first == 0xE0 && at[1] < 0xA0) || (first == 0xED && at[1] > 0x9F) || (first == 0xF0 && at[1] < 0x90) ||
        (first == 0xF4 && at[1] > 0x8F))
        return 0;
    return length;
}

/* How many bytes from the start are UTF-8. */
static size_t valid_length(const char *text, size_t length) {
    const unsigned char *bytes = (const unsigned char *)text;
    size_t at = 0;
    while (at < length) {
        if (bytes[at] < 0x80) {
            at++;
            continue;
        }
        size_t sequence = sequence_length(bytes + at, length - at);
        if (!sequence) break;
        at += sequence;
    }
    return at;
}

/* The text with what is not UTF-8 replaced by U+FFFD. */
static converter_string_t repaired(arena *memory, const char *text, size_t length) {
    converter_string_t to = {take(memory, length * 3), 0};
    for (size_t at = 0; at < length;) {
        size_t sequence = sequence_length((const unsigned char *)text + at, length - at);
        if (sequence) {
            memcpy(to.ptr + to.len, text + at, sequence);
            to.len += sequence;
            at += sequence;
        } else {
            memcpy(to.ptr + to.len, "\xEF\xBF\xBD", 3);
            to.len += 3;
            at++;
        }
    }
    return to;
}

/* A text as it may cross the boundary, where what is not UTF-8 would end the call. */
static converter_string_t crossing(arena *memory, const char *text, size_t length) {
    converter_string_t crossed = {NULL, 0};
    if (!text || !length) return crossed;
    size_t valid = valid_length(text, length);
    if (valid == length) {
        crossed.ptr = take(memory, length);
        crossed.len = length;
        memcpy(crossed.ptr, text, length);
        return crossed;
    }
    if (!call.warned) {
        static const char warning[] = "a text that is not UTF-8 was written; what is invalid in such texts is replaced by U+FFFD";
        call.warned = true;
        say(WATS_WARN, warning, sizeof warning - 1);
    }
    return repaired(memory, text, length);
}

static converter_string_t lent(arena *memory, const char *text) {
    return crossing(memory, text, text ? strlen(text) : 0);
}

/* As it must be in what an export returns: the generated code frees it. */
static converter_string_t given(const char *text) {
    converter_string_t lent_text = lent(&call.scratch, text);
    converter_string_t result = {NULL, 0};
    if (lent_text.len) {
        result.ptr = reserve(lent_text.len);
        result.len = lent_text.len;
        memcpy(result.ptr, lent_text.ptr, lent_text.len);
    }
    reuse(&call.scratch);
    return result;
}

/* ---- Messages, errors ---- */

/* The last part of a path, so that a message is the same wherever the plugin was compiled. */
static const char *base_name(const char *path) {
    const char *base = path;
    for (const char *c = path; *c; c++)
        if (*c == '/' || *c == '\\') base = c + 1;
    return base;
}

void wats_panic(const char *file, int line, const char *format, ...) {
    /* Not in the arena: memory may be what is at fault. */
    static char message[1024];
    va_list arguments;
    va_start(arguments, format);
    /* The place has room behind the longest text. */
    const size_t room = sizeof message - 128;
    int length = vsnprintf(message, room, format, arguments);
    va_end(arguments);
    size_t used = length < 0 ? 0 : (size_t)length < room ? (size_t)length : room - 1;
    if (file) {
        int more = snprintf(message + used, sizeof message - used, " (%s line %d)", base_name(file), line);
        if (more > 0) used += (size_t)more < sizeof message - used ? (size_t)more : sizeof message - used - 1;
    }
    /* A text that is not UTF-8, or was cut inside of a character, may not cross the boundary, and what is behind it must. */
    for (size_t valid; (valid = valid_length(message, used)) < used;) message[valid] = '?';
    say(WATS_ERR, message, used);
    stop(message);
}

/* A fault of the plugin that this library finds: the author's place is not known. */
#define MISUSE(...) wats_panic(NULL, 0, __VA_ARGS__)

/* The build has `assert`, `abort` and `exit` call these: the libc's own write to a stderr that nobody sees, if anything. */
_Noreturn void wats_assert_fail(const char *condition, const char *file, int line, const char *function);
_Noreturn void wats_assert_fail(const char *condition, const char *file, int line, const char *function) {
    (void)function;
    wats_panic(file, line, "assertion failed: %s", condition);
}
_Noreturn void wats_abort(void);
_Noreturn void wats_abort(void) { wats_panic(NULL, 0, "abort was called"); }
_Noreturn void wats_exit(int code);
_Noreturn void wats_exit(int code) { wats_panic(NULL, 0, "exit(%d) was called", code); }

/* Memory for the next verdict. What the one before has may be told again in this one, so that goes only now. */
static arena *next_told(void) {
    call.turn ^= 1;
    reuse(&call.told[call.turn]);
    return &call.told[call.turn];
}

bool wats_fail_list(wats_error_kind kind, wats_place place, const char *format, va_list arguments) {
    arena *memory = next_told();
    verdict told = {.what = ERROR_TOLD, .kind = kind, .place = place};
    told.message = format_into(memory, format, arguments);
    told.place.path = copy_into(memory, place.path);
    call.last = told;
    reuse(&call.scratch);
    return false;
}

bool wats_fail(wats_error_kind kind, wats_place place, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    wats_fail_list(kind, place, format, arguments);
    va_end(arguments);
    return false;
}

bool wats_fail_at(wats_place place) {
    call.last.place = place;
    call.last.place.path = copy_into(&call.told[call.turn], place.path);
    return false;
}

bool wats_fail_in(const char *file_name) {
    call.last.file = copy_into(&call.told[call.turn], file_name);
    return false;
}

wats_error wats_last_error(void) {
    const verdict *told = call.last.what == ERROR_TOLD ? &call.last : &call.certain;
    if (told->what != ERROR_TOLD) return (wats_error){.told = false};
    return (wats_error){.told = true, .kind = told->kind, .message = told->message, .place = told->place, .file = told->file};
}

void wats_forgive(void) { call.last = (verdict){.what = NOTHING}; }

bool wats_skip(const char *why, ...) {
    va_list arguments;
    va_start(arguments, why);
    verdict told = {.what = SKIPPED};
    told.message = format_into(next_told(), why, arguments);
    va_end(arguments);
    call.last = told;
    return false;
}

bool wats_wait_with(const wats_wait_for *wait) {
    arena *memory = next_told();
    verdict told = {.what = WAITING, .wait = *wait};
    told.wait.reason = copy_into(memory, wait->reason);
    for (size_t i = 0; i < 8; i++) told.wait.missing[i] = copy_into(memory, wait->missing[i]);
    call.last = told;
    return false;
}

bool wats_last_wait(wats_wait_for *wait) {
    if (call.last.what != WAITING) return false;
    *wait = call.last.wait;
    return true;
}

/* From now on the conversion fails with the last error. */
static bool for_certain(void) {
    if (call.certain.what == NOTHING) {
        call.certain = call.last;
        call.certain.message = wats_copy(call.last.message);
        call.certain.place.path = wats_copy(call.last.place.path);
        call.certain.file = wats_copy(call.last.file);
    }
    return false;
}

wats_place wats_whole(void) { return (wats_place){.kind = WATS_WHOLE}; }
wats_place wats_line(uint32_t line) { return (wats_place){.kind = WATS_LINE, .line = line}; }
wats_place wats_cell(uint32_t line, uint32_t column) {
    return (wats_place){.kind = WATS_CELL, .line = line, .column = column};
}
wats_place wats_offset(uint64_t offset) { return (wats_place){.kind = WATS_OFFSET, .offset = offset}; }
wats_place wats_path(const char *path) { return (wats_place){.kind = WATS_PATH, .path = path}; }

/* ---- Texts and numbers ---- */

static bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

static bool same_in_any_case(const char *a, const char *b) {
    while (*a && lower(*a) == lower(*b)) a++, b++;
    return !*a && !*b;
}

char *wats_trim(char *text) {
    while (is_space(*text)) text++;
    size_t length = strlen(text);
    while (length && is_space(text[length - 1])) length--;
    text[length] = 0;
    return text;
}

bool wats_blank(const char *text) {
    if (!text) return true;
    while (is_space(*text)) text++;
    return !*text;
}

const char *wats_after(const char *text, const char *prefix) {
    size_t length = strlen(prefix);
    return strncmp(text, prefix, length) == 0 ? text + length : NULL;
}

size_t wats_split(char *text, char separator, char **fields, size_t most) {
    size_t count = 0;
    /* Once over the text, and not by strchr: zig's goes to its end for each field. */
    for (char *field = text, *c = text;; c++) {
        char found = *c;
        if (found && found != separator) continue;
        if (count < most) fields[count] = field;
        count++;
        if (!found) return count;
        *c = 0;
        field = c + 1;
    }
}

/* What messages quote of a text: a file without line feeds may be one text of many megabytes. */
#define QUOTED ((size_t)1000)

/* The text in quotes, with what cannot be seen escaped, for messages; until the error is told. */
static const char *quoted(const char *text) {
    size_t length = strlen(text);
    const char *rest = "";
    if (length > QUOTED) {
        rest = "...";
        length = QUOTED;
        while (length && (text[length] & 0xC0) == 0x80) length--;
    }
    char *result = take(&call.scratch, length * 6 + 6);
    char *to = result;
    *to++ = '"';
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\') *to++ = '\\', *to++ = (char)c;
        else if (c == '\t') *to++ = '\\', *to++ = 't';
        else if (c == '\r') *to++ = '\\', *to++ = 'r';
        else if (c == '\n') *to++ = '\\', *to++ = 'n';
        else if (c < 0x20 || c == 0x7F) to += snprintf(to, 7, "\\u{%x}", c);
        else *to++ = (char)c;
    }
    *to++ = '"';
    strcpy(to, rest);
    return result;
}

/* Decimal text that is known to be a number, correctly rounded. */
static double decimal(const char *text) {
    /* Up to 15 digits and a small power of ten are exact as doubles, so one multiplication or division rounds correctly. That is
     * nearly every number of a tester, and much cheaper than strtod. */
    static const double tens[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                  1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    const char *c = text;
    bool negative = *c == '-';
    if (*c == '-' || *c == '+') c++;
    uint64_t digits = 0;
    int significant = 0, exponent = 0;
    bool point = false;
    for (;; c++) {
        if (*c == '.') {
            point = true;
            continue;
        }
        if (*c < '0' || *c > '9') break;
        if (significant < 19) {
            digits = digits * 10 + (uint64_t)(*c - '0');
            if (digits) significant++;
        } else {
            significant = 20;
            break;
        }
        if (point) exponent--;
    }
    if (significant <= 15) {
        int written = 0, sign = 1;
        if (*c == 'e' || *c == 'E') {
            c++;
            if (*c == '-' || *c == '+') sign = *c++ == '-' ? -1 : 1;
            for (; *c >= '0' && *c <= '9' && written < 100000; c++) written = written * 10 + (*c - '0');
        }
        exponent += sign * written;
        double value = (double)digits;
        if (digits == 0) return negative ? -0.0 : 0.0;
        if (exponent >= 0 && exponent <= 22) return negative ? -(value * tens[exponent]) : value * tens[exponent];
        if (exponent < 0 && exponent >= -22) return negative ? -(value / tens[-exponent]) : value / tens[-exponent];
    }
#ifndef __wasm__
    /* A test program may have set a locale. */
    const char *mark = localeconv()->decimal_point;
    const char *at = strchr(text, '.');
    if (at && strcmp(mark, ".") != 0) return strtod(wats_format("%.*s%s%s", (int)(at - text), text, mark, at + 1), NULL);
#endif
    return strtod(text, NULL);
}

/* Reads `sign? (inf | infinity | nan | digits and at most one point and an exponent)`, and nothing else. */
static bool read_number(char *text, double *value) {
    const char *c = text;
    bool negative = *c == '-';
    if (*c == '-' || *c == '+') c++;
    if (same_in_any_case(c, "nan")) {
        *value = negative ? -NAN : NAN;
        return true;
    }
    if (same_in_any_case(c, "inf") || same_in_any_case(c, "infinity")) {
        *value = negative ? -INFINITY : INFINITY;
        return true;
    }
    size_t digits = 0;
    for (; *c >= '0' && *c <= '9'; c++) digits++;
    if (*c == '.') c++;
    for (; *c >= '0' && *c <= '9'; c++) digits++;
    if (!digits) return false;
    if (*c == 'e' || *c == 'E') {
        c++;
        if (*c == '-' || *c == '+') c++;
        if (*c < '0' || *c > '9') return false;
        while (*c >= '0' && *c <= '9') c++;
    }
    if (*c) return false;
    *value = decimal(text);
    return true;
}

bool wats_number(const char *text, char decimal_mark, wats_place place, double *value) {
    if (!text) text = "";
    if (decimal_mark != '.' && strchr(text, '.'))
        return wats_fail(WATS_MALFORMED, place, "%s is not a number with the decimal mark '%c'", quoted(text), decimal_mark);
    char small[64];
    size_t length = strlen(text);
    char *copy = length < sizeof small ? memcpy(small, text, length + 1) : copy_into(&call.scratch, text);
    copy = wats_trim(copy);
    if (decimal_mark != '.')
        for (char *c = copy; *c; c++)
            if (*c == decimal_mark) *c = '.';
    if (read_number(copy, value)) return true;
    return wats_fail(WATS_MALFORMED, place, "%s is not a number", quoted(text));
}

bool wats_number_or_none(const char *text, char decimal_mark, wats_place place, wats_optional *value) {
    *value = wats_none();
    if (wats_blank(text)) return true;
    value->given = wats_number(text, decimal_mark, place, &value->value);
    return value->given;
}

bool wats_integer(const char *text, int64_t lowest, int64_t highest, wats_place place, int64_t *value) {
    if (!text) text = "";
    const char *c = text;
    while (is_space(*c)) c++;
    bool negative = *c == '-';
    if (*c == '-' || *c == '+') c++;
    uint64_t size = 0, most = negative ? (uint64_t)INT64_MAX + 1 : (uint64_t)INT64_MAX;
    bool fits = *c >= '0' && *c <= '9';
    for (; *c >= '0' && *c <= '9'; c++) {
        uint64_t digit = (uint64_t)(*c - '0');
        if (size > (most - digit) / 10) fits = false;
        else size = size * 10 + digit;
    }
    while (is_space(*c)) c++;
    int64_t found = negative ? (int64_t)(0 - size) : (int64_t)size;
    if (*c || !fits || found < lowest || found > highest)
        return wats_fail(WATS_MALFORMED, place, "%s is not a whole number in its range", quoted(text));
    *value = found;
    return true;
}

bool wats_status_from(const char *text, wats_place place, wats_status *status) {
    static const struct {
        const char *word;
        wats_status status;
    } words[] = {
        {"p", WATS_PASSED},     {"pass", WATS_PASSED},         {"passed", WATS_PASSED},  {"ok", WATS_PASSED},
        {"success", WATS_PASSED}, {"successful", WATS_PASSED}, {"f", WATS_FAILED},       {"fail", WATS_FAILED},
        {"failed", WATS_FAILED}, {"failure", WATS_FAILED},     {"ng", WATS_FAILED},      {"d", WATS_DONE},
        {"done", WATS_DONE},    {"complete", WATS_DONE},       {"completed", WATS_DONE}, {"s", WATS_SKIPPED},
        {"skip", WATS_SKIPPED}, {"skipped", WATS_SKIPPED},     {"e", WATS_ERROR},        {"err", WATS_ERROR},
        {"error", WATS_ERROR},  {"t", WATS_TERMINATED},        {"term", WATS_TERMINATED}, {"terminated", WATS_TERMINATED},
        {"abort", WATS_TERMINATED}, {"aborted", WATS_TERMINATED},
    };
    char word_of_text[32] = "";
    if (text && strlen(text) < sizeof word_of_text) strcpy(word_of_text, text);
    const char *word = wats_trim(word_of_text);
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (same_in_any_case(word, words[i].word)) {
            *status = words[i].status;
            return true;
        }
    }
    return wats_fail(WATS_MALFORMED, place, "%s is not a status", quoted(text ? text : ""));
}

const char *wats_timestamp(const wats_time *time, wats_place place) {
    static const int days_of[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = time->year % 4 == 0 && (time->year % 100 != 0 || time->year % 400 == 0);
    int days = time->month < 1 || time->month > 12 ? 0 : days_of[time->month - 1] + (leap && time->month == 2);
    if (time->year < 1 || time->year > 9999 || time->day < 1 || time->day > days || time->hour < 0 || time->hour > 23 ||
        time->minute < 0 || time->minute > 59 || time->second < 0 || time->second > 59) {
        wats_fail(WATS_MALFORMED, place, "%04d-%02d-%02d %02d:%02d:%02d is no day and time of the calendar", time->year,
                  time->month, time->day, time->hour, time->minute, time->second);
        return NULL;
    }
    if (time->nanoseconds < 0 || time->nanoseconds > 999999999) {
        wats_fail(WATS_MALFORMED, place, "%d ns is no fraction of a second", time->nanoseconds);
        return NULL;
    }
    char fraction[12] = "", offset[12] = "";
    if (time->nanoseconds) {
        size_t length = (size_t)snprintf(fraction, sizeof fraction, ".%09d", time->nanoseconds);
        while (fraction[length - 1] == '0') fraction[--length] = 0;
    }
    if (time->offset_minutes.given) {
        double minutes = time->offset_minutes.value;
        if (!(fabs(minutes) <= 18 * 60) || minutes != floor(minutes)) {
            wats_fail(WATS_MALFORMED, place, "%g minutes is no offset from UTC", minutes);
            return NULL;
        }
        int size = (int)fabs(minutes);
        if (size == 0) strcpy(offset, "Z");
        else snprintf(offset, sizeof offset, "%c%02d:%02d", minutes < 0 ? '-' : '+', size / 60 % 100, size % 60);
    }
    return wats_format("%04d-%02d-%02dT%02d:%02d:%02d%s%s", time->year, time->month, time->day, time->hour, time->minute,
                       time->second, fraction, offset);
}

wats_property wats_text_property(const char *key, const char *text) {
    return (wats_property){.key = key, .kind = WATS_TEXT_VALUE, .text = text};
}
wats_property wats_number_property(const char *key, double number) {
    return (wats_property){.key = key, .kind = WATS_NUMBER_VALUE, .number = number};
}
wats_property wats_flag_property(const char *key, bool flag) {
    return (wats_property){.key = key, .kind = WATS_FLAG_VALUE, .flag = flag};
}
wats_property wats_json_property(const char *key, const char *json) {
    return (wats_property){.key = key, .kind = WATS_JSON_VALUE, .text = json};
}

/* ---- Limits ---- */

wats_limits wats_inclusive(wats_optional low, wats_optional high) {
    if (low.given && high.given) return wats_between(low.value, high.value);
    if (low.given) return wats_at_least(low.value);
    if (high.given) return wats_at_most(high.value);
    return wats_compare(WATS_LOG, 0, 0);
}

/* In the order of `wats_comparison`. */
static const char *const comparisons[] = {"LOG",  "EQ",   "EQT",  "NE",   "LT",   "LE",   "GT",   "GE",
                                          "GTLT", "GTLE", "GELT", "GELE", "LTGT", "LTGE", "LEGT", "LEGE"};

static char *upper_word(const char *name) {
    reuse(&call.scratch);
    char *word = wats_trim(copy_into(&call.scratch, name ? name : ""));
    for (char *c = word; *c; c++)
        if (*c >= 'a' && *c <= 'z') *c = (char)(*c - 'a' + 'A');
    return word;
}

bool wats_limits_named(const char *name, wats_optional low, wats_optional high, wats_place place, wats_limits *limits) {
    const char *word = upper_word(name);
    for (int i = WATS_LOG; i <= WATS_LEGE; i++) {
        if (strcmp(word, comparisons[i]) != 0) continue;
        if (i >= WATS_GTLT && !(low.given && high.given))
            return wats_fail(WATS_MALFORMED, place, "%s needs a low and a high limit", word);
        if (i != WATS_LOG && !low.given && !high.given)
            return wats_fail(WATS_MALFORMED, place, "%s without a limit", word);
        *limits = wats_compare((wats_comparison)i, low.given ? low.value : high.value, high.value);
        return true;
    }
    return wats_fail(WATS_MALFORMED, place, "%s is no comparison of numbers", quoted(word));
}

wats_text_limits wats_same_text(const char *expected) {
    return (wats_text_limits){.comparison = WATS_TEXT_CASE_SENSITIVE, .expected = expected};
}
wats_text_limits wats_same_text_in_any_case(const char *expected) {
    return (wats_text_limits){.comparison = WATS_TEXT_IGNORE_CASE, .expected = expected};
}
wats_text_limits wats_other_text(const char *unwanted) {
    return (wats_text_limits){.comparison = WATS_TEXT_NE, .expected = unwanted};
}

bool wats_text_limits_named(const char *name, const char *limit, wats_place place, wats_text_limits *limits) {
    /* In the order of the enumeration. */
    static const char *const names[] = {"LOG", "EQ", "NE", "CASESENSIT", "IGNORECASE"};
    const char *word = upper_word(name);
    *limits = (wats_text_limits){.expected = limit};
    for (int i = 0; i < 5; i++) {
        if (strcmp(word, names[i]) == 0) {
            limits->comparison = (wats_text_comparison)i;
            return true;
        }
    }
    return wats_fail(WATS_MALFORMED, place, "%s is no comparison of texts", quoted(word));
}

/* ---- Files ---- */

static const char *kept(converter_string_t *text) {
    const char *copy = wats_copy_bytes((const char *)text->ptr, text->len);
    if (text->len) free(text->ptr);
    return copy;
}

const char *wats_name_of(const wats_file *file) {
    converter_string_t text = {NULL, 0};
    SOURCE(method_file_name)(file->borrowed, &text);
    return kept(&text);
}

const char *wats_path_of(const wats_file *file) {
    converter_string_t text = {NULL, 0};
    SOURCE(method_file_path)(file->borrowed, &text);
    return kept(&text);
}

const char *wats_modified_of(const wats_file *file) {
    converter_string_t text = {NULL, 0};
    SOURCE(method_file_modified)(file->borrowed, &text);
    return kept(&text);
}

uint64_t wats_size_of(const wats_file *file) { return SOURCE(method_file_size)(file->borrowed); }

size_t wats_read(const wats_file *file, uint64_t offset, void *buffer, size_t length) {
    size_t done = 0;
    while (done < length) {
        /* Not more than this at once: the piece is in memory twice. */
        size_t wanted = length - done < 1024 * 1024 ? length - done : 1024 * 1024;
        converter_list_u8_t piece = {NULL, 0};
        SOURCE(method_file_read)(file->borrowed, offset + done, (uint32_t)wanted, &piece);
        size_t found = piece.len < wanted ? piece.len : wanted;
        if (found) memcpy((char *)buffer + done, piece.ptr, found);
        if (piece.len) free(piece.ptr);
        done += found;
        if (found < wanted) break;
    }
    return done;
}

bool wats_begins_with(const wats_file *file, const char *text) {
    size_t length = strlen(text);
    char *head = wats_alloc(length + 1);
    return wats_read(file, 0, head, length) == length && memcmp(head, text, length) == 0;
}

char *wats_bytes_of(const wats_file *file, size_t *length) {
    uint64_t size = wats_size_of(file);
    if (size > SIZE_MAX / 2) out_of_memory(SIZE_MAX);
    char *bytes = wats_alloc((size_t)size + 1);
    size_t found = wats_read(file, 0, bytes, (size_t)size);
    if (length) *length = found;
    return bytes;
}

char *wats_text_of(const wats_file *file, const char *encoding) {
    converter_string_t label = lent(&call.scratch, encoding), text = {NULL, 0};
    SOURCE(text_error_t) error;
    memset(&error, 0, sizeof error);
    bool decoded = SOURCE(method_file_text)(file->borrowed, encoding ? &label : NULL, &text, &error);
    reuse(&call.scratch);
    if (decoded) {
        size_t length = text.len;
        char *copy = (char *)kept(&text), *nul = memchr(copy, 0, length);
        if (!nul) return copy;
        uint32_t line = 1, column = 1;
        for (const char *c = copy; c < nul; c++) {
            if (*c == '\n') line++, column = 1;
            else column += (*c & 0xC0) != 0x80;
        }
        wats_fail(WATS_MALFORMED, wats_cell(line, column), "found a NUL in a text");
        return NULL;
    }
    const char *name = encoding ? encoding : "UTF-8 or UTF-16 with a byte order mark";
    switch (error.tag) {
    case WATS_CONVERTER_SOURCE_TEXT_ERROR_INVALID_AT:
        wats_fail(WATS_MALFORMED, wats_offset(error.val.invalid_at), "not valid %s", name);
        break;
    case WATS_CONVERTER_SOURCE_TEXT_ERROR_TOO_LARGE:
        wats_fail(WATS_UNSUPPORTED, wats_whole(),
                  "found %llu bytes to decode at once, allowed are %llu; raise limits.text_bytes in the plugin's manifest",
                  (unsigned long long)wats_size_of(file), (unsigned long long)error.val.too_large);
        break;
    default: wats_fail(WATS_MISCONFIGURED, wats_whole(), "%s is no encoding that is known", quoted(name)); break;
    }
    return NULL;
}

struct wats_lines {
    /* Either a file in pieces, or a text. */
    const wats_file *file;
    const char *rest;
    size_t rest_length;
    /* What was read and not yet used: `buffer[from..to]`. One byte more is there for the NUL. */
    char *buffer;
    size_t size, from, to;
    /* Where in the file or text `buffer[from]` is. */
    uint64_t position;
    bool at_end, broken;
    wats_text_line line;
    /* The line before, which is no more the author's. */
    char *lent;
    size_t lent_length;
};

wats_lines *wats_lines_of(const wats_file *file) {
    wats_lines *lines = wats_alloc(sizeof *lines);
    lines->file = file;
    return lines;
}

wats_lines *wats_lines_in(const char *text) {
    wats_lines *lines = wats_alloc(sizeof *lines);
    lines->rest = text;
    lines->rest_length = strlen(text);
    return lines;
}

/* Makes room for at least one piece more behind what is not yet used. */
static void make_room(wats_lines *lines, size_t wanted) {
    size_t used = lines->to - lines->from;
    if (lines->size - used < wanted) {
        size_t size = lines->size ? lines->size * 2 : wanted;
        while (size - used < wanted) size *= 2;
        char *larger = wats_alloc(size + 1);
        if (used) memcpy(larger, lines->buffer + lines->from, used);
        lines->buffer = larger;
        lines->size = size;
    } else if (used) {
        memmove(lines->buffer, lines->buffer + lines->from, used);
    }
    lines->from = 0;
    lines->to = used;
}

/* The next line with its end, in the buffer; 0 after the last one. */
static size_t next_in_file(wats_lines *lines) {
    size_t searched = 0;
    for (;;) {
        size_t have = lines->to - lines->from;
        char *start = lines->buffer + lines->from;
        char *end = have > searched ? memchr(start + searched, '\n', have - searched) : NULL;
        if (end) return (size_t)(end - start) + 1;
        if (lines->at_end) return have;
        searched = have;
        uint64_t offset = lines->position + have;
        /* A small file gets a small buffer. */
        uint64_t size = lines->size ? PIECE : wats_size_of(lines->file);
        make_room(lines, size < PIECE ? (size_t)size + 1 : PIECE);
        size_t wanted = lines->size - lines->to;
        size_t found = wats_read(lines->file, offset, lines->buffer + lines->to, wanted);
        lines->to += found;
        lines->at_end = found < wanted;
    }
}

/* Not by strchr: zig's goes to the end of the text each time. */
static size_t next_in_text(wats_lines *lines) {
    const char *end = lines->rest_length ? memchr(lines->rest, '\n', lines->rest_length) : NULL;
    size_t length = end ? (size_t)(end - lines->rest) + 1 : lines->rest_length;
    lines->from = lines->to = 0;
    if (lines->size < length) make_room(lines, length);
    if (length) memcpy(lines->buffer, lines->rest, length);
    lines->rest += length;
    lines->rest_length -= length;
    lines->to = length;
    return length;
}

wats_text_line *wats_next(wats_lines *lines) {
    if (lines->broken) return NULL;
    /* It would go on to be there in a small file, and hold pieces of other lines in a large one: whoever keeps it sees that at once. */
    if (lines->lent_length) memset(lines->lent, '?', lines->lent_length);
    lines->lent_length = 0;
    size_t length = lines->file ? next_in_file(lines) : next_in_text(lines);
    if (!length) return NULL;
    char *text = lines->buffer + lines->from;
    lines->from += length;
    lines->position += length;
    if (lines->line.number < UINT32_MAX) lines->line.number++;
    if (text[length - 1] == '\n') length--;
    if (length && text[length - 1] == '\r') length--;
    if (lines->line.number == 1 && length >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) text += 3, length -= 3;
    size_t valid = valid_length(text, length);
    /* A NUL would end the text early. */
    const char *nul = memchr(text, 0, length);
    if (nul && (size_t)(nul - text) < valid) valid = (size_t)(nul - text);
    if (valid < length) {
        uint32_t column = 1;
        for (size_t i = 0; i < valid; i++) column += (text[i] & 0xC0) != 0x80;
        wats_fail(WATS_MALFORMED, wats_cell(lines->line.number, column), text[valid] ? "not UTF-8" : "found a NUL in a text");
        lines->broken = true;
        for_certain();
        return NULL;
    }
    /* Over the line feed, the carriage return, or the byte that the buffer has more. */
    text[length] = 0;
    lines->line.text = lines->lent = text;
    lines->line.length = lines->lent_length = length;
    return &lines->line;
}

bool wats_broken(const wats_lines *lines) { return lines->broken; }

uint64_t wats_position(const wats_lines *lines) { return lines->position; }

/* ---- Reports ---- */

struct wats_uut {
    REPORT(own_uut_t) own;
    REPORT(borrow_uut_t) borrowed;
    bool ended;
    /* `BATCH` of them, until it is ended: a file may have a hundred thousand reports. */
    REPORT(step_t) *steps;
    size_t count;
    /* Of what the steps hold. */
    arena batch;
    /* What belongs to the last step, in the order in which it was added. A second chart or attachment goes to the host, too, which
     * says that one is allowed. */
    struct extra {
        enum { EXTRA_CHART, EXTRA_ATTACHMENT, EXTRA_RESULT } what;
        union {
            REPORT(chart_t) chart;
            REPORT(attachment_t) attachment;
            converter_string_t result;
        };
        struct extra *next;
    } *extras, **extras_end;
    /* Room in the list of measurements of the last step. */
    size_t room;
    /* How the open sequences are to be closed, the innermost last. */
    struct closing {
        wats_status status;
        wats_optional duration;
    } *open;
    size_t depth, open_room;
};

/* Sets an option of the bindings. */
#define SET(option, given_, value_)        \
    do {                                    \
        (option).is_some = (given_);        \
        if ((option).is_some) (option).val = (value_); \
    } while (0)
/* A text; blank is absent. */
#define SET_TEXT(memory, option, text_) SET(option, !wats_blank(text_), lent(memory, text_))
#define SET_STATUS(option, status_) SET(option, (status_) != WATS_NOT_GIVEN, status_of(status_))
#define SET_INTEGER(option, type, optional, least, most, what) \
    SET(option, whole(optional, least, most, what), (type)(optional).value)

/* A number of an enumeration. Of another the host says no more than that it is none. */
static uint8_t one_of(int number, int last, const char *enumeration) {
    if (number < 0 || number > last) MISUSE("%d is not a %s", number, enumeration);
    return (uint8_t)number;
}

/* The status of the contract, which has no "not given". */
static REPORT(status_t) status_of(wats_status status) {
    if (status < WATS_PASSED || status > WATS_TERMINATED) MISUSE("%d is not a wats_status", (int)status);
    return (REPORT(status_t))(status - WATS_PASSED);
}

static bool whole(wats_optional number, double least, double most, const char *what) {
    if (!number.given) return false;
    if (!(number.value >= least && number.value <= most) || number.value != floor(number.value))
        MISUSE("%s: %g is not a whole number from %.0f to %.0f", what, number.value, least, most);
    return true;
}

static void fill_property(arena *memory, REPORT(property_t) *to, const wats_property *from) {
    to->key = lent(memory, from->key);
    switch (from->kind) {
    case WATS_TEXT_VALUE:
        to->value.tag = WATS_CONVERTER_TYPES_VALUE_TEXT;
        to->value.val.text = lent(memory, from->text);
        break;
    case WATS_NUMBER_VALUE:
        to->value.tag = WATS_CONVERTER_TYPES_VALUE_NUMBER;
        to->value.val.number = from->number;
        break;
    case WATS_FLAG_VALUE:
        to->value.tag = WATS_CONVERTER_TYPES_VALUE_FLAG;
        to->value.val.flag = from->flag;
        break;
    case WATS_JSON_VALUE:
        to->value.tag = WATS_CONVERTER_TYPES_VALUE_JSON;
        to->value.val.json = lent(memory, from->text);
        break;
    default: MISUSE("%d is not a wats_value_kind", (int)from->kind);
    }
}

static REPORT(list_property_t) properties_of(arena *memory, const wats_property *from, size_t count, size_t more) {
    REPORT(list_property_t) list = {NULL, 0};
    if (count + more) list.ptr = take(memory, (count + more) * sizeof *list.ptr);
    for (; list.len < count; list.len++) fill_property(memory, &list.ptr[list.len], &from[list.len]);
    return list;
}

static void append_property(arena *memory, REPORT(list_property_t) *list, wats_property property) {
    fill_property(memory, &list->ptr[list->len++], &property);
}

static REPORT(sequence_t) sequence_of(arena *memory, const wats_sequence *from) {
    REPORT(sequence_t) to;
    memset(&to, 0, sizeof to);
    to.name = lent(memory, from->name);
    if (!wats_blank(from->path)) to.path = lent(memory, from->path);
    if (!wats_blank(from->version)) to.version = lent(memory, from->version);
    to.group = one_of((int)from->group, WATS_CLEANUP, "wats_group");
    SET_TEXT(memory, to.start, from->start);
    SET_TEXT(memory, to.error_code, from->error_code);
    SET_TEXT(memory, to.error_message, from->error_message);
    SET_TEXT(memory, to.report_text, from->report_text);
    to.properties = properties_of(memory, from->properties, from->property_count, 0);
    return to;
}

static REPORT(uut_header_t) header_of(arena *memory, const wats_header *from) {
    REPORT(uut_header_t) to;
    memset(&to, 0, sizeof to);
    to.serial_number = lent(memory, from->serial_number);
    SET_TEXT(memory, to.part_number, from->part_number);
    SET_TEXT(memory, to.revision, from->revision);
    SET_INTEGER(to.process_code, uint32_t, from->process_code, 0, UINT32_MAX, "process code");
    SET_TEXT(memory, to.start, from->start);
    SET(to.duration, from->duration.given, from->duration.value);
    SET_TEXT(memory, to.operator_, from->operator_name);
    SET_TEXT(memory, to.machine_name, from->machine_name);
    SET_TEXT(memory, to.location, from->location);
    SET_TEXT(memory, to.purpose, from->purpose);
    SET_TEXT(memory, to.batch_serial_number, from->batch_serial_number);
    SET_TEXT(memory, to.fixture, from->fixture);
    SET_INTEGER(to.socket_index, int32_t, from->socket_index, INT32_MIN, INT32_MAX, "socket index");
    SET_TEXT(memory, to.comment, from->comment);
    SET_INTEGER(to.error_code, int32_t, from->error_code, INT32_MIN, INT32_MAX, "error code");
    SET_TEXT(memory, to.error_message, from->error_message);
    SET_TEXT(memory, to.key, from->key);
    SET_TEXT(memory, to.id, from->id);
    wats_sequence program = from->program;
    if (wats_blank(program.name)) program.name = "Main";
    to.program = sequence_of(memory, &program);
    to.properties = properties_of(memory, from->properties, from->property_count, 0);
    return to;
}

wats_uut *wats_begin(const wats_header *header) {
    wats_uut *uut = wats_alloc(sizeof *uut);
    REPORT(uut_header_t) wire = header_of(&call.scratch, header);
    uut->own = REPORT(constructor_uut)(&wire);
    uut->borrowed = REPORT(borrow_uut)(uut->own);
    uut->steps = reserve(BATCH * sizeof *uut->steps);
    reuse(&call.scratch);
    return uut;
}

/* The writer, when it can still be written to. */
static REPORT(borrow_uut_t) open_writer(const wats_uut *uut) {
    if (!uut) MISUSE("a report that was not begun was written to");
    if (uut->ended) MISUSE("a report was written to after it was finished or discarded");
    return uut->borrowed;
}

void wats_set_header(wats_uut *uut, const wats_header *header) {
    REPORT(borrow_uut_t) writer = open_writer(uut);
    REPORT(uut_header_t) wire = header_of(&call.scratch, header);
    REPORT(method_uut_set_header)(writer, &wire);
    reuse(&call.scratch);
}

static void flush(wats_uut *uut) {
    if (!uut->count) return;
    REPORT(list_step_t) steps = {uut->steps, uut->count};
    REPORT(method_uut_add)(uut->borrowed, &steps);
    for (struct extra *extra = uut->extras; extra; extra = extra->next) {
        switch (extra->what) {
        case EXTRA_CHART: REPORT(method_uut_add_chart)(uut->borrowed, &extra->chart); break;
        case EXTRA_ATTACHMENT: REPORT(method_uut_add_attachment)(uut->borrowed, &extra->attachment); break;
        case EXTRA_RESULT: REPORT(method_uut_add_result)(uut->borrowed, &extra->result); break;
        }
    }
    uut->count = 0;
    uut->extras = NULL;
    reuse(&uut->batch);
}

void wats_open(wats_uut *uut, const char *name) { wats_open_with(uut, &(wats_sequence){.name = name}); }

void wats_open_with(wats_uut *uut, const wats_sequence *sequence) {
    REPORT(borrow_uut_t) writer = open_writer(uut);
    flush(uut);
    if (uut->depth == uut->open_room) {
        size_t room = uut->open_room ? uut->open_room * 2 : 8;
        struct closing *larger = wats_alloc(room * sizeof *larger);
        if (uut->depth) memcpy(larger, uut->open, uut->depth * sizeof *larger);
        uut->open = larger;
        uut->open_room = room;
    }
    uut->open[uut->depth++] = (struct closing){sequence->status, sequence->duration};
    REPORT(sequence_t) wire = sequence_of(&call.scratch, sequence);
    REPORT(method_uut_open_sequence)(writer, &wire);
    reuse(&call.scratch);
}

void wats_close(wats_uut *uut) {
    struct closing closing = {WATS_NOT_GIVEN, wats_none()};
    if (uut && uut->depth) closing = uut->open[uut->depth - 1];
    wats_close_with(uut, closing.status, closing.duration);
}

void wats_close_with(wats_uut *uut, wats_status status, wats_optional duration) {
    REPORT(borrow_uut_t) writer = open_writer(uut);
    flush(uut);
    if (uut->depth) uut->depth--;
    REPORT(status_t) wire = status == WATS_NOT_GIVEN ? 0 : status_of(status);
    REPORT(method_uut_close_sequence)(writer, status == WATS_NOT_GIVEN ? NULL : &wire, duration.given ? &duration.value : NULL);
}

size_t wats_depth(const wats_uut *uut) { return uut->depth; }

static REPORT(numeric_limits_t) limits_of(wats_limits from) {
    REPORT(numeric_limits_t) to;
    memset(&to, 0, sizeof to);
    if (from.comparison < WATS_LOG || from.comparison > WATS_LEGE)
        MISUSE("%d is not a wats_comparison", (int)from.comparison);
    /* Both enumerations have the same order. */
    to.tag = (uint8_t)from.comparison;
    if (from.comparison >= WATS_GTLT) {
        to.val.gtlt.low = from.low;
        to.val.gtlt.high = from.high;
    } else if (from.comparison != WATS_LOG) {
        to.val.eq = from.low;
    }
    return to;
}

static REPORT(text_limits_t) text_limits_of(arena *memory, wats_text_limits from) {
    REPORT(text_limits_t) to;
    memset(&to, 0, sizeof to);
    to.tag = one_of((int)from.comparison, WATS_TEXT_IGNORE_CASE, "wats_text_comparison");
    if (from.comparison != WATS_TEXT_LOG) to.val.eq = lent(memory, from.expected);
    return to;
}

static REPORT(numeric_measurement_t) numeric_of(arena *memory, const wats_measurement *from) {
    REPORT(numeric_measurement_t) to;
    memset(&to, 0, sizeof to);
    to.name = lent(memory, from->name);
    SET(to.value, from->value.given, from->value.value);
    if (!wats_blank(from->unit)) to.unit = lent(memory, from->unit);
    to.limits = limits_of(from->limits);
    SET_STATUS(to.status, from->status);
    return to;
}

static REPORT(text_measurement_t) text_of(arena *memory, const wats_measurement *from) {
    REPORT(text_measurement_t) to;
    memset(&to, 0, sizeof to);
    to.name = lent(memory, from->name);
    SET(to.value, from->text != NULL, lent(memory, from->text));
    to.limits = text_limits_of(memory, from->expected);
    SET_STATUS(to.status, from->status);
    return to;
}

static REPORT(pass_fail_measurement_t) pass_fail_of(arena *memory, const wats_measurement *from, const char *step) {
    REPORT(pass_fail_measurement_t) to;
    memset(&to, 0, sizeof to);
    to.name = lent(memory, from->name);
    if (from->status == WATS_NOT_GIVEN) MISUSE("pass-fail step %s has no status", quoted(step ? step : ""));
    to.status = status_of(from->status);
    return to;
}

static converter_list_f64_t numbers_of(arena *memory, const double *numbers, size_t count) {
    converter_list_f64_t list = {NULL, 0};
    if (!numbers || !count) return list;
    list.ptr = take(memory, count * sizeof *numbers);
    list.len = count;
    memcpy(list.ptr, numbers, count * sizeof *numbers);
    return list;
}

static REPORT(chart_t) chart_of(arena *memory, const wats_chart *from) {
    REPORT(chart_t) to;
    memset(&to, 0, sizeof to);
    to.label = lent(memory, from->label);
    to.x_label = lent(memory, from->x_label);
    to.y_label = lent(memory, from->y_label);
    to.x_unit = lent(memory, from->x_unit);
    to.y_unit = lent(memory, from->y_unit);
    to.scale = one_of((int)from->scale, WATS_LOG_XY, "wats_scale");
    if (from->series_count) to.series.ptr = take(memory, from->series_count * sizeof *to.series.ptr);
    for (; to.series.len < from->series_count; to.series.len++) {
        const wats_series *series = &from->series[to.series.len];
        to.series.ptr[to.series.len].name = lent(memory, series->name);
        to.series.ptr[to.series.len].x = numbers_of(memory, series->x, series->count);
        to.series.ptr[to.series.len].y = numbers_of(memory, series->y, series->count);
    }
    return to;
}

static REPORT(attachment_t) attachment_of(arena *memory, const wats_attachment *from) {
    REPORT(attachment_t) to;
    memset(&to, 0, sizeof to);
    to.name = lent(memory, from->name);
    to.content_type = lent(memory, from->content_type);
    if (from->size) {
        to.content.ptr = take(memory, from->size);
        to.content.len = from->size;
        memcpy(to.content.ptr, from->content, from->size);
    }
    return to;
}

static void fill_body(wats_uut *uut, REPORT(step_body_t) *to, const wats_step *from) {
    arena *memory = &uut->batch;
    wats_measurement single = {.value = from->value, .unit = from->unit, .limits = from->limits, .text = from->text,
                               .expected = from->expected, .status = from->measured};
    switch (from->kind) {
    case WATS_ACTION: to->tag = WATS_CONVERTER_REPORT_STEP_BODY_ACTION; return;
    case WATS_NUMERIC:
        to->tag = WATS_CONVERTER_REPORT_STEP_BODY_NUMERIC;
        to->val.numeric = numeric_of(memory, &single);
        return;
    case WATS_MULTI_NUMERIC: to->tag = WATS_CONVERTER_REPORT_STEP_BODY_MULTI_NUMERIC; return;
    case WATS_PASS_FAIL:
        to->tag = WATS_CONVERTER_REPORT_STEP_BODY_PASS_FAIL;
        to->val.pass_fail = pass_fail_of(memory, &single, from->name);
        return;
    case WATS_MULTI_PASS_FAIL: to->tag = WATS_CONVERTER_REPORT_STEP_BODY_MULTI_PASS_FAIL; return;
    case WATS_TEXT:
        to->tag = WATS_CONVERTER_REPORT_STEP_BODY_TEXT;
        to->val.text = text_of(memory, &single);
        return;
    case WATS_MULTI_TEXT: to->tag = WATS_CONVERTER_REPORT_STEP_BODY_MULTI_TEXT; return;
    case WATS_CHART:
        if (!from->chart) MISUSE("chart step %s has no chart", quoted(from->name ? from->name : ""));
        to->tag = WATS_CONVERTER_REPORT_STEP_BODY_CHART;
        to->val.chart = chart_of(memory, from->chart);
        return;
    case WATS_MESSAGE_POPUP:
        to->tag = WATS_CONVERTER_REPORT_STEP_BODY_MESSAGE_POPUP;
        SET(to->val.message_popup.response, from->response != NULL, lent(memory, from->response));
        SET_INTEGER(to->val.message_popup.button, int32_t, from->button, INT32_MIN, INT32_MAX, "button");
        return;
    case WATS_CALL_EXECUTABLE:
        to->tag = WATS_CONVERTER_REPORT_STEP_BODY_CALL_EXECUTABLE;
        to->val.call_executable = from->exit_code;
        return;
    case WATS_GENERIC:
        to->tag = WATS_CONVERTER_REPORT_STEP_BODY_GENERIC;
        to->val.generic = lent(memory, from->type);
        return;
    }
    MISUSE("%d is not a wats_kind", (int)from->kind);
}

void wats_add(wats_uut *uut, const wats_step *from) {
    open_writer(uut);
    if (uut->count == BATCH || uut->extras || uut->batch.taken >= BATCH_BYTES) flush(uut);
    arena *memory = &uut->batch;
    REPORT(step_t) *to = &uut->steps[uut->count];
    memset(to, 0, sizeof *to);
    uut->room = 0;
    to->name = lent(memory, from->name);
    fill_body(uut, &to->body, from);
    SET_STATUS(to->status, from->status);
    to->group = one_of((int)from->group, WATS_CLEANUP, "wats_group");
    SET_TEXT(memory, to->start, from->start);
    SET(to->duration, from->duration.given, from->duration.value);
    SET_TEXT(memory, to->error_code, from->error_code);
    SET_TEXT(memory, to->error_message, from->error_message);
    SET_TEXT(memory, to->report_text, from->report_text);
    size_t more = from->loop_index.given + (from->loop ? 4u : 0u) + from->caused_failure;
    to->properties = properties_of(memory, from->properties, from->property_count, more);
    if (from->loop_index.given)
        append_property(memory, &to->properties, wats_number_property("loop-index", from->loop_index.value));
    if (from->loop) {
        append_property(memory, &to->properties, wats_number_property("loop-count", from->loop->count));
        append_property(memory, &to->properties, wats_number_property("loop-ending-index", from->loop->count));
        append_property(memory, &to->properties, wats_number_property("loop-passed", from->loop->passed));
        append_property(memory, &to->properties, wats_number_property("loop-failed", from->loop->failed));
    }
    if (from->caused_failure) append_property(memory, &to->properties, wats_flag_property("caused-uut-failure", true));
    uut->count++;
    if (from->chart && from->kind != WATS_CHART) wats_add_chart(uut, from->chart);
    if (from->attachment) wats_add_attachment(uut, from->attachment);
    if (!wats_blank(from->result)) wats_add_result(uut, from->result);
}

/* The step added last; it is still in the batch, unless a sequence was opened or closed since. */
static REPORT(step_t) *last_step(wats_uut *uut, const char *what) {
    open_writer(uut);
    if (!uut->count) MISUSE("%s was added where no step is", what);
    return &uut->steps[uut->count - 1];
}

/* Room for what belongs to the step added last. */
static struct extra *add_extra(wats_uut *uut, const char *what) {
    last_step(uut, what);
    struct extra *extra = take(&uut->batch, sizeof *extra);
    if (uut->extras) *uut->extras_end = extra;
    else uut->extras = extra;
    uut->extras_end = &extra->next;
    return extra;
}

void wats_add_chart(wats_uut *uut, const wats_chart *chart) {
    struct extra *extra = add_extra(uut, "a chart");
    extra->what = EXTRA_CHART;
    extra->chart = chart_of(&uut->batch, chart);
}

void wats_add_attachment(wats_uut *uut, const wats_attachment *attachment) {
    struct extra *extra = add_extra(uut, "an attachment");
    extra->what = EXTRA_ATTACHMENT;
    extra->attachment = attachment_of(&uut->batch, attachment);
}

void wats_add_result(wats_uut *uut, const char *json) {
    struct extra *extra = add_extra(uut, "a result");
    extra->what = EXTRA_RESULT;
    extra->result = lent(&uut->batch, json);
}

/* The next free entry of a list in the batch, which grows. */
#define NEXT_ENTRY(uut, list, entry)                                              \
    do {                                                                           \
        if ((list)->len == (uut)->room) {                                          \
            size_t room = (uut)->room ? (uut)->room * 2 : 4;                       \
            void *larger = take(&(uut)->batch, room * sizeof *(list)->ptr);        \
            if ((list)->len) memcpy(larger, (list)->ptr, (list)->len * sizeof *(list)->ptr); \
            (list)->ptr = larger;                                                  \
            (uut)->room = room;                                                    \
        }                                                                          \
        (list)->ptr[(list)->len++] = (entry);                                      \
    } while (0)

void wats_add_measurement(wats_uut *uut, const wats_measurement *measurement) {
    REPORT(step_body_t) *body = &last_step(uut, "a measurement")->body;
    switch (body->tag) {
    case WATS_CONVERTER_REPORT_STEP_BODY_MULTI_NUMERIC:
        NEXT_ENTRY(uut, &body->val.multi_numeric, numeric_of(&uut->batch, measurement));
        return;
    case WATS_CONVERTER_REPORT_STEP_BODY_MULTI_PASS_FAIL:
        NEXT_ENTRY(uut, &body->val.multi_pass_fail, pass_fail_of(&uut->batch, measurement, measurement->name));
        return;
    case WATS_CONVERTER_REPORT_STEP_BODY_MULTI_TEXT:
        NEXT_ENTRY(uut, &body->val.multi_text, text_of(&uut->batch, measurement));
        return;
    default: MISUSE("a measurement was added to a step that takes none");
    }
}

void wats_attach(wats_uut *uut, const wats_attachment *attachment) {
    REPORT(borrow_uut_t) writer = open_writer(uut);
    /* The content is lent as it is: it may be large. */
    REPORT(attachment_t) wire;
    memset(&wire, 0, sizeof wire);
    wire.name = lent(&call.scratch, attachment->name);
    wire.content_type = lent(&call.scratch, attachment->content_type);
    wire.content.ptr = (uint8_t *)attachment->content;
    wire.content.len = attachment->size;
    REPORT(method_uut_attach)(writer, &wire);
    reuse(&call.scratch);
}

void wats_attach_file(wats_uut *uut, const wats_file *file, const char *content_type) {
    REPORT(borrow_uut_t) writer = open_writer(uut);
    converter_string_t wire = lent(&call.scratch, content_type);
    REPORT(method_uut_attach_file)(writer, file->borrowed, &wire);
    reuse(&call.scratch);
}

void wats_misc_info(wats_uut *uut, const char *description, const char *text) {
    REPORT(borrow_uut_t) writer = open_writer(uut);
    REPORT(misc_info_t) wire = {lent(&call.scratch, description), lent(&call.scratch, text)};
    REPORT(list_misc_info_t) list = {&wire, 1};
    REPORT(method_uut_add_misc_infos)(writer, &list);
    reuse(&call.scratch);
}

void wats_add_sub_unit(wats_uut *uut, const wats_sub_unit *unit) {
    REPORT(borrow_uut_t) writer = open_writer(uut);
    arena *memory = &call.scratch;
    REPORT(sub_unit_t) wire;
    memset(&wire, 0, sizeof wire);
    wire.serial_number = lent(memory, unit->serial_number);
    wire.part_number = lent(memory, unit->part_number);
    SET_TEXT(memory, wire.revision, unit->revision);
    SET_TEXT(memory, wire.part_type, unit->part_type);
    REPORT(list_sub_unit_t) list = {&wire, 1};
    REPORT(method_uut_add_sub_units)(writer, &list);
    reuse(memory);
}

void wats_add_asset(wats_uut *uut, const wats_asset *asset) {
    REPORT(borrow_uut_t) writer = open_writer(uut);
    arena *memory = &call.scratch;
    REPORT(asset_t) wire;
    memset(&wire, 0, sizeof wire);
    wire.serial_number = lent(memory, asset->serial_number);
    wire.usage_count = asset->usage_count;
    wire.properties = properties_of(memory, NULL, 0, 4);
    const struct {
        const char *key, *text;
    } texts[] = {{"type", asset->type},
                 {"part-number", asset->part_number},
                 {"calibration-date", asset->calibrated},
                 {"calibration-due", asset->calibration_due}};
    for (size_t i = 0; i < 4; i++)
        if (!wats_blank(texts[i].text))
            append_property(memory, &wire.properties, wats_text_property(texts[i].key, texts[i].text));
    REPORT(list_asset_t) list = {&wire, 1};
    REPORT(method_uut_add_assets)(writer, &list);
    reuse(memory);
}

void wats_data(wats_uut *uut, const char *json) {
    REPORT(borrow_uut_t) writer = open_writer(uut);
    converter_string_t wire = lent(&call.scratch, json);
    REPORT(method_uut_add_data)(writer, &wire);
    reuse(&call.scratch);
}

/* Tells the first few violations; the host has them all. It stands whatever `convert` returns. */
static bool rejected(REPORT(list_violation_t) *violations) {
    const size_t shown = 5;
    char *message = violations->len == 1 ? wats_copy("the report breaks a rule: ")
                                         : wats_format("the report breaks %zu rules: ", violations->len);
    for (size_t i = 0; i < violations->len && i < shown; i++) {
        const REPORT(violation_t) *violation = &violations->ptr[i];
        message = wats_format("%s%s%.*s: %.*s", message, i ? "; " : "", (int)violation->path.len, (const char *)violation->path.ptr,
                              (int)violation->message.len, (const char *)violation->message.ptr);
    }
    if (violations->len > shown) message = wats_format("%s; ...", message);
    wats_fail(WATS_REJECTED, wats_whole(), "%s", message);
    return for_certain();
}

bool wats_finish(wats_uut *uut) { return wats_finish_with(uut, WATS_NOT_GIVEN, NULL); }

/* Nothing is written any more. */
static void end(wats_uut *uut) {
    release(&uut->batch);
    free(uut->steps);
    uut->steps = NULL;
    uut->depth = 0;
    uut->ended = true;
}

bool wats_finish_with(wats_uut *uut, wats_status status, const char **id) {
    open_writer(uut);
    flush(uut);
    end(uut);
    REPORT(status_t) wire = status == WATS_NOT_GIVEN ? 0 : status_of(status);
    REPORT(report_id_t) report_id = {NULL, 0};
    REPORT(list_violation_t) violations = {NULL, 0};
    if (!REPORT(static_uut_finish)(uut->own, status == WATS_NOT_GIVEN ? NULL : &wire, &report_id, &violations))
        return rejected(&violations);
    if (id) *id = kept(&report_id);
    else if (report_id.len) free(report_id.ptr);
    return true;
}

void wats_discard(wats_uut *uut) {
    open_writer(uut);
    end(uut);
    REPORT(static_uut_discard)(uut->own);
}

bool wats_emit_json(const char *wsjf, const char *key, const char **id) {
    converter_string_t document = lent(&call.scratch, wsjf), wire_key = lent(&call.scratch, key);
    REPORT(report_id_t) report_id = {NULL, 0};
    REPORT(list_violation_t) violations = {NULL, 0};
    bool taken = REPORT(emit_json)(&document, wats_blank(key) ? NULL : &wire_key, &report_id, &violations);
    reuse(&call.scratch);
    if (!taken) return rejected(&violations);
    if (id) *id = kept(&report_id);
    else if (report_id.len) free(report_id.ptr);
    return true;
}

/* ---- The station ---- */

void wats_log(wats_level level, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    char *text = format_into(&call.scratch, format, arguments);
    va_end(arguments);
    converter_string_t wire = lent(&call.scratch, text);
    STATION(log)(one_of((int)level, WATS_ERR, "wats_level"), &wire);
    reuse(&call.scratch);
}

void wats_progress(double fraction) { STATION(progress)(fraction); }

const char *wats_settings_json(void) {
    converter_string_t text = {NULL, 0};
    STATION(settings_json)(&text);
    return kept(&text);
}

static const wats_property *properties_from(const wats_converter_lookup_list_property_t *list) {
    wats_property *properties = wats_alloc((list->len + 1) * sizeof *properties);
    for (size_t i = 0; i < list->len; i++) {
        const REPORT(property_t) *from = &list->ptr[i];
        const char *key = wats_copy_bytes((const char *)from->key.ptr, from->key.len);
        switch (from->value.tag) {
        case WATS_CONVERTER_TYPES_VALUE_NUMBER: properties[i] = wats_number_property(key, from->value.val.number); break;
        case WATS_CONVERTER_TYPES_VALUE_FLAG: properties[i] = wats_flag_property(key, from->value.val.flag); break;
        default: {
            const char *text = wats_copy_bytes((const char *)from->value.val.text.ptr, from->value.val.text.len);
            properties[i] = from->value.tag == WATS_CONVERTER_TYPES_VALUE_JSON ? wats_json_property(key, text)
                                                                             : wats_text_property(key, text);
        }
        }
    }
    return properties;
}

static wats_answer answered(wats_answer answer, converter_string_t *reason) {
    call.answer = answer;
    if (answer == WATS_UNAVAILABLE) call.unavailable = kept(reason);
    return answer;
}

wats_answer wats_process_by_name(const char *name, wats_process *process) {
    converter_string_t wire = lent(&call.scratch, name);
    wats_converter_lookup_process_answer_t answer;
    memset(&answer, 0, sizeof answer);
    wats_converter_lookup_process_by_name(&wire, &answer);
    reuse(&call.scratch);
    if (answer.tag == WATS_CONVERTER_LOOKUP_PROCESS_ANSWER_FOUND) {
        wats_converter_lookup_process_t *found = &answer.val.found;
        process->code = found->code;
        process->properties = properties_from(&found->properties);
        process->property_count = found->properties.len;
        process->name = kept(&found->name);
    }
    return answered((wats_answer)answer.tag, &answer.val.unavailable);
}

wats_answer wats_product_by_part_number(const char *part_number, wats_product *product) {
    converter_string_t wire = lent(&call.scratch, part_number);
    wats_converter_lookup_product_answer_t answer;
    memset(&answer, 0, sizeof answer);
    wats_converter_lookup_product_by_part_number(&wire, &answer);
    reuse(&call.scratch);
    if (answer.tag == WATS_CONVERTER_LOOKUP_PRODUCT_ANSWER_FOUND) {
        wats_converter_lookup_product_t *found = &answer.val.found;
        const char **revisions = wats_alloc((found->revisions.len + 1) * sizeof *revisions);
        for (size_t i = 0; i < found->revisions.len; i++) revisions[i] = kept(&found->revisions.ptr[i]);
        product->revisions = revisions;
        product->revision_count = found->revisions.len;
        product->properties = properties_from(&found->properties);
        product->property_count = found->properties.len;
        product->part_number = kept(&found->part_number);
        product->name = kept(&found->name);
    }
    return answered((wats_answer)answer.tag, &answer.val.unavailable);
}

bool wats_unanswered(void) {
    if (call.answer == WATS_UNAVAILABLE) return wats_wait_with(&(wats_wait_for){.reason = call.unavailable});
    if (call.answer == WATS_DENIED)
        return wats_fail(WATS_MISCONFIGURED, wats_whole(), "the station has not granted `lookup` to this plugin");
    MISUSE("wats_unanswered was called though the last lookup was answered");
}

/* ---- Settings ---- */

/* Text that grows, in the scratch arena. */
typedef struct writing {
    char *text;
    size_t length, room;
} writing;

static void write_bytes(writing *to, const char *bytes, size_t length) {
    if (to->room - to->length < length) {
        size_t room = to->room * 2 + length + 256;
        char *larger = take(&call.memory, room);
        if (to->length) memcpy(larger, to->text, to->length);
        to->text = larger;
        to->room = room;
    }
    memcpy(to->text + to->length, bytes, length);
    to->length += length;
}

static void write_text(writing *to, const char *text) { write_bytes(to, text, strlen(text)); }

static void write_json_string(writing *to, const char *text) {
    write_text(to, "\"");
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\') write_text(to, "\\");
        if ((unsigned char)*c < 0x20) write_text(to, wats_format("\\u%04x", (unsigned char)*c));
        else write_bytes(to, c, 1);
    }
    write_text(to, "\"");
}

/* The shortest text that gives the same number. */
static void write_json_number(writing *to, double number) {
    char text[40];
    for (int digits = 15; digits <= 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, number);
        if (decimal(text) == number) break;
    }
    write_text(to, text);
}

static void write_json_bound(writing *to, const char *key, wats_optional bound) {
    if (!bound.given) return;
    write_text(to, wats_format(",\"%s\":", key));
    write_json_number(to, bound.value);
}

static void write_setting(writing *to, const wats_setting *setting) {
    static const char *const types[] = {"string", "number", "integer", "boolean"};
    write_json_string(to, setting->key);
    write_text(to, ":{");
    if (setting->kind == WATS_SETTING_IS_TEXTS) {
        write_text(to, "\"type\":\"array\",\"items\":{\"type\":\"string\"},\"default\":");
        write_text(to, wats_blank(setting->text) ? "[]" : setting->text);
        write_text(to, ",");
    } else if (setting->kind == WATS_SETTING_IS_JSON) {
        /* The schema's own members, without its braces. */
        char *schema = wats_trim(wats_copy(setting->schema ? setting->schema : "{}"));
        size_t length = strlen(schema);
        if (length < 2 || schema[0] != '{' || schema[length - 1] != '}')
            MISUSE("the schema of setting %s is no JSON object", quoted(setting->key));
        schema[length - 1] = 0;
        schema = wats_trim(schema + 1);
        write_text(to, schema);
        if (*schema) write_text(to, ",");
    } else {
        write_text(to, wats_format("\"type\":\"%s\",", types[setting->kind]));
    }
    write_text(to, "\"description\":");
    write_json_string(to, setting->help ? setting->help : "");
    switch (setting->kind) {
    case WATS_SETTING_IS_TEXT:
        write_text(to, ",\"default\":");
        write_json_string(to, setting->text ? setting->text : "");
        if (setting->shortest) write_text(to, wats_format(",\"minLength\":%u", setting->shortest));
        if (setting->longest) write_text(to, wats_format(",\"maxLength\":%u", setting->longest));
        if (setting->choices[0]) {
            write_text(to, ",\"enum\":[");
            for (size_t i = 0; i < 16 && setting->choices[i]; i++) {
                if (i) write_text(to, ",");
                write_json_string(to, setting->choices[i]);
            }
            write_text(to, "]");
        }
        break;
    case WATS_SETTING_IS_NUMBER:
    case WATS_SETTING_IS_INTEGER:
        write_text(to, ",\"default\":");
        write_json_number(to, setting->number);
        write_json_bound(to, "minimum", setting->least);
        write_json_bound(to, "maximum", setting->most);
        break;
    case WATS_SETTING_IS_FLAG: write_text(to, setting->flag ? ",\"default\":true" : ",\"default\":false"); break;
    case WATS_SETTING_IS_TEXTS: break;
    case WATS_SETTING_IS_JSON:
        if (!wats_blank(setting->text)) {
            write_text(to, ",\"default\":");
            write_text(to, setting->text);
        }
        break;
    }
    write_text(to, "}");
}

/* JSON Schema of the table; NULL when there is nothing to set. */
static const char *schema_of(const wats_setting *settings) {
    if (!settings || !settings->key) return NULL;
    writing schema = {NULL, 0, 0};
    write_text(&schema, "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"object\","
                        "\"additionalProperties\":false,\"properties\":{");
    for (const wats_setting *setting = settings; setting->key; setting++) {
        if (setting != settings) write_text(&schema, ",");
        write_setting(&schema, setting);
    }
    write_bytes(&schema, "}}", 3);
    return schema.text;
}

static bool wrong_setting(const wats_setting *setting, const char *expected) {
    return wats_fail(WATS_MISCONFIGURED, wats_whole(), "settings: %s is not %s", setting->key, expected);
}

/* Four hexadecimal digits; -1 where they are not. */
static long hexadecimal(const char *text) {
    long value = 0;
    for (int i = 0; i < 4; i++) {
        char c = lower(text[i]);
        int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (digit < 0) return -1;
        value = value * 16 + digit;
    }
    return value;
}

/* Reads a JSON text behind its opening quote; the place behind the closing one, or NULL. */
static const char *read_json_string(const char *from, writing *to) {
    for (; *from != '"'; from++) {
        if (!*from) return NULL;
        if (*from != '\\') {
            write_bytes(to, from, 1);
            continue;
        }
        static const char names[] = "bfnrt\"\\/", means[] = "\b\f\n\r\t\"\\/";
        from++;
        const char *name = *from ? strchr(names, *from) : NULL;
        if (name) {
            write_bytes(to, &means[name - names], 1);
            continue;
        }
        long character = *from == 'u' ? hexadecimal(from + 1) : -1;
        if (character < 0) return NULL;
        from += 4;
        if (character >= 0xD800 && character < 0xDC00 && from[1] == '\\' && from[2] == 'u') {
            long second = hexadecimal(from + 3);
            if (second >= 0xDC00 && second < 0xE000) {
                character = 0x10000 + ((character - 0xD800) << 10) + (second - 0xDC00);
                from += 6;
            }
        }
        /* Half of a pair is no character. */
        if (character >= 0xD800 && character < 0xE000) character = 0xFFFD;
        char utf8[4];
        size_t length = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
        for (size_t i = length; i-- > 1; character >>= 6) utf8[i] = (char)(0x80 | (character & 0x3F));
        static const unsigned char leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
        utf8[0] = (char)(leads[length] | character);
        write_bytes(to, utf8, length);
    }
    return from + 1;
}

static const char *after_space(const char *text) {
    while (is_space(*text)) text++;
    return text;
}

/* A JSON array of texts as a list that ends with NULL; NULL when it is something else. */
static const char *const *texts_from(const char *json) {
    size_t most = 1;
    for (const char *c = json; *c; c++) most += *c == '"';
    const char **texts = wats_alloc((most + 1) * sizeof *texts);
    size_t count = 0;
    json = after_space(json);
    if (*json != '[') return NULL;
    json = after_space(json + 1);
    while (*json != ']') {
        if (*json != '"') return NULL;
        writing text = {NULL, 0, 0};
        json = read_json_string(json + 1, &text);
        if (!json) return NULL;
        write_bytes(&text, "", 1);
        texts[count++] = text.text;
        json = after_space(json);
        if (*json == ',') json = after_space(json + 1);
        else if (*json != ']') return NULL;
    }
    return texts;
}

static bool fill_setting(const wats_setting *setting, char *to) {
    converter_string_t key = lent(&call.scratch, setting->key);
    STATION(value_t) value;
    memset(&value, 0, sizeof value);
    bool found = STATION(setting)(&key, &value);
    reuse(&call.scratch);
    to += setting->at;
    switch (setting->kind) {
    case WATS_SETTING_IS_TEXT:
    case WATS_SETTING_IS_JSON: {
        bool json = setting->kind == WATS_SETTING_IS_JSON;
        if (found && value.tag == WATS_CONVERTER_TYPES_VALUE_TEXT && json) {
            /* A JSON setting whose schema allows a text. */
            writing quoted_text = {NULL, 0, 0};
            write_json_string(&quoted_text, kept(&value.val.text));
            write_bytes(&quoted_text, "", 1);
            *(const char **)to = quoted_text.text;
            return true;
        }
        if (found && json && value.tag == WATS_CONVERTER_TYPES_VALUE_NUMBER) {
            writing number = {NULL, 0, 0};
            write_json_number(&number, value.val.number);
            write_bytes(&number, "", 1);
            *(const char **)to = number.text;
            return true;
        }
        if (found && json && value.tag == WATS_CONVERTER_TYPES_VALUE_FLAG) {
            *(const char **)to = value.val.flag ? "true" : "false";
            return true;
        }
        if (found && value.tag != (json ? WATS_CONVERTER_TYPES_VALUE_JSON : WATS_CONVERTER_TYPES_VALUE_TEXT))
            return wrong_setting(setting, "a text");
        const char *otherwise = json && wats_blank(setting->text) ? NULL : setting->text ? setting->text : "";
        *(const char **)to = found ? kept(&value.val.text) : otherwise;
        return true;
    }
    case WATS_SETTING_IS_TEXTS: {
        const char *const *texts = texts_from(wats_blank(setting->text) ? "[]" : setting->text);
        if (found) texts = value.tag == WATS_CONVERTER_TYPES_VALUE_JSON ? texts_from(kept(&value.val.json)) : NULL;
        if (!texts) return wrong_setting(setting, "a list of texts");
        *(const char *const **)to = texts;
        return true;
    }
    case WATS_SETTING_IS_NUMBER:
        if (found && value.tag != WATS_CONVERTER_TYPES_VALUE_NUMBER) return wrong_setting(setting, "a number");
        *(double *)to = found ? value.val.number : setting->number;
        return true;
    case WATS_SETTING_IS_INTEGER: {
        if (found && value.tag != WATS_CONVERTER_TYPES_VALUE_NUMBER) return wrong_setting(setting, "a whole number");
        double number = found ? value.val.number : setting->number;
        if (number != floor(number) || fabs(number) > 9007199254740992.0) return wrong_setting(setting, "a whole number");
        *(int64_t *)to = (int64_t)number;
        return true;
    }
    case WATS_SETTING_IS_FLAG:
        if (found && value.tag != WATS_CONVERTER_TYPES_VALUE_FLAG) return wrong_setting(setting, "true or false");
        *(bool *)to = found ? value.val.flag : setting->flag;
        return true;
    }
    return true;
}

/* The author's struct, filled; NULL on an error, which is told. */
static const void *settings_of(const wats_setting *table, size_t size) {
    char *settings = wats_alloc(size);
    for (const wats_setting *setting = table; setting && setting->key; setting++)
        if (!fill_setting(setting, settings)) return NULL;
    return settings;
}

/* ---- What exports return ---- */

static void begin_call(void) {
    release(&call.memory);
    release(&call.scratch);
    release(&call.told[0]);
    release(&call.told[1]);
    memset(&call, 0, sizeof call);
}

static converter_list_string_t given_list(const char *const *texts, size_t most) {
    converter_list_string_t list = {NULL, 0};
    size_t count = 0;
    while (count < most && texts[count]) count++;
    if (!count) return list;
    list.ptr = reserve(count * sizeof *list.ptr);
    for (; list.len < count; list.len++) list.ptr[list.len] = given(texts[list.len]);
    return list;
}

#define LIST(array) given_list(array, sizeof(array) / sizeof *(array))

/* Texts as properties, those that there are. */
static wats_converter_conversion_list_property_t given_properties(const char *const (*pairs)[2], size_t count) {
    wats_converter_conversion_list_property_t list = {reserve(count * sizeof *list.ptr), 0};
    for (size_t i = 0; i < count; i++) {
        if (wats_blank(pairs[i][1])) continue;
        REPORT(property_t) *to = &list.ptr[list.len++];
        memset(to, 0, sizeof *to);
        to->key = given(pairs[i][0]);
        to->value.tag = WATS_CONVERTER_TYPES_VALUE_TEXT;
        to->value.val.text = given(pairs[i][1]);
    }
    if (!list.len) {
        free(list.ptr);
        list.ptr = NULL;
    }
    return list;
}

/* Of a scheduled converter, which has no rules of what files look like, those are zeroed. */
static void give_descriptor(const wats_converter *from, converter_descriptor_t *to) {
    begin_call();
    memset(to, 0, sizeof *to);
    to->name = given(from->name);
    to->version = given(from->version);
    to->summary = given(from->summary);
    to->formats = LIST(from->formats);
    to->recognition.patterns = LIST(from->patterns);
    SET(to->recognition.min_size, from->min_size != 0, from->min_size);
    SET(to->recognition.max_size, from->max_size != 0, from->max_size);
    size_t magics = 0;
    while (magics < 8 && from->magic[magics].length) magics++;
    if (magics) to->recognition.magic.ptr = reserve(magics * sizeof *to->recognition.magic.ptr);
    to->recognition.magic.len = magics;
    for (size_t i = 0; i < magics; i++) {
        to->recognition.magic.ptr[i].offset = from->magic[i].offset;
        to->recognition.magic.ptr[i].bytes.len = from->magic[i].length;
        to->recognition.magic.ptr[i].bytes.ptr = reserve(from->magic[i].length);
        memcpy(to->recognition.magic.ptr[i].bytes.ptr, from->magic[i].bytes, from->magic[i].length);
    }
    to->recognition.contains = LIST(from->contains);
    to->settings_schema = given(schema_of(from->settings));
    to->grants = LIST(from->grants);
    const char *const properties[][2] = {{"homepage", from->homepage}, {"license", from->license}, {"author", from->author}};
    to->properties = given_properties(properties, 3);
}

static void give_error(const verdict *told, converter_convert_error_t *to) {
    memset(to, 0, sizeof *to);
    /* Both enumerations have the same order. */
    to->kind = one_of((int)told->kind, WATS_INTERNAL, "wats_error_kind");
    to->message = given(told->message);
    to->place.tag = one_of((int)told->place.kind, WATS_PATH, "wats_place_kind");
    switch (told->place.kind) {
    case WATS_WHOLE: break;
    case WATS_LINE: to->place.val.line = told->place.line; break;
    case WATS_CELL:
        to->place.val.cell.line = told->place.line;
        to->place.val.cell.column = told->place.column;
        break;
    case WATS_OFFSET: to->place.val.offset = told->place.offset; break;
    case WATS_PATH: to->place.val.path = given(told->place.path); break;
    }
    SET(to->file, !wats_blank(told->file), given(told->file));
}

static bool give_verdict(const verdict *told, const char *function, converter_outcome_t *outcome, converter_convert_error_t *error) {
    memset(outcome, 0, sizeof *outcome);
    switch (told->what) {
    case SKIPPED:
        outcome->tag = WATS_CONVERTER_CONVERSION_OUTCOME_SKIPPED;
        outcome->val.skipped = given(told->message);
        return true;
    case WAITING:
        outcome->tag = WATS_CONVERTER_CONVERSION_OUTCOME_WAITING;
        outcome->val.waiting.reason = given(told->wait.reason);
        SET(outcome->val.waiting.retry_after, told->wait.retry_after.given, told->wait.retry_after.value);
        outcome->val.waiting.missing = LIST(told->wait.missing);
        return true;
    case ERROR_TOLD: give_error(told, error); return false;
    case NOTHING: break;
    }
    verdict silent = {.what = ERROR_TOLD, .kind = WATS_INTERNAL};
    silent.message = wats_format("%s returned false without saying why", function);
    give_error(&silent, error);
    return false;
}

/* Whether the last error is the one that stands, told with more: a better place, the name of its file. */
static bool last_is_certain(void) {
    return call.last.what == call.certain.what && call.last.kind == call.certain.kind &&
           strcmp(call.last.message, call.certain.message) == 0;
}

/* What an export that makes reports returns: what stands in any case, else what the author's `function` says that is `done`. */
static bool give_end(bool done, const char *function, converter_outcome_t *outcome, converter_convert_error_t *error) {
    if (call.certain.what != NOTHING) return give_verdict(last_is_certain() ? &call.last : &call.certain, function, outcome, error);
    if (!done) return give_verdict(&call.last, function, outcome, error);
    memset(outcome, 0, sizeof *outcome);
    outcome->tag = WATS_CONVERTER_CONVERSION_OUTCOME_CONVERTED;
    return true;
}
