/* What images demand of a host's processor, and how extended state moves to one that lays it out
 * otherwise: with hosts that are made up, and once on this one. */
#include "capture_fixture.h"

#include <jansson.h>

#include "common/json.h"
#include "proc/proc.h"
#include "proc/vdso.h"
#include "task/cpu.h"

#define SSE4_2 (1u << 20)
#define BIT(component) (1ull << (component))

/* Every bit that there is, and AVX-512 and protection keys as Intel lays them out. */
static struct cpu_features greater_host(void)
{
    struct cpu_features host = {.components = 0x2e7};
    memset(host.words, 0xff, sizeof host.words);
    host.layout[2] = (struct cpu_component){576, 256};
    host.layout[5] = (struct cpu_component){1088, 64};
    host.layout[6] = (struct cpu_component){1152, 512};
    host.layout[7] = (struct cpu_component){1664, 1024};
    host.layout[9] = (struct cpu_component){2688, 8};
    return host;
}

/* x86-64-v2 with AVX's registers, but not its instructions. */
static struct cpu_features lesser_host(void)
{
    struct cpu_features host = {.components = 7};
    host.words[0][1] = 0x00982201;
    host.words[0][2] = 0x07808111;
    host.words[4][1] = 0x00000001;
    host.words[4][2] = 0x20100800;
    host.layout[2] = (struct cpu_component){576, 256};
    return host;
}

/* As AMD lays it out, where nothing is between AVX and AVX-512. */
static struct cpu_features other_layout(void)
{
    struct cpu_features host = greater_host();
    host.layout[5].offset = 832;
    host.layout[6].offset = 896;
    host.layout[7].offset = 1408;
    host.layout[9].offset = 2432;
    return host;
}

#define AREA 2696
#define LESSER_AREA 832

static void put_component(uint8_t *area, const struct cpu_features *host, int i, uint8_t value)
{
    uint64_t holds;
    memcpy(&holds, area + 512, sizeof holds);
    holds |= BIT(i);
    memcpy(area + 512, &holds, sizeof holds);
    memset(area + host->layout[i].offset, value, host->layout[i].size);
}

/* A thread with something in its SSE registers. */
static struct cpu_state computing(uint8_t *area, size_t size)
{
    memset(area, 0, size);
    memset(area + 160, 0x55, 256);
    area[512] = 3;
    return (struct cpu_state){.extended = area, .extended_size = size};
}

static void put_keys(uint8_t *area, const struct cpu_features *host, uint32_t keys)
{
    put_component(area, host, 9, 0);
    memcpy(area + host->layout[9].offset, &keys, sizeof keys);
}

static int check(const struct cpu_demand *demand, const struct cpu_features *here, cairn_error *err)
{
    struct cpu_features there = greater_host();
    json_auto_t *json = cpu_demand_to_json(demand, &there);
    return cpu_demand_check(json, here, err);
}

