#include "sandbox/terminal_modes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/json.h"

int terminal_modes_read(int fd, json_t **out, cairn_error *err)
{
    struct termios modes;
    if (tcgetattr(fd, &modes) < 0)
        return cairn_fail_errno(err, "reading how the step's terminal is set");
    auto_free char *characters = hex_encode(modes.c_cc, sizeof modes.c_cc);
    *out = json_pack("{s:I, s:I, s:I, s:I, s:s}", "input", (json_int_t)modes.c_iflag, "output",
                     (json_int_t)modes.c_oflag, "control", (json_int_t)modes.c_cflag, "local",
                     (json_int_t)modes.c_lflag, "characters", characters ? characters : "");
    return *out ? 0 : cairn_fail(err, ENOMEM, "out of memory noting the step's terminal");
}

static int read_characters(const json_t *modes, struct termios *out, cairn_error *err)
{
    const char *text;
    size_t len;
    auto_free void *characters = NULL;
    int rc = json_need_string(modes, "characters", 2 * sizeof out->c_cc, &text, err);
    if (rc == 0)
        rc = hex_decode(text, sizeof out->c_cc, &characters, &len, err);
    if (rc == 0)
        memcpy(out->c_cc, characters, len);
    return rc;
}

int terminal_modes_apply(int fd, const json_t *modes, cairn_error *err)
{
    struct termios now;
    if (tcgetattr(fd, &now) < 0)
        return cairn_fail_errno(err, "reading how the step's terminal is set");
    int rc = json_need_u32(modes, "input", &now.c_iflag, err);
    if (rc == 0)
        rc = json_need_u32(modes, "output", &now.c_oflag, err);
    if (rc == 0)
        rc = json_need_u32(modes, "control", &now.c_cflag, err);
    if (rc == 0)
        rc = json_need_u32(modes, "local", &now.c_lflag, err);
    if (rc == 0)
        rc = read_characters(modes, &now, err);
    if (rc != 0)
        return cairn_fail_within(err, rc, "the step's terminal in META");
    return tcsetattr(fd, TCSANOW, &now) < 0 ? cairn_fail_errno(err, "setting the step's terminal")
                                            : 0;
}
