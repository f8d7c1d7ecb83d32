"""What calls can be written as: each format is a function of calls that gives text, without any I/O."""

from workshop.journal.export.curl import curl
from workshop.journal.export.har import har
from workshop.journal.export.lines import json_line, json_lines
from workshop.journal.export.plain import text
from workshop.journal.export.script import script

__all__ = ["curl", "har", "json_line", "json_lines", "script", "text"]
