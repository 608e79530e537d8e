/* What the station checks before a plugin is called: what the plugin says of itself, and what is set. Included by
 * wats_testing_host.c. */

/* ---- JSON ---- */

static const char *json_space(const char *at) {
    while (*at && strchr(" \t\r\n", *at)) at++;
    return at;
}

static const char *json_digits(const char *at) {
    if (*at < '0' || *at > '9') return NULL;
    while (*at >= '0' && *at <= '9') at++;
    return at;
}

static const char *json_number(const char *at) {
    if (*at == '-') at++;
    at = *at == '0' ? at + 1 : json_digits(at);
    if (at && *at == '.') at = json_digits(at + 1);
    if (at && (*at == 'e' || *at == 'E')) at = json_digits(at + (at[1] == '-' || at[1] == '+' ? 2 : 1));
    return at;
}

static const char *json_text(const char *at) {
    for (at++; *at != '"'; at++) {
        if ((unsigned char)*at < 0x20) return NULL;
        if (*at != '\\') continue;
        if (*++at == 'u') {
            if (strspn(at + 1, "0123456789abcdefABCDEF") < 4) return NULL;
            at += 4;
        } else if (!*at || !strchr("bfnrt\"\\/", *at)) {
            return NULL;
        }
    }
    return at + 1;
}

/* The place behind the value of JSON that begins here, or NULL; as deep as the station reads. */
static const char *json_value(const char *at, int depth) {
    static const char *const words[] = {"null", "true", "false"};
    at = json_space(at);
    for (size_t i = 0; i < 3; i++)
        if (strncmp(at, words[i], strlen(words[i])) == 0) return at + strlen(words[i]);
    if (*at == '"') return json_text(at);
    if (*at != '[' && *at != '{') return json_number(at);
    char end = *at == '[' ? ']' : '}';
    if (depth == 127) return NULL;
    at = json_space(at + 1);
    if (*at == end) return at + 1;
    for (;;) {
        if (end == '}') {
            at = json_space(at);
            at = *at == '"' ? json_text(at) : NULL;
            if (!at || *(at = json_space(at)) != ':') return NULL;
            at++;
        }
        at = json_value(at, depth + 1);
        if (!at) return NULL;
        at = json_space(at);
        if (*at == end) return at + 1;
        if (*at++ != ',') return NULL;
    }
}

/* Whether a text is one value of JSON and nothing else. */
static bool is_json(const char *text) {
    const char *end = json_value(text, 0);
    return end && !*json_space(end);
}

/* ---- Settings ---- */

static const char *says(const char *format, ...) WATS_PRINTF(1, 2);
static const char *says(const char *format, ...) {
    char text[1000];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return copy_of(text, strlen(text));
}

/* What the test sets for a key, or NULL. */
static const char *set_for(const char *key) {
    const char *found = NULL;
    for (size_t i = 0; i < 16 && host.test->settings[i][0]; i++)
        if (strcmp(host.test->settings[i][0], key) == 0) found = or_else(host.test->settings[i][1], "");
    return found;
}

static const char *number_wrong(const wats_setting *setting, double number) {
    if (setting->least.given && number < setting->least.value)
        return says("%.15g is less than the minimum of %.15g", number, setting->least.value);
    if (setting->most.given && number > setting->most.value)
        return says("%.15g is greater than the maximum of %.15g", number, setting->most.value);
    return NULL;
}

static const char *text_wrong(const wats_setting *setting, const char *text) {
    size_t characters = 0;
    for (const char *c = text; *c; c++) characters += (*c & 0xC0) != 0x80;
    if (characters < setting->shortest) return says("\"%s\" is shorter than %u characters", text, setting->shortest);
    if (setting->longest && characters > setting->longest) return says("\"%s\" is longer than %u characters", text, setting->longest);
    bool chosen = !setting->choices[0];
    for (size_t i = 0; i < 16 && setting->choices[i]; i++) chosen |= strcmp(setting->choices[i], text) == 0;
    if (!chosen) return says("\"%s\" is not one of its choices", text);
    return NULL;
}

