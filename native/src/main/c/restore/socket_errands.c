#include "restore/socket_errands.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/tree_removal.h"

#define OWN_ROOT_PARENT "/dev/shm"

int socket_name_read(const json_t *json, const char *key, struct socket_name *out, cairn_error *err)
{
    *out = (struct socket_name){0};
    const char *hex = json_string_value(json_object_get(json, key));
    if (!hex)
        return 0;
    auto_free void *bytes = NULL;
    size_t size;
    int rc = hex_decode(hex, sizeof out->address, &bytes, &size, err);
    if (rc != 0)
        return rc;
    memcpy(&out->address, bytes, size);
    out->len = (socklen_t)size;
    return size > offsetof(struct sockaddr_un, sun_path) && out->address.sun_family == AF_UNIX
               ? 0
               : cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "a unix socket with a foreign name");
}

static const char *shown(const struct socket_name *name)
{
    return name->address.sun_path[0] ? name->address.sun_path : name->address.sun_path + 1;
}

bool socket_name_is_path(const struct socket_name *name)
{
    return name->len > 0 && name->address.sun_path[0];
}

static int open_own_root(struct own_root *root, cairn_error *err)
{
    if (root->fd >= 0)
        return 0;
    char path[64];
    snprintf(path, sizeof path, OWN_ROOT_PARENT "/%s", root->name);
    if (!mkdtemp(path))
        return cairn_fail_errno(err, "making a folder for names of sockets");
    snprintf(root->name, sizeof root->name, "%s", strrchr(path, '/') + 1);
    root->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return root->fd < 0 ? cairn_fail_errno(err, "opening a folder for names of sockets") : 0;
}

int own_root_remove(struct own_root *root, cairn_error *err)
{
    if (root->fd < 0)
        return 0;
    close(root->fd);
    auto_close int parent = open(OWN_ROOT_PARENT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return parent < 0 ? cairn_fail_errno(err, "opening " OWN_ROOT_PARENT)
                      : cairn_remove_tree(parent, root->name, err);
}

static int make_folders_for(const char *path, cairn_error *err)
{
    char folder[sizeof((struct sockaddr_un *)0)->sun_path + 1];
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        if (mkdir(folder, 0700) < 0 && errno != EEXIST)
            return cairn_fail_errno(err, "making a folder for names of sockets");
    }
    return 0;
}

int errand_bind(void *context, int out[2], cairn_error *err)
{
    (void)out;
    const struct errand *e = context;
    const char *path = e->name->address.sun_path;
    struct stat st;
    int rc = e->in_own_root ? make_folders_for(path, err) : 0;
    /* a socket file that an earlier attempt bound occupies the name */
    if (rc == 0 && socket_name_is_path(e->name) && lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
        unlink(path);
    if (rc == 0 && bind(e->fd, (const struct sockaddr *)&e->name->address, e->name->len) < 0)
        rc = cairn_fail_errno(err, "binding a unix socket to %s", shown(e->name));
    return rc;
}

int errand_listen(void *context, int out[2], cairn_error *err)
{
    (void)out;
    const struct errand *e = context;
    return listen(e->fd, e->backlog) == 0 ? 0 : cairn_fail_errno(err, "listening on a unix socket");
}

int errand_connect(void *context, int out[2], cairn_error *err)
{
    (void)out;
    const struct errand *e = context;
    return connect(e->fd, (const struct sockaddr *)&e->name->address, e->name->len) == 0
               ? 0
               : cairn_fail_errno(err, "connecting a unix socket to %s", shown(e->name));
}

int errand_send(void *context, int out[2], cairn_error *err)
{
    (void)out;
    const struct errand *e = context;
    const struct sockaddr *to =
        e->name && e->name->len ? (const struct sockaddr *)&e->name->address : NULL;
    return sendto(e->fd, e->bytes, e->len, MSG_DONTWAIT | MSG_NOSIGNAL, to,
                  to ? e->name->len : 0) == (ssize_t)e->len
               ? 0
               : cairn_fail_errno(err, "refilling a unix socket");
}

int errand_pair(void *context, int out[2], cairn_error *err)
{
    const struct errand *e = context;
    return socketpair(AF_UNIX, e->type | SOCK_CLOEXEC, 0, out) == 0
               ? 0
               : cairn_fail_errno(err, "making a pair of sockets");
}

int errand_run(struct own_root *root, struct stand_in who, stand_in_call *call, struct errand *e,
               cairn_error *err)
{
    int unused[2];
    int rc = 0;
    if (e->in_own_root) {
        rc = open_own_root(root, err);
        who.root = root->fd;
    }
    return rc != 0 ? rc : stand_in_run(&who, call, e, unused, err);
}