static void every_host_has_a_level(void **state)
{
    (void)state;
    struct cpu_features host = greater_host();
    assert_string_equal(cpu_level(&host), "x86-64-v4");
    host.words[1][0] &= ~(1u << 31); /* AVX512VL */
    assert_string_equal(cpu_level(&host), "x86-64-v3");
    host = lesser_host();
    assert_string_equal(cpu_level(&host), "x86-64-v2");
    host.words[0][1] &= ~SSE4_2;
    assert_string_equal(cpu_level(&host), "x86-64");
    cpu_features_read(&host);
    assert_int_equal(strcmp(cpu_level(&host), "x86-64-v3") >= 0,
                     __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"));
}

static void a_native_image_fits_no_lesser_host(void **state)
{
    (void)state;
    cairn_error err = {0};
    struct cpu_features lesser = lesser_host(), greater = greater_host();
    assert_int_equal(check(&(struct cpu_demand){0}, &greater, &err), 0);
    assert_int_equal(check(&(struct cpu_demand){0}, &lesser, &err), -CAIRN_EIMAGE_FOREIGN);
    assert_non_null(strstr(err.message, "start it with `cpu: baseline`"));
}

static void a_baseline_image_fits_every_host_of_that_level(void **state)
{
    (void)state;
    cairn_error err = {0};
    struct cpu_features lesser = lesser_host();
    const struct cpu_demand baseline = {.baseline = true};
    assert_int_equal(check(&baseline, &lesser, &err), 0);
    lesser.words[0][1] &= ~SSE4_2;
    assert_int_equal(check(&baseline, &lesser, &err), -CAIRN_EIMAGE_FOREIGN);
    assert_non_null(strstr(err.message, "less than `cpu: baseline`"));
}

static void what_is_seen_in_use_is_demanded_and_said(void **state)
{
    (void)state;
    cairn_error err = {0};
    struct cpu_features lesser = lesser_host(), greater = greater_host();
    const struct cpu_demand seen = {.baseline = true, .beyond = BIT(2) | BIT(6)};
    assert_int_equal(check(&seen, &greater, &err), 0);
    assert_int_equal(check(&seen, &lesser, &err), -CAIRN_EIMAGE_FOREIGN);
    assert_non_null(strstr(err.message, "but AVX-512 was seen in use"));
}

static void a_demand_comes_back_from_its_image(void **state)
{
    (void)state;
    struct cpu_features host = greater_host();
    const struct cpu_demand demands[] = {{0}, {.baseline = true}, {true, BIT(2)}};
    for (size_t i = 0; i < 3; i++) {
        json_auto_t *json = cpu_demand_to_json(&demands[i], &host);
        struct cpu_demand read;
        struct cpu_features layout, here = lesser_host();
        assert_int_equal(cpu_demand_from_json(json, &read, NULL), 0);
        assert_int_equal(read.baseline, demands[i].baseline);
        assert_int_equal(read.beyond, demands[i].beyond);
        assert_int_equal(cpu_layout_from_json(json, &here, &layout, NULL), 0);
        assert_int_equal(layout.components, host.components);
        assert_memory_equal(layout.layout, host.layout, sizeof host.layout);
    }
}

static void a_layout_outside_of_every_area_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "{\"layout\":{\"2\":[575,256]}}",     "{\"layout\":{\"2\":[576,-1]}}",
        "{\"layout\":{\"2\":[576,65537]}}",   "{\"layout\":{\"64\":[576,8]}}",
        "{\"layout\":{\"1\":[576,8]}}",       "{\"layout\":{\"2x\":[576,8]}}",
        "{\"layout\":{\"2\":[4294967872,8]}}"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        json_auto_t *json = NULL;
        struct cpu_features here = lesser_host(), out;
        assert_int_equal(json_parse_object(bad[i], strlen(bad[i]), "META", &json, NULL), 0);
        assert_int_equal(cpu_layout_from_json(json, &here, &out, NULL), -CAIRN_EIMAGE_CORRUPT);
    }
}

static void only_what_holds_something_is_in_use(void **state)
{
    (void)state;
    uint8_t area[AREA];
    struct cpu_features host = greater_host();
    struct cpu_state thread = computing(area, sizeof area);
    put_component(area, &host, 2, 0);
    put_keys(area, &host, 0x55555554);
    assert_int_equal(cpu_in_use(&thread, &host), 0);
    put_component(area, &host, 5, 1);
    put_keys(area, &host, 0x55555550);
    assert_int_equal(cpu_in_use(&thread, &host), BIT(5) | BIT(9));
    thread.extended_size = 2690; /* torn: the keys lie at its end */
    assert_int_equal(cpu_in_use(&thread, &host), 0x2e4);
}

static void state_that_uses_no_more_moves_to_a_smaller_area(void **state)
{
    (void)state;
    uint8_t area[AREA], here[LESSER_AREA] = {[511] = 7}, was[AREA];
    struct cpu_features from = greater_host(), to = lesser_host();
    struct cpu_state thread = computing(area, sizeof area);
    put_component(area, &from, 2, 0x22);
    put_component(area, &from, 7, 0);
    put_keys(area, &from, 0x55555554);
    put_component(here, &to, 2, 0x99);
    memcpy(was, area, sizeof area);
    assert_int_equal(cpu_lay_out(&thread, &from, &to, here, sizeof here, NULL), 0);
    assert_memory_equal(area, was, sizeof area);
    assert_memory_equal(here, area, 464);
    assert_int_equal(here[511], 7); /* the kernel's own */
    assert_int_equal(here[512], 7);
    assert_memory_equal(here + 576, area + 576, 256);
}

static void state_that_this_host_has_no_room_for_is_refused(void **state)
{
    (void)state;
    cairn_error err = {0};
    uint8_t area[AREA], here[LESSER_AREA] = {0};
    struct cpu_features from = greater_host(), to = lesser_host();
    struct cpu_state thread = computing(area, sizeof area);
    put_component(area, &from, 7, 1);
    assert_int_equal(cpu_lay_out(&thread, &from, &to, here, sizeof here, &err),
                     -CAIRN_EIMAGE_FOREIGN);
}

static void state_that_is_not_what_it_says_is_refused(void **state)
{
    (void)state;
    uint8_t area[AREA], here[AREA] = {0};
    struct cpu_features host = greater_host(), unlike = lesser_host();
    struct cpu_state thread = computing(area, sizeof area);
    put_component(area, &host, 7, 0);
    assert_int_equal(cpu_lay_out(&thread, &host, &host, here, sizeof here, NULL), 0);
    assert_int_equal(cpu_lay_out(&thread, &unlike, &host, here, sizeof here, NULL),
                     -CAIRN_EIMAGE_CORRUPT);
    const size_t torn[] = {0, 575, 2687};
    for (size_t i = 0; i < sizeof torn / sizeof *torn; i++) {
        thread.extended_size = torn[i];
        assert_int_equal(cpu_lay_out(&thread, &host, &host, here, sizeof here, NULL),
                         -CAIRN_EIMAGE_CORRUPT);
    }
}

