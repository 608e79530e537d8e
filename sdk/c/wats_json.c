/* The implementation of wats_json.h. Included by wats_scheduled_converter.c behind wats_library.c, whose memory and texts it uses. */

/* What is deeper is refused: reading calls itself. */
#define DEEPEST 128

typedef enum json_kind { JSON_NULL, JSON_FLAG, JSON_NUMBER, JSON_TEXT, JSON_LIST, JSON_TABLE } json_kind;

struct wats_json {
    json_kind kind;
    union {
        bool flag;
        /* Of a number, where it is written in the document. */
        const char *text;
        /* The values of a list or table. */
        struct {
            wats_json *first;
            size_t count;
        };
    };
    /* What it is a value of, and where in it: its name in a table, its index in a list. NULL: the document. */
    const wats_json *parent;
    const char *key;
    size_t index;
    wats_json *next;
    /* Of a document: what messages call it. */
    const char *called;
};

/* ---- Reading ---- */

typedef struct json_reader {
    /* Ends with NUL, which JSON has nowhere. */
    const char *start, *at;
    const char *called;
} json_reader;

static bool json_expected(const json_reader *reader, const char *what) {
    return wats_fail(WATS_MALFORMED, wats_whole(), "%s: no JSON: expected %s at byte %zu", reader->called, what,
                     (size_t)(reader->at - reader->start));
}

