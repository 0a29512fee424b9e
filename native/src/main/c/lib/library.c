#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <string.h>

#include "cairn.h"
#include "common/cleanup.h"
#include "common/error.h"
#include "common/io.h"

const char *cairn_version(void)
{
    return CAIRN_VERSION;
}

void cairn_free(void *p)
{
    free(p);
}

int cairn_publish_file(const char *path, const void *data, size_t len, cairn_error *err)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    auto_free char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    if (!folder)
        return cairn_fail(err, ENOMEM, "out of memory publishing %s", path);
    auto_close int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail_errno(err, "the folder %s", folder);
    int rc = io_publish_file(fd, name, data, len, err);
    return rc == 0 ? 0 : cairn_fail_within(err, rc, "%s", folder);
}
