/* The text, and what all parts of the observer need. */
#include "parts.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static char text[4 << 20], prefix[64];
static size_t text_len;

_Noreturn static void give_up(const char *what)
{
    dprintf(STDERR_FILENO, "observer: %s: %s\n", what, strerror(errno));
    _exit(1);
}

void observer_flush(const char *path)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, text, text_len) != (ssize_t)text_len)
        give_up(path);
    close(fd);
    text_len = 0;
}

void observer_prefix(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(prefix, sizeof prefix, format, arguments);
    va_end(arguments);
}

void observe(const char *format, ...)
{
    char line[8192];
    va_list arguments;
    va_start(arguments, format);
    int n = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (n < 0 || (size_t)n >= sizeof line)
        n = sizeof line - 1;
    size_t before = strlen(prefix);
    if (text_len + before + (size_t)n + 1 > sizeof text)
        give_up("the text is too long");
    memcpy(text + text_len, prefix, before);
    memcpy(text + text_len + before, line, (size_t)n);
    text_len += before + (size_t)n;
    text[text_len++] = '\n';
}

bool ignored(const char *class, const char *name)
{
    static const struct {
        const char *class, *name;
    } all[] = {
#define IGNORED(of, what, reason) {#of, #what},
#include "ignored.def"
#undef IGNORED
    };
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        if (strcmp(all[i].class, class) == 0 && strcmp(all[i].name, name) == 0)
            return true;
    return false;
}

char *slurp(const char *path, size_t *len)
{
    static char content[1 << 20];
    size_t have = 0;
    ssize_t n;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return NULL;
    while ((n = read(fd, content + have, sizeof content - 1 - have)) > 0)
        have += (size_t)n;
    int error = errno;
    close(fd);
    errno = error;
    content[have] = '\0';
    if (len)
        *len = have;
    return n < 0 ? NULL : content;
}

static int by_number_and_name(const void *a, const void *b)
{
    const char *x = *(char *const *)a, *y = *(char *const *)b;
    if (isdigit((unsigned char)*x) && isdigit((unsigned char)*y) && atol(x) != atol(y))
        return atol(x) < atol(y) ? -1 : 1;
    return strcmp(x, y);
}

void each_name(const char *folder, void (*each)(const char *, const char *))
{
    char *names[2048], entries[64 << 10];
    size_t count = 0;
    ssize_t have = 0, n;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    while ((n = syscall(SYS_getdents64, fd, entries + have, sizeof entries - (size_t)have)) > 0)
        have += n;
    if (n < 0)
        give_up(folder);
    char own[16];
    snprintf(own, sizeof own, "%d", fd);
    close(fd);
    bool of_descriptors = strstr(folder, "/fd") != NULL;
    for (char *at = entries; at < entries + have && count < 2048;) {
        struct dirent64 *entry = (struct dirent64 *)(void *)at;
        if (entry->d_name[0] != '.' && !(of_descriptors && strcmp(entry->d_name, own) == 0))
            names[count++] = entry->d_name;
        at += entry->d_reclen;
    }
    qsort(names, count, sizeof *names, by_number_and_name);
    for (size_t i = 0; i < count; i++)
        each(folder, names[i]);
}

static char *next_static(void)
{
    static char results[8][1024];
    static unsigned next;
    return results[next++ % 8];
}

uint64_t hash_of(const void *bytes, size_t len, uint64_t seed)
{
    uint64_t hash = 0xcbf29ce484222325ull ^ seed;
    for (size_t i = 0; i < len; i++)
        hash = (hash ^ ((const uint8_t *)bytes)[i]) * 0x100000001b3ull;
    return hash;
}

const char *hex_of(const void *bytes, size_t len)
{
    char *out = next_static(), *at = out;
    if (len > 200)
        sprintf(out, "%zu-bytes-%016lx", len, hash_of(bytes, len, 0));
    else
        for (size_t i = *out = 0; i < len; i++)
            at += sprintf(at, "%02x", ((const uint8_t *)bytes)[i]);
    return out;
}

const char *text_of(const void *bytes, size_t len)
{
    char *out = next_static(), *at = out;
    *out = '\0';
    for (size_t i = 0; i < len && at < out + 1000; i++) {
        int c = ((const uint8_t *)bytes)[i];
        at += sprintf(at, c >= 0x20 && c < 0x7f ? "%c" : "\\x%02x", c);
    }
    return out;
}

const char *result_of(long rc)
{
    char *out = next_static();
    if (rc == -1)
        snprintf(out, 1024, "%s", strerrorname_np(errno));
    else
        snprintf(out, 1024, "%#lx", rc);
    return out;
}

const char *identity_of(const struct stat *st)
{
    char *out = next_static();
    snprintf(out, 1024, "{inode:%lx-%lx}", (unsigned long)st->st_dev, (unsigned long)st->st_ino);
    return out;
}

/* A stack that grows while it is observed would differ from itself. */
__attribute__((noinline)) void grow_stack(void)
{
    static __thread bool grown; /* from another depth it would grow by a page more */
    volatile char room[512 << 10];
    if (grown)
        return;
    grown = true;
    for (size_t i = 0; i < sizeof room; i += 4096)
        room[i] = 0;
}

void observe_process(void)
{
    grow_stack();
    observe_process_files("/proc/self", false);
    observe_mappings();
    observe_descriptors();
}