static void state_moves_to_where_this_host_lays_it(void **state)
{
    (void)state;
    uint8_t area[AREA], here[AREA] = {0};
    struct cpu_features from = greater_host(), to = other_layout();
    struct cpu_state thread = computing(area, sizeof area);
    for (int i = 5; i <= 7; i++)
        put_component(area, &from, i, (uint8_t)(0x10 * i));
    put_component(area, &from, 2, 0);
    put_keys(area, &from, 0x55555554);
    assert_int_equal(cpu_lay_out(&thread, &from, &to, here, sizeof here, NULL), 0);
    struct cpu_state moved = {.extended = here, .extended_size = sizeof here};
    assert_int_equal(cpu_in_use(&moved, &to), BIT(5) | BIT(6) | BIT(7));
    uint64_t holds;
    memcpy(&holds, here + 512, sizeof holds);
    assert_int_equal(holds, 3 | BIT(5) | BIT(6) | BIT(7) | BIT(9));
    for (int i = 5; i <= 7; i++)
        assert_memory_equal(here + to.layout[i].offset, area + from.layout[i].offset,
                            from.layout[i].size);
}

/* The thread that is to have it was forked from ours, which has used what it liked. */
static void nothing_of_ours_shows_in_a_greater_host(void **state)
{
    (void)state;
    uint8_t area[LESSER_AREA], here[AREA] = {0};
    struct cpu_features from = lesser_host(), to = greater_host();
    struct cpu_state thread = computing(area, sizeof area);
    put_component(here, &to, 2, 1);
    put_component(here, &to, 7, 1);
    put_keys(here, &to, 0x55555554);
    assert_int_equal(cpu_lay_out(&thread, &from, &to, here, sizeof here, NULL), 0);
    struct cpu_state moved = {.extended = here, .extended_size = sizeof here};
    assert_int_equal(cpu_in_use(&moved, &to), 0);
    uint64_t holds;
    memcpy(&holds, here + 512, sizeof holds);
    assert_int_equal(holds, 3 | BIT(9));
}

/* A kernel has put other instructions into the same build, as long as those before; and a vdso of
 * another build. */
