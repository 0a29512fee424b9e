#include "common/hex.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

char *hex_encode(const void *data, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    char *text = malloc(len * 2 + 1);
    if (!text)
        return NULL;
    for (size_t i = 0; i < len; i++) {
        uint8_t byte = ((const uint8_t *)data)[i];
        text[2 * i] = digits[byte >> 4];
        text[2 * i + 1] = digits[byte & 15];
    }
    text[2 * len] = '\0';
    return text;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int hex_decode(const char *text, size_t limit, void **out, size_t *len, cairn_error *err)
{
    size_t digits = text ? strlen(text) : 0;
    if (!text || digits % 2 != 0 || digits / 2 > limit)
        return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "hex bytes that are missing, odd or too many");
    uint8_t *bytes = malloc(digits / 2 + 1);
    if (!bytes)
        return cairn_fail(err, ENOMEM, "out of memory decoding hex");
    for (size_t i = 0; i < digits / 2; i++) {
        int high = digit_value(text[2 * i]), low = digit_value(text[2 * i + 1]);
        if (high < 0 || low < 0) {
            free(bytes);
            return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "hex bytes with other characters in them");
        }
        bytes[i] = (uint8_t)(high << 4 | low);
    }
    *out = bytes;
    *len = digits / 2;
    return 0;
}
