#include "journal/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "image/codec.h"

#define LOG_VERSION 1
#define LOG_LIMIT (1u << 30)
#define RECORD_LIMIT (3u * PATH_MAX + (128u << 10))

static const char magic[8] = "CAIRNJNL";

struct log_header {
    char magic[8];
    uint32_t version, zero;
    char boot_id[BOOT_ID_BYTES];
    uint64_t hash; /* checksum of the bytes before it */
};

/* The form on disk, little-endian; path, other and value follow it. */
struct record_header {
    uint64_t hash; /* checksum of everything that follows, to the end of the record */
    uint32_t length;
    uint32_t type;
    uint32_t mode, uid, gid, path_len, other_len, value_len;
    uint64_t dev, ino, rdev; /* rdev: when it was born, of what is no device */
    int64_t size, mtime;
};

void log_name(uint32_t epoch, char out[LOG_NAME_BYTES])
{
    snprintf(out, LOG_NAME_BYTES, "%08u.log", epoch);
}

int64_t log_epoch(const char *name)
{
    if (strspn(name, "0123456789") != 8 || strcmp(name + 8, ".log") != 0)
        return -1;
    return strtol(name, NULL, 10);
}

static void partial_name(uint32_t epoch, char out[LOG_NAME_BYTES])
{
    snprintf(out, LOG_NAME_BYTES, ".%08u.log.new", epoch);
}

