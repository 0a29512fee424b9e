/* Unix sockets and their queued data. inet_sockets.c records TCP and UDP. All other sockets are
 * refused.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <linux/unix_diag.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <unistd.h>

#include "capture/objects.h"
#include "common/cleanup.h"
#include "common/hex.h"
#include "common/socket_options.h"
#include "proc/proc.h"
#include "task/freeze.h"

#define MESSAGE_LIMIT (1u << 20)
#define MESSAGES_LIMIT 65536
#define TCP_LISTEN_STATE 10
#define MOST_WAITING 1024
#define RENEWED_WITHIN_US 10000000

/* <linux/un.h>, which conflicts with <sys/un.h> */
#ifndef SIOCUNIXFILE
#define SIOCUNIXFILE (SIOCPROTOPRIVATE + 0)
#endif
/* <linux/socket.h> of Linux 6.5 */
#ifndef SCM_PIDFD
#define SCM_PIDFD 4
#endif

/* What the kernel reports about a unix socket. */
struct about {
    uint64_t peer;              /* inode, 0 for none */
    uint64_t file, file_device; /* the socket file, 0 for none */
    unsigned state, shutdown, waiting, backlog;
    uint32_t clients[MOST_WAITING]; /* inodes of the connections that wait to be accepted, in this
                                       order */
    size_t client_count;
};

static void read_attributes(const struct unix_diag_msg *message, size_t len, struct about *out)
{
    out->state = message->udiag_state;
    len -= sizeof *message;
    for (const struct rtattr *a = (const struct rtattr *)(message + 1); RTA_OK(a, len);
         a = RTA_NEXT(a, len)) {
        if (a->rta_type == UNIX_DIAG_PEER)
            out->peer = *(const uint32_t *)RTA_DATA(a);
        else if (a->rta_type == UNIX_DIAG_SHUTDOWN)
            out->shutdown = *(const uint8_t *)RTA_DATA(a);
        else if (a->rta_type == UNIX_DIAG_ICONS) {
            out->client_count = RTA_PAYLOAD(a) / sizeof *out->clients;
            if (out->client_count > MOST_WAITING)
                out->client_count = 0;
            memcpy(out->clients, RTA_DATA(a), out->client_count * sizeof *out->clients);
        } else if (a->rta_type == UNIX_DIAG_RQLEN) {
            const struct unix_diag_rqlen *lengths = RTA_DATA(a);
            out->waiting = lengths->udiag_rqueue;
            out->backlog = lengths->udiag_wqueue;
        } else if (a->rta_type == UNIX_DIAG_VFS) {
            const struct unix_diag_vfs *file = RTA_DATA(a);
            out->file = file->udiag_vfs_ino;
            /* device number, as the kernel encodes it internally */
            out->file_device = makedev(file->udiag_vfs_dev >> 20, file->udiag_vfs_dev & 0xfffff);
        }
    }
}

static int ask_about(uint64_t ino, struct about *out, cairn_error *err)
{
    struct {
        struct nlmsghdr header;
        struct unix_diag_req request;
    } call = {.header = {.nlmsg_len = sizeof call,
                         .nlmsg_type = SOCK_DIAG_BY_FAMILY,
                         .nlmsg_flags = NLM_F_REQUEST},
              .request = {.sdiag_family = AF_UNIX,
                          .udiag_states = ~0u,
                          .udiag_ino = (uint32_t)ino,
                          .udiag_show = UDIAG_SHOW_PEER | UDIAG_SHOW_RQLEN | UDIAG_SHOW_VFS |
                                        UDIAG_SHOW_ICONS,
                          .udiag_cookie = {~0u, ~0u}}};
    union {
        struct nlmsghdr header;
        char bytes[32768];
    } answer;
    auto_close int diag = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
    if (diag < 0 || send(diag, &call, sizeof call, 0) < 0)
        return cairn_fail_errno(err, "asking the kernel about a unix socket");
    ssize_t n = recv(diag, &answer, sizeof answer, 0);
    if (n < (ssize_t)(sizeof answer.header + sizeof(struct unix_diag_msg)) ||
        answer.header.nlmsg_type != SOCK_DIAG_BY_FAMILY || answer.header.nlmsg_len > (size_t)n)
        return cairn_fail(err, CAIRN_EHOST,
                          "the kernel does not tell about unix sockets (CONFIG_UNIX_DIAG)");
    *out = (struct about){0};
    read_attributes(NLMSG_DATA(&answer.header), answer.header.nlmsg_len - NLMSG_HDRLEN, out);
    return 0;
}

