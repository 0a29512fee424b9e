#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <string.h>

#include "cairn.h"
#include "common/error.h"
#include "common/json.h"
#include "image/image.h"
#include "restore/binaries.h"
#include "restore/fits.h"

/* An image of memory fits only CPUs and kernels like those of the checkpoint. */
static int check_host(const image_reader *image, cairn_error *err)
{
    size_t len;
    const char *text = image_reader_meta(image, &len), *kind;
    json_auto_t *meta = NULL;
    int rc = json_parse_object(text, len, "META", &meta, err);
    if (rc == 0)
        rc = json_need_string(meta, "kind", 100, &kind, err);
    return rc == 0 && strcmp(kind, "native") == 0
               ? restore_fits_host(meta, image_reader_dirfd(image), err)
               : rc;
}

int cairn_image_check(const char *path, cairn_error *err)
{
    image_reader *image = NULL;
    int rc = image_reader_open(AT_FDCWD, path, &image, err);
    if (rc == 0)
        rc = check_host(image, err);
    if (rc == 0)
        rc = image_reader_verify(image, err);
    image_reader_close(image);
    return rc;
}

int cairn_image_verify(const char *path, cairn_error *err)
{
    image_reader *image = NULL;
    int rc = cairn_image_check(path, err);
    if (rc == 0)
        rc = image_reader_open(AT_FDCWD, path, &image, err);
    if (rc != 0)
        return rc;
    size_t len;
    const char *text = image_reader_meta(image, &len);
    json_auto_t *meta = NULL;
    rc = json_parse_object(text, len, "META", &meta, err);
    if (rc == 0)
        rc = binaries_verify(image_reader_dirfd(image), meta, err);
    image_reader_close(image);
    return rc;
}

int cairn_image_describe(const char *path, char **json, cairn_error *err)
{
    image_reader *image = NULL;
    int rc = image_reader_open(AT_FDCWD, path, &image, err);
    if (rc != 0)
        return rc;
    struct image_summary summary;
    size_t len;
    image_reader_summary(image, &summary);
    const char *text = image_reader_meta(image, &len);
    json_t *meta = json_loadb(text, len, 0, NULL);
    json_t *described =
        json_pack("{s:I, s:I, s:I, s:I, s:s, s:I, s:o?}", "sequence", (json_int_t)summary.sequence,
                  "bytes", (json_int_t)summary.bytes, "raw_bytes", (json_int_t)summary.raw_bytes,
                  "kept_bytes", (json_int_t)binaries_total(meta).bytes, "digest", summary.digest,
                  "chunks", (json_int_t)image_reader_chunks(image), "meta", meta);
    *json = json_dumps(described, JSON_COMPACT);
    json_decref(described);
    image_reader_close(image);
    return *json ? 0 : cairn_fail(err, ENOMEM, "out of memory describing %s", path);
}
