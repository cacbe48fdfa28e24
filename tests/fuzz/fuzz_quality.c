/* SPDX-License-Identifier: MIT */
/* QUALITY_FLAGS, QUALITY_WHERE and CLOUD_BUFFER against labels that come from a file: the first
 * three lines, and all that follow. */
#include "fuzz.h"

#include "core/mask/quality_options.h"

#define LINES 40

static size_t split(char *text, const char *lines[LINES])
{
    size_t count = 0;
    for (char *line = text; line != NULL && count < LINES;)
    {
        lines[count++] = line;
        line = strchr(line, '\n');
        if (line != NULL)
            *line++ = '\0';
    }
    return count;
}

static void check_term(const struct emit_mask_condition *condition,
                       const struct emit_mask_bands *mask)
{
    FUZZ_CHECK(condition->in_state ? condition->state_variable != NULL
                                   : condition->band < mask->count);
    FUZZ_CHECK(strlen(condition->user_label) < sizeof condition->user_label);
    if (!condition->in_state && condition->rule.test == EMIT_COMPARISON_SET)
        FUZZ_CHECK(emit_schema_label_kind(mask->labels[condition->band]) == EMIT_LABEL_FLAG);
}

static void resolve(const struct emit_options *options, const struct emit_mask_bands *mask)
{
    static struct emit_mask_conditions conditions, again;
    struct emit_error error;
    memset(&conditions, 0, sizeof conditions);
    if (emit_quality_resolve(options, mask, &conditions, &error) != EMIT_OK)
    {
        FUZZ_CHECK(strlen(error.message) > 0);
        return;
    }
    FUZZ_CHECK(conditions.count <= EMIT_MAX_CONDITIONS);
    /* What is asked for is never resolved into nothing. */
    FUZZ_CHECK((conditions.count > 0) == emit_quality_is_requested(options));
    for (size_t i = 0; i < conditions.count; i++)
        check_term(&conditions.condition[i], mask);
    emit_mask_conditions_normalise(&conditions);
    again = conditions;
    emit_mask_conditions_normalise(&again);
    FUZZ_CHECK(again.count == conditions.count);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input input = {data, size};
    char *text = fuzz_text(&input);
    const char *lines[LINES] = {"", "", ""};
    const size_t count = split(text, lines);
    struct emit_options options = {.quality_flags = lines[0][0] != '\0' ? lines[0] : NULL,
                                   .quality_where = lines[1][0] != '\0' ? lines[1] : NULL,
                                   .has_cloud_buffer = lines[2][0] != '\0',
                                   .cloud_buffer = (unsigned char)lines[2][0]};
    const struct emit_mask_bands mask = {"mask.nc", lines + 3, count > 3 ? count - 3 : 0};
    const struct emit_mask_bands none = {"", NULL, 0};
    resolve(&options, &mask);
    resolve(&options, &none);
    free(emit_mask_bands_list(&mask, EMIT_LABEL_FLAG));
    free(emit_mask_bands_list(&mask, EMIT_LABEL_DATA));
    free(text);
    return 0;
}