/* An address as a hex string; none for a socket without a name. */
static void describe_name(json_t *json, const char *key, const struct sockaddr_un *name,
                          socklen_t len)
{
    if (len <= offsetof(struct sockaddr_un, sun_path) || len > sizeof *name)
        return;
    auto_free char *hex = hex_encode(name, len);
    json_object_set_new(json, key, json_string(hex ? hex : ""));
}

/* One message, as the capture received it. */
struct message {
    ssize_t len;
    int flags;
    bool descriptors;  /* came with it */
    bool from_someone; /* false: no message will come any more; true: a message, which may be empty
                        */
    struct ucred sender;
    struct sockaddr_un name;
    socklen_t name_len;
};

/* Peeking at passed descriptors makes copies of them. Closes those. */
static void read_control(struct msghdr *header, struct message *out)
{
    for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
        if (c->cmsg_level != SOL_SOCKET)
            continue;
        if (c->cmsg_type == SCM_CREDENTIALS) {
            out->from_someone = true;
            memcpy(&out->sender, CMSG_DATA(c), sizeof out->sender);
        }
        if (c->cmsg_type != SCM_RIGHTS && c->cmsg_type != SCM_PIDFD)
            continue;
        out->descriptors |= c->cmsg_type == SCM_RIGHTS;
        for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); i++)
            close(((const int *)CMSG_DATA(c))[i]);
    }
}

/* 1 with a message, 0 when there is none. */
static int receive(int fd, int type, int flags, char *bytes, struct message *out, cairn_error *err)
{
    _Alignas(struct cmsghdr) char control[4096];
    *out = (struct message){0};
    struct iovec data = {bytes, MESSAGE_LIMIT};
    struct msghdr header = {.msg_iov = &data,
                            .msg_iovlen = 1,
                            .msg_name = &out->name,
                            .msg_namelen = sizeof out->name,
                            .msg_control = control,
                            .msg_controllen = sizeof control};
    out->len = recvmsg(fd, &header, flags | MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (out->len < 0)
        return errno == EAGAIN || errno == EINVAL || errno == ENOTCONN
                   ? 0
                   : cairn_fail_errno(err, "reading what is queued in a socket");
    out->flags = header.msg_flags;
    out->name_len = header.msg_namelen;
    read_control(&header, out);
    return out->len > 0 || (out->from_someone && type != SOCK_STREAM);
}

/* The pid that a process has inside the step. */
static int pid_inside(pid_t pid, pid_t *out, cairn_error *err)
{
    struct proc_status status;
    *out = 0;
    if (pid == 0)
        return 0;
    if (proc_read_status(pid, pid, &status, NULL) != 0)
        return cairn_fail(err, CAIRN_EBUSY_TREE,
                          "a socket with a message whose sender has ended, whose credentials the "
                          "receiver asks for (SO_PASSCRED)");
    *out = status.ns_pid;
    return 0;
}

static const json_t *bytes_of(const json_t *message)
{
    return json_is_string(message) ? message : json_object_get(message, "bytes");
}

/* A string of hex, or an object if the message carries more than bytes. */
static int describe_message(const struct message *m, const char *bytes, bool credentials,
                            json_t *messages, cairn_error *err)
{
    auto_free char *hex = hex_encode(bytes, (size_t)m->len);
    bool named = m->name_len > offsetof(struct sockaddr_un, sun_path);
    json_t *text = json_string(hex ? hex : "");
    if (!credentials && !named)
        return json_array_append_new(messages, text);
    json_t *json = json_pack("{s:o}", "bytes", text);
    json_array_append_new(messages, json);
    if (named)
        describe_name(json, "from", &m->name, m->name_len);
    pid_t pid;
    int rc = credentials ? pid_inside(m->sender.pid, &pid, err) : 0;
    if (rc == 0 && credentials)
        json_object_set_new(json, "credentials",
                            json_pack("[I, I, I]", (json_int_t)pid, (json_int_t)m->sender.uid,
                                      (json_int_t)m->sender.gid));
    return rc;
}

/* Describes one message. 1 if there was one. */
static int peek_message(int fd, int type, char *bytes, bool credentials, json_t *messages,
                        cairn_error *err)
{
    struct message m;
    int rc = receive(fd, type, MSG_PEEK, bytes, &m, err);
    if (rc <= 0)
        return rc;
    if (m.descriptors)
        return cairn_fail(err, CAIRN_EBUSY_TREE,
                          "a socket with descriptors on their way through it");
    if (m.flags & MSG_TRUNC)
        return cairn_fail(err, CAIRN_EUNSUPPORTED, "a socket with a message over %u bytes",
                          MESSAGE_LIMIT);
    rc = describe_message(&m, bytes, credentials, messages, err);
    return rc != 0 ? rc : 1;
}

static void peek_from(int fd, int offset)
{
    setsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &offset, sizeof offset);
}

