#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Gives AWS programs, and GDAL from 3.12 on, the credentials that NASA's archive grants for an hour.
~/.aws/config: [profile earthdata], credential_process = /path/to/earthdata_credentials.py; the token is EARTHDATA_TOKEN."""
import json
import os
import sys
import urllib.request

ADDRESS = os.environ.get("EARTHDATA_S3CREDENTIALS", "https://data.lpdaac.earthdatacloud.nasa.gov/s3credentials")
if not os.environ.get("EARTHDATA_TOKEN"):
    sys.exit("earthdata_credentials: EARTHDATA_TOKEN is not set")
try:
    asked = urllib.request.Request(ADDRESS, headers={"Authorization": f"Bearer {os.environ['EARTHDATA_TOKEN']}"})
    with urllib.request.urlopen(asked) as answer:
        granted = {key[0].upper() + key[1:]: value for key, value in json.load(answer).items()}
    granted["Expiration"] = granted["Expiration"].replace(" ", "T").replace("+00:00", "Z")
except OSError as error:
    sys.exit(f"earthdata_credentials: {ADDRESS}: {error}")
except (ValueError, KeyError, AttributeError):  # a login page, in most cases
    sys.exit(f"earthdata_credentials: {ADDRESS} did not send credentials: is the token valid?")
print(json.dumps({"Version": 1, **granted}))
