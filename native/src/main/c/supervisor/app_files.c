#include "supervisor/app_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/io.h"
#include "common/json.h"

#define NAME_LIMIT 4096

static int open_cwd(const struct spec *spec, int *out, cairn_error *err)
{
    *out = open(spec->cwd, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return *out < 0 ? cairn_fail_errno(err, "the working folder %s", spec->cwd) : 0;
}

static bool same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_dev == b->st_dev && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

static int64_t size_of(const char *path)
{
    struct stat st;
    return path && stat(path, &st) == 0 ? st.st_size : 0;
}

bool app_state_refresh(struct app_state *s)
{
    bool changed = false;
    for (size_t i = 0; i < s->count; i++) {
        struct stat now;
        if (fstatat(s->cwd, s->spec->app.files[i], &now, 0) < 0 || !S_ISREG(now.st_mode))
            memset(&now, 0, sizeof now);
        changed |= !same_file(&now, &s->files[i]);
        s->files[i] = now;
    }
    if (changed) {
        s->stdout_size = size_of(s->spec->stdout_path);
        s->stderr_size = size_of(s->spec->stderr_path);
    }
    return changed;
}

int app_state_open(const struct spec *spec, struct app_state *out, cairn_error *err)
{
    struct app_state s = {.spec = spec, .cwd = -1};
    while (spec->app.files[s.count])
        s.count++;
    s.files = calloc(s.count, sizeof *s.files);
    if (!s.files)
        return cairn_fail(err, ENOMEM, "out of memory");
    int rc = open_cwd(spec, &s.cwd, err);
    *out = s;
    if (rc != 0)
        return rc;
    app_state_refresh(out);
    if (out->stdout_size == 0)
        out->stdout_size = size_of(spec->stdout_path);
    if (out->stderr_size == 0)
        out->stderr_size = size_of(spec->stderr_path);
    return 0;
}

void app_state_close(struct app_state *s)
{
    if (!s->files)
        return;
    free(s->files);
    s->files = NULL;
    cairn_cleanup_close(&s->cwd);
}

bool app_state_same(const struct app_state *a, const struct app_state *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!same_file(&a->files[i], &b->files[i]))
            return false;
    return true;
}

bool app_state_complete(const struct app_state *s)
{
    for (size_t i = 0; i < s->count; i++)
        if (s->files[i].st_ino == 0)
            return false;
    return true;
}

