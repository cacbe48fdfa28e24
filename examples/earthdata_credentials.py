#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Gives AWS programs, and GDAL from 3.12 on, the credentials that NASA's archive grants for an hour.
~/.aws/config: [profile earthdata], credential_process = /path/to/earthdata_credentials.py; the token is EARTHDATA_TOKEN."""
import json
import os
import urllib.request

ADDRESS = os.environ.get("EARTHDATA_S3CREDENTIALS", "https://data.lpdaac.earthdatacloud.nasa.gov/s3credentials")
asked = urllib.request.Request(ADDRESS, headers={"Authorization": f"Bearer {os.environ['EARTHDATA_TOKEN']}"})
with urllib.request.urlopen(asked) as answer:
    granted = {key[0].upper() + key[1:]: value for key, value in json.load(answer).items()}
granted["Expiration"] = granted["Expiration"].replace(" ", "T").replace("+00:00", "Z")
print(json.dumps({"Version": 1, **granted}))
