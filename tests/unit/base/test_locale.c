/* SPDX-License-Identifier: MIT */
/* Numbers as text after setlocale() to locales whose decimal point is a comma, or two bytes long.
 */
#include "core/base/platform.h"

#include "core/base/number.h"
#include "core/base/strings.h"
#include "core/mask/quality_options.h"

#include "support.h"

#include <ctype.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Switches to "source" in UTF-8, compiled into the test's folder; skips where it cannot be. */
static void enter_locale(const char *source)
{
    char name[32];
    char command[512];
    snprintf(name, sizeof name, "%s.UTF-8", source);
    snprintf(command, sizeof command, "localedef -i %s -f UTF-8 '%s' >/dev/null 2>&1", source,
             test_path(name));
    setenv("LOCPATH", test_folder(), 1);
    if ((access(test_path(name), F_OK) != 0 && system(command) == -1) ||
        setlocale(LC_ALL, name) == NULL)
    {
        print_message("SKIPPED: localedef cannot make the locale %s\n", name);
        skip();
    }
}

static void assert_decimal_comma(void)
{
    char text[32];
    snprintf(text, sizeof text, "%.1f", 0.5);
    assert_string_not_equal(text, "0.5");
}

static int leave_locale(void **state)
{
    (void)state;
    setlocale(LC_ALL, "C");
    return 0;
}

static void numbers_are_written_with_a_point(void **state)
{
    const float single = 1.0F / 3.0F;
    const double twice = 0.000542232520256367;
    char text[EMIT_NUMBER_SIZE];
    enter_locale(*state);
    assert_decimal_comma();
    emit_number_format(EMIT_FLOAT32, &single, text);
    assert_string_equal(text, "0.33333334");
    emit_number_format(EMIT_FLOAT64, &twice, text);
    assert_string_equal(text, "0.000542232520256367");
    emit_number_text((double)650.21F, -3, text);
    assert_string_equal(text, "0.65021");
    emit_number_text(1.25e-7, 0, text);
    assert_string_equal(text, "1.25e-07");
}

static void formatted_text_and_messages_have_a_point(void **state)
{
    struct emit_arena arena = {NULL, false};
    struct emit_string_builder buffer = {0};
    enter_locale(*state);
    assert_decimal_comma();
    assert_string_equal(emit_arena_text(&arena, "%.2f nm", 650.213), "650.21 nm");
    emit_string_append(&buffer, "%g", 0.25);
    assert_string_equal(buffer.text, "0.25");
    EXPECT_ERROR(EMIT_ERROR_OPTION, emit_error_set(&last_error, EMIT_ERROR_OPTION, "%g", -1.5),
                 "-1.5");
    emit_arena_close(&arena);
    free(buffer.text);
}

static void options_are_read_with_a_point(void **state)
{
    static const char *const labels[] = {"AOD550"};
    const struct emit_mask_bands mask = {"mask.nc", labels, 1};
    const struct emit_options where = {.quality_where = "AOD550>0.375,AOD550<=-2.5e-1"};
    const char *const list[] = {"NODATA=-0.125", NULL};
    struct emit_options options;
    struct emit_mask_conditions conditions;
    enter_locale(*state);
    assert_decimal_comma();
    EXPECT_OK(emit_quality_resolve(&where, &mask, &conditions, &last_error));
    assert_true(conditions.condition[0].rule.threshold == 0.375 &&
                conditions.condition[1].rule.threshold == -0.25);
    EXPECT_OK(emit_options_read(list, &options, &last_error));
    assert_true(options.nodata == -0.125);
}

static void keys_are_read_without_case_where_i_has_a_dot(void **state)
{
    const char *const list[] = {"quality_flags=cloud", "Wavelengths=good", NULL};
    struct emit_options options;
    enter_locale(*state);
    assert_int_not_equal(toupper('i'),
                         'I'); /* not strcasecmp(): AddressSanitizer's has no locale */
    EXPECT_OK(emit_options_read(list, &options, &last_error));
    assert_string_equal(options.quality_flags, "cloud");
    assert_true(emit_name_has_prefix("emit:x.nc"));
    assert_int_equal(emit_filename_classify("MY_EMIT.NC"), EMIT_FILENAME_MENTIONS);
}

static void the_locale_of_the_process_remains(void **state)
{
    char before[8];
    char text[EMIT_NUMBER_SIZE];
    enter_locale(*state);
    assert_decimal_comma();
    snprintf(before, sizeof before, "%s", localeconv()->decimal_point);
    emit_number_text(0.5, 0, text);
    assert_true(emit_c_strtod("0.5", NULL) == 0.5);
    assert_string_not_equal(before, ".");
    assert_string_equal(localeconv()->decimal_point, before);
}

/* Its decimal point is a comma; one of two bytes. */
static char german[] = "de_DE";
static char pashto[] = "ps_AF";
/* Where I is not the capital of i. */
static char turkish[] = "tr_TR";

#define IN_BOTH(test)                                                                              \
    {#test, test, NULL, leave_locale, german},                                                     \
    {                                                                                              \
#test, test, NULL, leave_locale, pashto                                                    \
    }

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_BOTH(numbers_are_written_with_a_point),
        IN_BOTH(formatted_text_and_messages_have_a_point),
        IN_BOTH(options_are_read_with_a_point),
        IN_BOTH(the_locale_of_the_process_remains),
        {"keys", keys_are_read_without_case_where_i_has_a_dot, NULL, leave_locale, turkish},
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
