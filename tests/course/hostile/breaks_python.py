"""Takes apart what Python needs itself."""

import builtins
import json
import os
import sys


def create_network(request, host):
    json.dumps = os.getpid = sys.stdout = sys.modules = None
    builtins.print = builtins.isinstance = builtins.len = None
    return {}
