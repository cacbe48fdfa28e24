# SPDX-License-Identifier: MIT
"""s3rver on loopback, an S3 server. It checks the id of the key, but no signature.
Google's store accepts the same requests with another signature."""
import npmserver
from osgeo import gdal

KEY, SECRET, BUCKET = "S3RVER", "S3RVER", "granules"


class S3(npmserver.Server):
    """Use as a context manager; "home" is for the server's own files."""

    def __init__(self, home):
        program = npmserver.programs("s3rver") / "s3rver"
        (home / "data").mkdir()
        command = [program, "-d", home / "data", "-a", "127.0.0.1", "-p", "{port}"]
        command += ["--no-vhost-buckets", "--configure-bucket", BUCKET]
        super().__init__(home, command, "listening on")


def settings(port, **changes):
    """What GDAL needs to know of the server at "port"."""
    return {
        "AWS_S3_ENDPOINT": f"127.0.0.1:{port}",
        "AWS_HTTPS": "NO",
        "AWS_VIRTUAL_HOSTING": "FALSE",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        **changes,
    }


def google_settings(port, **changes):
    """The same as Google's store, asked with a key of its kind for other programs (HMAC)."""
    return {
        "CPL_GS_ENDPOINT": f"http://127.0.0.1:{port}/",
        "GS_ACCESS_KEY_ID": KEY,
        "GS_SECRET_ACCESS_KEY": SECRET,
        **changes,
    }


def put(path, folder="scene", prefix="/vsis3"):
    """Copies a file into the store that GDAL is configured for; its name there."""
    name = f"{prefix}/{BUCKET}/{folder}/{path.name}"
    content = path.read_bytes()
    file = gdal.VSIFOpenL(name, "wb")
    assert gdal.VSIFWriteL(content, 1, len(content), file) == len(content)
    assert gdal.VSIFCloseL(file) == 0
    return name