/* Looks for an empty message at the head of the queue. An empty message that was peeked at before
 * shows only to a peek at the head; every other message shows to a peek from offset 0 on. */
static int peek_messages(int fd, int type, bool credentials, json_t *messages, cairn_error *err)
{
    auto_free char *bytes = malloc(MESSAGE_LIMIT);
    if (!bytes)
        return cairn_fail(err, ENOMEM, "out of memory reading a socket");
    int rc = 1;
    if (type != SOCK_STREAM) {
        peek_from(fd, -1);
        rc = peek_message(fd, type, bytes, credentials, messages, err);
        if (rc == 1 && json_string_length(bytes_of(json_array_get(messages, 0))) > 0)
            json_array_clear(messages);
    }
    peek_from(fd, 0);
    while (rc == 1 && json_array_size(messages) < MESSAGES_LIMIT)
        rc = peek_message(fd, type, bytes, credentials, messages, err);
    return rc == 1 ? cairn_fail(err, CAIRN_EUNSUPPORTED, "a socket with more than %u messages",
                                MESSAGES_LIMIT)
                   : rc;
}

static bool is_ready(int fd, short events)
{
    struct pollfd ready = {.fd = fd, .events = events};
    return poll(&ready, 1, 0) > 0 && ready.revents & events;
}

/* Reads the queue without removing anything. Peeking moves the socket's peek offset (SO_PEEK_OFF),
 * which is restored. Asks for credentials with every message, which distinguish an empty message
 * from the end. */
static int peek_queue(int fd, int type, json_t *json, cairn_error *err)
{
    json_t *messages = json_array();
    json_object_set_new(json, "messages", messages);
    if (is_ready(fd, POLLERR))
        json_object_set_new(json, "reset", json_true());
    if (is_ready(fd, POLLPRI))
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "a unix socket with urgent data (MSG_OOB) that is not yet received");
    int before = -1, credentials = 0, yes = 1;
    socklen_t len = sizeof before;
    if (getsockopt(fd, SOL_SOCKET, SO_PEEK_OFF, &before, &len) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_PASSCRED, &credentials, &len) < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &yes, sizeof yes) < 0)
        return cairn_fail_errno(err, "preparing to read a socket");
    int rc = peek_messages(fd, type, credentials, messages, err);
    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &credentials, sizeof credentials);
    peek_from(fd, before);
    return rc;
}

