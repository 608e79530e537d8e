/* How the kit decodes files. Included by wats_testing_host.c.
 *
 * The station knows all encodings of the web. The kit knows their names, and decodes UTF-8, UTF-16 and windows-1252, which is what
 * `iso-8859-1` and `ascii` mean as well; of the others what is ASCII. */

/* How many bytes are UTF-8. Shorter than the library's, and of its own, so that one can find the other's fault. */
static size_t utf8_length(const unsigned char *bytes, size_t size) {
    size_t at = 0;
    while (at < size) {
        unsigned lead = bytes[at];
        size_t more = lead < 0x80 ? 0 : (lead & 0xE0) == 0xC0 ? 1 : (lead & 0xF0) == 0xE0 ? 2 : (lead & 0xF8) == 0xF0 ? 3 : 9;
        if (more == 9 || at + more >= size) return at;
        unsigned long character = more == 0 ? lead : lead & (0x3Fu >> more);
        for (size_t i = 1; i <= more; i++) {
            if ((bytes[at + i] & 0xC0) != 0x80) return at;
            character = character << 6 | (bytes[at + i] & 0x3F);
        }
        static const unsigned long lowest[] = {0, 0x80, 0x800, 0x10000};
        if (character < lowest[more] || character > 0x10FFFF || (character >= 0xD800 && character <= 0xDFFF)) return at;
        at += more + 1;
    }
    return at;
}

/* Puts a character as UTF-8, which has room. */
static void put_character(text_t *to, unsigned long character) {
    uint8_t *at = to->ptr + to->len;
    size_t length = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    static const uint8_t leads[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = length; i-- > 1; character >>= 6) at[i] = (uint8_t)(0x80 | (character & 0x3F));
    at[0] = (uint8_t)(leads[length] | character);
    to->len += length;
}

typedef enum encoding_kind { UNKNOWN, UTF_8, UTF_16LE, UTF_16BE, WINDOWS_1252, OF_ASCII, OF_NONE } encoding_kind;

/* All labels of https://encoding.spec.whatwg.org, each between blanks. */
static const struct {
    encoding_kind encoding;
    const char *labels;
} LABELS[] = {
    {UTF_8, " unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8 "},
    {UTF_16LE, " csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le "},
    {UTF_16BE, " unicodefffe utf-16be "},
    {WINDOWS_1252, " ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 iso88591 iso_8859-1 "
                   "iso_8859-1:1987 l1 latin1 us-ascii windows-1252 x-cp1252 "},
    {OF_ASCII,
     " 866 cp866 csibm866 ibm866 csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 latin2 csisolatin3 "
     "iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 latin3 csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 "
     "iso_8859-4 iso_8859-4:1988 l4 latin4 csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5 "
     "iso_8859-5:1988 arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e iso-8859-6-i iso-ir-127 "
     "iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987 csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 "
     "iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 "
     "iso88598 iso_8859-8 iso_8859-8:1988 visual csiso88598i iso-8859-8-i logical csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 "
     "iso885910 l6 latin6 iso-8859-13 iso8859-13 iso885913 iso-8859-14 iso8859-14 iso885914 csisolatin9 iso-8859-15 iso8859-15 "
     "iso885915 iso_8859-15 l9 iso-8859-16 cskoi8r koi koi8 koi8-r koi8_r koi8-ru koi8-u csmacintosh mac macintosh x-mac-roman dos-874 "
     "iso-8859-11 iso8859-11 iso885911 tis-620 windows-874 cp1250 windows-1250 x-cp1250 cp1251 windows-1251 x-cp1251 cp1253 windows-1253 "
     "x-cp1253 cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254 "
     "cp1255 windows-1255 x-cp1255 cp1256 windows-1256 x-cp1256 cp1257 windows-1257 x-cp1257 cp1258 windows-1258 x-cp1258 "
     "x-mac-cyrillic x-mac-ukrainian chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk gb18030 big5 "
     "big5-hkscs cn-big5 csbig5 x-x-big5 cseucpkdfmtjapanese euc-jp x-euc-jp csshiftjis ms932 ms_kanji shift-jis shift_jis sjis "
     "windows-31j x-sjis cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 ksc_5601 windows-949 "
     "x-user-defined "},
    {OF_NONE, " csiso2022jp iso-2022-jp csiso2022kr hz-gb-2312 iso-2022-cn iso-2022-cn-ext iso-2022-kr replacement "},
};

