#include "restore/fits.h"

#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "common/cleanup.h"
#include "common/json.h"
#include "proc/content_id.h"
#include "proc/file_identity.h"
#include "proc/vdso.h"
#include "restore/binaries.h"
#include "rollback/file_content.h"
#include "task/cpu.h"

/* Whether the mapping is code. A process cannot run code for which other code was substituted. */
static bool is_code(const json_t *map)
{
    return (json_integer_value(json_object_get(map, "prot")) & PROT_EXEC) ||
           file_identity_is_program(map);
}

int restore_fits_file(const json_t *map, const char *path, int fd, bool accept_changed,
                      cairn_error *err)
{
    enum file_verdict verdict;
    if (!file_identity_is_noted(map))
        return 0;
    int rc = file_identity_compare(map, path, fd, &verdict, err);
    if (rc != 0 || verdict != FILE_OTHER || (accept_changed && !is_code(map)))
        return rc;
    return cairn_fail(
        err, is_code(map) ? CAIRN_EIMAGE_FOREIGN : CAIRN_ECHANGED,
        "%s is not the file that the step has mapped: it was changed or upgraded since%s", path,
        is_code(map) ? "" : "; --accept-changed resumes all the same");
}

static int cpu_fits(const json_t *meta, cairn_error *err)
{
    struct cpu_features here;
    cpu_features_read(&here);
    return cpu_demand_check(json_object_get(meta, "cpu"), &here, err);
}

static int kernel_fits(const json_t *meta, cairn_error *err)
{
    json_t *host;
    const char *there, *kernel;
    int64_t page_size;
    struct vdso here;
    int rc = json_need_object(meta, "host", &host, err);
    if (rc == 0)
        rc = json_need_string(host, "vdso", CONTENT_ID_SIZE, &there, err);
    if (rc == 0)
        rc = json_need_string(host, "kernel", 64, &kernel, err);
    if (rc == 0)
        rc = json_need_int(host, "page_size", 1, 1 << 30, &page_size, err);
    if (rc == 0)
        rc = vdso_here(&here, err);
    if (rc != 0)
        return rc;
    struct utsname name;
    uname(&name);
    if (page_size != sysconf(_SC_PAGESIZE))
        return cairn_fail(err, CAIRN_EIMAGE_FOREIGN,
                          "the image has pages of %lld bytes, this host of %ld",
                          (long long)page_size, sysconf(_SC_PAGESIZE));
    if (strcmp(here.name, there) != 0 && strcmp(here.digest, there) != 0)
        return cairn_fail(
            err, CAIRN_EIMAGE_FOREIGN,
            "the image was made under Linux %s, whose vdso differs from that of Linux %s here",
            kernel, name.release);
    return 0;
}

static int file_fits(const json_t *map, const char *path, bool accept_changed, cairn_error *err)
{
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return cairn_fail(err, CAIRN_EIMAGE_FOREIGN,
                          "%s, which the step has mapped, is not there (%m)", path);
    return restore_fits_file(map, path, fd, accept_changed, err);
}

/* Code can be mapped only from a file system that allows it. */
static int kept_fits(int image_fd, const char *name, const char *path, cairn_error *err)
{
    struct statvfs vfs;
    int rc = binaries_check_of(image_fd, name, path, err);
    if (rc == 0 && fstatvfs(image_fd, &vfs) == 0 && (vfs.f_flag & ST_NOEXEC))
        rc = cairn_fail(err, CAIRN_EHOST,
                        "the kept copy of %s lies on a file system that is mounted noexec", path);
    return rc;
}

int restore_find_file(const json_t *map, int image_fd, bool accept_changed, bool *kept,
                      cairn_error *err)
{
    const char *path, *name = NULL;
    int rc = json_need_string(map, "path", 4096, &path, err);
    if (rc == 0)
        rc = json_may_string(map, "kept", RB_HEX, &name, err);
    if (rc != 0)
        return rc;
    cairn_error own = {0};
    *kept = false;
    if (file_fits(map, path, accept_changed, &own) == 0)
        return 0;
    if (!name || (own.code != CAIRN_EIMAGE_FOREIGN && own.code != CAIRN_ECHANGED))
        return cairn_fail(err, own.code, "%s", own.message);
    rc = kept_fits(image_fd, name, path, err);
    *kept = rc == 0;
    return rc;
}

static int files_fit(const json_t *meta, int image_fd, cairn_error *err)
{
    json_auto_t *seen = json_object(); /* avoids repeating the check: processes share most of their
                                        * files */
    size_t i, k;
    json_t *process, *map;
    json_array_foreach(json_object_get(meta, "processes"), i, process)
        json_array_foreach(json_object_get(process, "maps"), k, map)
    {
        const char *path = json_string_value(json_object_get(map, "path"));
        const char *name = json_string_value(json_object_get(map, "kept"));
        if (!path || json_object_get(seen, name ? name : path))
            continue;
        /* A file without code may have been changed by the step itself. Roll-back restores it
         * first. */
        bool kept;
        int rc = restore_find_file(map, image_fd, true, &kept, err);
        if (rc != 0)
            return rc;
        json_object_set_new(seen, name ? name : path, json_true());
    }
    return 0;
}

int restore_fits_machine(const json_t *meta, cairn_error *err)
{
    int64_t version;
    int rc = json_need_int(meta, "version", 0, INT64_MAX, &version, err);
    if (rc == 0 && version != META_VERSION)
        rc = cairn_fail(
            err, CAIRN_EIMAGE_VERSION,
            "the image describes its processes in version %lld; this build reads version %d",
            (long long)version, META_VERSION);
    if (rc == 0)
        rc = cpu_fits(meta, err);
    return rc != 0 ? rc : kernel_fits(meta, err);
}

int restore_fits_host(const json_t *meta, int image_fd, cairn_error *err)
{
    int rc = restore_fits_machine(meta, err);
    return rc != 0 ? rc : files_fit(meta, image_fd, err);
}
