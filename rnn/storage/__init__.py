"""Files that are either whole or not there, and that are checked before they are believed."""
