"""The one stream of events: numbered without gaps, kept on disk, bounded; all that shows anything reads it.

Events, their store, and what is made of them (calls, exports) live here. How they look on a screen does not.
"""

from workshop.journal.event import KINDS, Event
from workshop.journal.store import Journal, JournalReader

__all__ = ["KINDS", "Event", "Journal", "JournalReader"]