/* What is wrong with a value that is set, or NULL. What the library checks as well is left to it. */
static const char *value_wrong(const wats_setting *setting, const char *text) {
    switch (setting->kind) {
    case WATS_SETTING_IS_TEXT: return text_wrong(setting, text);
    case WATS_SETTING_IS_NUMBER:
    case WATS_SETTING_IS_INTEGER: {
        const char *end = json_number(text);
        if (!end || *end || !isfinite(strtod(text, NULL))) return says("\"%s\" is not of type \"number\"", text);
        return number_wrong(setting, strtod(text, NULL));
    }
    case WATS_SETTING_IS_FLAG:
        return strcmp(text, "true") == 0 || strcmp(text, "false") == 0 ? NULL : says("\"%s\" is not of type \"boolean\"", text);
    case WATS_SETTING_IS_TEXTS:
    case WATS_SETTING_IS_JSON: return is_json(text) ? NULL : says("%s is no JSON", text);
    }
    return says("%d is not a wats_setting_kind", (int)setting->kind);
}

static const char *default_wrong(const char *wrong) { return wrong ? says("its default: %s", wrong) : NULL; }

/* What is wrong with a row of the plugin's table, or NULL. */
static const char *row_wrong(const wats_setting *setting) {
    switch (setting->kind) {
    case WATS_SETTING_IS_TEXT: return default_wrong(text_wrong(setting, or_else(setting->text, "")));
    case WATS_SETTING_IS_NUMBER:
    case WATS_SETTING_IS_INTEGER:
        if (!isfinite(setting->number)) return default_wrong(says("%g is no number of JSON", setting->number));
        if ((setting->least.given && !isfinite(setting->least.value)) || (setting->most.given && !isfinite(setting->most.value)))
            return "a bound is no number of JSON";
        return default_wrong(number_wrong(setting, setting->number));
    case WATS_SETTING_IS_FLAG: return NULL;
    case WATS_SETTING_IS_TEXTS:
    case WATS_SETTING_IS_JSON:
        if (setting->schema && !is_json(setting->schema)) return says("its schema %s is no JSON", setting->schema);
        return wats_blank(setting->text) || is_json(setting->text) ? NULL : default_wrong(says("%s is no JSON", setting->text));
    }
    return says("%d is not a wats_setting_kind", (int)setting->kind);
}

/* Why the station would not load the plugin with these settings, or NULL. */
static const char *settings_wrong(void) {
    text_buffer keys = {NULL, 0, 0};
    put(&keys, "%s", "");
    for (const wats_setting *setting = host.settings; setting && setting->key; setting++) {
        const char *wrong = row_wrong(setting);
        if (wrong) return says("settings: %s: %s", setting->key, wrong);
        for (const wats_setting *other = host.settings; other < setting; other++)
            if (strcmp(other->key, setting->key) == 0) return says("settings: %s: there are two of that name", setting->key);
        put(&keys, "%s%s", keys.length ? ", " : "", setting->key);
    }
    for (size_t i = 0; i < 16 && host.test->settings[i][0]; i++) {
        const char *key = host.test->settings[i][0];
        const wats_setting *setting = host.settings;
        while (setting && setting->key && strcmp(setting->key, key) != 0) setting++;
        if (!setting || !setting->key)
            return says("settings: %s: there is no such setting; it has %s", key, keys.length ? keys.text : "none");
        const char *wrong = value_wrong(setting, or_else(host.test->settings[i][1], ""));
        if (wrong) return says("settings: %s: %s", key, wrong);
    }
    return NULL;
}

/* ---- What the plugin says of itself ---- */

static bool is_name(const char *name) {
    if (!name || strlen(name) > 60) return false;
    for (const char *c = name;; c++) {
        size_t word = strspn(c, "abcdefghijklmnopqrstuvwxyz0123456789");
        if (!word) return false;
        c += word;
        if (!*c) return true;
        if (*c != '-') return false;
    }
}

static bool is_version(const char *version) {
    int parts = 0;
    for (const char *c = version; c && (c = json_digits(c)); c++) {
        if (++parts == 3) return !*c || *c == '-' || *c == '+';
        if (*c != '.') return false;
    }
    return false;
}

