#include "journal/passage.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "rollback/beneath.h"

static int set_mode(int path_fd, mode_t mode)
{
    char link[48];
    snprintf(link, sizeof link, "/proc/self/fd/%d", path_fd);
    return chmod(link, mode & 07777);
}

int passage_permit(int path_fd, mode_t mode)
{
    return set_mode(path_fd, mode | S_IRWXU);
}

static void open_one(struct passage *p, int root, const char *path)
{
    struct stat st;
    auto_close int fd = rb_open_beneath(root, path, O_PATH | O_DIRECTORY);
    if (fd < 0 || fstat(fd, &st) < 0 || (st.st_mode & S_IRWXU) == S_IRWXU ||
        p->count == PASSAGE_MOST || st.st_uid != geteuid() || passage_permit(fd, st.st_mode) < 0)
        return;
    p->folders[p->count].mode = st.st_mode;
    p->folders[p->count++].fd = steal_fd(&fd);
}

/* Root passes everywhere. */
void passage_open(struct passage *p, int root, const char *path)
{
    char above[PATH_MAX];
    p->count = 0;
    if (geteuid() == 0 || strlen(path) >= sizeof above)
        return;
    strcpy(above, path);
    for (char *slash = strchr(above, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        open_one(p, root, above);
        *slash = '/';
    }
}

void passage_close(struct passage *p)
{
    while (p->count > 0) {
        auto_close int fd = p->folders[--p->count].fd;
        if (set_mode(fd, p->folders[p->count].mode) < 0) {
            /* it is another user's now */
        }
    }
}