static bool is_inet(int fd, int family, int type)
{
    int protocol = 0;
    socklen_t len = sizeof protocol;
    getsockopt(fd, SOL_SOCKET, SO_PROTOCOL, &protocol, &len);
    return (family == AF_INET || family == AF_INET6) &&
           ((type == SOCK_STREAM && protocol == IPPROTO_TCP) ||
            (type == SOCK_DGRAM && (protocol == IPPROTO_UDP || protocol == IPPROTO_UDPLITE)));
}

/* The folder of a socket file, as this process reaches it, and the name of the file in that folder.
 */
static int open_folder_of(const struct captured_process *p, const char *path, const char **file)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    *file = slash ? slash + 1 : path;
    snprintf(folder, sizeof folder, "/proc/%d/%s/%.*s", p->pid, path[0] == '/' ? "root" : "cwd",
             (int)(*file - path), path);
    return open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static bool is_file_of(const struct about *about, int folder, const char *file, mode_t *mode)
{
    struct stat st;
    if (fstatat(folder, file, &st, AT_SYMLINK_NOFOLLOW) < 0 || st.st_ino != about->file ||
        st.st_dev != about->file_device)
        return false;
    *mode = st.st_mode & 07777;
    return true;
}

/* Whether the socket file has another name in its folder. */
static bool is_renamed(const struct about *about, int folder, char *name, size_t size)
{
    mode_t mode;
    DIR *list = fdopendir(fcntl(folder, F_DUPFD_CLOEXEC, 0));
    bool found = false;
    for (struct dirent *entry; list && !found && (entry = readdir(list));)
        if (entry->d_ino == about->file && is_file_of(about, folder, entry->d_name, &mode)) {
            snprintf(name, size, "%s", entry->d_name);
            found = true;
        }
    if (list)
        closedir(list);
    return found;
}

/* Whether other processes may reach the socket by its name. Nobody reaches an accepted connection
 * by name. */
static bool is_reached_by_name(const struct about *about, const json_t *json)
{
    return about->state == TCP_LISTEN_STATE ||
           json_integer_value(json_object_get(json, "type")) == SOCK_DGRAM;
}

/* Whether the socket file has no name any more. The kernel reports that to root only. */
static bool is_known_to_be_unlinked(int fd)
{
    struct stat st;
    auto_close int file = ioctl(fd, SIOCUNIXFILE);
    return file >= 0 && fstat(file, &st) == 0 && st.st_nlink == 0;
}

/* Finds the path at which this socket lies, or lay, in the file system. */
static int describe_file(const struct captured_process *p, int fd, const struct about *about,
                         const struct sockaddr_un *name, json_t *json, cairn_error *err)
{
    char other[NAME_MAX + 1];
    const char *file;
    mode_t mode;
    auto_close int folder = open_folder_of(p, name->sun_path, &file);
    if (folder >= 0 && is_file_of(about, folder, file, &mode)) {
        json_object_set_new(json, "mode", json_integer(mode));
        return 0;
    }
    json_object_set_new(json, "unlinked", json_true());
    if (!is_reached_by_name(about, json) || is_known_to_be_unlinked(fd))
        return 0;
    if (name->sun_path[0] != '/')
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "a unix socket bound to %s, which does not lead to it from its working "
                          "folder; bind it to an absolute path",
                          name->sun_path);
    if (folder >= 0 && is_renamed(about, folder, other, sizeof other))
        return cairn_fail(err, CAIRN_EUNSUPPORTED,
                          "a unix socket bound to %s whose file was renamed to %s; bind it to the "
                          "name that it is to have",
                          name->sun_path, other);
    return 0;
}

static int describe_addresses(const struct captured_process *p, int fd, const struct about *about,
                              json_t *json, cairn_error *err)
{
    struct sockaddr_un name = {0};
    socklen_t len = sizeof name - 1;
    int rc = 0;
    if (getsockname(fd, (struct sockaddr *)&name, &len) == 0) {
        describe_name(json, "name", &name, len);
        if (len > offsetof(struct sockaddr_un, sun_path) && name.sun_path[0])
            rc = describe_file(p, fd, about, &name, json, err);
    }
    len = sizeof name;
    bool connected = getpeername(fd, (struct sockaddr *)&name, &len) == 0;
    if (connected)
        describe_name(json, "peer_name", &name, len);
    json_object_set_new(json, "connected", json_boolean(connected));
    return rc;
}

