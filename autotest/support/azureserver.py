# SPDX-License-Identifier: MIT
"""azurite on loopback, a server of Azure's blobs, which checks signatures."""
import npmserver

# The account that every azurite has, and its key, which is public.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


class Azure(npmserver.Server):
    """Use as a context manager; "home" is for the server's own files."""

    def __init__(self, home):
        program = npmserver.programs("azurite", oldest_node=20) / "azurite-blob"
        command = [program, "--blobHost", "127.0.0.1", "--blobPort", "{port}", "-l", home]
        command += ["--skipApiVersionCheck", "--disableTelemetry"]
        super().__init__(home, command, "successfully listens")


def settings(port, **changes):
    """What GDAL needs to know of the server at "port"."""
    connection = {
        "DefaultEndpointsProtocol": "http",
        "AccountName": ACCOUNT,
        "AccountKey": KEY,
        "BlobEndpoint": f"http://127.0.0.1:{port}/{ACCOUNT}",
        **changes,
    }
    words = [f"{key}={value}" for key, value in connection.items()]
    return {"AZURE_STORAGE_CONNECTION_STRING": ";".join(words)}