static void a_vdso_is_known_by_its_build(void **state)
{
    (void)state;
    static const uint8_t build_id_note[] = {20, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U'};
    auto_proc_maps struct proc_maps maps = {0};
    struct vdso here, patched, rebuilt;
    assert_int_equal(proc_read_maps(getpid(), &maps, NULL), 0);
    size_t i = 0;
    while (strcmp(maps.maps[i].path, "[vdso]") != 0)
        i++;
    size_t len = maps.maps[i].end - maps.maps[i].start;
    auto_free uint8_t *code = malloc(len);
    memcpy(code, (const void *)(uintptr_t)maps.maps[i].start, len);
    uint8_t *note = memmem(code, len, build_id_note, sizeof build_id_note);
    assert_non_null(note);
    vdso_of(code, len, &here);
    code[len - 1] ^= 1;
    vdso_of(code, len, &patched);
    assert_string_equal(patched.name, here.name);
    assert_string_not_equal(patched.digest, here.digest);
    note[16] ^= 1;
    vdso_of(code, len, &rebuilt);
    assert_string_not_equal(rebuilt.name, here.name);
}

static int read_meta(const struct home *home, uint32_t sequence, json_t **out, cairn_error *err)
{
    char name[16];
    image_reader *image;
    size_t len;
    snprintf(name, sizeof name, "%06u", sequence);
    int rc = image_reader_open(home->checkpoints, name, &image, err);
    if (rc != 0)
        return rc;
    const char *text = image_reader_meta(image, &len);
    rc = json_parse_object(text, len, "META", out, err);
    image_reader_close(image);
    return rc;
}

#define MOST_CAPTURES 50

/* Until a capture has found a thread within the vdso. */
static int be_found_in_vdso(const struct home *home, const void *unused)
{
    (void)unused;
    static char program[] = CAIRN_VICTIM, name[] = "reads_the_clock_in_the_vdso";
    static char *const argv[] = {program, name, NULL};
    cairn_error err = {0};
    struct life l;
    struct vdso here;
    bool within = false;
    LIVE(vdso_here(&here, &err), &err);
    LIVE(life_start(&l, home, argv, &err), &err);
    for (uint32_t i = 1; !within && i <= MOST_CAPTURES; i++) {
        json_auto_t *meta = NULL;
        LIVE(life_capture(&l, i, &err), &err);
        LIVE(read_meta(home, i, &meta, &err), &err);
        const char *vdso =
            json_string_value(json_object_get(json_object_get(meta, "host"), "vdso"));
        within = vdso && strcmp(vdso, here.digest) == 0;
        if (!within && (!vdso || strcmp(vdso, here.name) != 0))
            return -1;
    }
    tree_destroy(&l.tree);
    return within ? 0 : -1;
}

static void who_stands_within_the_vdso_needs_its_every_byte(void **state)
{
    (void)state;
    struct home home;
    home_open(&home, geteuid());
    assert_int_equal(live(&home, be_found_in_vdso, NULL), 0);
    home_close(&home);
}

/* argument: whether the victim uses AVX, which nobody can hide from it. */
static int first_life(const struct home *home, const void *argument)
{
    static char program[] = CAIRN_VICTIM;
    static char avx[] = "keeps_vector_registers_of_threads_that_compute",
                plain[] = "keeps_rounding_and_exception_masks";
    static char tunables[] = "GLIBC_TUNABLES=glibc.cpu.hwcaps=-AVX,-AVX2,-AVX512F,-AVX512VL,"
                             "-AVX512BW,-FMA,-XSAVE,-XSAVEC",
                *const environment[] = {tunables, NULL};
    cairn_error err = {0};
    struct life l;
    char *argv[] = {program, *(const bool *)argument ? avx : plain, NULL};
    LIVE(life_prepare(&l, home, argv), &err);
    l.spec.envp = environment;
    l.spec.baseline_cpu = true;
    LIVE(life_begin(&l, &err), &err);
    LIVE(life_capture(&l, 1, &err), &err);
    tree_destroy(&l.tree);
    return 0;
}

/* What was said when the step began, or was seen since, is true of it in every life. */
static int second_life(const struct home *home, const void *unused)
{
    (void)unused;
    cairn_error err = {0};
    struct life l;
    LIVE(life_resume(&l, home, 1, &err), &err);
    LIVE(life_capture(&l, 2, &err), &err);
    int rc = life_finish(&l);
    tree_destroy(&l.tree);
    return rc;
}

static void live_on_baseline(bool with_avx, uint64_t beyond)
{
    struct home home;
    home_open(&home, geteuid());
    assert_int_equal(live(&home, first_life, &with_avx), 0);
    assert_int_equal(live(&home, second_life, NULL), 0);
    for (uint32_t i = 1; i <= 2; i++) {
        json_auto_t *meta = NULL;
        struct cpu_demand demand;
        struct cpu_features here;
        uint64_t xfeatures;
        cpu_features_read(&here);
        assert_int_equal(read_meta(&home, i, &meta, NULL), 0);
        const json_t *cpu = json_object_get(meta, "cpu");
        assert_int_equal(cpu_demand_from_json(cpu, &demand, NULL), 0);
        assert_int_equal(json_need_u64(cpu, "xfeatures", &xfeatures, NULL), 0);
        assert_true(demand.baseline);
        assert_int_equal(demand.beyond, beyond);
        assert_int_equal(xfeatures, beyond ? here.components : 3);
    }
    home_close(&home);
}

static void a_step_held_to_the_baseline_demands_it_in_every_life(void **state)
{
    (void)state;
    live_on_baseline(false, 0);
}

static void a_step_that_uses_more_demands_more(void **state)
{
    (void)state;
    if (!__builtin_cpu_supports("avx"))
        skip();
    live_on_baseline(true, BIT(2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_host_has_a_level),
        cmocka_unit_test(a_native_image_fits_no_lesser_host),
        cmocka_unit_test(a_baseline_image_fits_every_host_of_that_level),
        cmocka_unit_test(what_is_seen_in_use_is_demanded_and_said),
        cmocka_unit_test(a_demand_comes_back_from_its_image),
        cmocka_unit_test(a_layout_outside_of_every_area_is_refused),
        cmocka_unit_test(only_what_holds_something_is_in_use),
        cmocka_unit_test(state_that_uses_no_more_moves_to_a_smaller_area),
        cmocka_unit_test(state_that_this_host_has_no_room_for_is_refused),
        cmocka_unit_test(state_that_is_not_what_it_says_is_refused),
        cmocka_unit_test(state_moves_to_where_this_host_lays_it),
        cmocka_unit_test(nothing_of_ours_shows_in_a_greater_host),
        cmocka_unit_test(a_vdso_is_known_by_its_build),
        cmocka_unit_test(who_stands_within_the_vdso_needs_its_every_byte),
        cmocka_unit_test(a_step_held_to_the_baseline_demands_it_in_every_life),
        cmocka_unit_test(a_step_that_uses_more_demands_more),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
