/* Binds names of unix sockets, and makes the calls that use the names. A stand-in process makes
 * each call, so that the kernel records the original process. A name that no longer leads to its
 * socket is bound in a temporary folder, which is the root folder of the binding process and is
 * removed at the end. So the socket has the name, but no file does.
 */
#ifndef CAIRN_RESTORE_SOCKET_ERRANDS_H
#define CAIRN_RESTORE_SOCKET_ERRANDS_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "common/error.h"
#include "restore/stand_in.h"

struct socket_name {
    struct sockaddr_un address;
    socklen_t len; /* 0: none */
};

/* The folder for names that lead to no file; made when it is needed. */
struct own_root {
    int fd; /* -1 until then */
    char name[32];
};

#define OWN_ROOT_NONE                             \
    {                                             \
        .fd = -1, .name = ".cairn-sockets-XXXXXX" \
    }

/* Reads an address under a key that may be absent; then the length is 0. */
CAIRN_CHECKED int socket_name_read(const json_t *json, const char *key, struct socket_name *out,
                                   cairn_error *err);
bool socket_name_is_path(const struct socket_name *name);

/* The arguments of a call. Each call uses some of them. */
struct errand {
    int fd, type;
    const struct socket_name *name;
    int backlog;
    const void *bytes;
    size_t len;
    bool in_own_root;
};

/* Makes the call as `who`, with the real root folder or the folder for names that lead to no file.
 */
CAIRN_CHECKED int errand_run(struct own_root *root, struct stand_in who, stand_in_call *call,
                             struct errand *e, cairn_error *err);

int errand_bind(void *context, int out[2], cairn_error *err);
int errand_listen(void *context, int out[2], cairn_error *err);
int errand_connect(void *context, int out[2], cairn_error *err);
int errand_send(void *context, int out[2], cairn_error *err);
int errand_pair(void *context, int out[2], cairn_error *err);

CAIRN_CHECKED int own_root_remove(struct own_root *root, cairn_error *err);

#endif
