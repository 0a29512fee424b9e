/* The files that /proc has of a process, or of a thread. */
#include "parts.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *of; /* "proc" or "thread": what the keys start with */

static void observe_fields(const char *class, char *text)
{
    char *line;
    while ((line = strsep(&text, "\n"))) {
        char *value = strpbrk(line, ": ");
        if (!value)
            continue;
        *value++ = '\0';
        value += strspn(value, " \t:");
        if (!ignored(class, line) && strncmp(line, "State", 5) != 0)
            observe("%s.%s.%s %s", of, class, line, text_of(value, strlen(value)));
    }
}

/* Fields of stat by their number in proc(5). */
static void observe_stat(char *text)
{
    static const int fields[] = {4,  5,  6,  7,  8,  18, 19, 20, 23, 26, 27, 28, 31, 32,
                                 33, 34, 38, 40, 41, 45, 46, 47, 48, 49, 50, 51, 52};
    char *at = strrchr(text, ')'), *value;
    if (!at)
        return;
    at += 2;
    for (int field = 3; (value = strsep(&at, " \n")); field++)
        for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
            if (fields[i] == field)
                observe("%s.stat.%d %s", of, field, value);
}

static void observe_file(const char *folder, const char *name)
{
    char path[128];
    size_t len;
    if (ignored("proc", name))
        return;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    char *content = slurp(path, &len);
    if (!content)
        observe("%s.%s %s", of, name, result_of(-1));
    else if (strcmp(name, "ksm_stat") == 0)
        observe_fields(name, content);
    else
        observe("%s.%s %s", of, name, text_of(content, len));
}

static void observe_link(const char *folder, const char *name)
{
    char path[128], target[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    ssize_t n = readlink(path, target, sizeof target - 1);
    target[n > 0 ? n : 0] = '\0';
    char *inode = strstr(target, ":[");
    if (n < 0)
        observe("%s.%s %s", of, name, result_of(-1));
    else if (inode) /* a namespace */
        observe("%s.ns.%s {%.*s}", of, name, (int)n, target);
    else
        observe("%s.%s %s", of, name, text_of(target, (size_t)n));
}

void observe_process_files(const char *folder, bool of_thread)
{
    static const char *const links[] = {"cwd", "exe", "root"};
    char path[64], *content;
    of = of_thread ? "thread" : "proc";
    each_name(folder, observe_file);
    for (size_t i = 0; i < 3; i++)
        observe_link(folder, links[i]);
    snprintf(path, sizeof path, "%s/ns", folder);
    each_name(path, observe_link);
    snprintf(path, sizeof path, "%s/status", folder);
    if ((content = slurp(path, NULL)))
        observe_fields("status", content);
    snprintf(path, sizeof path, "%s/stat", folder);
    if ((content = slurp(path, NULL)))
        observe_stat(content);
    size_t len;
    snprintf(path, sizeof path, "%s/auxv", folder);
    if (!of_thread && (content = slurp(path, &len)))
        observe("proc.auxv %s", hex_of(content, len));
}