/* Why the station would not load the plugin, or NULL. */
static const char *plugin_wrong(const char *name, const char *version) {
    if (!is_name(name))
        return says("name \"%s\" is not 1 to 60 characters of lower-case words joined by `-`, such as `acme-ict`", or_else(name, ""));
    if (!is_version(version)) return says("version \"%s\" is no semantic version such as `1.4.0`", or_else(version, ""));
    return settings_wrong();
}

/* ---- The functions of the station ---- */

bool wats_converter_station_setting(text_t *key, wats_converter_station_value_t *to) {
    const char *wanted = c_text(key), *found = set_for(wanted);
    const wats_setting *setting = host.settings;
    while (setting && setting->key && strcmp(setting->key, wanted) != 0) setting++;
    if (!found || !setting || !setting->key) return false;
    switch (setting->kind) {
    case WATS_SETTING_IS_TEXT:
        to->tag = WATS_CONVERTER_TYPES_VALUE_TEXT;
        give(&to->val.text, found);
        break;
    case WATS_SETTING_IS_TEXTS:
    case WATS_SETTING_IS_JSON: {
        /* Only arrays and objects are JSON to the contract. */
        const char *value = json_space(found);
        if (*value == '[' || *value == '{') {
            to->tag = WATS_CONVERTER_TYPES_VALUE_JSON;
            give(&to->val.json, found);
        } else if (*value == 't' || *value == 'f') {
            to->tag = WATS_CONVERTER_TYPES_VALUE_FLAG;
            to->val.flag = *value == 't';
        } else if (*value == '-' || (*value >= '0' && *value <= '9')) {
            to->tag = WATS_CONVERTER_TYPES_VALUE_NUMBER;
            to->val.number = strtod(value, NULL);
        } else {
            to->tag = WATS_CONVERTER_TYPES_VALUE_JSON;
            give(&to->val.json, found);
        }
        break;
    }
    case WATS_SETTING_IS_NUMBER:
    case WATS_SETTING_IS_INTEGER:
        to->tag = WATS_CONVERTER_TYPES_VALUE_NUMBER;
        to->val.number = strtod(found, NULL);
        break;
    case WATS_SETTING_IS_FLAG:
        to->tag = WATS_CONVERTER_TYPES_VALUE_FLAG;
        to->val.flag = strcmp(found, "true") == 0;
        break;
    }
    return true;
}

static void put_json_text(text_buffer *to, const char *text) {
    put(to, "\"");
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\') put(to, "\\");
        if ((unsigned char)*c < 0x20) put(to, "\\u%04x", (unsigned char)*c);
        else put(to, "%c", *c);
    }
    put(to, "\"");
}

/* All settings in the order of their keys, those that are not set with their defaults. */
void wats_converter_station_settings_json(text_t *to) {
    text_buffer json = {NULL, 0, 0};
    put(&json, "{");
    const char *before = NULL;
    for (;;) {
        const wats_setting *next = NULL;
        for (const wats_setting *row = host.settings; row && row->key; row++)
            if ((!before || strcmp(row->key, before) > 0) && (!next || strcmp(row->key, next->key) < 0)) next = row;
        if (!next) break;
        before = next->key;
        const char *set = set_for(next->key);
        if (next->kind == WATS_SETTING_IS_JSON && !set && wats_blank(next->text)) continue;
        if (json.length > 1) put(&json, ",");
        put_json_text(&json, next->key);
        put(&json, ":");
        switch (next->kind) {
        case WATS_SETTING_IS_TEXT: put_json_text(&json, or_else(set, or_else(next->text, ""))); break;
        case WATS_SETTING_IS_NUMBER:
        case WATS_SETTING_IS_INTEGER:
            if (set) put(&json, "%s", set);
            else put_number(&json, next->number);
            break;
        case WATS_SETTING_IS_FLAG: put(&json, "%s", or_else(set, next->flag ? "true" : "false")); break;
        case WATS_SETTING_IS_TEXTS: put(&json, "%s", or_else(set, wats_blank(next->text) ? "[]" : next->text)); break;
        case WATS_SETTING_IS_JSON: put(&json, "%s", or_else(set, next->text)); break;
        }
    }
    put(&json, "}");
    give(to, json.text);
}
