/* SPDX-License-Identifier: MIT */
#include "emit.h"

#include "support.h"

#include <string.h>

static void expect(const char *text, const char *redacted)
{
    char copy[512];
    assert_true(strlen(text) < sizeof copy);
    strcpy(copy, text);
    emit_redact(copy);
    assert_string_equal(copy, redacted);
    emit_redact(copy);
    assert_string_equal(copy, redacted);
}

static void texts_without_secrets_stay_as_they_are(void **state)
{
    static const char *const texts[] = {
        "",
        "QUALITY_FLAGS: \"fog\" is not a flag of /data/what?/m.nc. Did you mean X?",
        "cannot open /vsicurl/https://host:8080/a&b/x.nc: HTTP response code: 404",
        "EMIT:\"/vsicurl/https://host/x.nc\":reflectance?ORTHO=NO&NODATA=NAN",
        "Is it /vsicurl/https://host/x.nc? No: try /vsis3/bucket/x.nc?",
        "/vsicurl?url=https%3A%2F%2Fhost%2Fx.nc",
    };
    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        expect(texts[i], texts[i]);
}

static void queries_of_urls_are_left_out(void **state)
{
    (void)state;
    expect("/vsicurl/https://h/x.nc?Expires=1&Signature=ab/c~-_", "/vsicurl/https://h/x.nc?...");
    expect("/vsicurl/https://h/my x.nc?s=secret: HTTP 403",
           "/vsicurl/https://h/my x.nc?...: HTTP 403");
    expect("\"/vsicurl/http://h/x.nc?secret\":lon fails, http://h/y?a.",
           "\"/vsicurl/http://h/x.nc?...\":lon fails, http://h/y?..");
    expect("/vsizip/{/vsicurl/http://h/a.zip?secret}/x.nc",
           "/vsizip/{/vsicurl/http://h/a.zip?...}/x.nc");
    expect("EMIT:/vsicurl/http://h/x.nc?Signature=secret:lon names no",
           "EMIT:/vsicurl/http://h/x.nc?... names no");
}

static void users_and_passwords_are_left_out(void **state)
{
    (void)state;
    expect("/vsicurl/https://hedy:secret@host/x.nc is gone",
           "/vsicurl/https://...@host/x.nc is gone");
    expect("/vsicurl/https://host/a@b/x.nc", "/vsicurl/https://host/a@b/x.nc");
}

static void encoded_urls_and_their_options_are_left_out(void **state)
{
    (void)state;
    expect("/vsicurl?url=http%3A%2F%2Fh%2Fx.nc%3FSignature%3Dsecret",
           "/vsicurl?url=http%3A%2F%2Fh%2Fx.nc%3F...");
    expect("/vsicurl?header.Authorization=Bearer%20secret&url=http%3a%2f%2Fh%2fx.nc is gone",
           "/vsicurl?...&url=http%3a%2f%2Fh%2fx.nc is gone");
    expect("/vsicurl?url=http%3A%2F%2Fh%2Fx.nc&header.X=secret (twice)",
           "/vsicurl?url=http%3A%2F%2Fh%2Fx.nc&... (twice)");
    expect("/vsicurl?max_retry=3", "/vsicurl?...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_without_secrets_stay_as_they_are),
        cmocka_unit_test(queries_of_urls_are_left_out),
        cmocka_unit_test(users_and_passwords_are_left_out),
        cmocka_unit_test(encoded_urls_and_their_options_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
