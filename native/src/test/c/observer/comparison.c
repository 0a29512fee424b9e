#include "comparison.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct line {
    char *key, *value;
    size_t order;
};

/* As a string of the other's text: which identity stands for which. */
struct pairing {
    char **from, **to;
    size_t count;
};

static int by_key(const void *a, const void *b)
{
    const struct line *x = a, *y = b;
    int rc = strcmp(x->key, y->key);
    return rc ? rc : x->order < y->order ? -1 : x->order > y->order;
}

static struct line *lines_of(char *text, size_t *count)
{
    size_t room = 1;
    for (const char *at = text; *at; at++)
        room += *at == '\n';
    struct line *lines = calloc(room, sizeof *lines);
    char *line;
    while (lines && (line = strsep(&text, "\n"))) {
        if (!*line)
            continue;
        char *blank = strchr(line, ' ');
        if (blank)
            *blank++ = '\0';
        lines[*count] = (struct line){line, blank ? blank : line + strlen(line), *count};
        ++*count;
    }
    if (lines)
        qsort(lines, *count, sizeof *lines, by_key);
    return lines;
}

/* Takes out where the home stands, in place. */
static void without_home(char *text, const char *home)
{
    size_t len = strlen(home);
    char *to = text;
    for (char *at = text; *at;)
        if (len && strncmp(at, home, len) == 0) {
            *to++ = '^';
            at += len;
        } else {
            *to++ = *at++;
        }
    *to = '\0';
}

/* The same identities on both sides, by what has been seen so far. */
static bool pairs_up(struct pairing *p, const char *a, size_t a_len, const char *b, size_t b_len)
{
    for (size_t i = 0; i < p->count; i++) {
        bool from = strlen(p->from[i]) == a_len && strncmp(p->from[i], a, a_len) == 0;
        bool to = strlen(p->to[i]) == b_len && strncmp(p->to[i], b, b_len) == 0;
        if (from || to)
            return from && to;
    }
    p->from = realloc(p->from, (p->count + 1) * sizeof *p->from);
    p->to = realloc(p->to, (p->count + 1) * sizeof *p->to);
    p->from[p->count] = strndup(a, a_len);
    p->to[p->count++] = strndup(b, b_len);
    return true;
}

static bool same_value(struct pairing *p, const char *a, const char *b, long seconds)
{
    while (*a && *b) {
        if (*a == '{' && *b == '{') {
            size_t a_len = strcspn(a, "}"), b_len = strcspn(b, "}");
            if (!pairs_up(p, a, a_len, b, b_len))
                return false;
            a += a_len;
            b += b_len;
        } else if (*a == '~' && *b == '~') {
            char *a_end, *b_end;
            if (labs(strtol(a + 1, &a_end, 10) - strtol(b + 1, &b_end, 10)) > seconds)
                return false;
            a = a_end;
            b = b_end;
        } else if (*a++ != *b++) {
            return false;
        }
    }
    return *a == *b;
}

size_t comparison_of(char *before, const char *before_home, char *after, const char *after_home,
                     long seconds, comparison_report *report, void *context)
{
    size_t a_count = 0, b_count = 0, differ = 0, i = 0, k = 0;
    struct pairing pairing = {0};
    without_home(before, before_home);
    without_home(after, after_home);
    struct line *a = lines_of(before, &a_count), *b = lines_of(after, &b_count);
    while (a && b && (i < a_count || k < b_count)) {
        int order = i == a_count ? 1 : k == b_count ? -1 : strcmp(a[i].key, b[k].key);
        const char *old = order <= 0 ? a[i].value : NULL, *new = order >= 0 ? b[k].value : NULL;
        if (order != 0 || !same_value(&pairing, old, new, seconds)) {
            report(context, order <= 0 ? a[i].key : b[k].key, old, new);
            differ++;
        }
        i += order <= 0;
        k += order >= 0;
    }
    for (size_t n = 0; n < pairing.count; n++) {
        free(pairing.from[n]);
        free(pairing.to[n]);
    }
    free(pairing.from);
    free(pairing.to);
    free(a);
    free(b);
    return differ;
}
