/* Capture: freezes the tree, records its state, snapshots its memory copy-on-write, and releases
 * it; then writes the image while the step runs.
 *
 * 1. capture_begin, on the tracer thread. Usually the step is paused only during this call.
 * 2. capture_write, on any one thread. It reads the snapshots, and writes chunks and META.
 * 3. capture_release, on the tracer thread, unless the step stays stopped. If no copy-on-write
 * clone was possible (figures: copied_standing), the step is paused until this call.
 * 4. capture_end, on the tracer thread, whenever capture_begin succeeded. It ends the snapshots.
 */
#ifndef CAIRN_CAPTURE_CAPTURE_H
#define CAIRN_CAPTURE_CAPTURE_H

#include "image/image.h"
#include "rollback/rollback.h"
#include "sandbox/tree.h"

struct capture_options {
    bool stay_stopped; /* checkpoint and stop: leaves the tree frozen. The caller destroys the tree
                        * after publishing, or calls capture_release when the image failed. */
    int threads;       /* compressing threads of capture_write, >= 1 */
    const struct rollback_options *rollback;
    const char *why_no_snapshot; /* why no snapshot may be made, so that the step stays paused;
                                  * NULL: make one if possible */
    bool keep_binaries;          /* programs and libraries, beside the images */
};

typedef struct capture capture;

struct capture_figures {
    uint64_t pause_us;    /* how long the tree was stopped */
    bool copied_standing; /* no copy-on-write clone was possible; the memory was copied in the pause
                           */
    char why_standing[200]; /* the reason when copied_standing */
    uint32_t processes, threads;
};

CAIRN_CHECKED int capture_begin(struct tree *t, const struct capture_options *options,
                                image_writer *writer, capture **out, cairn_error *err);
CAIRN_CHECKED int capture_write(capture *c, image_writer *writer, cairn_error *err);
/* pause_us is final once the tree runs again. Of a tree that is still stopped it is the pause so
 * far. */
void capture_figures_of(const capture *c, struct capture_figures *out);
/* Releases a tree that is still stopped, and ends the snapshots, whose memory is written by now. */
void capture_release(capture *c);
void capture_end(capture *c);

#endif