int log_begin(int folder, uint32_t epoch, const char *boot_id, int *fd, cairn_error *err)
{
    char partial[LOG_NAME_BYTES];
    struct log_header header = {.version = LOG_VERSION};
    memcpy(header.magic, magic, sizeof magic);
    snprintf(header.boot_id, sizeof header.boot_id, "%s", boot_id);
    header.hash = codec_hash64(&header, offsetof(struct log_header, hash));
    partial_name(epoch, partial);
    auto_close int made =
        openat(folder, partial, O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
    if (made < 0)
        return cairn_fail_errno(err, "making the journal %s", partial);
    int rc = io_write_full(made, &header, sizeof header, partial, err);
    if (rc == 0)
        *fd = steal_fd(&made);
    return rc;
}

int log_publish(int folder, uint32_t epoch, int fd, cairn_error *err)
{
    char name[LOG_NAME_BYTES], partial[LOG_NAME_BYTES];
    log_name(epoch, name);
    partial_name(epoch, partial);
    if (fdatasync(fd) < 0 || renameat(folder, partial, folder, name) < 0 || fsync(folder) < 0)
        return cairn_fail_errno(err, "making the journal %s", name);
    return 0;
}

int log_create(int folder, uint32_t epoch, int *fd, cairn_error *err)
{
    char boot_id[BOOT_ID_BYTES];
    uint64_t pid_ns;
    auto_close int made = -1;
    int rc = process_pid_space(boot_id, &pid_ns, err);
    if (rc == 0)
        rc = log_begin(folder, epoch, boot_id, &made, err);
    if (rc == 0)
        rc = log_publish(folder, epoch, made, err);
    if (rc == 0)
        *fd = steal_fd(&made);
    return rc;
}

static bool is_device(uint32_t mode)
{
    return S_ISCHR(mode) || S_ISBLK(mode);
}

int log_append(int fd, const struct record *r, cairn_error *err)
{
    struct record_header h = {
        .type = r->type,
        .mode = r->mode,
        .uid = r->uid,
        .gid = r->gid,
        .path_len = (uint32_t)strlen(r->path),
        .other_len = r->other ? (uint32_t)strlen(r->other) : 0,
        .value_len = (uint32_t)r->value_len,
        .dev = r->dev,
        .ino = r->ino,
        .rdev = is_device(r->mode) ? r->rdev : (uint64_t)r->born,
        .size = r->size,
        .mtime = r->mtime,
    };
    h.length = (uint32_t)(sizeof h + h.path_len + h.other_len + h.value_len);
    auto_free char *bytes = malloc(h.length);
    if (!bytes)
        return cairn_fail(err, ENOMEM, "out of memory journalling %s", r->path);
    memcpy(bytes + sizeof h, r->path, h.path_len);
    if (h.other_len)
        memcpy(bytes + sizeof h + h.path_len, r->other, h.other_len);
    if (h.value_len)
        memcpy(bytes + sizeof h + h.path_len + h.other_len, r->value, h.value_len);
    memcpy(bytes, &h, sizeof h);
    h.hash = codec_hash64(bytes + sizeof h.hash, h.length - sizeof h.hash);
    memcpy(bytes, &h.hash, sizeof h.hash);
    ssize_t n;
    do {
        n = write(fd, bytes, h.length);
    } while (n < 0 && errno == EINTR);
    if (n == (ssize_t)h.length)
        return 0;
    int failed = n < 0 ? errno : ENOSPC;
    struct stat st;
    if (n > 0 && (fstat(fd, &st) < 0 || ftruncate(fd, st.st_size - n) < 0))
        return cairn_fail(err, EIO, "the journal of %s is torn", r->path);
    errno = failed;
    return cairn_fail_errno(err, "journalling %s", r->path);
}

static int need_header(const char *bytes, size_t len, const char *name, struct log *out,
                       cairn_error *err)
{
    struct log_header header;
    if (len < sizeof header)
        return cairn_fail(err, CAIRN_EROLLBACK, "the journal %s has no header", name);
    memcpy(&header, bytes, sizeof header);
    if (memcmp(header.magic, magic, sizeof magic) != 0 ||
        header.hash != codec_hash64(bytes, offsetof(struct log_header, hash)))
        return cairn_fail(err, CAIRN_EROLLBACK, "the journal %s is damaged", name);
    if (header.version != LOG_VERSION)
        return cairn_fail(err, CAIRN_EROLLBACK, "the journal %s is of version %u", name,
                          header.version);
    memcpy(out->boot_id, header.boot_id, sizeof out->boot_id);
    out->boot_id[BOOT_ID_BYTES - 1] = '\0';
    return 0;
}

/* Reads the header of the record at bytes; false if no whole record begins there. */
static bool next_record(const char *bytes, size_t len, struct record_header *h)
{
    if (len < sizeof *h)
        return false;
    memcpy(h, bytes, sizeof *h);
    return h->length >= sizeof *h && h->length <= len && h->length <= RECORD_LIMIT &&
           (uint64_t)h->path_len + h->other_len + h->value_len == h->length - sizeof *h &&
           h->hash == codec_hash64(bytes + sizeof h->hash, h->length - sizeof h->hash);
}

/* Makes the texts of a record NUL-terminated: moves them over its header, which is no longer
 * needed. */
static void take_record(char *bytes, const struct record_header *h, struct record *r)
{
    char *path = bytes, *other = path + h->path_len + 1, *value = other + h->other_len + 1;
    const char *from = bytes + sizeof *h;
    memmove(path, from, h->path_len);
    path[h->path_len] = '\0';
    memmove(other, from + h->path_len, h->other_len);
    other[h->other_len] = '\0';
    memmove(value, from + h->path_len + h->other_len, h->value_len);
    *r = (struct record){
        .type = h->type,
        .mode = h->mode,
        .uid = h->uid,
        .gid = h->gid,
        .dev = h->dev,
        .ino = h->ino,
        .rdev = is_device(h->mode) ? h->rdev : 0,
        .born = is_device(h->mode) ? 0 : (int64_t)h->rdev,
        .size = h->size,
        .mtime = h->mtime,
        .path = path,
        .other = other,
        .value = value,
        .value_len = h->value_len,
    };
}

int log_read(int folder, uint32_t epoch, struct log *out, cairn_error *err)
{
    char name[LOG_NAME_BYTES];
    size_t len, room = 0;
    *out = (struct log){0};
    log_name(epoch, name);
    int rc = io_read_file(folder, name, LOG_LIMIT, &out->bytes, &len, err);
    if (rc == 0)
        rc = need_header(out->bytes, len, name, out, err);
    if (rc != 0) {
        log_free(out);
        return rc;
    }
    struct record_header h;
    for (size_t at = sizeof(struct log_header); next_record(out->bytes + at, len - at, &h);
         at += h.length) {
        if (out->count == room) {
            room = room ? room * 2 : 256;
            struct record *grown = reallocarray(out->records, room, sizeof *grown);
            if (!grown) {
                log_free(out);
                return cairn_fail(err, ENOMEM, "out of memory reading the journal %s", name);
            }
            out->records = grown;
        }
        take_record(out->bytes + at, &h, &out->records[out->count++]);
    }
    return 0;
}

static int translate(struct log *l, const char **path, const struct path_map *moved,
                     cairn_error *err)
{
    char to[PATH_MAX];
    if (!path_map_apply(moved, *path, to))
        return 0;
    char *copy = strdup(to);
    if (!copy)
        return cairn_fail(err, ENOMEM, "out of memory translating the journal");
    l->moved[l->n_moved++] = copy;
    *path = copy;
    return 0;
}

int log_translate(struct log *l, const struct path_map *moved, cairn_error *err)
{
    if (!moved || moved->count == 0)
        return 0;
    l->moved = calloc(l->count * 2 + 1, sizeof *l->moved);
    if (!l->moved)
        return cairn_fail(err, ENOMEM, "out of memory translating the journal");
    int rc = 0;
    for (size_t i = 0; i < l->count && rc == 0; i++) {
        rc = translate(l, &l->records[i].path, moved, err);
        if (rc == 0 && l->records[i].type == RECORD_MOVE)
            rc = translate(l, &l->records[i].other, moved, err);
    }
    return rc;
}

void log_free(struct log *l)
{
    for (size_t i = 0; i < l->n_moved; i++)
        free(l->moved[i]);
    free(l->moved);
    free(l->records);
    free(l->bytes);
    *l = (struct log){0};
}