static void pass_space(json_reader *reader) {
    while (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\r' || *reader->at == '\n') reader->at++;
}

/* Passes over a token behind white space, if it is there. */
static bool take_token(json_reader *reader, const char *token) {
    pass_space(reader);
    size_t length = strlen(token);
    if (strncmp(reader->at, token, length) != 0) return false;
    reader->at += length;
    return true;
}

/* A text behind its opening quote; NULL when it is none, which is told. */
static const char *take_text(json_reader *reader) {
    const char *end = reader->at;
    while ((unsigned char)*end >= 0x20 && *end != '"') end += *end == '\\' && end[1] ? 2 : 1;
    /* Without its escapes it is no longer. An answer may have a million of them: none takes more than it needs. */
    size_t room = (size_t)(end - reader->at) + 1;
    writing text = {wats_alloc(room), 0, room};
    if (*end != '"' || !read_json_string(reader->at, &text)) {
        json_expected(reader, "the rest of a text");
        return NULL;
    }
    if (memchr(text.text, 0, text.length)) {
        json_expected(reader, "a text without a NUL");
        return NULL;
    }
    reader->at = end + 1;
    return text.text;
}

/* Length of the number that begins here; 0 when none does. */
static size_t number_length(const char *text) {
    const char *c = text;
    if (*c == '-') c++;
    if (*c == '0') c++;
    else if (*c >= '1' && *c <= '9') while (*c >= '0' && *c <= '9') c++;
    else return 0;
    if (*c == '.') {
        if (*++c < '0' || *c > '9') return 0;
        while (*c >= '0' && *c <= '9') c++;
    }
    if (*c == 'e' || *c == 'E') {
        c++;
        if (*c == '-' || *c == '+') c++;
        if (*c < '0' || *c > '9') return 0;
        while (*c >= '0' && *c <= '9') c++;
    }
    return (size_t)(c - text);
}

static bool take_value(json_reader *reader, wats_json *value, int depth);

/* The values of a list or table behind its opening bracket. */
static bool take_values(json_reader *reader, wats_json *value, int depth) {
    bool table = value->kind == JSON_TABLE;
    if (depth == DEEPEST) return json_expected(reader, "less depth");
    if (take_token(reader, table ? "}" : "]")) return true;
    wats_json *last = NULL;
    do {
        wats_json *added = wats_alloc(sizeof *added);
        added->parent = value;
        added->index = value->count;
        if (table) {
            if (!take_token(reader, "\"")) return json_expected(reader, "a key");
            added->key = take_text(reader);
            if (!added->key) return false;
            if (!take_token(reader, ":")) return json_expected(reader, "\":\"");
        }
        if (!take_value(reader, added, depth + 1)) return false;
        if (last) last->next = added;
        else value->first = added;
        last = added;
        value->count++;
    } while (take_token(reader, ","));
    if (!take_token(reader, table ? "}" : "]")) return json_expected(reader, table ? "\",\" or \"}\"" : "\",\" or \"]\"");
    return true;
}

static bool take_value(json_reader *reader, wats_json *value, int depth) {
    value->kind = JSON_NULL;
    if (take_token(reader, "null")) return true;
    value->kind = JSON_FLAG;
    if (take_token(reader, "true")) return value->flag = true;
    if (take_token(reader, "false")) return true;
    value->kind = JSON_TEXT;
    if (take_token(reader, "\"")) {
        value->text = take_text(reader);
        return value->text != NULL;
    }
    value->kind = JSON_LIST;
    if (take_token(reader, "[")) return take_values(reader, value, depth);
    value->kind = JSON_TABLE;
    if (take_token(reader, "{")) return take_values(reader, value, depth);
    value->kind = JSON_NUMBER;
    size_t length = number_length(reader->at);
    if (!length) return json_expected(reader, "a value");
    value->text = reader->at;
    reader->at += length;
    return true;
}

/* Reads a document, which messages call `called`; NULL when it is none, which is told. The text must live as long. */
static const wats_json *json_of(const char *text, const char *called) {
    json_reader reader = {.start = text, .at = text, .called = called};
    wats_json *document = wats_alloc(sizeof *document);
    document->called = called;
    if (!take_value(&reader, document, 0)) return NULL;
    pass_space(&reader);
    if (*reader.at) {
        json_expected(&reader, "the end");
        return NULL;
    }
    return document;
}

/* ---- Asking ---- */

/* Where a value is: `[0].measurements[2].value`; empty for the document. */
static const char *way_to(const wats_json *value) {
    if (!value->parent) return "";
    const char *before = way_to(value->parent);
    if (!value->key) return wats_format("%s[%zu]", before, value->index);
    return wats_format("%s%s%s", before, *before ? "." : "", value->key);
}

/* Tells what is wrong with the value: that it must be something else, or that it is missing. */
static bool wrong_value(const wats_json *value, const char *key, const char *what) {
    const wats_json *document = value;
    while (document->parent) document = document->parent;
    wats_json asked = {.parent = value, .key = key};
    const char *way = way_to(key ? &asked : value);
    return wats_fail(WATS_MALFORMED, wats_whole(), "%s: %s%s%s", document->called, way, *way ? " " : "", what);
}

const wats_json *wats_json_member(const wats_json *value, const char *key) {
    if (!value || value->kind != JSON_TABLE) return NULL;
    for (const wats_json *member = value->first; member; member = member->next)
        if (strcmp(member->key, key) == 0) return member->kind == JSON_NULL ? NULL : member;
    return NULL;
}

/* The value that is asked for, when it is of that kind; NULL and told otherwise. */
static const wats_json *value_of(const wats_json *value, const char *key, json_kind kind, const char *expected) {
    if (!value) MISUSE("a value of JSON was asked for that is not there");
    if (key && value->kind != JSON_TABLE) {
        wrong_value(value, NULL, "must be a table");
        return NULL;
    }
    const wats_json *found = key ? wats_json_member(value, key) : value;
    if (found && found->kind == kind) return found;
    wrong_value(value, key, found ? expected : "is missing");
    return NULL;
}

/* Whether there is nothing to be read: the table has no such member. */
static bool absent(const wats_json *value, const char *key) {
    if (!value) MISUSE("a value of JSON was asked for that is not there");
    if (!key) return value->kind == JSON_NULL;
    return value->kind == JSON_TABLE && !wats_json_member(value, key);
}

bool wats_json_text(const wats_json *value, const char *key, const char **text) {
    const wats_json *found = value_of(value, key, JSON_TEXT, "must be a text");
    if (found) *text = found->text;
    return found;
}

bool wats_json_text_or_none(const wats_json *value, const char *key, const char **text) {
    *text = NULL;
    return absent(value, key) || wats_json_text(value, key, text);
}

bool wats_json_number(const wats_json *value, const char *key, double *number) {
    const wats_json *found = value_of(value, key, JSON_NUMBER, "must be a number");
    if (!found) return false;
    *number = decimal(found->text);
    /* `1e999` is written as one, and is none. */
    return isfinite(*number) || wrong_value(value, key, "must be a number");
}

bool wats_json_number_or_none(const wats_json *value, const char *key, wats_optional *number) {
    *number = wats_none();
    if (absent(value, key)) return true;
    number->given = wats_json_number(value, key, &number->value);
    return number->given;
}

bool wats_json_integer(const wats_json *value, const char *key, int64_t lowest, int64_t highest, int64_t *number) {
    static const char expected[] = "must be a whole number in its range";
    const wats_json *found = value_of(value, key, JSON_NUMBER, expected);
    if (!found) return false;
    size_t length = number_length(found->text);
    if (strspn(found->text, "-0123456789") == length) {
        const char *digits = wats_copy_bytes(found->text, length);
        return wats_integer(digits, lowest, highest, wats_whole(), number) || wrong_value(value, key, expected);
    }
    /* Written as `1.0` or `1e3`: exact up to 2^53. */
    double whole_number = decimal(found->text);
    if (whole_number != floor(whole_number) || fabs(whole_number) > 9007199254740992.0) return wrong_value(value, key, expected);
    *number = (int64_t)whole_number;
    return (*number >= lowest && *number <= highest) || wrong_value(value, key, expected);
}

bool wats_json_flag(const wats_json *value, const char *key, bool *flag) {
    const wats_json *found = value_of(value, key, JSON_FLAG, "must be true or false");
    if (found) *flag = found->flag;
    return found;
}

bool wats_json_list(const wats_json *value, const char *key, const wats_json **list) {
    *list = value_of(value, key, JSON_LIST, "must be a list");
    return *list;
}

bool wats_json_list_or_none(const wats_json *value, const char *key, const wats_json **list) {
    *list = NULL;
    return absent(value, key) || wats_json_list(value, key, list);
}

bool wats_json_table(const wats_json *value, const char *key, const wats_json **table) {
    *table = value_of(value, key, JSON_TABLE, "must be a table");
    return *table;
}

static bool has_values(const wats_json *value) {
    return value && (value->kind == JSON_LIST || value->kind == JSON_TABLE);
}

const wats_json *wats_json_next(const wats_json *list, const wats_json *before) {
    if (before) return before->next;
    return has_values(list) ? list->first : NULL;
}

size_t wats_json_count(const wats_json *list) { return has_values(list) ? list->count : 0; }

const char *wats_json_key(const wats_json *member) { return member->key; }

/* ---- Writing ---- */

const char *wats_json_quoted(const char *text) {
    if (!text) return "null";
    converter_string_t valid = repaired(&call.memory, text, strlen(text));
    writing json = {NULL, 0, 0};
    write_json_string(&json, wats_copy_bytes((const char *)valid.ptr, valid.len));
    write_bytes(&json, "", 1);
    return json.text;
}
