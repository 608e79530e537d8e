/* What the tests of this folder say with, in C and in C++. */
#include <stdio.h>
#include <string.h>

static int failures;

#define CHECK(condition)                                                \
    do {                                                                \
        if (!(condition)) {                                             \
            failures++;                                                 \
            printf("%s line %d: %s\n", __func__, __LINE__, #condition); \
        }                                                               \
    } while (0)

#define CHECK_TEXT(found, expected)                                                                                  \
    do {                                                                                                             \
        const char *text_ = (found);                                                                                 \
        if (!text_ || strcmp(text_, (expected)) != 0) {                                                              \
            failures++;                                                                                              \
            printf("%s line %d: found\n%s\nexpected\n%s\n", __func__, __LINE__, text_ ? text_ : "NULL", (expected)); \
        }                                                                                                            \
    } while (0)
