/* Reads and decompresses the bytes of a space of an image, by several threads. */
#ifndef CAIRN_RESTORE_SPACE_READER_H
#define CAIRN_RESTORE_SPACE_READER_H

#include "image/image.h"

/* Called with each run, by several threads at once; bytes is NULL for a run without data. */
typedef int space_sink(void *context, const struct image_run *run, const void *bytes,
                       cairn_error *err);
CAIRN_CHECKED int space_read(const image_reader *image, uint32_t space, space_sink *sink,
                             void *context, unsigned threads, cairn_error *err);

#endif