static json_t *clients_to_json(const struct about *about)
{
    json_t *clients = json_array();
    for (size_t i = 0; i < about->client_count; i++)
        json_array_append_new(clients, json_integer(about->clients[i]));
    return clients;
}

static int describe_unix(const struct captured_process *p, int fd, uint64_t ino, int type,
                         json_t *json, cairn_error *err)
{
    struct about about;
    int rc = ask_about(ino, &about, err);
    if (rc != 0)
        return rc;
    bool listens = about.state == TCP_LISTEN_STATE;
    if (listens && about.waiting != about.client_count)
        return cairn_fail(err, CAIRN_EBUSY_TREE,
                          "a listening unix socket with %u connections that are not yet accepted",
                          about.waiting);
    if (about.client_count > 0)
        json_object_set_new(json, "waiting", clients_to_json(&about));
    json_object_set_new(json, "holder", json_integer(p->ns_pid));
    json_object_set_new(json, "kind", json_string("socket"));
    json_object_set_new(json, "socket", json_integer((json_int_t)ino));
    json_object_set_new(json, "peer", json_integer((json_int_t)about.peer));
    json_object_set_new(json, "type", json_integer(type));
    json_object_set_new(json, "shutdown", json_integer(about.shutdown));
    json_object_set_new(json, "backlog", json_integer(listens ? about.backlog : 0));
    json_object_set_new(json, "listening", json_boolean(listens));
    char path[64];
    auto_free char *folder = NULL;
    snprintf(path, sizeof path, "/proc/%d/cwd", p->pid);
    rc = proc_read_link(path, &folder, err); /* a name may be relative to it */
    if (rc != 0)
        return rc;
    json_object_set_new(json, "folder", json_string(folder));
    json_t *options;
    rc = describe_addresses(p, fd, &about, json, err);
    if (rc == 0)
        rc = socket_options_read(fd, &options, err);
    if (rc != 0)
        return rc;
    json_object_set_new(json, "options", options);
    return listens ? 0 : peek_queue(fd, type, json, err);
}

int describe_socket(const struct captured_process *p, int number, uint64_t ino, json_t *json,
                    cairn_error *err)
{
    auto_close int fd = -1;
    int rc = description_borrow(p->pid, number, &fd, err);
    if (rc != 0)
        return rc;
    int family = 0, type = 0;
    socklen_t len = sizeof family;
    if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &len) < 0 ||
        getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) < 0)
        return cairn_fail_errno(err, "pid %d fd %d: asking about a socket", p->ns_pid, number);
    if (is_inet(fd, family, type))
        rc = describe_inet(fd, type, ino, json, err);
    else if (family == AF_UNIX)
        rc = describe_unix(p, fd, ino, type, json, err);
    else
        rc = cairn_fail(err, CAIRN_EUNSUPPORTED,
                        "a socket of family %d and type %d, which this version does not save",
                        family, type);
    return rc != 0 ? cairn_fail_within(err, rc, "pid %d fd %d", p->ns_pid, number) : 0;
}

static const struct open_description *find_socket(const struct objects *o, json_int_t ino)
{
    for (size_t i = 0; i < o->description_count; i++)
        if (description_is(&o->descriptions[i], "socket") &&
            json_integer_value(json_object_get(o->descriptions[i].json, "socket")) == ino)
            return &o->descriptions[i];
    return NULL;
}

static bool has_empty_message(const json_t *messages)
{
    size_t i;
    const json_t *message;
    json_array_foreach(messages, i, message)
    {
        if (json_string_length(bytes_of(message)) == 0)
            return true;
    }
    return false;
}

