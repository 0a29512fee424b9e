#include "sandbox/terminal_modes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include "common/cleanup.h"
#include "common/hex.h"
#include "common/json.h"

#define MOST_CHARACTERS 32 /* glibc's struct, which has more characters than the kernel's */

int terminal_modes_get(int fd, struct termios2 *out, cairn_error *err)
{
    return ioctl(fd, TCGETS2, out) < 0 ? cairn_fail_errno(err, "reading how a terminal is set") : 0;
}

int terminal_modes_set(int fd, const struct termios2 *modes, cairn_error *err)
{
    return ioctl(fd, TCSETS2, modes) < 0 ? cairn_fail_errno(err, "setting a terminal") : 0;
}

int terminal_modes_read(int fd, json_t **out, cairn_error *err)
{
    struct termios2 modes;
    int rc = terminal_modes_get(fd, &modes, err);
    if (rc != 0)
        return rc;
    auto_free char *characters = hex_encode(modes.c_cc, sizeof modes.c_cc);
    *out = json_pack("{s:I, s:I, s:I, s:I, s:s, s:[I, I]}", "input", (json_int_t)modes.c_iflag,
                     "output", (json_int_t)modes.c_oflag, "control", (json_int_t)modes.c_cflag,
                     "local", (json_int_t)modes.c_lflag, "characters", characters ? characters : "",
                     "speeds", (json_int_t)modes.c_ispeed, (json_int_t)modes.c_ospeed);
    return *out ? 0 : cairn_fail(err, ENOMEM, "out of memory noting a terminal");
}

static int read_characters(const json_t *modes, struct termios2 *out, cairn_error *err)
{
    const char *text;
    size_t len;
    auto_free void *characters = NULL;
    int rc = json_need_string(modes, "characters", 2 * MOST_CHARACTERS, &text, err);
    if (rc == 0)
        rc = hex_decode(text, MOST_CHARACTERS, &characters, &len, err);
    if (rc == 0)
        memcpy(out->c_cc, characters, len < sizeof out->c_cc ? len : sizeof out->c_cc);
    return rc;
}

static int read_speeds(const json_t *modes, struct termios2 *out, cairn_error *err)
{
    json_t *speeds = NULL;
    int rc = json_may_array(modes, "speeds", 2, &speeds, err);
    if (rc == 0 && speeds) {
        out->c_ispeed = (speed_t)json_integer_value(json_array_get(speeds, 0));
        out->c_ospeed = (speed_t)json_integer_value(json_array_get(speeds, 1));
    }
    return rc;
}

int terminal_modes_apply(int fd, const json_t *modes, cairn_error *err)
{
    struct termios2 now;
    int rc = terminal_modes_get(fd, &now, err);
    if (rc != 0)
        return rc;
    rc = json_need_u32(modes, "input", &now.c_iflag, err);
    if (rc == 0)
        rc = json_need_u32(modes, "output", &now.c_oflag, err);
    if (rc == 0)
        rc = json_need_u32(modes, "control", &now.c_cflag, err);
    if (rc == 0)
        rc = json_need_u32(modes, "local", &now.c_lflag, err);
    if (rc == 0)
        rc = read_characters(modes, &now, err);
    if (rc == 0)
        rc = read_speeds(modes, &now, err);
    if (rc != 0)
        return cairn_fail_within(err, rc, "a terminal in META");
    return terminal_modes_set(fd, &now, err);
}