static int write_file(const struct app_state *s, size_t i, image_writer *w, void *buf,
                      cairn_error *err)
{
    const char *name = s->spec->app.files[i];
    const struct stat *noted = &s->files[i];
    auto_close int fd = openat(s->cwd, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail_errno(err, "opening %s", name);
    for (uint64_t at = 0; at < (uint64_t)noted->st_size;) {
        uint64_t left = (uint64_t)noted->st_size - at;
        struct image_run run = {.start = at,
                                .length = left < IMAGE_CHUNK_BYTES ? left : IMAGE_CHUNK_BYTES};
        int rc = io_pread_full(fd, buf, run.length, at, name, err);
        if (rc == 0)
            rc = image_writer_chunk(w, (uint32_t)i, &run, 1, buf, run.length, err);
        if (rc != 0)
            return rc;
        at += run.length;
    }
    struct stat now;
    if (fstat(fd, &now) < 0 || !same_file(&now, noted))
        return cairn_fail(err, CAIRN_EBUSY_TREE, "%s changed while it was copied", name);
    return 0;
}

static json_t *describe(const struct app_state *s)
{
    json_t *files = json_array();
    for (size_t i = 0; i < s->count; i++) {
        const struct stat *st = &s->files[i];
        json_array_append_new(
            files,
            json_pack("{s:s, s:I, s:i, s:I, s:I}", "name", s->spec->app.files[i], "size",
                      (json_int_t)st->st_size, "mode", (int)(st->st_mode & 0777), "mtime",
                      (json_int_t)st->st_mtim.tv_sec, "mtime_ns", (json_int_t)st->st_mtim.tv_nsec));
    }
    return json_pack("{s:o, s:I, s:I}", "files", files, "stdout_size", (json_int_t)s->stdout_size,
                     "stderr_size", (json_int_t)s->stderr_size);
}

int app_state_write(const struct app_state *s, image_writer *w, json_t **out, cairn_error *err)
{
    auto_free void *buf = malloc(IMAGE_CHUNK_BYTES);
    int rc = buf ? 0 : cairn_fail(err, ENOMEM, "out of memory");
    for (size_t i = 0; rc == 0 && i < s->count; i++)
        rc = write_file(s, i, w, buf, err);
    if (rc == 0)
        *out = describe(s);
    return rc;
}

/* ---- Putting back ---------------------------------------------------------------------------- */

struct put_back {
    int cwd;
    size_t count;
    int *fds; /* removes the files while they have temporary names */
    const char **names;
};

#define auto_put_back __attribute__((cleanup(close_put_back)))

static void close_put_back(struct put_back *p)
{
    for (size_t i = 0; p->fds && i < p->count; i++)
        cairn_cleanup_close(&p->fds[i]);
    free(p->fds);
    free(p->names);
    cairn_cleanup_close(&p->cwd);
}

static int temporary_name(const char *name, char out[NAME_LIMIT], cairn_error *err)
{
    int n = snprintf(out, NAME_LIMIT, "%s.cairn-restoring", name);
    return n < NAME_LIMIT ? 0 : cairn_fail(err, ENAMETOOLONG, "%s", name);
}

/* Writes only the files that the step declares. */
static int check_declared(const struct spec *spec, const char *name, cairn_error *err)
{
    for (size_t i = 0; spec->app.files[i]; i++)
        if (strcmp(spec->app.files[i], name) == 0)
            return 0;
    return cairn_fail(err, CAIRN_EIMAGE_FOREIGN,
                      "the image holds %s, which the step does not declare", name);
}

static int open_temporary(struct put_back *p, const struct spec *spec, const json_t *file, size_t i,
                          cairn_error *err)
{
    char temporary[NAME_LIMIT];
    int rc = json_need_string(file, "name", NAME_LIMIT, &p->names[i], err);
    if (rc == 0)
        rc = check_declared(spec, p->names[i], err);
    if (rc == 0)
        rc = temporary_name(p->names[i], temporary, err);
    if (rc != 0)
        return rc;
    p->fds[i] =
        openat(p->cwd, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    return p->fds[i] < 0 ? cairn_fail_errno(err, "making %s", temporary) : 0;
}

static int fill(const struct put_back *p, const image_reader *image, cairn_error *err)
{
    auto_free void *buf = malloc(IMAGE_CHUNK_BYTES);
    if (!buf)
        return cairn_fail(err, ENOMEM, "out of memory");
    for (size_t i = 0; i < image_reader_chunks(image); i++) {
        struct image_chunk chunk;
        image_reader_chunk_info(image, i, &chunk);
        if (chunk.space >= p->count || chunk.n_runs != 1 || chunk.data_len != chunk.runs[0].length)
            return cairn_fail(err, CAIRN_EIMAGE_CORRUPT, "chunk %zu belongs to no file", i);
        int rc = image_reader_chunk_data(image, i, buf, err);
        if (rc == 0)
            rc = io_pwrite_full(p->fds[chunk.space], buf, chunk.data_len, chunk.runs[0].start,
                                p->names[chunk.space], err);
        if (rc != 0)
            return rc;
    }
    return 0;
}

static int name_finally(const struct put_back *p, const json_t *file, size_t i, cairn_error *err)
{
    char temporary[NAME_LIMIT];
    int64_t mode, seconds, nanoseconds;
    int rc = temporary_name(p->names[i], temporary, err);
    if (rc == 0)
        rc = json_need_int(file, "mode", 0, 0777, &mode, err);
    if (rc == 0)
        rc = json_need_int(file, "mtime", INT64_MIN, INT64_MAX, &seconds, err);
    if (rc == 0)
        rc = json_need_int(file, "mtime_ns", 0, 999999999, &nanoseconds, err);
    if (rc != 0)
        return rc;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT},
                                {.tv_sec = seconds, .tv_nsec = nanoseconds}};
    if (fchmod(p->fds[i], (mode_t)mode) < 0 || futimens(p->fds[i], times) < 0 ||
        renameat(p->cwd, temporary, p->cwd, p->names[i]) < 0)
        return cairn_fail_errno(err, "putting %s back", p->names[i]);
    return 0;
}