static encoding_kind encoding_of(const char *label) {
    char word[40] = " ";
    size_t length = 1;
    while (*label && strchr("\t\n\f\r ", *label)) label++;
    const char *end = label + strlen(label);
    while (end > label && strchr("\t\n\f\r ", end[-1])) end--;
    if (end == label || (size_t)(end - label) > sizeof word - 3) return UNKNOWN;
    for (; label < end; label++) {
        if (*label == ' ') return UNKNOWN;
        word[length++] = *label >= 'A' && *label <= 'Z' ? (char)(*label - 'A' + 'a') : *label;
    }
    word[length] = ' ';
    for (size_t i = 0; i < sizeof LABELS / sizeof *LABELS; i++)
        if (strstr(LABELS[i].labels, word)) return LABELS[i].encoding;
    return UNKNOWN;
}

/* What windows-1252 has from 0x80 to 0x9F. */
static const uint16_t WINDOWS_1252_HIGH[32] = {
    0x20AC, 0x0081, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x008D, 0x017D, 0x008F,
    0x0090, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x009D, 0x017E, 0x0178,
};

/* Decodes UTF-16; how many bytes are valid. */
static size_t decode_utf16(const unsigned char *bytes, size_t size, bool big, text_t *to) {
#define UNIT(at) ((unsigned long)(big ? bytes[at] << 8 | bytes[(at) + 1] : bytes[(at) + 1] << 8 | bytes[at]))
    size_t at = 0;
    while (size - at >= 2) {
        unsigned long unit = UNIT(at);
        if (unit < 0xD800 || unit > 0xDFFF) {
            put_character(to, unit);
            at += 2;
            continue;
        }
        unsigned long second = unit < 0xDC00 && size - at >= 4 ? UNIT(at + 2) : 0;
        if (second < 0xDC00 || second > 0xDFFF) break;
        put_character(to, 0x10000 + ((unit - 0xD800) << 10) + (second - 0xDC00));
        at += 4;
    }
#undef UNIT
    return at;
}

/* Decodes as the label says, NULL: as a byte order mark does, else UTF-8. False, and what is wrong, as the station tells it. */
static bool decode(const unsigned char *bytes, size_t size, const char *label, text_t *to, SOURCE(text_error_t) *error) {
    bool marked_8 = size >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0;
    bool marked_le = size >= 2 && memcmp(bytes, "\xFF\xFE", 2) == 0, marked_be = size >= 2 && memcmp(bytes, "\xFE\xFF", 2) == 0;
    encoding_kind wanted = label ? encoding_of(label) : marked_le ? UTF_16LE : marked_be ? UTF_16BE : UTF_8;
    size_t mark = wanted == UTF_8 && marked_8 ? 3 : (wanted == UTF_16LE && marked_le) || (wanted == UTF_16BE && marked_be) ? 2 : 0;
    memset(error, 0, sizeof *error);
    if (wanted == UNKNOWN) {
        error->tag = WATS_CONVERTER_SOURCE_TEXT_ERROR_UNKNOWN_ENCODING;
        return false;
    }
    if (size > MOST_TEXT) {
        error->tag = WATS_CONVERTER_SOURCE_TEXT_ERROR_TOO_LARGE;
        error->val.too_large = MOST_TEXT;
        return false;
    }
    /* No byte of these encodings becomes more than three. */
    to->len = 0;
    to->ptr = must(malloc(3 * size + 1));
    size_t valid = mark;
    switch (wanted) {
    case UTF_16LE:
    case UTF_16BE: valid += decode_utf16(bytes + mark, size - mark, wanted == UTF_16BE, to); break;
    case WINDOWS_1252:
        for (; valid < size; valid++) {
            unsigned byte = bytes[valid];
            put_character(to, byte >= 0x80 && byte <= 0x9F ? WINDOWS_1252_HIGH[byte - 0x80] : byte);
        }
        break;
    default:
        valid = utf8_length(bytes, size);
        to->len = valid - mark;
        if (to->len) memcpy(to->ptr, bytes + mark, to->len);
        for (size_t i = 0; wanted != UTF_8 && i < size; i++) {
            if (bytes[i] < 0x80 && wanted == OF_ASCII) continue;
            text_buffer reason = {NULL, 0, 0};
            put(&reason, "the test kit does not decode %s: test it with `wats plugin test`", label);
            wats_testing_stop(reason.text);
        }
    }
    /* The bindings hold no memory of an empty text. */
    if (valid == size && to->len) return true;
    free(to->ptr);
    to->ptr = NULL;
    to->len = 0;
    if (valid == size) return true;
    error->tag = WATS_CONVERTER_SOURCE_TEXT_ERROR_INVALID_AT;
    error->val.invalid_at = valid;
    return false;
}