static int send_again(int from, const json_t *message, cairn_error *err)
{
    auto_free void *bytes = NULL;
    size_t len;
    int rc = hex_decode(json_string_value(bytes_of(message)), MESSAGE_LIMIT, &bytes, &len, err);
    if (rc != 0)
        return rc;
    int64_t deadline = freeze_clock_us() + RENEWED_WITHIN_US;
    while (send(from, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        if (errno != EAGAIN || freeze_clock_us() > deadline)
            return cairn_fail_errno(err, "sending the messages of a unix socket again");
        poll(&(struct pollfd){.fd = from, .events = POLLOUT}, 1, 10);
    }
    return 0;
}

/* The kernel shows an empty message to one peek only, so the next checkpoint would miss it. Now
 * that the image has the messages, the capture receives them all and sends them again. */
static int renew_queue(const struct open_description *receiver,
                       const struct open_description *sender, cairn_error *err)
{
    const json_t *messages = json_object_get(receiver->json, "messages");
    auto_close int from = -1;
    auto_close int to = -1;
    size_t i;
    const json_t *message;
    int rc = description_borrow(receiver->pid, receiver->fd, &to, err);
    if (rc == 0)
        rc = description_borrow(sender->pid, sender->fd, &from, err);
    if (rc != 0)
        return rc;
    for (i = json_array_size(messages); i > 0; i--)
        if (recv(to, NULL, 0, MSG_DONTWAIT | MSG_TRUNC) < 0)
            return cairn_fail_errno(err, "taking the messages of a unix socket out");
    json_array_foreach(messages, i, message)
    {
        rc = rc == 0 ? send_again(from, message, err) : rc;
    }
    return rc;
}

/* Finds the one socket of the step that is connected to this one and has sent all of its queued
 * data. */
static const struct open_description *find_sender(const struct objects *o, const json_t *receiver)
{
    const struct open_description *found = NULL;
    for (size_t i = 0; i < o->description_count; i++) {
        const struct open_description *d = &o->descriptions[i];
        if (description_is(d, "socket") &&
            json_equal(json_object_get(d->json, "peer"), json_object_get(receiver, "socket"))) {
            if (found)
                return NULL;
            found = d;
        }
    }
    size_t i;
    const json_t *message;
    json_array_foreach(json_object_get(receiver, "messages"), i, message)
    {
        if (!found || json_object_get(message, "credentials") ||
            !json_equal(json_object_get(message, "from") ? json_object_get(message, "from")
                                                         : json_null(),
                        json_object_get(found->json, "name") ? json_object_get(found->json, "name")
                                                             : json_null()))
            return NULL;
    }
    return found;
}

static int renew_empty_messages(const struct objects *o, cairn_error *err)
{
    for (size_t i = 0; i < o->description_count; i++) {
        const struct open_description *d = &o->descriptions[i];
        if (!description_is(d, "socket") ||
            !has_empty_message(json_object_get(d->json, "messages")))
            continue;
        const struct open_description *sender = find_sender(o, d->json);
        if (!sender)
            return cairn_fail(err, CAIRN_EUNSUPPORTED,
                              "fd %d: a unix socket with an empty message of a sender that is not "
                              "connected to it; receive it before the checkpoint",
                              d->fd);
        int rc = renew_queue(d, sender, err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

int capture_credentials(const struct objects *o, struct captured_process *p, cairn_error *err)
{
    const struct {
        struct ucred credentials;
        socklen_t len;
    } call = {.len = sizeof call.credentials};
    struct ucred got;
    for (size_t i = 0; i < o->description_count; i++) {
        const struct open_description *d = &o->descriptions[i];
        if (d->pid != p->pid || !description_is(d, "socket"))
            continue;
        int rc = inject_write(&p->injector, p->injector.scratch, &call, sizeof call, err);
        if (rc == 0)
            rc = inject_ok(&p->injector, "SO_PEERCRED", NULL, err, SYS_getsockopt, (uint64_t)d->fd,
                           SOL_SOCKET, SO_PEERCRED, p->injector.scratch,
                           p->injector.scratch + offsetof(__typeof__(call), len), 0);
        if (rc == 0)
            rc = inject_read(&p->injector, p->injector.scratch, &got, sizeof got, err);
        if (rc != 0)
            return rc;
        json_object_set_new(
            d->json, "credentials",
            json_pack("[I, I, I]", (json_int_t)got.pid, (json_int_t)got.uid, (json_int_t)got.gid));
    }
    return 0;
}

/* Data sent over a connection before it is accepted cannot be read. */
static int check_waiting(const struct objects *o, const struct open_description *listener,
                         cairn_error *err)
{
    size_t i;
    const json_t *ino;
    const json_t *clients = json_object_get(listener->json, "waiting");
    json_array_foreach(clients, i, ino)
    {
        const struct open_description *client = find_socket(o, json_integer_value(ino));
        auto_close int fd = -1;
        int sent = 0;
        int rc = client ? description_borrow(client->pid, client->fd, &fd, err) : 0;
        if (rc != 0)
            return rc;
        if (!client || ioctl(fd, SIOCOUTQ, &sent) < 0 || sent > 0)
            return cairn_fail(err, CAIRN_EBUSY_TREE,
                              "a listening unix socket with %zu connections that are not yet "
                              "accepted, of which one %s",
                              json_array_size(clients),
                              client ? "has been sent something"
                                     : "comes from outside of the step");
    }
    return 0;
}

static bool waits_for_a_listener(const struct objects *o, const json_t *client)
{
    size_t k;
    const json_t *ino;
    for (size_t i = 0; i < o->description_count; i++)
        json_array_foreach(json_object_get(o->descriptions[i].json, "waiting"), k, ino)
        {
            if (json_equal(ino, json_object_get(client, "socket")))
                return true;
        }
    return false;
}

/* Connected to a socket without an inode: no process has accepted the connection yet. */
static bool is_not_accepted(const json_t *json)
{
    return json_integer_value(json_object_get(json, "type")) != SOCK_DGRAM &&
           json_is_true(json_object_get(json, "connected")) &&
           json_integer_value(json_object_get(json, "peer")) == 0 &&
           json_integer_value(json_object_get(json, "shutdown")) != 3;
}

int capture_sockets(const struct objects *o, cairn_error *err)
{
    for (size_t i = 0; i < o->description_count; i++) {
        const struct open_description *d = &o->descriptions[i];
        json_int_t own = json_integer_value(json_object_get(d->json, "socket")),
                   peer = json_integer_value(json_object_get(d->json, "peer"));
        int rc = description_is(d, "socket") ? check_waiting(o, d, err) : 0;
        if (rc != 0)
            return cairn_fail_within(
                err, rc, "pid %lld fd %d",
                (long long)json_integer_value(json_object_get(d->json, "holder")), d->fd);
        if (description_is(d, "socket") && is_not_accepted(d->json) &&
            !waits_for_a_listener(o, d->json))
            return cairn_fail(err, CAIRN_EUNSUPPORTED,
                              "fd %d: a unix socket whose other end no process has accepted yet, "
                              "outside of the step",
                              d->fd);
        if (!description_is(d, "socket") || peer == 0)
            continue;
        const struct open_description *other = find_socket(o, peer);
        bool mutual = other && json_integer_value(json_object_get(other->json, "peer")) == own;
        bool by_name = json_integer_value(json_object_get(d->json, "type")) == SOCK_DGRAM &&
                       json_object_get(d->json, "peer_name");
        if (!mutual && !json_object_get(d->json, "name") &&
            json_array_size(json_object_get(d->json, "messages")) > 0)
            return cairn_fail(err, CAIRN_EUNSUPPORTED,
                              "fd %d: a unix socket without a name that has messages of a partner "
                              "which has left it; receive them before the checkpoint",
                              d->fd);
        if (!mutual && !by_name)
            return cairn_fail(err, CAIRN_EUNSUPPORTED,
                              "fd %d: a unix socket whose other end is held by a process outside "
                              "of the step, or not yet accepted by one of it",
                              d->fd);
    }
    return renew_empty_messages(o, err);
}
