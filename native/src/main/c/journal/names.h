/* Names in the journal's folder, and in its folder `kept`. */
#ifndef CAIRN_JOURNAL_NAMES_H
#define CAIRN_JOURNAL_NAMES_H

#include <stdint.h>
#include <stdio.h>

#define KEPT_NAME_BYTES 64
#define JOURNAL_BEGUN "begun" /* an undoing that has begun and not yet ended */

/* A copy of a file's content. */
static inline void kept_copy_name(uint32_t epoch, uint64_t serial, char out[KEPT_NAME_BYTES])
{
    snprintf(out, KEPT_NAME_BYTES, "%08u-copy-%llx", epoch, (unsigned long long)serial);
}

/* The inode itself, under a second name. */
static inline void kept_link_name(uint32_t epoch, uint64_t dev, uint64_t ino,
                                  char out[KEPT_NAME_BYTES])
{
    snprintf(out, KEPT_NAME_BYTES, "%08u-link-%llx-%llx", epoch, (unsigned long long)dev,
             (unsigned long long)ino);
}

#endif