/* Keeps what is cut. */
static int keep_tail(int fd, int64_t size, int64_t end, const char *path, int undone,
                     cairn_error *err)
{
    const char *slash = strrchr(path, '/');
    char name[300];
    snprintf(name, sizeof name, "%.250s.unsaved", slash ? slash + 1 : path);
    auto_close int kept =
        openat(undone, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (kept < 0)
        return cairn_fail_errno(err, "making undone/%s", name);
    char buf[65536];
    int rc = 0;
    for (int64_t at = size; rc == 0 && at < end;) {
        size_t portion = end - at < (int64_t)sizeof buf ? (size_t)(end - at) : sizeof buf;
        rc = io_pread_full(fd, buf, portion, (uint64_t)at, path, err);
        if (rc == 0)
            rc = io_write_full(kept, buf, portion, name, err);
        at += (int64_t)portion;
    }
    return rc;
}

static int cut_log(const char *path, int64_t size, int undone, cairn_error *err)
{
    if (!path)
        return 0;
    auto_close int fd = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return cairn_fail_errno(err, "the log %s", path);
    if (st.st_size <= size)
        return 0;
    int rc = keep_tail(fd, size, st.st_size, path, undone, err);
    if (rc == 0 && ftruncate(fd, size) < 0)
        rc = cairn_fail_errno(err, "cutting the log %s", path);
    return rc;
}

static int cut_logs(const struct spec *spec, const struct attempt *attempt, const json_t *app,
                    cairn_error *err)
{
    int64_t out, errors;
    auto_close int undone = -1;
    int rc = json_need_int(app, "stdout_size", 0, INT64_MAX, &out, err);
    if (rc == 0)
        rc = json_need_int(app, "stderr_size", 0, INT64_MAX, &errors, err);
    if (rc == 0)
        rc = attempt_open_undone(attempt, &undone, err);
    if (rc == 0)
        rc = cut_log(spec->stdout_path, out, undone, err);
    if (rc == 0 && spec->stderr_path && strcmp(spec->stderr_path, spec->stdout_path) != 0)
        rc = cut_log(spec->stderr_path, errors, undone, err);
    return rc;
}

int app_files_put_back(const struct spec *spec, const struct attempt *attempt,
                       const image_reader *image, const json_t *app, cairn_error *err)
{
    auto_put_back struct put_back p = {.cwd = -1};
    json_t *files;
    if (!spec->has_app)
        return cairn_fail(err, EINVAL,
                          "the engine `app` needs to know what files the program saves");
    int rc = json_need_array(app, "files", 100000, &files, err);
    if (rc == 0)
        rc = open_cwd(spec, &p.cwd, err);
    if (rc != 0)
        return rc;
    size_t count = json_array_size(files);
    p.fds = calloc(count + 1, sizeof *p.fds);
    p.names = calloc(count + 1, sizeof *p.names);
    if (!p.fds || !p.names)
        return cairn_fail(err, ENOMEM, "out of memory");
    for (; rc == 0 && p.count < count; p.count++)
        rc = open_temporary(&p, spec, json_array_get(files, p.count), p.count, err);
    if (rc == 0)
        rc = fill(&p, image, err);
    for (size_t i = 0; rc == 0 && i < count; i++)
        rc = name_finally(&p, json_array_get(files, i), i, err);
    return rc == 0 ? cut_logs(spec, attempt, app, err) : rc;
}
